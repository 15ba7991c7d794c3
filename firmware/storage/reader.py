"""Reading the log from a record on, file after file, one frame at a time."""

from storage.segment import Segment


class Reader:
    """Call `read_into` for each record; `pause` between two steps, so that no file stays open.

    Files may be thinned, repaired or deleted meanwhile: reading goes on with the next record left.
    """

    def __init__(self, log, number):
        self.number = None  # of the record read last
        self._log = log
        self._wanted = number
        self._segment = None
        self._first = self._place = self._changes = None  # where a pause came

    def read_into(self, buffer):
        """Put the next record into `buffer`; return its length, 0 when there is no more."""
        found = self._log.find(self._wanted)
        while found is not None:
            first, limit = found
            try:
                size = self._read(buffer, first, limit)
            except OSError as error:  # this file cannot be read: go on behind it
                self._log.failed(error)
                self._close()
                size = 0
            if size:
                return size
            self._wanted = limit
            found = self._log.find(limit)
        self.pause()  # on littlefs a file that is open does not grow for its reader
        return 0

    def pause(self):
        """Close the file, and remember the place."""
        if self._segment is not None:
            self._place = (self._segment.at, self._segment.number)
            self._segment.close()
            self._segment = None

    def _read(self, buffer, first, limit):
        """Return the length of the next record of this file, 0 at its end."""
        self._go_to(first, limit)
        may_repair = True
        while True:
            size = self._segment.read_into(buffer)
            if self._segment.damaged_bytes and may_repair:
                may_repair = False
                self._close()
                self._log.repair(first)
                self._go_to(first, limit)
            elif size == 0:
                self.pause()
                return 0
            elif self._segment.number >= self._wanted:
                self.number = self._segment.number
                self._wanted = self.number + 1
                return size

    def _go_to(self, first, limit):
        is_same = self._first == first and self._changes == self._log.changes
        if self._segment is not None and not is_same:
            self._close()
        if self._segment is None:
            self._segment = Segment(self._log.path(first), first)
            if is_same and self._place is not None:
                self._segment.seek(*self._place)
        self._segment.limit = limit  # that of the last file grows
        self._first, self._changes, self._place = first, self._log.changes, None

    def _close(self):
        if self._segment is not None:
            self._segment.close()
        self._segment = self._place = self._first = None
