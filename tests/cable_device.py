"""A device at the end of a TCP "cable": the firmware's own port, commands, sender and log.

Reach it as `usb:socket://127.0.0.1:PORT`. Tests start it in their own loop, or in a process that
they fork.
"""

import asyncio
import contextlib
import time

from posturecore import flash, frames, params, wire
from tests.host.log_device import DEVICE_ID, Device, padded
from trunkline.transports.base import Transport
from trunkline.transports.strands import Strands

from commands import Commands  # isort: skip
from hosts import Hosts  # isort: skip
from retrieval import Retrieval  # isort: skip
from usb import Usb  # isort: skip

_MOST_WAITING = 16_384  # bytes: what a driver buffers
_IDLE_S = 0.002


class _Clock:
    def ticks_ms(self):
        return time.monotonic_ns() // 1_000_000

    def ticks_diff(self, later, earlier):
        return later - earlier


class _Stream:
    """The device's end of the cable: calls never block."""

    def __init__(self):
        self.came = bytearray()
        self.writer = None

    def read(self):
        data = bytes(self.came[:244])
        del self.came[:244]
        return data

    def write(self, data):
        if self.writer is None or self.writer.is_closing():
            return len(data)  # nobody reads, and nothing blocks
        if self.writer.transport.get_write_buffer_size() > _MOST_WAITING:
            return 0
        self.writer.write(bytes(data))
        return len(data)

    def release(self):
        raise AssertionError("Ctrl-C came over the cable")


class CableDevice:
    """Serves one host after the other; call `serve` inside a loop.

    Attributes:
        device: The device.
        on_ack: Called with each number that a host acknowledges, before the log hears of it.
    """

    def __init__(self, device: Device):
        self.device = device
        self.on_ack = lambda number: None
        self.requests = {
            frames.HELLO: self._hello,
            frames.SETTINGS: self._settings,
            frames.CALIBRATION: lambda: None,
            frames.STATUS: self._status,
        }
        self.handlers = {frames.TIME_ANCHOR: self._time_anchor}
        self._stream = _Stream()
        self.start()

    def start(self):
        """Wire the parts, as after a boot of `device`."""
        if self._stream.writer is not None:
            self._stream.writer.close()
        self._stream = _Stream()
        self._usb = Usb(self._stream, _Clock())
        self._hosts = Hosts((self._usb,))
        self._commands = Commands(self._hosts, lambda code, detail: None)
        self._retrieval = Retrieval(self.device.log, self._hosts)
        self._acknowledge = self._retrieval.handlers[flash.LOG_ACK]
        self._retrieval.handlers[flash.LOG_ACK] = self._on_acknowledge
        for part in (self, self._retrieval):
            self._commands.serve(part)

    @contextlib.asynccontextmanager
    async def serve(self):
        """Listen; gives the port's number."""
        server = await asyncio.start_server(self._host, "127.0.0.1", 0)
        turning = asyncio.create_task(self._turn())
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            turning.cancel()
            await asyncio.gather(turning, return_exceptions=True)
            if self._stream.writer is not None:
                self._stream.writer.close()
            server.close()

    async def _host(self, reader, writer):
        stream = self._stream
        if stream.writer is not None:
            stream.writer.close()
        stream.writer = writer
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                stream.came += data
        writer.close()

    async def _turn(self):
        while True:
            self._hosts.tend()
            self._commands.tend()
            self._retrieval.tend()
            is_busy = self._stream.came or self._retrieval._download.is_busy
            await asyncio.sleep(0 if is_busy else _IDLE_S)

    def _on_acknowledge(self, values, items):
        self.on_ack(values[0])
        self.device.acknowledgements.append(values[0])
        return self._acknowledge(values, items)

    def _hello(self):
        about = (frames.VERSION, 0, 1, 6, 60000, self.device.boot_id, 0, DEVICE_ID, 0)
        self._hosts.answer(frames.HELLO, about)

    def _settings(self):
        rows = tuple(enumerate(params.defaults().values()))
        self._hosts.answer(frames.SETTINGS, (0, 0), rows)

    def _status(self):
        block = self.device.block
        values = (self.device.boot_id, block * 100, block * 6)
        self._hosts.answer(frames.STATUS, padded(frames.STATUS, values))

    def _time_anchor(self, values, _items):
        device = self.device
        device.append(frames.TIME_ANCHOR, (device.boot_id, device.block * 100, *values[2:]))
        return frames.ACK_DONE


class SocketTransport(Transport):
    """The host's end in the loop, without a thread.

    `on_bytes` is told how many have come before they are handed on.
    """

    takes_commands, is_over = True, False

    def __init__(self, port, on_bytes=lambda count: None):
        self.name = f"socket {port}"
        self._port = port
        self._on_bytes = on_bytes
        self._reading = None

    async def open(self, on_data, on_lost, on_log):
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(wire.pack_frame(frames.ALIVE, 0, (frames.ALIVE_COMES,)))
        self._reading = asyncio.create_task(self._read(reader, on_data, on_lost, on_log))

    async def _read(self, reader, on_data, on_lost, on_log):
        strands = Strands()
        while data := await reader.read(4096):
            self._on_bytes(len(data))
            for is_log, frame in strands.feed(data):
                (on_log if is_log else on_data)(frame)
        on_lost()

    async def write(self, frame):
        self._writer.write(frame)

    async def close(self):
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._writer.close()
