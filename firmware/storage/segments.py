"""The log's files: which there are, how much flash they take, and making room among them."""

import os

from storage.rewriting import KEEP_ALL, KEEP_HALF, KEEP_NONE
from storage.segment import NEW, first_in, name_of

BLOCK_BYTES = 4096
POINTERS_BYTES = 16  # littlefs keeps up to so many bytes of its own in a file of few blocks


class Segments:
    """Files in the order of their numbers; the last one is being written.

    `end` is everywhere the first number that is not in flash. OSError goes to the caller.
    """

    def __init__(self, folder):
        self.firsts = []
        self.sizes = []  # bytes, of each
        self.thinned = self.damaged_bytes = 0
        self.changes = 0  # of files that a reader may have open
        self._folder = folder
        self._thin_from = 0  # files that begin below have been tried in this pass
        self._keep = KEEP_HALF
        self._has_gained = False

    def __len__(self):
        return len(self.firsts)

    def list(self):
        """Look which files there are."""
        found = []
        for name in os.listdir(self._folder[:-1]):
            if name.endswith(NEW):  # a power cut came before its rename
                os.remove(self._folder + name)
            elif first_in(name) is not None:
                found.append((first_in(name), os.stat(self._folder + name)[6]))
        found.sort()
        firsts = [first for first, _ in found]
        self.sizes = [size for _, size in found]
        self.firsts = firsts
        self.changes += 1

    def path(self, first):
        """Return the path of the file that begins with this number."""
        return self._folder + name_of(first)

    def used_blocks(self):
        return sum([blocks_of(size) for size in self.sizes])

    def find(self, number, end):
        """Return (first, limit) of the file that has this number or the next, or None."""
        for k in range(len(self.firsts)):
            if self._limit(k, end) > number:
                return self.firsts[k], self._limit(k, end)
        return None

    def append(self, first, data):
        """Write at the end of the last file, or begin one."""
        with open(self.path(first), "ab") as file:
            file.write(data)
        if not self.firsts or self.firsts[-1] != first:
            self.firsts.append(first)
            self.sizes.append(0)
        self.sizes[-1] += len(data)

    def survey_last(self):
        """Read the last file and return its rewriting, not yet written."""
        return self._surveyed(self.firsts[-1], None, KEEP_ALL)

    def replace_last(self, rewriting):
        self._replace(len(self.firsts) - 1, rewriting)

    def repair(self, first, end):
        """Write a damaged file anew, with a record of the loss."""
        k = self.firsts.index(first)
        self._replace(k, self._surveyed(first, self._limit(k, end), KEEP_ALL))

    def make_room(self, acknowledged):
        """Delete what a host has, or thin one file; return whether there is more to try."""
        if len(self.firsts) > 1 and self.firsts[1] <= acknowledged:
            os.remove(self.path(self.firsts[0]))
            self.firsts.pop(0)
            self.sizes.pop(0)
            self.changes += 1
            return True
        for k in range(len(self.firsts) - 1):
            if self.firsts[k] >= self._thin_from:
                self._thin_from = self.firsts[k] + 1
                try:
                    self._thin(k)
                except MemoryError:  # it is no worse for it: not passed over, but tried again
                    self._thin_from = self.firsts[k]
                    raise
                return True
        return self._pass_again()

    def _surveyed(self, first, limit, keep):
        # Needed at a start, and then not before the log is full: it need not stay between.
        from storage.rewriting import Rewriting

        rewriting = Rewriting(self.path(first), first, limit, keep)
        rewriting.survey()
        return rewriting

    def _limit(self, k, end):
        return self.firsts[k + 1] if k + 1 < len(self.firsts) else end

    def _thin(self, k):
        rewriting = self._surveyed(self.firsts[k], self.firsts[k + 1], self._keep)
        if self._keep == KEEP_HALF and rewriting.was_thinned:
            return
        if blocks_of(rewriting.bytes) < blocks_of(self.sizes[k]):
            self._replace(k, rewriting)
            self._has_gained = True

    def _pass_again(self):
        """Begin the next pass over all files, unless the last two brought nothing."""
        self._thin_from = 0
        if self._keep == KEEP_HALF:
            self._keep = KEEP_NONE
            return True
        self._keep = KEEP_HALF
        has_gained, self._has_gained = self._has_gained, False
        return has_gained

    def _replace(self, k, rewriting):
        rewriting.write()
        self.sizes[k] = rewriting.bytes
        self.changes += 1
        self.damaged_bytes += rewriting.damaged_bytes
        self.thinned += rewriting.thinned


def blocks_of(size):
    """Return how many blocks of flash a file of this size takes."""
    return (size + POINTERS_BYTES + BLOCK_BYTES - 1) // BLOCK_BYTES
