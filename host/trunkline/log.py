"""Bytes of the log in, numbered records out: what a device answers to log_read, without any I/O.

A stored frame carries the low half of its record's number; log_from tells the whole number, at the
start and wherever records are missing. Bytes that were damaged on the way are skipped, and the
records that stood there are to be asked for again.
"""

from dataclasses import dataclass

from posturecore import flash, wire
from trunkline.events import build
from trunkline.frame import Frame

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
        next: The record number that comes next; None before the first log_from.
        end: First record number that is not in the answer; None before the first log_from.
        gaps: [first, end) of the numbers that the device said it has no records for.
        holes: [first, end) of the numbers whose records did not arrive: ask for them again.
        damaged_bytes: Bytes that were no frame, or none that can be read.
    """

    def __init__(self, next_record: int | None = None) -> None:
        """Start with an answer; `next_record`: it begins there without saying so."""
        self.next = next_record
        self.end: int | None = None
        self.gaps: list[Range] = []
        self.holes: list[Range] = []
        self.damaged_bytes = 0
        self._buffer = bytearray()

    @property
    def is_complete(self) -> bool:
        """Tell whether all of the answer has come."""
        return self.next is not None and self.end is not None and self.next >= self.end

    def receive_data(self, data: bytes | bytearray | memoryview) -> list[StoredRecord]:
        """Add bytes as they came; return the records they complete."""
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
                values = wire.unpack_frame(frame, 0)[2]
            except ValueError:  # whole, but no log_from: as if it had not come
                self.damaged_bytes += len(frame)
                return
            self._go_to(values[0], values[1])
        elif self.next is not None:  # else nobody can say which record it is
            sequence = frame[4] | frame[5] << 8
            ahead = (sequence - self.next) & 0xFFFF
            if ahead >= 0x8000:  # it came before
                return
            number = self.next + ahead
            if ahead:
                self.holes.append((self.next, number))
            self.next = number + 1
            records.append(stored_record(number, frame))

    def _go_to(self, record: int, end: int) -> None:
        if self.next is not None and record > self.next:
            self.gaps.append((self.next, record))
        self.next, self.end = record, end


def stored_record(number: int, data: bytes) -> StoredRecord:
    """Read a stored frame whose crc is good."""
    try:
        return StoredRecord(number, data, build(*wire.unpack_frame(data, 0)))
    except ValueError:
        return StoredRecord(number, data, None)
