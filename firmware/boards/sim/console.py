"""USB serial of the virtual board: what the host process carries to and from a pseudo-terminal.

A host beats once a second of its own time; here time may run faster, or stand. So the host process
says whether a host is there, and the beats are made here, in the board's time.
"""

import struct

from hostlink import USB, USB_HOST, USB_IN, USB_ROOM

from posturecore import frames, wire

_BUFFER_BYTES = 2048
_BEAT_US = 1000000
_BEAT = wire.pack_frame(frames.ALIVE, 0, (frames.ALIVE_STAYS,))


class Console:
    """What usb.py asks of a stream."""

    def __init__(self, link, board):
        self._link = link
        self._board = board
        self._in = b""
        self._room = _BUFFER_BYTES
        self._is_host_there = False
        self._beat_us = 0

    @property
    def is_full(self):
        """Time stalls meanwhile, so that nothing depends on how fast the host happens to be."""
        return self._room < _BUFFER_BYTES // 2

    def read(self):
        data, self._in = self._in, b""
        is_due = self._board.now_us - self._beat_us >= _BEAT_US
        if not data and self._is_host_there and is_due:
            self._beat_us = self._board.now_us
            return _BEAT
        return data

    def write(self, data):
        data = bytes(data[: self._room])
        if data:
            self._room -= len(data)
            self._link.send(USB, data)
        return len(data)

    def release(self):
        pass  # the VM has no REPL here

    def take(self, kind, body):
        """Take what the host process says of the cable."""
        if kind == USB_IN:
            self._in += body
        elif kind == USB_ROOM:
            self._room += struct.unpack("<H", body)[0]
        elif kind == USB_HOST:
            self._is_host_there = bool(body[0])
