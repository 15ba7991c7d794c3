"""What one run came to: plain counts and small lists, so that runs add up and travel as JSON."""

from dataclasses import dataclass, field

Counts = tuple[int, int, int]
Seconds = tuple[int, int, int, int]


@dataclass(frozen=True)
class Slouched:
    """Describe a slouch that was due: how far over the angle, how long, and when it was found.

    Attributes:
        start_s: When the back first was over the angle.
        lasts_s: How long it stayed there.
        over_deg: Mean flexion over the prescribed angle.
        delay_s: From when it was due until the decision; None: never found.
        was_on: Whether the decision still stood from the slouch before.
    """

    start_s: float
    lasts_s: float
    over_deg: float
    delay_s: float | None
    was_on: bool


@dataclass(frozen=True)
class FalseAlert:
    """Describe an alert without a slouch: when, in which true context, at what true flexion."""

    at_s: float
    context: str
    flexion_deg: float


@dataclass(frozen=True)
class Lift:
    """Describe a stoop or a squat: its kind, what it was called, from -1 (squat) to 1 (stoop)."""

    kind: str
    style: str
    score: float


@dataclass(frozen=True)
class Outcome:
    """Hold one run of one case.

    Attributes:
        case: The case's name.
        rule: Its slouch rule.
        seed: Its seed.
        is_calibrated: Whether the neutral pose was found.
        hours: Worn hours in each true context.
        slouched: Slouches that were due.
        alerts: How many times a slouch was alerted, felt or held back.
        false_alerts: Those without a slouch.
        quiet_minutes: Whole worn minutes without a slouch.
        alerted_minutes: Those of them with an alert.
        bends: Found, missed, false.
        bend_errors_deg: Peak flexion, found less true.
        bend_ends_s: End of a bend, found less true.
        lifts: Stoops and squats.
        seconds: Right, missed, false and rightly absent seconds of each context.
        context_delays_s: From the start of a bout of ten seconds or more to its first second.
        squares_deg2: Sum of squared errors of flexion by true context.
        blocks: How many blocks were summed.
        transitions: Found, missed, false of each kind of transition.
        slipped_s: When the case slipped far, for good; None: it did not.
        slip_told_s: When the analysis told of a slip; None: it did not.
    """

    case: str
    rule: str
    seed: int
    is_calibrated: bool
    hours: dict[str, float]
    slouched: tuple[Slouched, ...]
    alerts: int
    false_alerts: tuple[FalseAlert, ...]
    quiet_minutes: int
    alerted_minutes: int
    bends: tuple[int, int, int]
    bend_errors_deg: tuple[float, ...]
    bend_ends_s: tuple[float, ...]
    lifts: tuple[Lift, ...]
    seconds: dict[str, Seconds]
    context_delays_s: dict[str, tuple[float, ...]]
    squares_deg2: dict[str, float] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)
    transitions: dict[str, Counts] = field(default_factory=dict)
    slipped_s: float | None = None
    slip_told_s: float | None = None
