"""How long a day's log takes to a host's disk: computed from connection intervals, and measured.

The day is simulated, and so are the radio, its intervals and the cable; the decisions, the log,
the sender, the session and the store are the product's own.
"""

import asyncio
import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.two_ends import PASSKEY
from trunkline.device.session import Session
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.store import Store
from trunkline.sync.into_store import sync
from trunkline.sync.report import SyncReport
from trunkline.transports.base import Transport
from trunkline.transports.ble import BleTransport
from trunkline.transports.serial import SerialTransport

from .flash import DESK, HARD, SIZE_BYTES, Record, records_of
from .table import Row

from download import Download  # isort: skip
from storage.log import Log  # isort: skip

# What hosts choose: 15 ms on phones, 30 to 50 ms on Linux [M].
INTERVALS_MS = (15, 30, 50)
_PACKETS = 6  # notifications an interval, as on the virtual air [D]
_MOST_S = 10.0


def of_day() -> Iterator[Row]:
    """Compute and measure a simulated day at a desk and one of hard work."""
    for name, day in (("desk", DESK), ("hard work", HARD)):
        steps, worn_h = records_of(day)
        with tempfile.TemporaryDirectory() as folder:
            yield from _of_log(f"sync, simulated day of {worn_h:.1f} h, {name}", folder, steps)


def _of_log(what: str, folder: str, steps: list[list[Record]]) -> Iterator[Row]:
    root = Path(folder) / "flash"
    root.mkdir()
    (root / "passkey.json").write_text(json.dumps(PASSKEY))
    records, sizes = _write(root, steps)
    yield Row(f"{what}: records", "", records)
    yield Row(f"{what}: bytes over the air", "kB", sum(sizes) / 1000)
    yield Row(f"{what}: notifications of at most 244 bytes", "", len(sizes))
    for interval_ms in INTERVALS_MS:
        for packets in (1, _PACKETS):
            seconds = math.ceil(len(sizes) / packets) * interval_ms / 1000
            how = f"computed from {packets} an interval of {interval_ms} ms"
            yield Row(f"{what}: {how}", "s", seconds)
    for interval_ms in INTERVALS_MS:
        report = asyncio.run(_over_air(_copy(root, f"{interval_ms}"), interval_ms))
        how = f"measured, virtual air, {_PACKETS} an interval of {interval_ms} ms"
        yield Row(f"{what}: {how}", "s", report.seconds, None, _MOST_S, f"{_MOST_S:.0f} s")
    report = asyncio.run(_over_cable(_copy(root, "cable")))
    yield Row(f"{what}: measured, virtual cable", "s", report.seconds, None, _MOST_S, "10 s")


def _write(root: Path, steps: list[list[Record]]) -> tuple[int, list[int]]:
    """Let the firmware's log keep a day; return how many records, and the messages they take."""
    log, sizes = Log(str(root), SIZE_BYTES), list[int]()
    for step in steps:
        for frame, values, items in step:
            log.append(frame, values, items)
        log.sync()
    sender = Download(log, lambda message: sizes.append(len(message)) or True)
    for first in range(0, log.next, 512):
        sender.read(first, min(512, log.next - first))
        while sender.tend():
            pass
    return log.next, sizes


def _copy(root: Path, name: str) -> Path:
    """Give a board of its own the log; none has met a host."""
    return Path(shutil.copytree(root, root.with_name(f"flash-{name}")))


async def _over_air(root: Path, interval_ms: int) -> SyncReport:
    async with AsyncExitStack() as stack:
        air = await stack.enter_async_context(VirtualAir())
        board = await stack.enter_async_context(VirtualBoard(air, root=root))
        stack.enter_context(air.as_adapter(passkey=lambda: PASSKEY))
        return await _synced(root, BleTransport(board.address), air, interval_ms)


async def _over_cable(root: Path) -> SyncReport:
    async with VirtualAir() as air, VirtualBoard(air, root=root) as board:
        await board.inject("usb", 1)
        await board.play(1000)
        return await _synced(root, SerialTransport(board.usb_port), air, 0)


async def _synced(
    root: Path, transport: Transport, air: VirtualAir, interval_ms: int
) -> SyncReport:
    with Store.open(root / "wear.sqlite") as store:
        async with Session(transport) as session:
            air.interval_s = interval_ms / 1000
            return await sync(session, store)
