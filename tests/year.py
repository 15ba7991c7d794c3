"""A year of a device's life on the virtual board, at random: boots, cuts, faults, hosts that go.

What holds at any time: a boot comes up, and what was in flash before it is there after it, once,
unless a host has acknowledged it or the log says that its minutes were lost. Days are cut to
minutes: what lies between two is a battery that was out. A cut comes between two writes here; at
every byte of one, tests/firmware/scripts/cuts.py has them.
"""

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from posturecore import flash, frames, wire
from tests.two_ends import PASSKEY
from trunkline.device.download import acknowledge, download
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.log import StoredRecord
from trunkline.protocol.records import LogStatus
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport

from storage.log import Log  # isort: skip
from storage.reader import Reader  # isort: skip
from storage.segment import FRAME_BYTES  # isort: skip

LOG_BYTES = 96 * 1024  # small, so that it is full now and then
DAY_MS = 86_400_000
GOOD_MS = 62_000  # after so long a start has not failed
BOARD_DAYS = 20  # its clock on the wire is a u32 of ms; then another board takes the same flash
_WRAP_MS = 1 << 30
_SENSOR_FAULTS = (
    ("nak", 400),
    ("stuck_bus", 9),
    ("missing", 1),
    ("brown_out", 3),
    ("overrun", 3000),
)

Records = dict[int, bytes]


class Year:
    """One device and one host, over many days.

    Attributes:
        held: What the host has on its disk, by record number.
        acknowledged: Records below, the host has acknowledged.
        counts: What happened.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.chance = random.Random(seed)
        self.held: Records = {}
        self.acknowledged = 0
        self.counts: Counter[str] = Counter()
        self._before: Records = {}
        self._promised = 0  # records below, the device has told of while there was room
        self._ordered: list[str] = []  # ends of this board's days
        self._is_away = False  # the host, for some weeks

    async def live(self, days: int, is_enough=lambda: False) -> int:
        """Live so many days, or until it is enough; return how many."""
        lived = 0
        async with VirtualAir() as air:
            with air.as_adapter(passkey=lambda: PASSKEY):
                while lived < days and not is_enough():
                    lived += await self._with_a_board(
                        air, min(BOARD_DAYS, days - lived), is_enough
                    )
        return lived

    async def _with_a_board(self, air, days, is_enough) -> int:
        # Half of the boards come to the wrap of their clock in each boot's first minute.
        start_ms = _WRAP_MS - 30_000 if self.chance.random() < 0.5 else 0
        self.counts["wraps"] += start_ms > 0
        env = {"TRUNKLINE_SIM_TICKS_START_MS": str(start_ms)}
        main = self.root / "main.py"
        self._ordered, self._is_away = [], self.chance.random() < 0.5
        lived = 0
        async with VirtualBoard(air, root=self.root, firmware=main, env=env) as board:
            self.counts["boots"] += 1
            while lived < days and not is_enough():
                await self._day(air, board)
                lived += 1
        return lived

    async def _day(self, air, board) -> None:
        # Of its own: how much of a visit's chance is used depends on when its link is lost.
        chance, visiting = self.chance, random.Random(self.chance.random())
        await board.play(board.time_ms + chance.randrange(1000, 20_000))
        if chance.random() < 0.5:
            await self._visit(air, board, visiting)
        await board.play(board.time_ms + GOOD_MS)
        if chance.random() < 0.4:
            await board.inject(*chance.choice(_SENSOR_FAULTS))
            self.counts["sensor faults"] += 1
        is_long = chance.random() < 0.05
        await board.play(board.time_ms + chance.randrange(1000, 1_500_000 if is_long else 120_000))
        await board.inject("missing", 0)
        self._look(board)
        await self._end(board)
        await board.play(board.time_ms + 1000)
        self._look(board)

    async def _end(self, board) -> None:
        """End the day as days end: a battery that is out, a reset, a watchdog, a crash."""
        how = self.chance.choice(("cut", "cut", "reset", "hang", "crash"))
        self.counts[how] += 1
        self.counts["boots"] += 1
        self._ordered.append(how)
        if how == "cut":
            await board.cut_power(self.chance.randrange(DAY_MS))
        elif how == "reset":
            await board.reset()
        else:
            await board.inject(how)
        await board.play(board.time_ms + 10_000)
        if len(board.restarts) != len(self._ordered):
            raise AssertionError(f"{board.restarts}, and ordered were {self._ordered}")
        raised = sum("Traceback" in line for line in board.printed)
        if raised != self._ordered.count("crash"):
            raise AssertionError("\n".join(board.printed[-20:]))

    # ---- the host

    async def _visit(self, air, board, chance) -> None:
        """Come and go: change things, download, lose the link, acknowledge."""
        self.counts["visits"] += 1
        cut = chance.randrange(1, 60) if chance.random() < 0.6 else None
        try:
            async with Session(BleTransport(board.address)) as session:
                await session.set_neutral((16393, 0, 0))
                for _ in range(chance.choice((0, 20, 60, 150))):
                    await session.change_settings({"slouch_hold_s": chance.randrange(10, 90)})
                status = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
                if status.used_bytes < LOG_BYTES // 3:
                    self._promised = status.next
                if not self._is_away:
                    await self._download(air, board, session, chance, cut)
        except LinkError:
            self.counts["links lost"] += 1
            if cut is None:
                raise
        await board.play(board.time_ms + 1000)

    async def _download(self, air, board, session, chance, cut) -> None:
        count = 0
        async for record in download(session, max(self.held, default=-1) + 1):
            self._keep(record)
            count += 1
            if count == cut:
                air.drop_links(board.address)
        if self.held and chance.random() < 0.4:
            self.acknowledged = max(self.held) + 1
            await acknowledge(session, self.acknowledged)
            self.counts["acknowledged"] += 1

    def _keep(self, record: StoredRecord) -> None:
        if record.number in self.held:
            raise AssertionError(f"record {record.number} came twice")
        self.held[record.number] = record.data

    # ---- what must hold

    def _look(self, board) -> None:
        """Read the flash, and compare it with what was there at the last look."""
        now = read_flash(self.root)
        lost = [wire.unpack_frame(data, 0)[2] for data in now.values() if data[1] == flash.LOST]
        for known in (self._before, self.held):
            for number, data in known.items():
                if number >= self.acknowledged and now.get(number) != data:
                    self._excuse(number, data, lost)
        newest = max(now, default=0)
        if self._before and newest < max(self._before):
            raise AssertionError(f"the newest record was {max(self._before)}, now it is {newest}")
        if newest + 1 < self._promised:
            raise AssertionError(f"records up to {self._promised} were told, flash has {newest}")
        check_order(now)
        self._before = now
        self.counts["records"] = newest + 1
        self.counts["thinned"] = sum(values[2] for values in lost if values[3] == 0)
        self.counts["not kept"] = sum(values[2] for values in lost if values[3] == 1)

    def _excuse(self, number: int, data: bytes, lost) -> None:
        """Only minutes may go before a host has them, and the log says so."""
        is_told = any(first <= number < end for first, end, _, _ in lost)
        if data[1] not in (flash.MINUTES, flash.LOST) or not is_told:
            raise AssertionError(f"record {number} {data.hex()} was in flash and is no more")


def read_flash(root: Path) -> Records:
    """Read a log as it is; nothing is written to it."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(root / "log", Path(copy) / "log")
        log = Log(copy, LOG_BYTES)
        reader, frame, found = Reader(log, 0), bytearray(FRAME_BYTES), {}
        while size := reader.read_into(frame):
            if reader.number in found:
                raise AssertionError(f"record {reader.number} is in flash twice")
            found[reader.number] = bytes(frame[:size])
        reader.pause()
        if log.damaged_bytes:
            raise AssertionError(f"{log.damaged_bytes} damaged bytes in flash")
    return found


def check_order(records: Records) -> None:
    """Hold that boots count up, and that time never goes back or leaps within one."""
    boot, latest = 0, {}
    for number, data in sorted(records.items()):
        frame, _, values, _ = wire.unpack_frame(data, 0)
        if frame == flash.BOOT:
            if values[0] <= boot:
                raise AssertionError(f"record {number}: boot {values[0]} after boot {boot}")
            boot, latest = values[0], {}
        elif frame in (flash.LEDGER, flash.POWER, flash.MINUTES, frames.CUE):
            at = values[0]  # block, or ms
            if at < latest.get(frame, 0):
                raise AssertionError(f"record {number}: time goes back, {at} < {latest[frame]}")
            if at > DAY_MS:
                raise AssertionError(f"record {number}: time leaps to {at}, in a boot of minutes")
            latest[frame] = at
