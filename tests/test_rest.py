"""The radio rests and wakes: off the air meanwhile, and its hosts know it again."""

import asyncio
import json
from pathlib import Path

from bleak import BleakClient, BleakScanner

from posturecore import frames, wire
from trunkline.simulator import VirtualAir, VirtualBoard

FIRMWARE = Path(__file__).parent / "firmware" / "scripts" / "rest_firmware.py"
PASSKEY = 246801
ASK = wire.pack_frame(frames.REQUEST, 7, (frames.HELLO,))


async def answer(client, board):
    heard = []
    await client.start_notify(frames.STREAM_UUID, lambda _, data: heard.append(bytes(data)))
    await client.write_gatt_char(frames.CONTROL_UUID, ASK, response=True)
    await board.play(board.time_ms + 300)
    return heard


async def test_resting_radio_is_off_the_air_and_its_host_needs_no_passkey_again(tmp_path):
    (tmp_path / "passkey.json").write_text(json.dumps(PASSKEY))
    typed = []

    def type_passkey():
        typed.append(PASSKEY)
        return PASSKEY

    acks = [wire.pack_frame(frames.ACK, 0, (frames.REQUEST, 7, 0))]
    async with (
        VirtualAir() as air,
        VirtualBoard(air, root=tmp_path, firmware=FIRMWARE) as board,
    ):
        with air.as_adapter(passkey=type_passkey):
            async with BleakClient(board.address) as client:
                await client.pair()
                assert await answer(client, board) == acks
                await board.press(5000)
                await board.play(board.time_ms + 4000)
                async with asyncio.timeout(5):
                    while client.is_connected:
                        await asyncio.sleep(0.01)
            assert await BleakScanner.discover(timeout=0.4) == []
            await board.play(board.time_ms + 4000)
            async with BleakClient(board.address) as client:
                assert await answer(client, board) == acks
        assert "Traceback" not in "\n".join(board.printed)
    assert typed == [PASSKEY]
