"""An update over the link: a bundle comes in pieces, is checked, unpacked, and put on trial.

A bundle is a manifest as in manifest.py and then the files' bytes, in the manifest's order. It is
kept as one file until all of it is there and its hash is right; then the device restarts, and
before the application is loaded, when there is room, the folder that does not run is written,
checked file by file, and switched to. So a cut at any step leaves what runs as it is, and what has
arrived is not sent twice:

    /update.bundle    what has arrived, in whole pieces of 1 KB
    /update.json      [size in bytes, sha256 in hex] of what is arriving; once it is whole, behind
                      them the folder whose next start unpacks it
"""

import json
import os
from binascii import hexlify
from hashlib import sha256

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
NONE, RECEIVING, CHECKED, REFUSED, ON_TRIAL = range(len(flash.UPDATE_STATES))


class Update:
    """Answers the update frames; `tend` does a few short steps of what is going on.

    `running` is the folder this firmware runs from, "" when it is not installed; `has_room`: what
    is whole is unpacked at once, not by the next start. `is_ready`: restart, to go on with it.
    `is_waiting`: this is that start, and `unpack` does it.
    """

    def __init__(self, slots, running, has_room=False):
        self.is_ready = False
        self.ignored = 0  # pieces out of order, doubled or of no update
        self._slots = slots
        self._running = running
        self._has_room = has_room
        self._fault = None
        self._tell, self._report = _nobody, self._keep_fault
        self._bundle = slots.root + BUNDLE
        self._buffer = bytearray(PIECE)  # now: later the free memory may lie in smaller pieces
        self._filled = 0
        self._is_open = False  # to pieces of the bundle
        self._has_told = False
        self._steps = None
        self._size, self._digest, unpacks = self._about()
        self.is_waiting = bool(running) and unpacks == running
        self._kept = min(self._size, size_of(self._bundle))  # bytes in flash
        self._state = RECEIVING if self._size else ON_TRIAL if slots.is_trial else NONE
        self.handlers = {
            flash.UPDATE_BEGIN: self.begin,
            flash.UPDATE_DATA: self.data,
            flash.UPDATE_END: self.end,
        }
        self.requests = {flash.UPDATE_STATUS: self.tell_status}

    def unpack(self):
        """Unpack what waits for this start; once, whatever comes of it. Returns whether it did."""
        try:
            self._announce(self._size, self._digest)
            for _ in self._install():
                pass
        except (OSError, ValueError, MemoryError) as error:
            self._refuse(error)
            return False
        return True

    def connect(self, tell, report):
        """Let it speak: `tell` takes (frame, values), `report` (fault code, detail)."""
        self._tell, self._report = tell, report
        if self._fault is not None:
            report(*self._fault)

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
            if not self._fits(size):
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
        """Check what has come, in steps."""
        if self._steps is not None or self.is_ready or self._slots.is_trial:
            return ACK_BUSY  # on trial the other folder is the way back
        if not self._size or hexlify(values[0]).decode() != self._digest:
            return ACK_BAD_VALUE
        if self._kept < self._size:
            self.tell_status()
            return ACK_BAD_VALUE
        self._is_open = False
        self._steps = self._install() if self._has_room else self._check()
        return ACK_DONE

    # ---- the bundle in flash

    def _about(self):
        try:
            with open(self._slots.root + _ABOUT) as file:
                about = json.load(file)
            size, digest = about[:2]
            if 0 < size <= MOST_BYTES and len(digest) == 64:
                return size, digest, about[2] if len(about) > 2 else ""
        except (OSError, ValueError, TypeError):
            pass
        return 0, "", ""

    def _announce(self, *about):
        path = self._slots.root + _ABOUT
        with open(path + ".new", "w") as file:
            json.dump(about, file)
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

    def _fits(self, size):
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

    def _check(self):
        yield from check_digest(self._bundle, self._digest, self._buffer)
        self._announce(self._size, self._digest, self._running)

    def _install(self):
        from bundle import unpack  # 3 kB, seldom needed

        yield from check_digest(self._bundle, self._digest, self._buffer)
        yield from unpack(self._slots, beside(self._running), self._buffer)
        try:
            self._forget()
        except OSError as error:  # it is installed all the same; the next update clears up
            self._report(faults.FLASH_FAILED, errno_of(error))

    def _keep_fault(self, *fault):
        self._fault = fault


def _nobody(*_):
    """Nobody is there yet to be told."""


def check_digest(path, expected, buffer):
    """Raise ValueError when a file's sha256 in hex is another; in short steps."""
    digest = sha256()
    with open(path, "rb") as file:
        count = file.readinto(buffer)
        while count:
            digest.update(memoryview(buffer)[:count])
            yield
            count = file.readinto(buffer)
    if hexlify(digest.digest()).decode() != expected:
        raise ValueError("a bundle with another hash than announced")


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
