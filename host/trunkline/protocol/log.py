"""Bytes of the log in, numbered records out: what a device answers to log_read, without any I/O.

A stored frame carries the low half of its record's number. log_from tells a whole number, at the
start and wherever the device has no records; its own sequence is the low half of the number that
was due. Bytes that were damaged on the way are skipped, and the records that stood there are
holes, to be asked for again; a record that comes late fills its hole, one that comes again is
left out.
"""

from dataclasses import dataclass

from posturecore import flash, wire
from trunkline.protocol.events import build
from trunkline.protocol.frame import Frame

Range = tuple[int, int]


@dataclass(frozen=True)
class StoredRecord:
    """One record of a device's log.

    Attributes:
        number: Counts the device's records; names this one for ever.
        data: The frame as it is in the device's flash.
        event: What it says; None: a kind that this version does not know, or cannot read.
    """

    number: int
    data: bytes
    event: Frame | None


class LogReader:
    """Turn the log's bytes into records.

    Attributes:
        next: The first record number that has not been passed; None before the first log_from.
        due: The number that the last log_from is about; None before the first.
        end: First record number that is not in its answer; None before the first log_from.
        limit: First record number that was not asked for; None: not known.
        gaps: [first, end) of the numbers that the device said it has no records for.
        holes: [first, end) of the numbers whose records did not arrive: ask for them again.
        damaged_bytes: Bytes that were no frame, or none that can be read.
    """

    def __init__(self, next_record: int | None = None) -> None:
        """Start with an answer; `next_record`: the number that was asked for first."""
        self.next = next_record
        self.due: int | None = None
        self.end: int | None = None
        self.limit: int | None = None
        self.gaps: list[Range] = []
        self.holes: list[Range] = []
        self.damaged_bytes = 0
        self._buffer = bytearray()

    @property
    def is_complete(self) -> bool:
        """Tell whether the end of the answer has come; `holes` may be left before it."""
        return self.next is not None and self.end is not None and self.next >= self.end

    def receive_data(self, data: bytes | bytearray | memoryview) -> list[StoredRecord]:
        """Add bytes as they came; return the records they complete, as they come."""
        self._buffer += data
        records: list[StoredRecord] = []
        at = 0
        while True:
            code, size = wire.examine(self._buffer, at, len(self._buffer))
            if code == wire.SHORT:
                break
            if code == wire.DAMAGED:
                self.damaged_bytes += 1
                at += 1
                continue
            self._take(bytes(self._buffer[at : at + size]), records)
            at += size
        del self._buffer[:at]
        return records

    def _take(self, frame: bytes, records: list[StoredRecord]) -> None:
        if frame[1] == flash.LOG_FROM:
            try:
                record, end = wire.unpack_frame(frame, 0)[2][:2]
            except ValueError:  # whole, but no log_from: as if it had not come
                self.damaged_bytes += len(frame)
                return
            due = self._number_of(frame, record)
            if due > record:  # it says that it has no record from there to before: of no answer
                self.damaged_bytes += len(frame)
                return
            self._pass_over(due, record, end)
            return
        if self.next is None:  # nobody can say which record it is
            return
        number = self._number_of(frame, self.next)
        if number < 0 or (self.limit is not None and number >= self.limit):
            return  # it was not asked for, so its number is not known
        if number >= self.next:
            self._go_to(number)
            self.next = number + 1
        elif not self._fill(number, number + 1):
            return  # it came before
        records.append(stored_record(number, frame))

    def _number_of(self, frame: bytes, near: int) -> int:
        """Complete the half of a number that a frame's sequence is, by one that is near."""
        near = near if self.next is None else self.next
        ahead = ((frame[4] | frame[5] << 8) - near) & 0xFFFF
        return near + (ahead if ahead < 0x8000 else ahead - 0x10000)

    def _pass_over(self, due: int, record: int, end: int) -> None:
        """Take that the device has no record from `due` to below `record`."""
        self.due, self.end = due, end
        if self.next is None:
            self.next = record
        elif record > self.next:
            self._go_to(due)
            if self.next < record:
                self.gaps.append((self.next, record))
                self.next = record
        elif due < record and self._fill(due, record):
            self.gaps.append((due, record))

    def _go_to(self, number: int) -> None:
        if self.next is not None and number > self.next:
            self.holes.append((self.next, number))
            self.next = number

    def _fill(self, first: int, end: int) -> bool:
        """Take out of the holes what needs no more asking; return whether there was any."""
        left: list[Range] = []
        for hole_first, hole_end in self.holes:
            if first < hole_end and end > hole_first:
                parts = ((hole_first, min(first, hole_end)), (max(end, hole_first), hole_end))
                left += [part for part in parts if part[0] < part[1]]
            else:
                left.append((hole_first, hole_end))
        is_some, self.holes = left != self.holes, left
        return is_some


def stored_record(number: int, data: bytes) -> StoredRecord:
    """Read a stored frame whose crc is good."""
    try:
        return StoredRecord(number, data, build(*wire.unpack_frame(data, 0)))
    except ValueError:
        return StoredRecord(number, data, None)
