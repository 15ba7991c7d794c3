"""A session with the real firmware: the VM, a virtual radio, real bytes."""

import asyncio

import numpy as np
import pytest

from posturecore import params
from trunkline import InputError, LinkError
from trunkline.captures.capture import CaptureWriter
from trunkline.device.session import Session
from trunkline.protocol.events import Calibration, Hello, Samples, Status
from trunkline.simulator import write_tape
from trunkline.transports.simulated import SimulatedTransport


@pytest.fixture
def tape(tmp_path):
    still = np.zeros((1200, 3), dtype=np.int16)
    acc, up = np.add(still, (4098, 0, 0)), np.add(still, (16393, 0, 0))
    return write_tape(tmp_path / "tape", still, acc, up)


async def test_a_real_device_answers_refuses_and_goes(tape, tmp_path):
    transport = SimulatedTransport(tape)
    heard = []
    with CaptureWriter(tmp_path / "a.tlcap", {"is_simulated": True}) as capture:
        session = Session(transport, capture)
        session.listeners.append(heard.append)
        async with session:
            assert isinstance(session.info, Hello)
            assert set(session.settings) == set(params.NAMES)
            status = await session.status()
            assert isinstance(status, Status)
            assert not status.is_calibrated
            with pytest.raises(InputError, match="refused by the device: bad value"):
                await session.set_neutral((0, 0, 0))
            await session.change_settings({"slouch_hold_s": 30})
            assert session.settings["slouch_hold_s"] == 30
            await session.set_stream(samples=True)
            result = await session.start_calibration()
            with pytest.raises(InputError, match="busy"):
                await session.start_calibration()
            await transport.board.play(7000)
            assert isinstance(await result, Calibration)
            await session.flush()
            assert sum(len(e.items) for e in heard if isinstance(e, Samples)) >= 354
            await transport.board.kill()
            assert await session.wait_lost(10)
            with pytest.raises(LinkError):
                await session.status()
        await session.close()
    assert session.counts.total() == session.counts["good"]
    assert session.is_lost


async def test_a_command_under_way_when_the_battery_is_pulled_is_a_link_error(tape):
    transport = SimulatedTransport(tape)
    async with Session(transport, answer_s=5) as session:
        results = await asyncio.gather(
            session.status(), transport.board.kill(), session.status(), return_exceptions=True
        )
        assert all(isinstance(result, (Status, LinkError, type(None))) for result in results)
        with pytest.raises(LinkError):
            await session.vibrate()
