"""The virtual board's USB cable: a pseudo-terminal that pyserial opens like any serial port."""

import asyncio
import os
import struct

from trunkline.simulator.wire import LONGEST_BODY, BoardLine, Kind

# A host that has been silent for so long, in its own time, has gone: usb.py's limit.
_GONE_S = 3.0
# Nobody reads: a board's USB driver throws away what waits, after half a second [M].
_THROW_AWAY_S = 1.0


class Cable:
    """Carries bytes between the board's line and a pseudo-terminal.

    Attributes:
        port: What a host opens; empty until plugged in.
        thrown_away: Bytes that nobody came to read.
    """

    def __init__(self, line: BoardLine) -> None:
        self.port = ""
        self.thrown_away = 0
        self._line = line
        self._ours = self._theirs = -1
        self._waiting = bytearray()
        self._impatience: asyncio.TimerHandle | None = None
        self._absence: asyncio.TimerHandle | None = None

    def plug_in(self) -> None:
        """Make the port."""
        import tty  # not on Windows, where the VM does not run either

        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)  # no echo, whoever opens it
        os.set_blocking(self._ours, False)
        self.port = os.ttyname(self._theirs)
        asyncio.get_running_loop().add_reader(self._ours, self._on_readable)

    def unplug(self) -> None:
        """Close the port, as a pulled cable does; safe to call at any time."""
        if self._ours < 0:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._ours)
        loop.remove_writer(self._ours)
        if self._absence is not None:
            self._absence.cancel()
            self._on_absence()
        os.close(self._ours)
        os.close(self._theirs)
        self._ours = self._theirs = -1
        self._throw_away()

    def send(self, data: bytes) -> None:
        """Take bytes from the board."""
        self._waiting += data
        if self._ours < 0:
            self._throw_away()
        else:
            self._on_writable()

    async def drain(self, timeout_s: float) -> None:
        """Wait until the host has what the board sent, or `timeout_s` have passed."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._waiting and loop.time() < end_s:
            await asyncio.sleep(0.001)

    def _on_writable(self) -> None:
        try:
            count = os.write(self._ours, self._waiting)
        except BlockingIOError:
            count = 0
        self._take_away(count)
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.remove_writer(self._ours)
        else:
            loop.add_writer(self._ours, self._on_writable)
            if self._impatience is None:
                self._impatience = loop.call_later(_THROW_AWAY_S, self._throw_away)

    def _take_away(self, count: int) -> None:
        if count:
            del self._waiting[:count]
            self._line.send(Kind.USB_ROOM, struct.pack("<H", count))
            if self._impatience is not None:
                self._impatience.cancel()
                self._impatience = None

    def _throw_away(self) -> None:
        self.thrown_away += len(self._waiting)
        self._take_away(len(self._waiting))

    def _on_readable(self) -> None:
        try:
            data = os.read(self._ours, LONGEST_BODY)
        except OSError:  # nothing, or the other end has just closed
            return
        loop = asyncio.get_running_loop()
        if self._absence is None:
            self._line.send(Kind.USB_HOST, b"\1")
        else:
            self._absence.cancel()
        self._absence = loop.call_later(_GONE_S, self._on_absence)
        self._line.send(Kind.USB_IN, data)

    def _on_absence(self) -> None:
        self._absence = None
        self._line.send(Kind.USB_HOST, b"\0")
