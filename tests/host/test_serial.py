"""The serial transport on ports of this computer: pseudo-terminals and a TCP server."""

import asyncio
import os
import threading
import tty

import pytest
import serial

from posturecore import flash, frames, wire
from trunkline.errors import LinkError
from trunkline.transports.serial import SerialTransport
from trunkline.transports.strands import Strands

ALIVE_BYTES = wire.OVERHEAD + 1
CUE = wire.pack_frame(frames.CUE, 5, (1, 0, 1, 0))
STORED = wire.pack_frame(flash.STORED, 5, ())
LOG_FROM = wire.pack_frame(flash.LOG_FROM, 5, (5, 6))


class Device:
    """The other end of a pseudo-terminal."""

    def __init__(self):
        self.end, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self.end, False)
        self.name = os.ttyname(self._port)

    def pull_out(self):
        for end in (self.end, self._port):
            os.close(end)

    async def heard(self, size):
        data = b""
        while len(data) < size:
            try:
                data += os.read(self.end, size - len(data))
            except BlockingIOError:
                await asyncio.sleep(0.005)
        return data


class Ear:
    def __init__(self):
        self.live, self.log, self.lost = b"", b"", asyncio.Event()

    def of(self):
        return self.on_data, self.lost.set, self.on_log

    def on_data(self, data):
        self.live += data

    def on_log(self, data):
        self.log += data

    async def until(self, live, log=b""):
        async with asyncio.timeout(5):
            while (self.live, self.log) != (live, log):
                await asyncio.sleep(0.005)


@pytest.fixture
def device():
    device = Device()
    yield device
    device.pull_out()


def states(data):
    return [wire.unpack_frame(data, at)[2][0] for at in range(0, len(data), ALIVE_BYTES)]


async def test_device_is_told_that_a_host_comes_stays_and_leaves(device):
    link = SerialTransport(device.name)
    await link.open(*Ear().of())
    heard = await device.heard(2 * ALIVE_BYTES)
    await link.close()
    heard += await device.heard(ALIVE_BYTES)
    assert states(heard) == [frames.ALIVE_COMES, frames.ALIVE_STAYS, frames.ALIVE_LEAVES]


async def test_frames_go_both_ways_and_stored_ones_apart(device):
    link, ear = SerialTransport(device.name), Ear()
    await link.open(*ear.of())
    await device.heard(ALIVE_BYTES)
    os.write(device.end, b">>> hello\r\n" + CUE + LOG_FROM + STORED + CUE)
    await ear.until(CUE, LOG_FROM + CUE)
    assert link.noise_bytes == 11
    await link.write(CUE)
    assert await device.heard(len(CUE)) == CUE
    await link.close()
    assert not ear.lost.is_set()


async def test_frame_that_does_not_go_on_holds_back_none_behind_it(device):
    link, ear = SerialTransport(device.name), Ear()
    await link.open(*ear.of())
    os.write(device.end, CUE[:2] + b"\xea" + CUE[3:] + CUE)  # it says that it has 234 bytes
    await ear.until(CUE)
    assert link.noise_bytes == len(CUE)
    await link.close()


async def test_closed_port_takes_nothing_and_closing_twice_is_fine(device):
    link = SerialTransport(device.name)
    await link.open(*Ear().of())
    await link.close()
    await link.close()
    with pytest.raises(LinkError, match="is not open"):
        await link.write(CUE)


async def test_pulled_cable_is_a_loss_told_once_and_ends_writing():
    device = Device()
    link, ear = SerialTransport(device.name), Ear()
    await link.open(*ear.of())
    device.pull_out()
    async with asyncio.timeout(5):
        await ear.lost.wait()
    with pytest.raises(LinkError):
        await link.write(CUE)
    await link.close()


async def test_port_over_tcp_is_a_port():
    heard, is_over = bytearray(), asyncio.Event()

    async def serve(reader, writer):
        heard.extend(await reader.read(100))  # what comes before a host speaks may be old
        writer.write(CUE)
        while data := await reader.read(100):
            heard.extend(data)
        writer.close()
        await writer.wait_closed()
        is_over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link, ear = SerialTransport(f"socket://127.0.0.1:{port}"), Ear()
    await link.open(*ear.of())
    await ear.until(CUE)
    await link.close()
    async with asyncio.timeout(5):
        await is_over.wait()
    server.close()
    await server.wait_closed()
    assert states(heard)[0] == frames.ALIVE_COMES
    assert not ear.lost.is_set()


async def test_port_over_tcp_is_read_by_what_is_there_and_not_by_the_byte(monkeypatch):
    pieces = []

    class Counted(Strands):
        def feed(self, data):
            pieces.append(len(data))
            return super().feed(data)

    async def serve(reader, writer):
        await reader.read(ALIVE_BYTES)  # before that, it may be old
        writer.write(CUE * 5000)
        await reader.read()
        writer.close()

    monkeypatch.setattr("trunkline.transports.serial.Strands", Counted)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link, ear = SerialTransport(f"socket://127.0.0.1:{port}"), Ear()
    await link.open(*ear.of())
    await ear.until(CUE * 5000)
    await link.close()
    server.close()
    await server.wait_closed()
    assert sum(pieces) == 5000 * len(CUE)
    assert len(pieces) < 1000


# What can be wrong


async def test_absent_port_is_a_sentence():
    with pytest.raises(LinkError, match=r"/dev/ttyNONE: found no such port.*try plugging it in"):
        await SerialTransport("/dev/ttyNONE").open(*Ear().of())


async def test_port_in_use_is_a_sentence(device):
    with (
        serial.Serial(device.name, exclusive=True),
        pytest.raises(LinkError, match=r"found it in use.*try closing"),
    ):
        await SerialTransport(device.name).open(*Ear().of())


async def test_forbidden_port_is_a_sentence(monkeypatch):
    def forbidden(*_, **__):
        raise serial.SerialException(13, "could not open port: [Errno 13] Permission denied")

    monkeypatch.setattr(serial, "serial_for_url", forbidden)  # root may open everything
    with pytest.raises(LinkError, match=r"found no permission.*dialout"):
        await SerialTransport("/dev/ttyACM0").open(*Ear().of())


@pytest.mark.parametrize("name", ["nonsense://x", "socket://127.0.0.1:1", "socket://"])
async def test_address_that_leads_nowhere_is_a_sentence(name):
    with pytest.raises(LinkError, match=r"Could not open .*; try"):
        await SerialTransport(name).open(*Ear().of())


async def test_port_that_opens_after_nobody_waits_any_more_is_closed_again(monkeypatch):
    """A thread cannot be cancelled; what it opens would stay locked for the next attempt."""
    may_open, opened = threading.Event(), []

    class Port:
        is_closed = False

        def close(self):
            self.is_closed = True

    def slow(self):
        may_open.wait(10)
        opened.append(Port())
        return opened[0]

    monkeypatch.setattr(SerialTransport, "_open", slow)
    opening = asyncio.create_task(SerialTransport("/dev/ttySLOW").open(print, print))
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    may_open.set()
    async with asyncio.timeout(10):
        while not (opened and opened[0].is_closed):
            await asyncio.sleep(0.01)
