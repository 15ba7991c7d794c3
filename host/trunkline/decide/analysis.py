"""What was found in a recording or a day of wear, in seconds and degrees: the result people read.

Times are seconds from the first sample. Angles are degrees from the wearer's own neutral pose.
No number here is an injury risk.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from posturecore import bends, coach, context, decide, lifts, patterns
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.decide.timeline import Timeline
from trunkline.decide.transition import SIT_TO_STAND, Transition

EpisodeRow = tuple[int, ...]


@dataclass(frozen=True)
class Episode:
    """A slouch or a bend that has ended.

    Attributes:
        kind: "slouch" or "bend".
        start_s: Start, from the first sample.
        end_s: End, from the first sample.
        start_block: First block, counted from the first sample.
        end_block: First block after.
        peak_deg: Largest offset from neutral; for a bend, its peak flexion.
        mean_deg: Mean offset from neutral.
        peak_rate_deg_s: Fastest change of inclination over 100 ms; 0 for a slouch.
        is_held: Whether a bend lasted longer than `bend_held_s`.
        is_cut: Whether a gap, new settings or the end of the recording ended it.
        prescription: The settings it was judged by, as 8 hex digits.
        context: What the wearer was doing, one of posturecore.context.CONTEXTS.
        mean_rate_deg_s: Mean change of inclination of a bend until it was held; 0 for a slouch.
        twist_deg: Range of heading within a bend; None: not told (held, cut, over 5 s, shaken).
        drop_m: How far the sensor went down in a bend; None: not told.
        style: "stoop-like", "squat-like", "mixed" or "unknown"; never a judgement.
        confidence_pct: How sure the style of a bend is; of a slouch, the share of its blocks
            that were over the angle.
    """

    kind: str
    start_s: float
    end_s: float
    start_block: int
    end_block: int
    peak_deg: float
    mean_deg: float
    peak_rate_deg_s: float
    is_held: bool
    is_cut: bool
    prescription: str
    context: str
    mean_rate_deg_s: float
    twist_deg: float | None
    drop_m: float | None
    style: str
    confidence_pct: int

    @property
    def duration_s(self) -> float:
        """Tell how long it lasted."""
        return self.end_s - self.start_s

    @classmethod
    def from_row(cls, row: EpisodeRow, block_s: float, first_block: int = 0) -> "Episode":
        """Make one from the values of an episode frame; blocks count from `first_block`."""
        kind, doing, flags, start, end, peak, mean, rate, prescription = row[:9]
        mean_rate, twist, drop, style, confidence = row[9:14]
        start, end = start - first_block, end - first_block
        return cls(
            kind=name_at(decide.KINDS, kind),
            start_s=round(start * block_s, 3),
            end_s=round(end * block_s, 3),
            start_block=start,
            end_block=end,
            peak_deg=peak / 100,
            mean_deg=mean / 100,
            peak_rate_deg_s=rate / 100,
            is_held=bool(flags & decide.IS_HELD),
            is_cut=bool(flags & decide.IS_CUT),
            prescription=f"{prescription:08x}",
            context=name_at(context.CONTEXTS, doing),
            mean_rate_deg_s=mean_rate / 100,
            twist_deg=None if twist == bends.UNTOLD else twist / 100,
            drop_m=None if drop == bends.UNTOLD else drop / 1000,
            style=name_at(lifts.STYLES, style),
            confidence_pct=confidence,
        )


@dataclass(frozen=True)
class Cue:
    """A buzz that was felt, or that would have been.

    Attributes:
        at_s: When it was asked for, from the first sample.
        block: The block that asked for it.
        reason: "slouch", "bend", "host", or "corrected" for the answer to good posture.
        pattern: Name of the vibration pattern.
        outcome: "felt", or why it was held back.
        is_wrong: Whether the wearer marked it as wrong.
    """

    at_s: float
    block: int
    reason: str
    pattern: str
    outcome: str
    is_wrong: bool = False

    @property
    def is_felt(self) -> bool:
        """Tell whether the motor ran."""
        return self.outcome == coach.OUTCOMES[coach.FELT]

    @classmethod
    def from_row(
        cls, row: EpisodeRow, block_s: float, first_block: int = 0, is_wrong: bool = False
    ) -> "Cue":
        """Make one from the values of a cue frame; blocks count from `first_block`."""
        block, reason, pattern, outcome = row
        block -= first_block
        return cls(
            at_s=round(block * block_s, 3),
            block=block,
            reason=name_at(coach.REASONS, reason),
            pattern=name_at(patterns.PATTERN_NAMES, pattern),
            outcome=name_at(coach.OUTCOMES, outcome),
            is_wrong=is_wrong,
        )


@dataclass(frozen=True)
class Wear:
    """Where the time went; the parts sum exactly to `total_s`.

    Attributes:
        total_s: From the first block to the last.
        worn_s: Judged as worn, in any posture.
        off_body_s: Judged as lying somewhere.
        unknown_s: Not to be told (saturated, no gravity).
        uncalibrated_s: Before a neutral pose was known.
        lost_s: Samples missing: the device did not have them.
        charging_s: On the charger.
        link_lost_s: Samples missing: the link did not bring them.
        by_context_s: Seconds in each context and in each of the last five.
    """

    total_s: float
    worn_s: float
    off_body_s: float
    unknown_s: float
    uncalibrated_s: float
    lost_s: float
    charging_s: float
    link_lost_s: float
    by_context_s: Mapping[str, float]

    @classmethod
    def from_ledger(cls, ledger: list[int], block_s: float) -> "Wear":
        """Make one from the ledger of a Decider, in blocks."""
        blocks = dict(zip(decide.LEDGER, ledger, strict=True))
        apart = ("off-body", "unknown", *decide.LEDGER[len(context.CONTEXTS) :])
        # Sums are made of the rounded parts: a chip's real rate gives blocks of no whole ms.
        parts = {name: round(count * block_s, 3) for name, count in blocks.items()}
        return cls(
            total_s=round(sum(parts.values()), 3),
            worn_s=round(sum(part for name, part in parts.items() if name not in apart), 3),
            off_body_s=parts["off-body"],
            unknown_s=parts["unknown"],
            uncalibrated_s=parts["uncalibrated"],
            lost_s=parts["lost"],
            charging_s=parts["charging"],
            link_lost_s=parts["link-lost"],
            by_context_s=parts,
        )


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything found in one recording.

    Attributes:
        name: The recording's name.
        is_simulated: True if no person wore the sensor; None: not known.
        source: Where the recording comes from, in words.
        placement: C7, T4, T12 or L5.
        neutral: The neutral up vector in the sensor frame, or None.
        neutral_source: Where the neutral pose came from, in words.
        settings: The prescription in force at the end.
        episodes: Prolonged slouches.
        bends: Bends.
        bend_counts: Bends that came back from at least 30°, 60° and 90°, logged or not.
        cues: Buzzes, felt and held back.
        wear: Where the time went.
        timeline: One value a block.
        warnings: What the reader of any number here should know, a sentence each.
        transitions: Sit-to-stands and stand-to-sits, found after the fact: the device tells none.
    """

    name: str
    is_simulated: bool | None
    source: str
    placement: str
    neutral: tuple[float, float, float] | None
    neutral_source: str
    settings: Mapping[str, int]
    episodes: tuple[Episode, ...]
    bends: tuple[Episode, ...]
    bend_counts: Mapping[str, int]
    cues: tuple[Cue, ...]
    wear: Wear
    timeline: Timeline
    warnings: tuple[str, ...] = field(default=())
    transitions: tuple[Transition, ...] = field(default=())

    @property
    def bends_per_worn_hour(self) -> float | None:
        """Give the rate of repetition of logged bends; None before anything was worn."""
        worn_h = self.wear.worn_s / 3600
        return round(len(self.bends) / worn_h, 2) if worn_h else None

    @property
    def cue_outcomes(self) -> Counter[str]:
        """Count the cues by outcome; answers to good posture are none."""
        return Counter(cue.outcome for cue in self.cues if cue.reason != "corrected")

    @property
    def rises(self) -> tuple[Transition, ...]:
        """Give the sit-to-stands."""
        return tuple(each for each in self.transitions if each.kind == SIT_TO_STAND)

    @property
    def rises_per_worn_hour(self) -> float | None:
        """Give the rate of sit-to-stands; None before anything was worn."""
        worn_h = self.wear.worn_s / 3600
        return round(len(self.rises) / worn_h, 2) if worn_h else None

    def to_json(self) -> dict[str, Any]:
        """Give everything but the timeline as plain values that `json.dumps` takes."""
        return {
            "name": self.name,
            "is_simulated": self.is_simulated,
            "source": self.source,
            "placement": self.placement,
            "neutral": self.neutral,
            "neutral_source": self.neutral_source,
            "settings": dict(self.settings),
            "episodes": [asdict(episode) for episode in self.episodes],
            "bends": [asdict(bend) for bend in self.bends],
            "bend_counts": dict(self.bend_counts),
            "bends_per_worn_hour": self.bends_per_worn_hour,
            "transitions": [each.to_json() for each in self.transitions],
            "rises_per_worn_hour": self.rises_per_worn_hour,
            "cues": [asdict(cue) for cue in self.cues],
            "wear": asdict(self.wear),
            "angle_bands_s": self.timeline.angle_bands_s(),
            "warnings": list(self.warnings),
        }


def name_at(names: Sequence[str], index: int) -> str:
    """Give the name of a number from the wire; a newer device may know more of them."""
    return names[index] if index < len(names) else f"unknown ({index})"


def block_seconds(rate_mhz: int) -> float:
    """Give the length of a block at the chip's real rate."""
    return SAMPLES_PER_BLOCK * 1000 / rate_mhz
