"""A virtual board on a table: on the air, as a new device is, to be found and paired."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from trunkline.simulator.air import VirtualAir
from trunkline.simulator.board import VirtualBoard

PASSKEY = 246801  # what stands on a virtual board's label
_WINDOW_MS = 61_000  # a board fresh from flashing takes a host for its first minute
_PRESS_MS, _HOLD_MS = 100, 3600
_AFTER_MS = 1000


@asynccontextmanager
async def board_on_table(
    root: Path, passkey: Callable[[], int | Awaitable[int | None]] | None = None
) -> AsyncIterator[VirtualBoard]:
    """Switch a board on, a minute ago, and make bleak use its air; press its button to be heard.

    Args:
        root: Folder of its file system.
        passkey: Gives what the user types when the system asks for the passkey. None: nothing.
    """
    (root / "passkey.json").write_text(json.dumps(PASSKEY), encoding="utf-8")
    async with VirtualAir() as air, VirtualBoard(air, root=root) as board:
        with air.as_adapter(passkey):
            await board.play(_WINDOW_MS)
            yield board


async def press_button(board: VirtualBoard) -> None:
    """Press the button: the radio is on for a minute."""
    await _press(board, _PRESS_MS)


async def hold_button(board: VirtualBoard) -> None:
    """Hold the button for 3 s: a new host may pair for a minute."""
    await _press(board, _HOLD_MS)


async def _press(board: VirtualBoard, duration_ms: int) -> None:
    await board.press(duration_ms)
    await board.play(board.time_ms + duration_ms + _AFTER_MS)
