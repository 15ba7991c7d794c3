"""Switching off: what happened is in flash before the board goes to sleep for good."""

import json

import pytest

from posturecore import faults, flash, wire
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.two_ends import PASSKEY
from trunkline.errors import SimulatorError
from trunkline.simulator import VirtualAir, VirtualBoard

from storage.log import Log  # isort: skip
from storage.reader import Reader  # isort: skip
from storage.segment import FRAME_BYTES  # isort: skip


def records_in(root):
    """Read the flash of a board that is off: (frame, values) each."""
    reader, frame, found = Reader(Log(str(root), 1 << 20), 0), bytearray(FRAME_BYTES), []
    while reader.read_into(frame):
        found.append(wire.unpack_frame(frame, 0)[::2])
    reader.pause()
    return found


async def until_off(board):
    with pytest.raises(SimulatorError, match=r"VM ended \(exit code 0\)"):
        await board.play(board.time_ms + 600_000)


@pytest.mark.parametrize("why", ["battery", "button"])
async def test_log_is_whole_when_the_board_switches_off(tmp_path, why):
    (tmp_path / "passkey.json").write_text(json.dumps(PASSKEY))
    async with VirtualAir() as air, VirtualBoard(air, root=tmp_path) as board:
        await board.play(130_000)
        if why == "battery":
            await board.inject("battery_mv", 3200)
        else:
            await board.press(11_000)
        await until_off(board)
        assert board.motor_log[-1].duty_u16 == 0
        assert board.notes[-1].name == "off"
    records = records_in(tmp_path)
    *_, (_, values) = [record for record in records if record[0] == flash.POWER]
    assert values[1] == flash.POWER_STATES.index("off")
    codes = [values[1] for frame, values in records if frame == flash.FAULT]
    assert (faults.BATTERY_EMPTY in codes) == (why == "battery")
