"""A device on a TCP port, for the whole command in a process of its own: answers and streams."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from posturecore import flash, frames, params, wire

_HELLO = (frames.VERSION, 0, 1, 6, 60000, 7, 0, b"device-1", 0)
SAMPLES = 12  # in a frame
FRAME_BYTES = wire.OVERHEAD + 5 + 18 * SAMPLES


def still(first):
    """Give a frame of samples at rest, each with its number in the rate about x."""
    return tuple((first + k, 0, 0, 4098, 0, 0, 16393, 0, 0) for k in range(SAMPLES))


@dataclass
class TcpDevice:
    """Streams a samples frame every `period_s` once asked to, to each who comes.

    Attributes:
        period_s: Time between two frames.
        sent: Samples taken since the first stream began; those of a lost link are gone.
        sent_now: Those written to the connection that streams now.
        was_left_politely: Whether a host has said that it leaves.
    """

    period_s: float
    sent: int = 0
    sent_now: int = 0
    port: int = 0
    is_streaming: asyncio.Event = field(default_factory=asyncio.Event)
    was_left_politely: bool = False

    @property
    def where(self):
        return f"usb:socket://127.0.0.1:{self.port}"

    def cut(self):
        """Break the connection, as a pulled cable does."""
        self._writer.transport.abort()

    async def serve(self, reader, writer):
        tasks = []
        self._sequence, buffer = 0, b""
        self._writer = writer
        try:
            while data := await reader.read(4096):
                buffer += data
                while wire.examine(buffer, 0, len(buffer))[0] == wire.OK:
                    size = wire.examine(buffer, 0, len(buffer))[1]
                    self._answer(writer, *wire.unpack_frame(buffer, 0), tasks)
                    buffer = buffer[size:]
        except ConnectionError:
            pass
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def _answer(self, writer, frame, sequence, values, _items, tasks):
        if frame == frames.ALIVE:
            self.was_left_politely |= values[0] == frames.ALIVE_LEAVES
            return
        if frame == frames.REQUEST and values[0] == frames.HELLO:
            self._say(writer, frames.HELLO, _HELLO)
        elif frame == frames.REQUEST and values[0] == frames.SETTINGS:
            rows = tuple(enumerate(params.defaults().values()))
            self._say(writer, frames.SETTINGS, (0, 0), rows)
            self._say(writer, flash.COACHING, (0, 0))
        elif frame == frames.REQUEST and values[0] == frames.STATUS:
            self._say(writer, frames.STATUS, (7, 0, 0, 0, 3900, 1, 1, 0, 0, 0, 0, 0, 0, 0))
        elif frame == frames.REQUEST and values[0] == flash.LOG_STATUS:
            self._say(writer, flash.LOG_STATUS, (0, 0, 0, 0, 1_000_000))  # an empty log
        elif frame == frames.TIME_ANCHOR:
            self._say(writer, frames.TIME_ANCHOR, (7, 0, *values[2:]))
        elif frame == frames.STREAM and values[0] & frames.STREAM_SAMPLES:
            tasks.append(asyncio.create_task(self._stream(writer)))
        elif frame == frames.STREAM:
            for task in tasks:
                task.cancel()
        self._say(writer, frames.ACK, (frame, sequence, frames.ACK_DONE))

    async def _stream(self, writer):
        self.sent += self.sent_now  # as many again have gone by unheard
        self.sent_now = 0
        self.is_streaming.set()
        while True:
            self._say(writer, frames.SAMPLES, (self.sent, 0), still(self.sent))
            await writer.drain()
            self.sent += SAMPLES
            self.sent_now += SAMPLES
            await asyncio.sleep(self.period_s)

    def _say(self, writer, frame, values, items=()):
        writer.write(wire.pack_frame(frame, self._sequence, values, items))
        self._sequence = (self._sequence + 1) & 0xFFFF


@contextlib.asynccontextmanager
async def tcp_device(period_s):
    """Give a device that listens on this computer."""
    device = TcpDevice(period_s)
    server = await asyncio.start_server(device.serve, "127.0.0.1", 0)
    device.port = server.sockets[0].getsockname()[1]
    try:
        yield device
    finally:
        server.close()
        await server.wait_closed()
