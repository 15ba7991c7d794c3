"""Decisions on the host: a recording or a stream through what the device itself decides."""
