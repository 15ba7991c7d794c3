"""What a host is reached through, over the air or a cable: frames out in order, frames in.

A carrier gives `is_open` and `_put`, which takes a whole frame or has no room for it. Hosts come
and go in a radio's IRQs; what is left of the last one is cleared by the loop, in
`tend` or when it sends to the next.
"""

from outbox import Outbox
from posturecore import wire

_MOST_WAITING_OUT = 8
_MOST_WAITING_IN = 16  # a peer that floods loses its own


class Port:
    """Numbers frames, and holds back what the carrier has no room for."""

    def __init__(self):
        self.links = 0  # so many hosts have come
        self.dropped = 0  # frames that never left: newer ones needed the room
        self.bad = 0
        self.unknown = 0
        self._met = 0  # which of them the outbox and the sequence are for
        self._sequence = 0
        self._outbox = Outbox(_MOST_WAITING_OUT)
        self._waiting = []

    def receive(self):
        """Return the next frame the host wrote, as bytes, or None."""
        try:
            return self._waiting.pop(0)
        except IndexError:
            return None

    def send(self, frame, values, items=()):
        """Send one frame to an open link; nobody there is no loss."""
        if self.is_open:
            self._deliver(wire.pack_frame(frame, self._take_sequence(), values, items))

    def send_samples(self, writer, first, motor_blocks):
        """Close a samples frame and send it from its own buffer."""
        length = writer.finish(first, motor_blocks, self._take_sequence())
        if self.is_open:
            self._deliver(memoryview(writer.buffer)[:length])

    def _take_sequence(self):
        self._meet()
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
        return sequence

    def _meet(self):
        if self._met != self.links:
            self._met = self.links
            self._sequence = 0
            self._outbox.clear()

    def _forget_gone(self):
        if not self.is_busy:  # it may be long until the next host: not only when it has come
            self._outbox.clear()

    def _deliver(self, frame):
        self._drain()
        if len(self._outbox) or not self._put(frame):
            self.dropped += self._outbox.put(frame)

    def _drain(self):
        self._meet()
        while len(self._outbox) and self._put(self._outbox.first()):
            self._outbox.drop_first()

    def _take_in(self, frame):
        if len(self._waiting) < _MOST_WAITING_IN:
            self._waiting.append(frame)
        else:
            self.bad += 1
