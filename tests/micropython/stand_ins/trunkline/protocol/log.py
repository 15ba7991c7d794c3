"""A host's end of a download, for MicroPython: as much of LogReader as the tests look at.

It trusts what comes to be in order, as a link gives it; what is damaged is skipped.
"""

from posturecore import flash, wire


class Record:
    def __init__(self, number, data):
        self.number, self.data = number, data


class LogReader:
    def __init__(self):
        self.next = self.end = None
        self.gaps, self.holes = [], []
        self.damaged_bytes = 0
        self._buffer = b""

    @property
    def is_complete(self):
        return self.next is not None and self.next >= self.end

    def receive_data(self, data):
        self._buffer += data
        records, at = [], 0
        while True:
            code, size = wire.examine(self._buffer, at, len(self._buffer))
            if code == wire.SHORT:
                self._buffer = self._buffer[at:]
                return records
            if code == wire.OK:
                self._take(self._buffer[at : at + size], records)
            else:
                self.damaged_bytes += 1
                size = 1
            at += size

    def _take(self, frame, records):
        if frame[1] == flash.LOG_FROM:
            first, self.end = wire.unpack_frame(frame, 0)[2]
            if self.next is not None and first > self.next:
                self.gaps.append((self.next, first))
            self.next = first
            return
        if self.next is None:  # nobody can say which record it is
            return
        missing = ((frame[4] | frame[5] << 8) - self.next) & 0xFFFF
        if missing:
            self.holes.append((self.next, self.next + missing))
        records.append(Record(self.next + missing, frame))
        self.next += missing + 1
