"""How much of a stream has come, in the device's own time."""

from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.decide.counts import DEVICE_RATE_HZ
from trunkline.protocol.events import Blocks, Event, Hello, LinkBack, Samples


class Stretch:
    """Give it every event of a session.

    It counts from the first sample heard to the last, or block where these come in their place.
    What is missing in between is time as well.
    """

    def __init__(self) -> None:
        self._before_s = 0.0  # of earlier boots
        self._samples = 0  # of this one, from the first heard
        self._rate_hz = DEVICE_RATE_HZ
        self._boot_id: int | None = None
        self._due: int | None = None  # index of the next sample
        self._away_s = 0.0  # how long the link was, when it was last brought back

    @property
    def done_s(self) -> float:
        """Tell how much has come; 0 before the first sample."""
        return self._before_s + self._samples / self._rate_hz

    def take(self, event: Event) -> None:
        """Take one event; kinds that count nothing are passed over."""
        if isinstance(event, Samples):
            self._count(event.sample_index, len(event.items))
        elif isinstance(event, Blocks):
            first, count = event.block_index, len(event.items)
            self._count(first * SAMPLES_PER_BLOCK, count * SAMPLES_PER_BLOCK)
        elif isinstance(event, LinkBack):
            self._away_s = event.away_s
        elif isinstance(event, Hello):
            self._meet(event)

    def _meet(self, event: Hello) -> None:
        if event.boot_id != self._boot_id:
            self._before_s, self._samples = self.done_s, 0
            self._boot_id, self._due = event.boot_id, None
        self._rate_hz = event.rate_mhz / 1000

    def _count(self, index: int, count: int) -> None:
        if self._due is None:  # the first heard, or a restarted device's, which begins anew
            if self.done_s:  # with nothing heard before, nothing is missing
                self._before_s += self._away_s
            self._due = index
        end = index + count
        if end > self._due:
            self._samples += end - self._due
            self._due = end
