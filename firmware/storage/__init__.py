"""What the device keeps in flash: documents that are replaced whole, and a log that only grows."""
