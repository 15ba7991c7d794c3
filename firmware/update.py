"""An update over the link: a bundle comes in pieces, is checked, unpacked, and put on trial.

A bundle is a manifest as in manifest.py and then the files' bytes, in the manifest's order. It is
kept as one file until all of it is there and its hash is right; only then the folder that does not
run is written, checked file by file, and switched to. So a cut at any step leaves what runs as it
is, and what has arrived is not sent twice:

    /update.bundle    what has arrived, in whole pieces of 1 KB
    /update.json      [size in bytes, sha256 in hex] of what is arriving
"""

import json
import os
from binascii import hexlify

from faults import errno_of
from posturecore import faults, flash
from posturecore.frames import ACK_BAD_VALUE, ACK_BUSY, ACK_DONE, ACK_FAILED
from slots import beside

BUNDLE = "update.bundle"
PIECE = 1024  # of a bundle in memory
MOST_BYTES = 400_000
_ABOUT = "update.json"
_STEPS_A_TURN = 4  # of checking and unpacking
_ROOM_BYTES = 65_536  # left over after an update, for the log and the settings
NONE, RECEIVING, CHECKED, REFUSED, ON_TRIAL, NO_MEMORY = range(len(flash.UPDATE_STATES))


class Update:
    """Answers the update frames; `tend` does a few short steps of what is going on.

    `running` is the folder this firmware runs from, "" when it is not installed; `tell` takes
    (frame, values), `report` (fault code, detail). `is_ready`: restart, to start the update, or to
    have the memory that unpacking it takes.
    """

    def __init__(self, slots, running, tell, report):
        self.is_ready = False
        self.ignored = 0  # pieces out of order, doubled or of no update
        self._slots = slots
        self._running = running
        self._tell = tell
        self._report = report
        self._bundle = slots.root + BUNDLE
        self._buffer = bytearray(PIECE)  # now: later the free memory may lie in smaller pieces
        self._filled = 0
        self._is_open = False  # to pieces of the bundle
        self._has_told = False
        self._steps = None
        self._size, self._digest = self._about()
        self._kept = min(self._size, size_of(self._bundle))  # bytes in flash
        self._state = RECEIVING if self._size else ON_TRIAL if slots.is_trial else NONE
        self.handlers = {
            flash.UPDATE_BEGIN: self.begin,
            flash.UPDATE_DATA: self.data,
            flash.UPDATE_END: self.end,
        }
        self.requests = {flash.UPDATE_STATUS: self.tell_status}

    def tell_status(self):
        """Say how far the update is."""
        values = (self._kept + self._filled, self._size, self._state)
        self._tell(flash.UPDATE_STATUS, values)

    def tend(self):
        """Go on with checking and unpacking."""
        if self._steps is None:
            return
        try:
            for _ in range(_STEPS_A_TURN):
                next(self._steps)
        except StopIteration:
            self._steps = None
            self._state, self.is_ready = CHECKED, True
            self.tell_status()
        except (OSError, ValueError) as error:
            self._refuse(error)
        except MemoryError:
            self._make_room()

    # ---- frames; each answers with an ack code, or None where none is sent

    def begin(self, values, _items):
        """Start an update, or go on with it."""
        size, digest = values[0], hexlify(values[1]).decode()
        if self._steps is not None or self.is_ready:
            return ACK_BUSY
        if not self._running:
            return ACK_FAILED
        if (size, digest) != (self._size, self._digest):
            if not 0 < size <= MOST_BYTES:
                return ACK_BAD_VALUE
            self._forget()
            if not self._has_room(size):
                return ACK_FAILED
            self._announce(size, digest)
            self._size, self._digest = size, digest
        self._is_open = True
        self._state = RECEIVING
        self.tell_status()
        return ACK_DONE

    def data(self, values, _items):
        """Take the next piece; any other is counted, and answered once with the status."""
        offset, data = values
        if not self._is_open or self._steps or offset != self._kept + self._filled:
            self.ignored += 1
            if not self._has_told:
                self._has_told = True
                self.tell_status()
            return None
        self._has_told = False
        data = memoryview(data)[: self._size - offset]
        while len(data):
            count = min(len(data), PIECE - self._filled)
            self._buffer[self._filled : self._filled + count] = data[:count]
            self._filled += count
            data = data[count:]
            is_due = self._filled == PIECE or self._kept + self._filled == self._size
            if is_due and not self._keep():
                break  # what follows has no place
        return None

    def end(self, values, _items):
        """Check what has come, and unpack it, in steps."""
        if self._steps is not None or self.is_ready or self._slots.is_trial:
            return ACK_BUSY  # on trial the other folder is the way back
        if not self._size or hexlify(values[0]).decode() != self._digest:
            return ACK_BAD_VALUE
        if self._kept < self._size:
            self.tell_status()
            return ACK_BAD_VALUE
        self._is_open = False
        try:
            # Now: while the pieces came, they had its room.
            from bundle import check_digest, unpack

            self._steps = self._install(check_digest, unpack)
        except MemoryError:
            self._make_room()
        return ACK_DONE

    # ---- the bundle in flash

    def _about(self):
        try:
            with open(self._slots.root + _ABOUT) as file:
                size, digest = json.load(file)
            if 0 < size <= MOST_BYTES and len(digest) == 64:
                return size, digest
        except (OSError, ValueError, TypeError):
            pass
        return 0, ""

    def _announce(self, size, digest):
        path = self._slots.root + _ABOUT
        with open(path + ".new", "w") as file:
            json.dump([size, digest], file)
        os.rename(path + ".new", path)

    def _keep(self):
        try:
            with open(self._bundle, "ab") as file:
                file.write(memoryview(self._buffer)[: self._filled])
            self._kept += self._filled
            self._filled = 0
            return True
        except (OSError, MemoryError) as error:  # the host hears where to go on from
            self._filled = 0
            self._kept = size_of(self._bundle)
            is_flash = isinstance(error, OSError)
            self._report(faults.FLASH_FAILED if is_flash else faults.MEMORY, errno_of(error))
            return False

    def _has_room(self, size):
        block_bytes, _, _, free = os.statvfs(self._slots.root)[:4]
        return block_bytes * free >= 2 * size + _ROOM_BYTES

    def _forget(self):
        self._size = self._kept = self._filled = 0
        for path in (self._slots.root + _ABOUT, self._bundle):
            remove(path)

    def _refuse(self, error):
        self._steps = None
        self._state = REFUSED
        self._report(faults.UPDATE_REFUSED, errno_of(error))
        try:
            self._forget()
        except OSError as failed:
            self._report(faults.FLASH_FAILED, errno_of(failed))
        self.tell_status()

    def _make_room(self):
        """Restart: the bundle stays, and a fresh start has the room that hours of use divide."""
        self._steps = None
        self._state, self.is_ready = NO_MEMORY, True
        try:
            self.tell_status()
            self._report(faults.MEMORY, flash.UPDATE_END)
        except MemoryError:  # the restart is seen, too
            pass

    def _install(self, check_digest, unpack):
        yield from check_digest(self._bundle, self._digest, self._buffer)
        yield from unpack(self._slots, beside(self._running), self._buffer)
        try:
            self._forget()
        except OSError as error:  # it is installed all the same; the next update clears up
            self._report(faults.FLASH_FAILED, errno_of(error))


def size_of(path):
    """Return a file's size in bytes, 0 for one that is not there."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def remove(path):
    """Remove a file, if it is there."""
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != 2:  # not there
            raise
