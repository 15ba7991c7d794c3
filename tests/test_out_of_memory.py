"""A device whose working memory is full goes on, and takes an update."""

import asyncio
import json
import shutil
from pathlib import Path

from posturecore.faults import MEMORY
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.firmware.test_memory import build, compiler
from tests.firmware.test_on_vm import SCRIPTS
from tests.two_ends import PASSKEY
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle
from trunkline.protocol.events import LinkBack, Samples
from trunkline.protocol.records import DeviceFault
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport

LEFT_BYTES = 6144  # what the device needs to go on; to unpack an update takes more


async def test_device_whose_memory_is_nearly_full_takes_an_update(tmp_path):
    build(tmp_path, "x64")
    (tmp_path / "passkey.json").write_text(json.dumps(PASSKEY))
    env = {"TRUNKLINE_TEST_LEFT": str(LEFT_BYTES)}
    script = shutil.copy(SCRIPTS / "filled.py", tmp_path)  # it fills the heap 12 s after the start
    async with (
        VirtualAir() as air,
        VirtualBoard(air, None, tmp_path, Path(script), env, heap_bytes=1_000_000) as board,
    ):
        await board.play(10_000)
        events = []
        with air.as_adapter(passkey=lambda: PASSKEY):
            soon = Reconnect(first_s=0.05, jitter=0.0)
            async with Session(BleTransport(board.address), reconnect=soon) as session:
                session.listeners.append(events.append)
                await session.set_stream(samples=True, decisions=True)
                await board.play(13_000)
                assert (await session.status()).uptime_ms > 12_500  # it goes on
                clock = asyncio.create_task(play_on(board))
                await send_bundle(session, Bundle(compiler.bundle(tmp_path / "a")))
                clock.cancel()
                await asyncio.gather(clock, return_exceptions=True)
                await board.play(board.time_ms + 5000)
        # It unpacks before the application has taken the memory, and starts what it has unpacked.
        assert (board.printed, [cause for _, cause in board.restarts]) == ([], ["reset", "reset"])
    faults = [event.code for event in events if isinstance(event, DeviceFault)]
    assert MEMORY not in faults
    back = next(k for k, event in enumerate(events) if isinstance(event, LinkBack))
    assert [event for event in events[back:] if isinstance(event, Samples)]
    assert json.loads((tmp_path / "slot.json").read_text())[0] == "b"


async def play_on(board):
    while True:
        await board.play(board.time_ms + 100)
        await asyncio.sleep(0.05)  # the host, which does not wait for it, is back in time
