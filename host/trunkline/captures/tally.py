"""What a stream has brought so far, counted: samples, losses, battery."""

from trunkline.protocol.events import Event, Fault, Hello, LinkLost, Samples, Status

_MOST_HOLES = 32  # [D]: a frame that is later than so many losses is not looked for


class Tally:
    """Give it every event of a session.

    Attributes:
        samples: Samples that came, each once.
        lost_samples: Samples between them that did not, by their numbers; in one boot.
        lost_frames: Frames that never came or could not be read.
        lost_links: How often the link went away.
        rate_hz: Samples a second, as the device states it.
        battery_mv: None: not said yet.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.lost_samples = 0
        self.lost_frames = 0
        self.lost_links = 0
        self.rate_hz = 60.0
        self.battery_mv: int | None = None
        self._boot_id: int | None = None
        self._first = 0  # index of the first sample heard in this boot
        self._due: int | None = None  # and behind the last
        self._holes: list[tuple[int, int]] = []  # from and to where samples may still come

    @property
    def stream_s(self) -> float:
        """Tell how long the samples that came last."""
        return self.samples / self.rate_hz

    def take(self, event: Event) -> None:
        """Take one event; kinds that do not count are passed over."""
        if isinstance(event, Samples):
            self._samples(event.sample_index, len(event.items))
        elif isinstance(event, Status):
            self.battery_mv = event.battery_mv
        elif isinstance(event, Hello):
            self.rate_hz = event.rate_mhz / 1000
            if event.boot_id != self._boot_id:
                self._boot_id, self._due, self._holes = event.boot_id, None, []
        elif isinstance(event, LinkLost):
            self.lost_links += 1
        elif isinstance(event, Fault) and event.kind in ("missing", "malformed"):
            self.lost_frames += event.count
        elif isinstance(event, Fault) and event.kind == "late":
            self.lost_frames -= event.count

    def _samples(self, index: int, count: int) -> None:
        end = index + count
        if self._due is None:
            self._first = self._due = index
        if index < self._due:
            self._late(index, end)
        elif index > self._due:
            self.lost_samples += index - self._due
            self._holes = [*self._holes, (self._due, index)][-_MOST_HOLES:]
        self.samples += max(0, end - max(index, self._due))
        self._due = max(self._due, end)

    def _late(self, index: int, end: int) -> None:
        """Count what was told as lost, or stands right before the first; the rest came before."""
        if end == self._first:
            self._first = index
            self.samples += end - index
        left = []
        for first, last in self._holes:
            came = max(0, min(last, end) - max(first, index))
            self.samples += came
            self.lost_samples -= came
            rests = (
                ((first, min(last, index)), (max(first, end), last)) if came else ((first, last),)
            )
            left += [(begin, stop) for begin, stop in rests if begin < stop]
        self._holes = left
