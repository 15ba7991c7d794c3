"""Captures: files of frames as they were received; written, read, and played as if live."""
