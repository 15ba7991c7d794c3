"""One file of the log: stored frames, one behind the other.

A file is named by its first record's number: the log finds a record, and what comes next, without
opening the others, and nothing in a file has to be right for the next one to be found. A frame's
sequence is the low half of its record's number, so numbers may be missing within a file.
"""

from posturecore import wire
from posturecore.flash import LOST

FRAME_BYTES = wire.MAX_PAYLOAD + wire.OVERHEAD  # the longest
THINNED, NO_ROOM, DAMAGED = range(3)  # the causes of a lost record
NEW = ".new"  # ends the name of a file that is to replace another
_SUFFIX = ".log"


def name_of(first):
    """Return the name of the file whose first record has this number."""
    return "{:08x}".format(first) + _SUFFIX


def first_in(name):
    """Return the number in a file's name, or None where it is no file of the log."""
    if len(name) != 8 + len(_SUFFIX) or not name.endswith(_SUFFIX):
        return None
    try:
        first = int(name[:8], 16)
    except ValueError:
        return None
    return first if name_of(first) == name else None


def lost_frame(first, end, count, cause):
    """Return the record that says what is gone; its number is `first`."""
    return wire.pack_frame(LOST, first & 0xFFFF, (first, end, count, cause))


class Segment:
    """Reads one file, frame by frame; what is damaged is skipped and counted.

    Numbers are from `first` up to `limit`, where the next file begins. OSError goes to the caller.
    """

    def __init__(self, path, first, limit=None):
        self.number = first - 1  # of the frame read last
        self.damaged_bytes = 0
        self.at = 0  # of the next frame, in the file
        self._first = first
        self.limit = limit
        self._file = open(path, "rb")  # noqa: SIM115 - `close` ends it

    def close(self):
        self._file.close()

    def seek(self, at, number):
        """Go on behind record `number`, which ends at `at`."""
        self._file.seek(at)
        self.at, self.number = at, number

    def read_into(self, buffer):
        """Put the next good frame into `buffer`; return its length, 0 at the end."""
        view = memoryview(buffer)
        while True:
            got = self._file.readinto(view[: wire.HEADER]) or 0
            if got == wire.HEADER:
                size = (buffer[2] | buffer[3] << 8) + wire.OVERHEAD
                if size <= len(buffer):
                    got += self._file.readinto(view[wire.HEADER : size]) or 0
            if got == 0:
                return 0
            code, size = wire.examine(buffer, 0, got)
            if code == wire.OK and self._is_next(buffer):
                self.at += size
                return size
            self._skip(view, got)

    def _is_next(self, buffer):
        offset = ((buffer[4] | buffer[5] << 8) - self._first) & 0xFFFF
        number = self._first + offset
        if number <= self.number or (self.limit is not None and number >= self.limit):
            return False
        self.number = number
        return True

    def _skip(self, view, got):
        """Go to the next byte that may begin a frame."""
        skip = 1
        while skip < got and view[skip] != wire.MAGIC:
            skip += 1
        self.damaged_bytes += skip
        self.at += skip
        self._file.seek(self.at)
