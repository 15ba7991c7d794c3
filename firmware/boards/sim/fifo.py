"""The LSM6DSV16X's FIFO: 512 words of a tag byte and six data bytes, in one ring.

A word leaves when its seventh byte is read; a burst goes round from 0x7E to 0x78, so whole words
are copied as slices.
"""

DEPTH_WORDS = 512
WORD_BYTES = 7
_RING_BYTES = DEPTH_WORDS * WORD_BYTES


class Fifo:
    def __init__(self):
        self._ring = bytearray(_RING_BYTES)
        self._view = memoryview(self._ring)
        self.clear()

    def clear(self):
        self._head = 0
        self.words = 0
        self.has_overrun = False

    def push(self, tag, data):
        """Append a word; when full, the oldest is lost."""
        tail = (self._head + self.words * WORD_BYTES) % _RING_BYTES
        if self.words == DEPTH_WORDS:
            self._head = (self._head + WORD_BYTES) % _RING_BYTES
            self.has_overrun = True
        else:
            self.words += 1
        self._ring[tail] = tag
        self._view[tail + 1 : tail + WORD_BYTES] = data

    def read(self, start, buffer):
        """Fill `buffer` from byte `start` (0 = tag) of the oldest word on."""
        size = len(buffer)
        done = 0
        while done < size:
            if not self.words:
                for i in range(done, size):
                    buffer[i] = 0  # tag 0: FIFO empty
                return
            done += self._copy(start, buffer, done, size)
            start = 0

    def _copy(self, start, buffer, done, size):
        end = min(self._head + self.words * WORD_BYTES, _RING_BYTES)
        count = min(size - done, end - self._head - start)
        first = self._head + start
        buffer[done : done + count] = self._view[first : first + count]
        popped = (start + count) // WORD_BYTES
        self.words -= popped
        self._head = (self._head + popped * WORD_BYTES) % _RING_BYTES
        return count
