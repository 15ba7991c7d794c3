"""Bring a device's log into a store: whatever is cut in between, nothing is lost, nothing twice.

    report = await sync(session, store)      # again at any time: it goes on where it stopped

Rules:
- Records are committed in batches; a batch is on the disk before the next is asked to stay there.
- The device is told to forget only what is on the disk here, at the end, and never past a hole.
- It is told the time once its log is here, so that a wrong clock is found out, and the record of
  that is brought as well.
- The newest records that are here come once more, first: a time anchor is among them, which no
  other log can have. Where bytes differ the device's flash was erased, and another life of its log
  begins beside the old one.
- Sessions are made from the records afterwards, and can be made again: see derived.py.
"""

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from posturecore import flash, frames
from trunkline.clocks.dating import clocks_of
from trunkline.device.download import acknowledge, download
from trunkline.device.greeting import Confirm, Greeting, greet
from trunkline.device.session import Session
from trunkline.errors import InputError, LinkError
from trunkline.protocol.log import LogReader, StoredRecord
from trunkline.protocol.records import Boot, LogStatus
from trunkline.store import Gap, Store
from trunkline.store.device_logs import DELETED, UNSAID, is_same
from trunkline.sync.derived import choose_wearer, days_of, derive, is_virtual
from trunkline.sync.logged import boots_in
from trunkline.sync.report import Progress, SyncReport

_BATCH = 256  # records a transaction [D]: a quarter of a second's work to do again
_OVERLAP = 16  # records that come once more [D]
_MOST_LOSSES_IN_VAIN = 3  # of the link, with no new record between
_POLL_S = 0.2
_SAFE = flash.MODES.index("safe")


async def sync(
    session: Session,
    store: Store,
    *,
    wearer_id: str | None = None,
    time_zone: str = "UTC",
    on_progress: Callable[[Progress], None] = lambda progress: None,
    confirm_clock: Confirm | None = None,
    utc_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    clock_s: Callable[[], float] = time.monotonic,
) -> SyncReport:
    """Bring what is new in a device's log into a store, and make sessions of it.

    Args:
        session: An open session. One that brings its link back by itself goes on after a loss.
        store: An open store.
        wearer_id: Whose the new boots are. None: the wearer of this device before, else the only
            one there is, else a new one.
        time_zone: Of a new wearer, an IANA name: days begin at its midnight.
        on_progress: Called with how far it is.
        confirm_clock: Asked whether to use a clock of this host that contradicts what the device
            was told before. None: it is not used, and the report says so.
        utc_ms: This host's clock, in ms since 1970.
        clock_s: Seconds that only rise.

    Raises:
        LinkError: The link is gone, or nothing comes any more. What has come is kept: call again.
        InputError: No such wearer, several to choose from, or a store that cannot be written; then
            nothing was acknowledged that is not on the disk.
    """
    wearer_id = wearer_id or choose_wearer(store, session.info.device_id.hex(), time_zone)
    if wearer_id not in store.wearers():
        raise InputError(
            found=f"no wearer {wearer_id!r} in the store",
            expected="one of " + (", ".join(store.wearers()) or "none, there is nobody yet"),
            hint="leave it out for a new one",
        )
    syncing = _Syncing(session, store, on_progress, confirm_clock, utc_ms, clock_s)
    await syncing.run()
    lives = store.logs.all(syncing.log.device_id)
    sessions = [each for log in lives for each in derive(store, log, wearer_id)]
    return syncing.report(wearer_id, tuple(sessions))


class _AnotherLife(Exception):
    """What the device has is not the log that was taken for it."""


@dataclass
class _Counts:
    new: int = 0
    bytes: int = 0
    total: int = 0
    unknown: int = 0
    losses: int = 0


class _Syncing:
    """One sync, over as many links as it takes."""

    def __init__(
        self,
        session: Session,
        store: Store,
        on_progress: Callable[[Progress], None],
        confirm: Confirm | None,
        utc_ms: Callable[[], int],
        clock_s: Callable[[], float],
    ) -> None:
        self._session = session
        self._store = store
        self._logs = store.logs
        self._on_progress = on_progress
        self._confirm = confirm
        self._utc_ms = utc_ms
        self._greeting: Greeting | None = None
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._counts = _Counts()
        self._records: list[StoredRecord] = []  # not committed yet
        self._gaps: list[Gap] = []
        self._readers: list[LogReader] = []
        self._device_id = session.info.device_id.hex()
        self.log = self._logs.begin(self._device_id)
        self._from = 0  # records below were here before
        self._lives = list(self._logs.all(self._device_id))  # not tried yet
        self._choose_life()

    async def run(self) -> None:
        """Bring all that there is now, then let the device forget it."""
        in_vain = 0
        while True:
            before = self._counts.new
            try:
                await self._bring()
                if self._session.info.mode != _SAFE:  # where nobody keeps the time
                    await self._greet()
                await self._bring(acknowledges=True)
                return
            except _AnotherLife:
                self._choose_life()
            except LinkError:
                self._commit()
                in_vain = 0 if self._counts.new > before else in_vain + 1
                if in_vain == _MOST_LOSSES_IN_VAIN or not await _is_back(self._session):
                    raise
                self._counts.losses += 1

    async def _bring(self, *, acknowledges: bool = False) -> None:
        status = await self._session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        if status.next < self.log.next:
            raise _AnotherLife
        self._counts.total = self._counts.new + status.next - max(self.log.next, status.oldest)
        self._records, self._gaps = [], []
        overlap_from = max(self.log.first, self.log.next - _OVERLAP)
        known = {
            record.number: record.data for record in self._logs.records(self.log, overlap_from)
        }
        is_doubtful = (self.log.boot_id or 0) > self._session.info.boot_id
        reader = LogReader(overlap_from)
        self._readers.append(reader)
        async with aclosing(download(self._session, overlap_from, reader)) as records:
            async for record in records:
                if record.number < self.log.next:
                    is_doubtful = not _fits(record, known.get(record.number)) and is_doubtful
                    continue
                if is_doubtful:  # its boots fall back, and nothing of it is here
                    raise _AnotherLife
                self._take(record, status.acknowledged)
        self._commit()
        if acknowledges and status.acknowledged < self.log.next:
            await acknowledge(self._session, self.log.next)
            self.log = self._logs.acknowledge(self.log, self.log.next)

    async def _greet(self) -> None:
        """Tell the device the time; the record of that dates all the others."""
        events = [record.event for record in self._logs.records(self.log)]
        clocks = clocks_of(events)
        self._greeting = await greet(self._session, self._utc_ms, self._confirm, clocks)

    @property
    def _due(self) -> int:
        """The first record number that has not come."""
        return self._records[-1].number + 1 if self._records else self.log.next

    def _take(self, record: StoredRecord, acknowledged: int) -> None:
        due = self._due
        if record.number > due:
            why = DELETED if record.number <= acknowledged else UNSAID
            self._gaps.append(Gap(due, record.number, record.number - due, why))
        if isinstance(record.event, Boot):
            self._take_boot(record.number, record.event.boot_id)
        self._records.append(record)
        if len(self._records) == _BATCH:
            self._commit()

    def _take_boot(self, number: int, boot_id: int) -> None:
        boots = [r.event.boot_id for r in self._records if isinstance(r.event, Boot)]
        if boot_id <= max([*boots, self.log.boot_id or 0]):
            self._commit()  # the boots count from the start again, the records do not
            self._begin_life(number)

    def _choose_life(self) -> None:
        """Take the newest life of the log that has not been tried, or else a new one."""
        if self._lives:
            self.log = self._lives.pop()
            self._from = self.log.next
        else:
            self._begin_life(0)

    def _begin_life(self, first: int) -> None:
        self.log = self._logs.begin(self._device_id, first)
        self._from = first

    def _commit(self) -> None:
        """Put what has come on the disk."""
        records, self._records = self._records, []
        gaps, self._gaps = self._gaps, []
        if not records and not gaps:
            return
        self.log, new = self._logs.append(self.log, records, gaps)
        counts = self._counts
        counts.new += new
        counts.bytes += sum(len(record.data) for record in records)
        counts.unknown += sum(record.event is None for record in records)
        seconds = self._clock_s() - self._began_s
        self._on_progress(Progress(counts.new, counts.total, counts.bytes, seconds))

    def report(self, wearer_id: str, sessions: tuple[int, ...]) -> SyncReport:
        """Say what was brought."""
        counts = self._counts
        greeting = self._greeting
        finding = greeting.finding if greeting and not greeting.is_set else None
        records = self._logs.records(self.log)
        boots = boots_in(records)
        return SyncReport(
            device_id=self._device_id,
            is_simulated=is_virtual(self._device_id),
            wearer_id=wearer_id,
            life=self.log.life,
            records_new=counts.new,
            records_here=len(records),
            bytes=counts.bytes,
            seconds=self._clock_s() - self._began_s,
            gaps=tuple(gap for gap in self._logs.gaps(self.log) if gap.end > self._from),
            boots=tuple(b.boot_id for b in boots if b.records[-1].number >= self._from),
            days=days_of(boots, self._from, self._store.wearers()[wearer_id]),
            sessions=sessions,
            unknown_records=counts.unknown,
            damaged_bytes=sum(reader.damaged_bytes for reader in self._readers),
            link_losses=counts.losses,
            acknowledged=self.log.acknowledged,
            clock_doubt=finding.sentence if finding else None,
        )


def _fits(record: StoredRecord, known: bytes | None) -> bool:
    """Tell whether a record is here with the same bytes; raise when it is another one."""
    if known is not None and not is_same(known, record.data):
        raise _AnotherLife
    return known == record.data


async def _is_back(session: Session) -> bool:
    """Wait for a session that brings its link back by itself; False: nothing does."""
    while session.is_lost:
        if await session.wait_over(_POLL_S):
            return False
    return True
