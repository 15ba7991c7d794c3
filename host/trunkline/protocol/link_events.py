"""Events that no device sends: the host makes them, of the link and of its own clock."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LinkLost:
    """The link went away by itself.

    Attributes:
        reason: One sentence.
    """

    reason: str


@dataclass(frozen=True)
class LinkBack:
    """The link is there again, to the same device.

    It comes directly before the first samples behind the gap, or at once where none are streamed.

    Attributes:
        attempts: How many it took.
        away_s: How long it was away, in seconds.
        missed_samples: Samples that the device took meanwhile and that never came. None: not
            known; the device has restarted, samples were not streamed, or none came for 3 s.
    """

    attempts: int
    away_s: float
    missed_samples: int | None


@dataclass(frozen=True)
class TimeNotSet:
    """The device was not told the time at this contact.

    Attributes:
        reason: Why not, and what to try.
        off_ms: How far this computer's clock is ahead of what the device was told before. None:
            that is not why.
    """

    reason: str
    off_ms: int | None


@dataclass(frozen=True)
class Dropped:
    """Events that a slow consumer of a stream missed stood here.

    Attributes:
        count: How many.
    """

    count: int
