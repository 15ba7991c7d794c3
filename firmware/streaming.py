"""What a host listens to: samples, blocks and decisions, as it chose; one host at a time."""

from hosts import Peer
from posturecore import frames

_DECISIONS_PER_FRAME = 10
_STATUS_BLOCKS = 100


class Streaming:
    """Call `block` after each decision and `tend` each step; the sampler calls `samples`."""

    def __init__(self, hosts, decider, about):
        self.sampler = None  # calls `samples` and is told when; set once it is made
        self._hosts = hosts
        self._decider = decider
        self._about = about
        self._mask = 0
        self._peer = None
        self._decisions = []
        self.handlers = {frames.STREAM: self._stream}
        self.requests = {frames.DECISIONS: self._flush}

    def tend(self):
        """End the stream of a host that has gone."""
        if self._peer is not None and not self._peer.is_there:
            self._choose(0)

    def samples(self, writer, first, motor_blocks):
        """Close a samples frame and send it."""
        if self._peer is not None:
            self._peer.port.send_samples(writer, first, motor_blocks)

    def block(self, at, block):
        """Stream a block that has just been decided."""
        if not self._mask:
            return
        if self._mask & frames.STREAM_BLOCKS:
            self._send(frames.BLOCKS, (at,), (block,))
        if self._mask & frames.STREAM_DECISIONS:
            self._add_decision()
        if self._decider.at % _STATUS_BLOCKS == 0:
            self._send(frames.STATUS, self._about.status())

    def send_decisions(self):
        """Send those that wait: before a gap, and before anything that changes the decisions."""
        if self._decisions:
            first = self._decider.at - len(self._decisions)
            self._send(frames.DECISIONS, (first,), tuple(self._decisions))
            self._decisions = []

    def _stream(self, values, _items):
        if values[0] & ~7:
            return frames.ACK_BAD_VALUE
        self._choose(values[0])
        return frames.ACK_DONE

    def _choose(self, mask):
        self.send_decisions()
        self._mask = mask
        self._peer = Peer(self._hosts) if mask else None
        self.sampler.stream(bool(mask & frames.STREAM_SAMPLES))

    def _flush(self):
        self.sampler.flush()
        self.send_decisions()

    def _add_decision(self):
        decider = self._decider
        self._decisions.append(
            (decider.flexion_cdeg, decider.lateral_cdeg, decider.context, decider.slouch_state)
        )
        if len(self._decisions) == _DECISIONS_PER_FRAME:
            self.send_decisions()

    def _send(self, frame, values, items=()):
        if self._peer is not None:
            self._peer.port.send(frame, values, items)
