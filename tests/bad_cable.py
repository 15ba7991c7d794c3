"""A cable that spoils frames: a TCP proxy between a host's socket:// port and a device's."""

import asyncio
import contextlib
import random
from collections import Counter

from posturecore import wire

FAULTS = ("lose", "double", "swap", "damage")


GREETING = 12  # frames that opening a link takes, both ways


class BadCable:
    """Passes frames on, both ways, and does something to a share of them.

    The first `spared` of each link pass: who cannot connect shows nothing of what comes after.

    Attributes:
        counts: How often each of FAULTS came, and frames under "passed".
    """

    def __init__(self, device_port: int, share: float, seed: int, spared: int = GREETING):
        self.counts = Counter()
        self._port = device_port
        self._share = share
        self._spared = spared
        self._chance = random.Random(seed)

    @contextlib.asynccontextmanager
    async def serve(self):
        """Listen; gives the port's number."""
        self._tasks = set()
        server = await asyncio.start_server(self._host, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _host(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self._greeting = self._spared
        there = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        finally:
            writer.close()
            there[1].close()

    async def _pass(self, reader, writer):
        data, held = b"", b""
        with contextlib.suppress(OSError):
            while some := await reader.read(4096):
                data += some
                out = b""
                while (taken := take_frame(data)) is not None:
                    frame, data = taken
                    spoilt, held = self._spoil(frame, held)
                    out += spoilt
                writer.write(out)
        writer.close()

    def _spoil(self, frame, held):
        """Return what goes on now, and what waits until the next frame has gone."""
        self._greeting -= 1
        if self._greeting >= 0:
            return frame + held, b""
        if self._chance.random() >= self._share:
            self.counts["passed"] += 1
            return frame + held, b""
        fault = self._chance.choice(FAULTS)
        self.counts[fault] += 1
        if fault == "double":
            return frame * 2 + held, b""
        if fault == "swap":
            return held, frame
        if fault == "damage":
            at = self._chance.randrange(len(frame))
            bit = 1 << self._chance.randrange(8)
            return frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1 :] + held, b""
        return held, b""


def take_frame(data):
    """Part the first frame from what is behind it; None: it is not whole yet."""
    code, size = wire.examine(data, 0, len(data))
    if code == wire.DAMAGED:
        raise AssertionError("a device or a host has sent what is no frame")
    return None if code == wire.SHORT else (data[:size], data[size:])
