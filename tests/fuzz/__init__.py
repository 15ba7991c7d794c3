"""Bytes that nobody wrote: what decoders and file readers make of them."""
