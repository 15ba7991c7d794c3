"""Writing a segment anew: without some of its minutes, and with a record of every loss.

A lost record stands in the place, and has the number, of the first record that is gone. It comes
with the file that replaces the old one, so a power cut can part neither from the other.
"""

import os

from posturecore import wire
from posturecore.flash import LOST, MINUTES
from storage.segment import DAMAGED, FRAME_BYTES, NEW, THINNED, Segment, lost_frame

KEEP_ALL, KEEP_HALF, KEEP_NONE = range(3)  # of the minutes
LEAST_BYTES = wire.OVERHEAD + 5  # of a record: so many numbers can hide in damaged bytes


class Rewriting:
    """One segment's rewriting: `survey`, look at what it would give, then `write`.

    `limit` is the number the next segment begins with, None for the last one.
    """

    def __init__(self, path, first, limit, keep):
        self.bytes = 0  # of the file that `write` makes
        self.found = first  # the first number after the records that can be read
        self.next = first  # the first number that no record of this segment can have had
        self.damaged_bytes = 0
        self.was_thinned = False
        self.thinned = 0  # records gone for room now
        self._path, self._first, self._limit, self._keep = path, first, limit, keep
        self._gone_first = self._gone_end = None
        self._gone = 0  # records gone for room, before and now
        self._buffer = bytearray(FRAME_BYTES)

    def survey(self):
        """Read the segment and find what the new one would be."""
        self._walk(None)
        if self._gone_first is not None:
            self.bytes += len(lost_frame(0, 0, 0, THINNED))

    def write(self):
        """Put the new segment in the old one's place."""
        with open(self._path + NEW, "wb") as file:
            self._walk(file)
        os.rename(self._path + NEW, self._path)

    def _walk(self, file):
        segment = Segment(self._path, self._first, self._limit)
        try:
            self._copy(segment, file)
        finally:
            segment.close()
        self.damaged_bytes = segment.damaged_bytes

    def _copy(self, segment, file):
        minutes, damaged, expected = 0, 0, self._first
        view = memoryview(self._buffer)
        size = segment.read_into(self._buffer)
        while size:
            if segment.damaged_bytes > damaged:
                damaged = segment.damaged_bytes
                self._hole(file, expected, segment.number)
            expected = segment.number + 1
            kind = self._buffer[1]
            minutes += kind == MINUTES
            lost = self._lost() if kind == LOST else None
            if lost and lost[3] == THINNED:
                self.was_thinned = True
                self._drop(file, lost[0], lost[1], lost[2])
            elif kind == MINUTES and not self._is_kept(minutes):
                self.thinned += file is None
                self._drop(file, segment.number, segment.number + 1, 1)
            else:
                self._put(file, view[:size])
                if lost:
                    expected = max(expected, lost[1])
            size = segment.read_into(self._buffer)
        self.found = max(expected, self._gone_end or 0)
        if segment.damaged_bytes > damaged:
            expected = self._tail(file, expected, segment.damaged_bytes - damaged)
        self.next = max(expected, self._gone_end or 0)

    def _lost(self):
        return wire.unpack_frame(self._buffer, 0)[2]

    def _is_kept(self, minutes):
        return self._keep == KEEP_ALL or (self._keep == KEEP_HALF and minutes % 2 == 1)

    def _drop(self, file, first, end, count):
        if file is None:
            if self._gone_first is None:
                self._gone_first = first
            self._gone_end = max(self._gone_end or 0, end)
            self._gone += count
        elif first == self._gone_first:
            file.write(lost_frame(first, self._gone_end, self._gone, THINNED))

    def _hole(self, file, first, end):
        if end > first:
            self._put(file, lost_frame(first, end, end - first, DAMAGED))

    def _tail(self, file, first, damaged):
        # What stood there is not known, and no number may ever mean two records.
        end = self._limit
        if end is None:
            end = first + damaged // LEAST_BYTES + 1
        self._hole(file, first, end)
        return end

    def _put(self, file, frame):
        if file is None:
            self.bytes += len(frame)
        else:
            file.write(frame)
