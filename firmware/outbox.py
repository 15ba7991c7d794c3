"""Frames that a carrier has no room for yet: a few, then the oldest of the stream give way.

Sequences were given before, so what gives way is a hole that the host sees. Slots are made when
first needed, and used again as long as the link lasts.
"""

from posturecore import wire
from posturecore.frames import BLOCKS, DECISIONS, SAMPLES

_SLOT_BYTES = wire.MAX_PAYLOAD + wire.OVERHEAD
_STREAM = (SAMPLES, BLOCKS, DECISIONS)  # the next one makes up for most of it; an answer does not


class Outbox:
    """A queue of at most `size` frames."""

    def __init__(self, size):
        self._size = size
        self._waiting = []
        self._free = []

    def __len__(self):
        return len(self._waiting)

    def put(self, frame):
        """Queue a copy of the frame; return how many frames gave way: 0 or 1."""
        given_way = 0
        if len(self._waiting) == self._size:
            self._free.append(self._waiting.pop(self._least()))
            given_way = 1
        slot = self._free.pop() if self._free else bytearray(_SLOT_BYTES)
        slot[: len(frame)] = frame
        self._waiting.append(slot)
        return given_way

    def first(self):
        """Return the oldest frame, valid until it is dropped."""
        slot = self._waiting[0]
        return memoryview(slot)[: (slot[2] | slot[3] << 8) + wire.OVERHEAD]

    def drop_first(self):
        self._free.append(self._waiting.pop(0))

    def clear(self):
        """Forget what waits, and give back the slots' memory: the next host may need none."""
        self._waiting.clear()
        self._free.clear()

    def _least(self):
        for at, slot in enumerate(self._waiting):
            if slot[1] in _STREAM:
                return at
        return 0
