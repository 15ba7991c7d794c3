"""From a device's log into the store: kept byte for byte, and what is derived."""
