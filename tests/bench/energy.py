"""How long the battery lasts: a simulated day by its own log of states, and what each draws.

The wearer, the board and the clock are simulated; the firmware is the product's. No current was
measured by this project: trunkline.simulator.energy says where each was read.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np

from tests.two_ends import PASSKEY
from tests.workday import make_day
from trunkline.device.session import Session
from trunkline.simulator import VirtualAir, VirtualBoard, write_tape
from trunkline.simulator.energy import CELL_MAH, USABLE, Energy, energy_of
from trunkline.transports.ble import BleTransport

from .table import Row

WORN_H, STORED_H, STREAMED_H = 10, 14, 1
LEAST_WORKDAYS = 3
_RATE_HZ = 60
_HOUR_MS = 3_600_000
_ON_A_TABLE = np.array([0, 0, 0, 0, 0, 4098, 0, 0, 16393], dtype=np.int16)


def of_day() -> Iterator[Row]:
    """Add up a day worn alone, and one with an hour of streaming in it."""
    with tempfile.TemporaryDirectory() as name:
        for streamed_h in (0, STREAMED_H):
            what = f"battery, simulated day of {WORN_H} h worn"
            what += f", {streamed_h} h of it streaming" if streamed_h else " alone"
            energy = asyncio.run(_live(Path(name), streamed_h))
            for part, mah in energy.spent_mah.items():
                yield Row(f"{what}: {part}", "mAh", mah)
            yield Row(f"{what}: mean", "mA", energy.mean_ma)
            yield Row(f"{what}: 500 mAh last", "h", energy.hours_left())
            days = energy.hours_left() / (WORN_H + STORED_H)
            yield Row(f"{what}: 500 mAh last", "workdays", days)
            claimed = 1 if streamed_h else LEAST_WORKDAYS
            claim = (CELL_MAH * USABLE / claimed, f"{claimed} to a cell")
            yield Row(f"{what}: all of it", "mAh", sum(energy.spent_mah.values()), None, *claim)


async def _live(folder: Path, streamed_h: int) -> Energy:
    """Play a day on a board that met its host once, in its first minute."""
    root = folder / f"flash{streamed_h}"
    root.mkdir()
    (root / "passkey.json").write_text(json.dumps(PASSKEY), "utf-8")
    day = make_day(folder, "desk_day", WORN_H * 3600.0)
    table = np.tile(_ON_A_TABLE, (STORED_H * 3600 * _RATE_HZ, 1))
    counts = np.vstack([day.counts, table])
    tape = write_tape(folder / "day.tape", counts[:, :3], counts[:, 3:6], counts[:, 6:])
    end_ms = (WORN_H + STORED_H) * _HOUR_MS
    async with AsyncExitStack() as stack:
        air = await stack.enter_async_context(VirtualAir())
        board = await stack.enter_async_context(VirtualBoard(air, tape=tape, root=root))
        with air.as_adapter(passkey=lambda: PASSKEY):
            async with Session(BleTransport(board.address)) as session:
                await session.set_neutral(day.neutral)
                if streamed_h:
                    await session.set_stream(samples=True, decisions=True)
                    await board.play(streamed_h * _HOUR_MS)
        await board.play(end_ms)
        return energy_of(board.notes, board.motor_log, end_ms)
