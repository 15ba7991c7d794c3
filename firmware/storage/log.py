"""The device's memory of what happened: an append-only log of frames.

    append ─► pending (RAM) ─► tend ─► <root>/log/0000002a.log ─► Reader ─► host ─► acknowledge

Rules. Nothing that a host has not acknowledged is deleted, but for minutes: when there is no room,
those of the oldest files go, first every second one, then all, and a lost record in their place
says so. When that is not enough, new records are not kept, counted, and a lost record says how
many. Files that a host has acknowledged stay until their room is needed. A record's number never
means two records. Flash that fails, and memory that does not do for it, are counted and tried
again with the next record; nothing here raises OSError.
"""

import os

from posturecore import wire
from posturecore.flash import LOG_ACK
from storage.rewriting import LEAST_BYTES
from storage.segment import NEW, NO_ROOM, lost_frame
from storage.segments import BLOCK_BYTES, POINTERS_BYTES, Segments, blocks_of

# Two folders' pairs of blocks, two more while a pair is replaced, what a write copies meanwhile.
_OTHER_BLOCKS = 8
_PENDING_BYTES = 2048  # [D] held in RAM while flash does not take them
_FAR = 0x7FFF  # numbers in a file are told apart by their low halves
_ACK_FILE = "acknowledged"
_NO_SPACE, _NO_MEMORY = 28, 12
_DONE, _AGAIN, _STUCK = range(3)


def _nothing():
    pass


class Log:
    """Call `append` when something happened, `tend` once a step, and `sync` before power goes.

    A record is safe from power cuts when the `tend` after its `append`, or `sync`, returned True.
    Counts since boot, for faults: `not_kept`, `thinned`, `damaged_bytes`, and `failures` of the
    flash with `errno` of the last.
    """

    def __init__(self, root, size_bytes, segment_blocks=4):
        self.size_bytes = size_bytes
        self.next = self.acknowledged = 0
        self.not_kept = self.failures = self.errno = 0
        self.is_full = False
        self.on_step = _nothing  # called between the steps of `sync`, which may be hundreds
        self._folder = root.rstrip("/") + "/log/"
        self._segment_bytes = segment_blocks * BLOCK_BYTES - POINTERS_BYTES
        self._limit_blocks = size_bytes // BLOCK_BYTES - _OTHER_BLOCKS - segment_blocks
        if self._limit_blocks < 2 * segment_blocks:
            raise ValueError("Found a log of {} bytes; expected room for more.".format(size_bytes))
        self._segments = Segments(self._folder)
        self._pending = []  # (number, frame)
        self._pending_bytes = 0
        self._is_due = False
        self._is_unsure = False  # of the last file, after a write that failed
        self._is_closed = False  # the last file takes no more
        self._lost_from = None  # the first record that was not kept
        self._open()

    @property
    def oldest(self):
        """The number that the oldest file begins with."""
        return self._segments.firsts[0] if len(self._segments) else self.durable

    @property
    def durable(self):
        """Records below are in flash."""
        if self._pending:
            return self._pending[0][0]
        return self.next if self._lost_from is None else self._lost_from

    @property
    def used_bytes(self):
        """Flash that the records take, in whole blocks."""
        return self._segments.used_blocks() * BLOCK_BYTES

    @property
    def thinned(self):
        """Minutes records deleted for room."""
        return self._segments.thinned

    @property
    def damaged_bytes(self):
        """Bytes that could not be read and were left out."""
        return self._segments.damaged_bytes

    @property
    def changes(self):
        """Grows when files that a reader may have open change."""
        return self._segments.changes

    def append(self, frame, values, items=()):
        """Take a record; return its number. Raises ValueError when values do not fit the frame."""
        number = self.next
        data = wire.pack_frame(frame, number & 0xFFFF, values, items)
        if self._lost_from is None and self._pending_bytes + len(data) <= _PENDING_BYTES:
            self._hold(number, data)
            self._is_due = True
        else:
            self.not_kept += 1
            if self._lost_from is None:
                self._lost_from = number
        self.next = number + 1
        return number

    def tend(self):
        """Write what waits, or make some room for it; return whether all is in flash."""
        if self._is_due:
            self._is_due = self._step() == _AGAIN
        return self._is_safe()

    def sync(self):
        """Put all records into flash; return whether all are there."""
        while self._step() == _AGAIN:
            self.on_step()
        self._is_due = False
        return self._is_safe()

    def acknowledge(self, number):
        """Note that records below are on a host's disk, and may be deleted."""
        number = min(number, self.durable)
        if number <= self.acknowledged:
            return
        self.acknowledged = number
        self.is_full = False
        self._is_due = not self._is_safe()
        try:
            with open(self._folder + _ACK_FILE + NEW, "wb") as file:
                file.write(wire.pack_frame(LOG_ACK, 0, (number,)))
            os.rename(self._folder + _ACK_FILE + NEW, self._folder + _ACK_FILE)
        except OSError as error:  # the host will say it again
            self.failed(error)

    # ---- for the reader

    def find(self, number):
        """Return (first, limit) of the file that has this number or the next, or None."""
        return self._segments.find(number, self.durable)

    def path(self, first):
        """Return the path of the file that begins with this number."""
        return self._segments.path(first)

    def repair(self, first):
        """Write a damaged file anew, the loss recorded, where flash allows."""
        try:
            self._segments.repair(first, self.durable)
        except (OSError, MemoryError) as error:
            self.failed(error)

    def failed(self, error):
        """Count a failure of the flash, or of the memory that it takes."""
        self.failures += 1
        self.errno = _NO_MEMORY if isinstance(error, MemoryError) else error.errno or 0

    # ---- at start

    def _open(self):
        try:
            os.mkdir(self._folder[:-1])
        except OSError:  # it is there
            pass
        self.next = self.acknowledged = self._load_acknowledged()
        self.is_full = True  # of what it cannot list, nothing may be written over
        try:
            self._segments.list()
            self.is_full = False
            if len(self._segments):
                self._find_next()
        except OSError as error:
            self.failed(error)

    def _load_acknowledged(self):
        try:
            with open(self._folder + _ACK_FILE, "rb") as file:
                data = file.read()
            if wire.examine(data, 0, len(data))[0] == wire.OK:
                return wire.unpack_frame(data, 0)[2][0]
        except (OSError, ValueError):  # none yet, or damaged: a host will say it again
            pass
        return 0

    def _find_next(self):
        # Should the last file be unreadable, no number that it may hold is used again.
        first, size = self._segments.firsts[-1], self._segments.sizes[-1]
        self.next = max(self.acknowledged, first + size // LEAST_BYTES + 1)
        self._is_closed = True
        rewriting = self._segments.survey_last()
        self.next = max(self.acknowledged, rewriting.next)
        if rewriting.damaged_bytes:
            self._segments.replace_last(rewriting)
        self._is_closed = False

    # ---- writing

    def _hold(self, number, data):
        self._pending.append((number, data))
        self._pending_bytes += len(data)

    def _is_safe(self):
        return not self._pending and self._lost_from is None

    def _step(self):
        """Do one write, or make room once."""
        if self._is_safe():
            return _DONE
        if self.is_full:
            return _STUCK
        try:
            if self._is_unsure:
                self._look_again()
            if not self._pending and self._lost_from is not None:
                self._tell_lost()
            return self._write() if self._pending else _DONE
        except (OSError, MemoryError) as error:
            self.failed(error)
            return self._make_room() if self.errno == _NO_SPACE else _STUCK

    def _make_room(self):
        try:
            if self._segments.make_room(self.acknowledged):
                return _AGAIN
            self.is_full = True
        except (OSError, MemoryError) as error:
            self.failed(error)
        return _STUCK

    def _tell_lost(self):
        first = self._lost_from
        self._hold(first, lost_frame(first, self.next, self.next - first, NO_ROOM))
        self._lost_from = None

    def _write(self):
        first, size = self._place()
        data, count = b"", 0
        for number, frame in self._pending:
            if size + len(data) + len(frame) > self._segment_bytes or number - first > _FAR:
                break
            data += frame
            count += 1
        more_blocks = blocks_of(size + len(data)) - (blocks_of(size) if size else 0)
        if self._segments.used_blocks() + more_blocks > self._limit_blocks:
            return self._make_room()
        self._is_unsure = True
        self._segments.append(first, data)
        self._pending = self._pending[count:]
        self._pending_bytes -= len(data)
        self._is_unsure = self._is_closed = False
        return _DONE if self._is_safe() else _AGAIN

    def _place(self):
        """Return (first number, size) of the file to write to."""
        number, frame = self._pending[0]
        if len(self._segments) and not self._is_closed:
            first, size = self._segments.firsts[-1], self._segments.sizes[-1]
            if size + len(frame) <= self._segment_bytes and number - first <= _FAR:
                return first, size
        return number, 0

    def _look_again(self):
        """Find out how much of a write that failed is there; what is torn is written again."""
        self._segments.list()
        if len(self._segments):
            rewriting = self._segments.survey_last()
            while self._pending and self._pending[0][0] < rewriting.found:
                self._pending_bytes -= len(self._pending.pop(0)[1])
        self._is_unsure = False
