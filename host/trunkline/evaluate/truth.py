"""What really happened, block by block and by the prescription, from the simulated back alone.

Nothing here uses a sensor value or a detector. Angles are those of the back, upright is zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from posturecore.context import (
    BENDING,
    LYING,
    OFF_BODY,
    RECLINED,
    STILL,
    VIBRATING,
    WALKING,
)
from posturecore.params import SLOUCH_SIGN
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.decide.transition import SIT_TO_STAND, Transition
from trunkline.wearer import SimulatedDay

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Span = tuple[int, int]

BLOCKS_PER_S = 10
# Where no slouch may ever be alerted.
NEVER = (WALKING, BENDING, RECLINED, LYING, OFF_BODY)
# What the sensor's angle may differ by before an alert is called false.
TOLERANCE_DEG = 1.0
# A case that has turned this far on the skin must be told of, if so much of the day is left.
SLIP_DEG, SLIP_LEFT_S = 10.0, 3600.0
_UPRIGHT_DEG = 5.0
# This near the least peak or the least time of a bend, logged and not logged are both right.
BORDER_DEG, BORDER_S = 3.0, 0.3


@dataclass(frozen=True, eq=False)
class Blocks:
    """Hold the truth of a day in blocks of 100 ms.

    Attributes:
        flexion_deg: Mean flexion of the back.
        context: What a decision should call the middle of each block.
    """

    flexion_deg: FloatArray
    context: NDArray[np.uint8]

    @classmethod
    def of(cls, day: SimulatedDay) -> "Blocks":
        """Cut a day at the device's rate."""
        count = len(day.truth.context) // SAMPLES_PER_BLOCK
        rows = slice(0, count * SAMPLES_PER_BLOCK)
        flexion = day.truth.flexion_deg[rows].reshape(count, SAMPLES_PER_BLOCK).mean(axis=1)
        return cls(flexion, day.truth.context[SAMPLES_PER_BLOCK // 2 :: SAMPLES_PER_BLOCK][:count])

    @property
    def may_slouch(self) -> BoolArray:
        """Tell in which blocks slouching is a fair word."""
        return ~np.isin(self.context, NEVER)


def runs(is_so: BoolArray) -> list[Span]:
    """List the stretches [start, end) of true blocks."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_so, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def offset_deg(blocks: Blocks, settings: Mapping[str, int]) -> FloatArray:
    """Give how far the back is off in the direction in which a slouch tips this placement."""
    return SLOUCH_SIGN[settings["placement"]] * blocks.flexion_deg


def slouches(blocks: Blocks, settings: Mapping[str, int]) -> list[Span]:
    """List the slouches that must be found: over the angle for as long as prescribed.

    Gaps shorter than the reset time do not end one, nor count; nor does the time in movement.
    """
    over = (offset_deg(blocks, settings) >= settings["slouch_entry_cdeg"] / 100) & (
        blocks.may_slouch
    )
    spans = _stretches(over, settings["slouch_reset_s"] * BLOCKS_PER_S)
    least = least_s(settings) * BLOCKS_PER_S
    is_fair = over & np.isin(blocks.context, (STILL, VIBRATING))
    return [(start, end) for start, end in spans if is_fair[start:end].sum() >= least]


def least_s(settings: Mapping[str, int]) -> int:
    """Tell how long a slouch must last to be due: the dose rule has no hold time of its own."""
    return 60 if settings["slouch_rule"] else settings["slouch_hold_s"]


def allowed(blocks: Blocks, settings: Mapping[str, int]) -> BoolArray:
    """Tell in which blocks an alert may be on: slouched with hysteresis, within the tolerance."""
    entry = settings["slouch_entry_cdeg"] / 100 - TOLERANCE_DEG
    leave = entry - settings["slouch_hysteresis_cdeg"] / 100
    offset = offset_deg(blocks, settings)
    reset = settings["slouch_reset_s"] * BLOCKS_PER_S
    is_slouched = np.zeros(len(offset), dtype=bool)
    enough = blocks.may_slouch & (offset >= entry)
    kept = offset >= leave
    for start, end in _stretches(kept, reset):
        first = np.flatnonzero(enough[start:end])
        if len(first):
            is_slouched[start + int(first[0]) : end] = True
    return is_slouched & blocks.may_slouch


@dataclass(frozen=True)
class Bend:
    """Describe an excursion of the back, in blocks [start, end).

    Attributes:
        start: Its first block over the angle at which a bend is over.
        end: The first block after.
        peak_deg: Its largest flexion.
        is_border: Whether it is so near the least peak or the least time that either is right.
    """

    start: int
    end: int
    peak_deg: float
    is_border: bool


def bends(blocks: Blocks, settings: Mapping[str, int]) -> list[Bend]:
    """List the worn excursions that are, or may be, bends by the prescription."""
    exit_deg, entry_deg, least_deg = (
        settings[f"bend_{name}_cdeg"] / 100 for name in ("exit", "entry", "peak")
    )
    least_s = settings["bend_min_ms"] / 1000 + BORDER_S
    found = []
    for start, end in runs(blocks.flexion_deg >= exit_deg):
        flexion = blocks.flexion_deg[start:end]
        # A case that is taken off tips over, and does not come back.
        if (blocks.context[start:end] == OFF_BODY).any():
            continue
        peak = float(flexion.max())
        if peak < least_deg - BORDER_DEG:
            continue
        entered = int(np.argmax(flexion >= entry_deg)) if peak >= entry_deg else end - start
        is_short = (end - start - entered) / BLOCKS_PER_S < least_s
        is_border = is_short or peak < max(least_deg, entry_deg) + BORDER_DEG
        found.append(Bend(start, end, peak, is_border))
    return found


def slipped_s(day: SimulatedDay) -> float | None:
    """Give the end of the slip that left the case far off for good, an hour at least; None: none.

    How far is told where the back is upright, so that a crooked case does not count as slipped.
    """
    recording, real = day.recording, day.truth
    is_upright = np.maximum(np.abs(real.flexion_deg), np.abs(real.lateral_deg)) < _UPRIGHT_DEG
    rows = np.arange(len(is_upright))
    ends_s = [event.end_s for event in real.of_kind("strap_slip")]
    edges = [0, *(round(end_s * recording.rate_hz) for end_s in ends_s), len(rows)]
    poses = [
        np.median(real.up[start:end][is_upright[start:end]], axis=0)
        for start, end in pairwise(edges)
        if is_upright[start:end].any()
    ]
    if len(poses) < len(edges) - 1:
        return None
    units = [pose / np.linalg.norm(pose) for pose in poses]
    far = [np.degrees(np.arccos(min(1.0, float(unit @ units[0])))) >= SLIP_DEG for unit in units]
    last_s = len(rows) / recording.rate_hz - SLIP_LEFT_S
    return next((s for k, s in enumerate(ends_s) if all(far[k + 1 :]) and s <= last_s), None)


def _stretches(is_so: BoolArray, longest_gap: int) -> list[Span]:
    joined = is_so.copy()
    for start, end in runs(~is_so):
        if end - start < longest_gap and start > 0 and end < len(is_so):
            joined[start:end] = True
    return runs(joined)


def transitions(day: SimulatedDay, kind: str) -> list[tuple[float, float]]:
    """List the times of the sit-to-stands, or of the stand-to-sits, in seconds [start, end)."""
    is_rise = kind == SIT_TO_STAND
    found = []
    for event in day.truth.events:
        if event.kind == ("stand_up" if is_rise else "sit_down"):
            found.append((event.start_s, event.end_s))
        elif event.kind == "sit_to_stand" and is_rise:  # and sits again: both are one event
            found.append((event.start_s, event.start_s + event.onset_s))
        elif event.kind == "sit_to_stand":
            found.append((event.end_s - event.return_s, event.end_s))
    return found


def pair(
    real: Sequence[tuple[float, float]], told: Sequence[Transition], kind: str
) -> tuple[int, int, int]:
    """Pair what was told with what is true, by overlap in time.

    Returns:
        How many were found, were missed, and are false.
    """
    left = [each for each in told if each.kind == kind]
    found = 0
    for start_s, end_s in real:
        match = next((e for e in left if e.start_s < end_s and e.end_s > start_s), None)
        if match is not None:
            left.remove(match)
            found += 1
    return found, len(real) - found, len(left)
