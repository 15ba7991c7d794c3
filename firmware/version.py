"""Which firmware this is."""

FIRMWARE = (0, 1)  # major, minor
