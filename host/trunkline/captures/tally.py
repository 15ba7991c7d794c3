"""What a stream has brought so far, counted: samples or blocks, losses, battery."""

from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.protocol.events import Blocks, Event, Fault, Hello, LinkLost, Samples, Status

_MOST_HOLES = 32  # [D]: a frame that is later than so many losses is not looked for


class Count:
    """Items that a device numbers, in one boot.

    Attributes:
        came: Those that came, each once.
        lost: Those between them that did not, by their numbers.
    """

    def __init__(self) -> None:
        self.came = 0
        self.lost = 0
        self._first = 0  # index of the first heard in this boot
        self._due: int | None = None  # and behind the last
        self._holes: list[tuple[int, int]] = []  # from and to where items may still come

    def restart(self) -> None:
        """Begin with another boot, whose numbers begin anew."""
        self._due, self._holes = None, []

    def take(self, index: int, count: int) -> None:
        """Take so many items from one on."""
        end = index + count
        if self._due is None:
            self._first = self._due = index
        if index < self._due:
            self._late(index, end)
        elif index > self._due:
            self.lost += index - self._due
            self._holes = [*self._holes, (self._due, index)][-_MOST_HOLES:]
        self.came += max(0, end - max(index, self._due))
        self._due = max(self._due, end)

    def _late(self, index: int, end: int) -> None:
        """Count what was told as lost, or stands right before the first; the rest came before."""
        if end == self._first:
            self._first = index
            self.came += end - index
        left = []
        for first, last in self._holes:
            came = max(0, min(last, end) - max(first, index))
            self.came += came
            self.lost -= came
            rests = (
                ((first, min(last, index)), (max(first, end), last)) if came else ((first, last),)
            )
            left += [(begin, stop) for begin, stop in rests if begin < stop]
        self._holes = left


class Tally:
    """Give it every event of a session.

    Attributes:
        samples: Samples that came, and that did not.
        blocks: Blocks that came in place of samples, and that did not.
        lost_frames: Frames that never came or could not be read.
        lost_links: How often the link went away.
        rate_hz: Samples a second, as the device states it.
        battery_mv: None: not said yet.
    """

    def __init__(self) -> None:
        self.samples = Count()
        self.blocks = Count()
        self.lost_frames = 0
        self.lost_links = 0
        self.rate_hz = 60.0
        self.battery_mv: int | None = None
        self._boot_id: int | None = None

    @property
    def stream_s(self) -> float:
        """Tell how long what came lasts: the samples, or the blocks where there are more."""
        samples = max(self.samples.came, self.blocks.came * SAMPLES_PER_BLOCK)
        return samples / self.rate_hz

    def take(self, event: Event) -> None:
        """Take one event; kinds that do not count are passed over."""
        if isinstance(event, Samples):
            self.samples.take(event.sample_index, len(event.items))
        elif isinstance(event, Blocks):
            self.blocks.take(event.block_index, len(event.items))
        elif isinstance(event, Status):
            self.battery_mv = event.battery_mv
        elif isinstance(event, Hello):
            self._meet(event)
        elif isinstance(event, LinkLost):
            self.lost_links += 1
        elif isinstance(event, Fault) and event.kind in ("missing", "malformed"):
            self.lost_frames += event.count
        elif isinstance(event, Fault) and event.kind == "late":
            self.lost_frames -= event.count

    def _meet(self, event: Hello) -> None:
        self.rate_hz = event.rate_mhz / 1000
        if event.boot_id != self._boot_id:
            self._boot_id = event.boot_id
            self.samples.restart()
            self.blocks.restart()
