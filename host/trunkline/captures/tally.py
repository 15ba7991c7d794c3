"""What a stream has brought so far, counted: samples, losses, battery."""

from trunkline.protocol.events import Event, Fault, Hello, LinkLost, Samples, Status


class Tally:
    """Give it every event of a session.

    Attributes:
        samples: Samples that came.
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
        self._due: int | None = None  # index of the next sample

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
                self._boot_id, self._due = event.boot_id, None
        elif isinstance(event, LinkLost):
            self.lost_links += 1
        elif isinstance(event, Fault) and event.kind in ("missing", "malformed"):
            self.lost_frames += event.count

    def _samples(self, index: int, count: int) -> None:
        self.samples += count
        if self._due is not None and index > self._due:
            self.lost_samples += index - self._due
        self._due = index + count
