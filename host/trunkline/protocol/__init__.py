"""Bytes and events: what a device says, without any I/O."""
