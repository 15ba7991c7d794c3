"""What a host listens to: samples, blocks and decisions, as it chose."""

from posturecore import frames

_DECISIONS_PER_FRAME = 10


class Streaming:
    """Call `block` after each decision; the sampler calls `samples`."""

    def __init__(self, hosts, decider, sampler):
        self.mask = 0
        self._hosts = hosts
        self._decider = decider
        self._sampler = sampler
        self._decisions = []

    def choose(self, mask):
        """Stream this from now on to the host that asked; 0 ends it."""
        self.send_decisions()
        self.mask = mask
        if mask:
            self._hosts.listen()
        self._sampler.stream(bool(mask & frames.STREAM_SAMPLES))

    def block(self, at, block):
        """Stream a block that has just been decided."""
        if self.mask & frames.STREAM_BLOCKS:
            self._hosts.stream(frames.BLOCKS, (at,), (block,))
        if self.mask & frames.STREAM_DECISIONS:
            self._add_decision()

    def _add_decision(self):
        decider = self._decider
        self._decisions.append(
            (decider.flexion_cdeg, decider.lateral_cdeg, decider.context, decider.slouch_state)
        )
        if len(self._decisions) == _DECISIONS_PER_FRAME:
            self.send_decisions()

    def send_decisions(self):
        """Send those that wait: before a gap, and before anything that changes the decisions."""
        if self._decisions:
            first = self._decider.at - len(self._decisions)
            self._hosts.stream(frames.DECISIONS, (first,), tuple(self._decisions))
            self._decisions = []
