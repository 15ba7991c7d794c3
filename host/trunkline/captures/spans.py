"""From when to when a capture tells of samples, and where it misses some."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from trunkline.decide.counts import DEVICE_RATE_HZ
from trunkline.protocol.events import (
    Event,
    Fault,
    Hello,
    LinkLost,
    Samples,
    SamplesRun,
    Status,
    TimeAnchor,
)

_LOSSES = ("missing", "malformed")


class _Boot:
    """One boot's samples, and what ties their count to a clock."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self.first = self.due = -1  # index of the first sample, and of the next
        self.first_tie: Status | None = None
        self.tie: Status | None = None
        self.anchor: TimeAnchor | None = None

    @property
    def duration_s(self) -> float:
        return (self.due - self.first) / self.rate_hz

    def utc(self, index: int) -> datetime | None:
        """Give the time of a sample: by its count to the device's clock, by that to the host's."""
        if self.first_tie is None or self.tie is None or self.anchor is None or index < 0:
            return None
        # The nearer one: over hours a rate that is stated a little wrong makes minutes.
        tie = min(self.first_tie, self.tie, key=lambda tie: abs(index - tie.sample_index))
        behind_s = (index - tie.sample_index) / self.rate_hz
        since_anchor_s = (tie.uptime_ms - self.anchor.device_ms) / 1000 + behind_s
        anchored = datetime.fromtimestamp(self.anchor.utc_s, UTC)
        return anchored + timedelta(milliseconds=self.anchor.utc_ms, seconds=since_anchor_s)


class Spans:
    """Give it every event of a capture.

    Attributes:
        hello: The last introduction, or None.
        boots: Boot ids in the order they came.
        gaps: (at_s from the first sample, lost_s, "device" or "link") each.
    """

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.boots: list[int] = []
        self.gaps: list[tuple[float, float, str]] = []
        self._parts = [_Boot(DEVICE_RATE_HZ)]
        self._is_link_lossy = False

    def take(self, event: Event) -> None:
        """Take one event; kinds that do not matter here are passed over."""
        if isinstance(event, SamplesRun):
            self._samples(event.sample_index, len(event.counts))
        elif isinstance(event, Samples):
            self._samples(event.sample_index, len(event.items))
        elif isinstance(event, Hello):
            self._meet(event)
        elif isinstance(event, Status):
            self._parts[-1].first_tie = self._parts[-1].first_tie or event
            self._parts[-1].tie = event
        elif isinstance(event, TimeAnchor):
            self._parts[-1].anchor = event
        elif isinstance(event, LinkLost) or (isinstance(event, Fault) and event.kind in _LOSSES):
            self._is_link_lossy = True

    @property
    def duration_s(self) -> float:
        """Tell how long the samples last, gaps included, but not what lies between two boots."""
        return sum(part.duration_s for part in self._parts)

    def utc(self) -> tuple[datetime | None, datetime | None]:
        """Give the time of the first sample and behind the last one, each None where not known."""
        heard = [part for part in self._parts if part.first >= 0]
        if not heard:
            return None, None
        return heard[0].utc(heard[0].first), heard[-1].utc(heard[-1].due)

    def _meet(self, event: Hello) -> None:
        if event.boot_id not in self.boots[-1:]:
            if self.boots:
                self._parts.append(_Boot(DEVICE_RATE_HZ))
            self.boots.append(event.boot_id)
        self._parts[-1].rate_hz = event.rate_mhz / 1000
        self.hello = event

    def _samples(self, index: int, count: int) -> None:
        part = self._parts[-1]
        if part.first < 0:
            part.first = part.due = index
        if index > part.due:
            lost_s = (index - part.due) / part.rate_hz
            cause = "link" if self._is_link_lossy else "device"
            self.gaps.append((round(self.duration_s, 3), round(lost_s, 3), cause))
        part.due = max(part.due, index + count)
        self._is_link_lossy = False


def spans_of(events: Iterable[Event]) -> Spans:
    """Give it all events of a capture at once."""
    spans = Spans()
    for event in events:
        spans.take(event)
    return spans
