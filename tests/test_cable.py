"""The firmware on the VM at the end of a USB cable: the same frames as over the air."""

import asyncio
import contextlib
import json
import os
import tty

import pytest

from posturecore import frames, wire
from tests.two_ends import PASSKEY, SELF_TEST_SAMPLES, UPRIGHT, Ends
from tests.worn_tape import write_worn
from trunkline.decide.mirror import Mirror
from trunkline.device.session import Session
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Ack, Samples
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport
from trunkline.transports.serial import SerialTransport


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@contextlib.asynccontextmanager
async def cabled(root, tape):
    async with (
        VirtualAir() as air,
        VirtualBoard(air, tape=tape, root=root) as board,
    ):
        yield Ends(air, board)
        assert "Traceback" not in "\n".join(board.printed)


@contextlib.asynccontextmanager
async def session_on(ends, transport):
    ends.mirror, ends.events = Mirror(), []
    session = Session(transport)
    session.listeners += [ends.mirror.take, ends.events.append]
    async with session:
        await session.set_stream(samples=True, decisions=True)
        await session.set_neutral(UPRIGHT)
        await session.change_settings({"slouch_hold_s": 5, "slouch_refractory_s": 10})
        yield session


async def run(ends, transport):
    """Two minutes of a worn tape: what was decided, and the samples it was decided on."""
    async with session_on(ends, transport) as session:
        await ends.board.play(120_000)
        status, compared = await ends.finish(session)
    assert compared.is_identical, compared.differences[:3]
    assert (status.samples_lost, status.frames_dropped, status.frames_bad) == (0, 0, 0)
    samples = [item for event in ends.of(Samples) for item in event.items]
    return ends.mirror.device_episodes, samples, ends.board.motor_log


async def test_cable_and_air_carry_the_same_samples_and_decisions(tmp_path, tape):
    (tmp_path / "cable").mkdir()
    (tmp_path / "air").mkdir()
    async with cabled(tmp_path / "cable", tape) as ends:
        over_cable = await run(ends, SerialTransport(ends.board.usb_port))
    (tmp_path / "air" / "passkey.json").write_text(json.dumps(PASSKEY))
    async with (
        VirtualAir() as air,
        VirtualBoard(air, tape=tape, root=tmp_path / "air") as board,
    ):
        with air.as_adapter(passkey=lambda: PASSKEY):
            over_air = await run(Ends(air, board), BleTransport(board.address))
    assert over_cable == over_air
    assert len(over_cable[0]) >= 1
    assert len(over_cable[1]) >= 7190 - SELF_TEST_SAMPLES - 18  # and those that settle


async def test_host_that_comes_again_starts_anew_and_hears_no_old_stream(tmp_path, tape):
    async with cabled(tmp_path, tape) as ends:
        async with session_on(ends, SerialTransport(ends.board.usb_port)):
            await ends.board.play(5000)
        await ends.board.play(8000)
        heard = []
        session = Session(SerialTransport(ends.board.usb_port))
        session.listeners.append(heard.append)
        async with session:
            await ends.board.play(12_000)
            await session.status()
        assert not [event for event in heard if isinstance(event, Samples)]
        assert session.counts == {"good": session.counts["good"]}


async def test_host_that_stops_reading_costs_frames_and_never_time(tmp_path, tape):
    async with cabled(tmp_path, tape) as ends:
        port = os.open(ends.board.usb_port, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(port, wire.pack_frame(frames.STREAM, 0, (frames.STREAM_SAMPLES,)))
            await asyncio.sleep(0.2)
            assert await ends.board.play(60_000) == 60_000
        finally:
            os.close(port)
        async with Session(SerialTransport(ends.board.usb_port)) as session:
            status = await session.status()
    assert (status.samples_lost, status.sample_index) == (0, 3600 - SELF_TEST_SAMPLES)


async def test_ctrl_c_on_the_cable_ends_the_program_and_a_beat_does_not(tmp_path, tape):
    async with cabled(tmp_path, tape) as ends:
        async with Session(SerialTransport(ends.board.usb_port)) as session:
            await session.status()
            port = session._transport._port
            await asyncio.to_thread(port.write, b"\r\x03")
            async with asyncio.timeout(5):
                while not ends.board.printed:
                    await asyncio.sleep(0.01)
        assert ends.board.printed[0].startswith("Stopped over the cable")


async def test_burst_on_the_cable_is_read_whole(tmp_path, tape):
    """It is longer than any message that the virtual board has room for."""
    requests = [wire.pack_frame(frames.REQUEST, k, (frames.STATUS,)) for k in range(300)]
    async with cabled(tmp_path, tape) as ends:
        await ends.board.play(2000)
        port = os.open(ends.board.usb_port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port)
        assert os.write(port, b"".join(requests)) > 3000
        await asyncio.sleep(0.2)
        await ends.board.play(4000)
        answers = os.read(port, 1 << 16)
        os.close(port)
        async with Session(SerialTransport(ends.board.usb_port)) as session:
            status = await session.status()
    decoder = Decoder()
    decoder.receive_data(answers)
    acks = [event for event in decoder.events() if isinstance(event, Ack)]
    unseen = len(requests) - len(acks) - status.frames_bad  # it takes some at a time
    assert len(acks) >= 8
    assert unseen in (0, 1)  # an answer was on its way when the host left
