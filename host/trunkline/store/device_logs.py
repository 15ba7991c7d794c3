"""The records of devices' logs: kept byte for byte, each once, and what is missing between them.

A life of a log is a stretch in which both its record numbers and its boot ids count up. When
either falls back, the flash was erased or replaced: a new life begins beside the old one, and
nothing of the old one is touched.

Rules:
- A number that is here keeps its bytes. A device that has thinned its flash tells a lost record in
  the place of the minutes that a host has already: the minutes stay.
- `next` moves in the transaction that brings the records below it. So what is below `next` is on
  the disk, or the device has said that it has none: only that far may it be acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from posturecore.flash import LOST
from trunkline.errors import InputError, ProtocolError
from trunkline.protocol.log import StoredRecord, stored_record
from trunkline.protocol.records import Boot, LostRecords
from trunkline.store.database import transaction
from trunkline.store.saved import SavedSession
from trunkline.store.sessions import missing, saved
from trunkline.store.tables import DeviceLogRow, GapRow, RecordRow, SessionRow, values

CAUSES = ("thinned for room", "no room", "damaged in flash")  # of LostRecords
DELETED = "deleted: another host had acknowledged it"
UNSAID = "the device does not say why"


@dataclass(frozen=True)
class DeviceLog:
    """One life of a device's log, as far as it is here.

    Attributes:
        id: Its number in this store; 0: nothing of it is here yet.
        device_id: The device in hex.
        life: 1 for the first, then 2, 3 ...
        first: Record number that this life begins with.
        next: The first record number that has not come.
        acknowledged: Records below, the device may delete: this store has told it so.
        boot_id: Of the last boot in it; None: no boot has come yet.
    """

    id: int
    device_id: str
    life: int
    first: int
    next: int
    acknowledged: int
    boot_id: int | None


@dataclass(frozen=True)
class Gap:
    """Records that are not here and cannot come any more.

    Attributes:
        first: First record number.
        end: First record number after.
        count: How many of them are gone.
        why: In words.
    """

    first: int
    end: int
    count: int
    why: str


class DeviceLogs:
    """The part of a store that keeps raw records; reached as `store.logs`."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of an open store."""
        self._engine = engine

    def all(self, device_id: str | None = None) -> tuple[DeviceLog, ...]:
        """Give the lives of one device's log, or of all, oldest first."""
        query = select(DeviceLogRow).order_by(DeviceLogRow.device_id, DeviceLogRow.life)
        if device_id is not None:
            query = query.where(DeviceLogRow.device_id == device_id)
        with transaction(self._engine, is_writing=False) as session:
            return tuple(_log_of(row) for row in session.scalars(query))

    def newest(self, device_id: str) -> DeviceLog | None:
        """Give the life of a device's log that may still grow; None: nothing is here."""
        return next(reversed(self.all(device_id)), None)

    def begin(self, device_id: str, first: int = 0) -> DeviceLog:
        """Prepare a new life of a device's log, at record number `first`.

        It is in the store, and has an id, with its first records.
        """
        lives = self.all(device_id)
        return DeviceLog(0, device_id, len(lives) + 1, first, first, 0, None)

    def append(
        self, log: DeviceLog, records: Sequence[StoredRecord], gaps: Sequence[Gap] = ()
    ) -> tuple[DeviceLog, int]:
        """Keep records, all or none; on return they are on the disk.

        Args:
            log: Where they belong.
            records: In order, with nothing left out but `gaps`; those that are here already stay.
            gaps: Numbers below the last record that the device has no records for.

        Returns:
            The log with its new `next`, and how many records were new.

        Raises:
            InputError: The disk is full, the database is damaged or held by another program, or
                another program has begun this life, too.
            ProtocolError: A record that is here came with other bytes.
        """
        with transaction(self._engine, is_writing=True) as session:
            row = _row(session, log) if log.id else _new_row(session, log)
            new = _new_ones(session, row.id, records)
            if new:
                session.execute(
                    insert(RecordRow),
                    [{"log_id": row.id, "number": r.number, "data": r.data} for r in new],
                )
            for gap in gaps:
                session.merge(GapRow(log_id=row.id, first=gap.first, end=gap.end, why=gap.why))
            row.next = max([row.next, *(record.number + 1 for record in records)])
            boots = [r.event.boot_id for r in new if isinstance(r.event, Boot)]
            row.boot_id = max([*boots, row.boot_id or 0]) or None
            return _log_of(row), len(new)

    def acknowledge(self, log: DeviceLog, number: int) -> DeviceLog:
        """Note that the device was told to forget the records below `number`."""
        with transaction(self._engine, is_writing=True) as session:
            row = _row(session, log)
            row.acknowledged = max(row.acknowledged, number)
            return _log_of(row)

    def records(self, log: DeviceLog, from_record: int = 0) -> tuple[StoredRecord, ...]:
        """Give a log's records in order, from a number on."""
        query = select(RecordRow.number, RecordRow.data).where(
            RecordRow.log_id == log.id, RecordRow.number >= from_record
        )
        with transaction(self._engine, is_writing=False) as session:
            rows = session.execute(query.order_by(RecordRow.number)).all()
        return tuple(stored_record(number, data) for number, data in rows)

    def gaps(self, log: DeviceLog) -> tuple[Gap, ...]:
        """Tell what is missing below a log's `next`, in order, and why."""
        found = [gap for r in self.records(log) for gap in _told_by(r)]
        query = select(GapRow).where(GapRow.log_id == log.id).order_by(GapRow.first)
        with transaction(self._engine, is_writing=False) as session:
            for row in session.scalars(query):
                if not any(gap.first <= row.first and row.end <= gap.end for gap in found):
                    found.append(Gap(row.first, row.end, row.end - row.first, row.why))
        return tuple(sorted(found, key=lambda gap: gap.first))

    def sessions(self, device_id: str, source: str) -> dict[int, SavedSession]:
        """Give the newest session from a source of each boot of a device, by boot id."""
        query = select(SessionRow).where(
            SessionRow.device_id == device_id, SessionRow.source == source
        )
        with transaction(self._engine, is_writing=False) as session:
            rows = session.scalars(query.order_by(SessionRow.revision))
            return {row.boot_id: saved(row) for row in rows}


_LOG = tuple(field.name for field in fields(DeviceLog))


def _log_of(row: DeviceLogRow) -> DeviceLog:
    return DeviceLog(**values(row, _LOG))


def _row(session: Session, log: DeviceLog) -> DeviceLogRow:
    row = session.get(DeviceLogRow, log.id)
    if row is None:
        raise missing("device log", log.id, "one from begin or newest")
    return row


def _new_row(session: Session, log: DeviceLog) -> DeviceLogRow:
    query = select(func.count()).where(DeviceLogRow.device_id == log.device_id)
    if session.scalar(query) != log.life - 1:
        raise InputError(
            found=f"another program that brings the log of device {log.device_id}",
            expected="one at a time for one store",
            hint="wait until it is done, then the same again",
        )
    facts = {name: getattr(log, name) for name in _LOG if name != "id"}
    row = DeviceLogRow(**facts)
    session.add(row)
    session.flush()
    return row


def _new_ones(
    session: Session, log_id: int, records: Sequence[StoredRecord]
) -> Sequence[StoredRecord]:
    if not records:
        return ()
    query = select(RecordRow.number, RecordRow.data).where(
        RecordRow.log_id == log_id,
        RecordRow.number.between(records[0].number, records[-1].number),
    )
    here = {row.number: row.data for row in session.execute(query)}
    for record in records:
        if not is_same(here.get(record.number, record.data), record.data):
            raise ProtocolError(
                f"Found record {record.number} with other bytes than before; expected a number "
                "to name one record for ever; keep the store and the device, and report this."
            )
    return [record for record in records if record.number not in here]


def is_same(one: bytes, other: bytes) -> bool:
    """Tell whether two records of one number are of one life; either may tell of the other's loss.

    A lost record stands in the place of the first that is gone.
    """
    return one == other or LOST in (one[1], other[1])


def _told_by(record: StoredRecord) -> tuple[Gap, ...]:
    lost = record.event
    if not isinstance(lost, LostRecords):
        return ()
    why = CAUSES[lost.cause] if lost.cause < len(CAUSES) else UNSAID
    return (Gap(lost.first, lost.end, lost.count, why),)
