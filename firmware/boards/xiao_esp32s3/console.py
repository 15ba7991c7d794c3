"""USB serial of the XIAO without ever waiting for it: for usb.py.

Not run on a board yet; ACCEPTANCE.md has the steps. stdin's buffer takes a few bytes at a time, so
they are fetched one by one as `poll` finds them.
"""

import select
import sys

from micropython import const, kbd_intr

_MOST_READ = const(244)
_PACKET_BYTES = const(64)  # USB full speed: what a writable port takes at once
_NO_CHARACTER, _CTRL_C = const(-1), const(3)


class Console:
    def __init__(self):
        self._is_ours = False
        self._buffer = bytearray(_MOST_READ)
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)

    def read(self):
        if not self._is_ours:  # from here on frames may come, and they contain the byte 3
            self._is_ours = True
            kbd_intr(_NO_CHARACTER)
        count = 0
        while count < _MOST_READ and self._readable.poll(0):
            self._buffer[count] = sys.stdin.buffer.read(1)[0]
            count += 1
        return self._buffer[:count]

    def write(self, data):
        """Take a packet if the host fetches them; return how many bytes that were."""
        if not self._writable.poll(0):
            return 0
        return sys.stdout.buffer.write(memoryview(data)[:_PACKET_BYTES]) or 0

    def release(self):
        self._is_ours = False
        kbd_intr(_CTRL_C)
