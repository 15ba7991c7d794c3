"""From a device's log into the store: downloaded, kept byte for byte, and what is derived."""
