"""One drawn activity: what, when and how large; its time: the way there, a hold, the way back."""

from collections.abc import Mapping
from dataclasses import dataclass

Drawn = Mapping[str, float]

# A slump eases in and out over this long, or a quarter of its way if that is shorter.
_EASE_S = 1.0


@dataclass(frozen=True)
class Timing:
    """Split an activity: the way there, the time held, and the way back, in seconds."""

    onset_s: float
    hold_s: float
    return_s: float

    @property
    def lasts_s(self) -> float:
        """Sum all three."""
        return self.onset_s + self.hold_s + self.return_s


@dataclass(frozen=True)
class Moment:
    """Hold one activity as it will be performed, in [start_s, end_s).

    Attributes:
        kind: The activity's name.
        start_s: When it begins, from the first sample.
        timing: How its time splits.
        drawn: Its sizes, by the scenario's key.
    """

    kind: str
    start_s: float
    timing: Timing
    drawn: Drawn

    @property
    def end_s(self) -> float:
        """Tell when it is over."""
        return self.start_s + self.timing.lasts_s

    def __getitem__(self, key: str) -> float:
        """Give a size; 0 if the activity has none of that name."""
        return self.drawn.get(key, 0.0)


def glided(drawn: Drawn) -> Timing:
    """Move at `rate_dps`, hold, and come back."""
    moving_s = abs(drawn["flexion_deg"]) / drawn["rate_dps"]
    return Timing(moving_s + ease_s(drawn), drawn["hold_s"], drawn["return_s"])


def ease_s(drawn: Drawn) -> float:
    """Tell how long a slump takes to get going and to end."""
    return min(_EASE_S, 0.25 * abs(drawn["flexion_deg"]) / drawn["rate_dps"])


def held(drawn: Drawn) -> Timing:
    """Move, hold, and come back, each in its own time."""
    return Timing(drawn["onset_s"], drawn["hold_s"], drawn["return_s"])


def halves(drawn: Drawn) -> Timing:
    """Go down and come up in 45 % of the time each."""
    half_s = 0.45 * drawn["lasts_s"]
    return Timing(half_s, drawn["lasts_s"] - 2 * half_s, half_s)


def once(drawn: Drawn) -> Timing:
    """Go there, and stay."""
    return Timing(drawn["lasts_s"], 0.0, 0.0)


def whole(drawn: Drawn) -> Timing:
    """Do the same all the time."""
    return Timing(0.0, drawn["lasts_s"], 0.0)
