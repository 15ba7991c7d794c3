"""When it was: clocks of devices and hosts, and dates with their uncertainty."""
