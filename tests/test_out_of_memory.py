"""A device whose working memory is full: it refuses what it has no room for, and goes on."""

import json

import pytest

from posturecore import flash
from posturecore.faults import MEMORY
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.firmware.flashed import bundle, files, install
from tests.firmware.test_on_vm import SCRIPTS
from tests.two_ends import PASSKEY
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle
from trunkline.errors import InputError
from trunkline.protocol.events import Samples
from trunkline.protocol.records import DeviceFault
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport

LEFT_BYTES = 6144  # what the device needs to go on; to load what unpacks an update is more


async def test_update_without_room_is_refused_in_a_sentence_and_the_device_goes_on(tmp_path):
    install(tmp_path / "a", {"device.txt": b""})  # what runs is the sources
    (tmp_path / "passkey.json").write_text(json.dumps(PASSKEY))
    env = {"TRUNKLINE_TEST_LEFT": str(LEFT_BYTES)}
    script = SCRIPTS / "filled.py"  # it fills the heap 12 s after the start
    async with (
        VirtualAir() as air,
        VirtualBoard(air, None, tmp_path, script, env, heap_bytes=1_000_000) as board,
    ):
        await board.play(10_000)
        events = []
        with air.as_adapter(passkey=lambda: PASSKEY):
            async with Session(BleTransport(board.address)) as session:
                session.listeners.append(events.append)
                await session.set_stream(samples=True, decisions=True)
                await board.play(13_000)
                with pytest.raises(InputError, match=r"no memory.*try: switch the device off and"):
                    await send_bundle(session, Bundle(bundle(files("new"))))
                told = [event for event in events if isinstance(event, DeviceFault)]
                assert (told[-1].code, told[-1].detail) == (MEMORY, flash.UPDATE_END)
                events.clear()
                await board.play(16_000)
                assert (await session.status()).fault == MEMORY
        assert (board.printed, board.restarts) == ([], [])
    assert len([event for event in events if isinstance(event, Samples)]) > 10
