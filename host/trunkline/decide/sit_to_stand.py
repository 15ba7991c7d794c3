"""Find sit-to-stands and stand-to-sits from one sensor on the back, after the fact.

The hips go one way, and meanwhile the trunk tips and comes back.

    height   0.2 to 0.8 m        duration  ≤ 4.5 s
    speed    ≥ 0.2 m/s           tilt      ≥ 8° from a pose before and from a pose after

Speed and duration are those of sit2stand in scikit-digital-health (Adamowicz 2020). It asks for
0.125 m and 15° are asked for by Pham 2018 (in KielMAT); the numbers here, and the rest, are ours
[D]: on real lower backs a rise tipped by 11° or more, and a stride lifts a back by up to 0.15 m.

Down and at once up again is a lift or a squat, not a seat; but who has only just stood up is taken
to repeat chair stands. What cannot be told is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posturecore.context import WALKING
from posturecore.lifts import height_above_hip_mm
from trunkline.decide.analysis import Analysis
from trunkline.decide.hips import FloatArray, Lobe, lobes, vertical_m_s2
from trunkline.decide.timeline import Timeline
from trunkline.decide.transition import SIT_TO_STAND, STAND_TO_SIT, Transition

LEAST_M, MOST_M = 0.15, 0.8
LEAST_SPEED_M_S = 0.2
LONGEST_S = 4.5
LEAST_TILT_DEG = 8.0

_TILT_BESIDE_S = 1.5  # the trunk tips before the hips move, and is back after
_UPRIGHT_COSINE = 0.5  # 60°, the angle at which the device calls a trunk lying
_RETURN_S = 2.0  # a seat is sat on for longer
_RETURN_SHARE = 0.6  # of the way, that comes back at once
_REPEAT_S = 3.0  # between a rise and the next seat, in chair stands
_ECHO_S, _ECHO_FASTER = 0.3, 2.0
# What a height may be off by; a walk beside it says that the wearer stood.
_DOUBT_WALKED_M, _DOUBT_M = 0.05, 0.15
_WALK_S = 10.0


def with_transitions(analysis: Analysis, blocks: NDArray[np.integer]) -> Analysis:
    """Add the transitions between sitting and standing to an analysis.

    Args:
        analysis: Of these blocks.
        blocks: (K, 16), one for each of the timeline's; what stands in lost ones does not matter.
    """
    return replace(analysis, transitions=tuple(_find(analysis, blocks)))


def _find(analysis: Analysis, blocks: NDArray[np.integer]) -> Iterator[Transition]:
    timeline = analysis.timeline
    flexion, lateral = np.radians(timeline.flexion_deg), np.radians(timeline.lateral_deg)
    above_hip_m = height_above_hip_mm(dict(analysis.settings)) / 1000
    cosine: FloatArray = np.cos(flexion) * np.cos(lateral)
    ways = list(lobes(vertical_m_s2(blocks), cosine, above_hip_m, timeline.block_s))
    told: set[int] = set()
    rose_until = -np.inf  # the block at which the last rise was over
    for k, way in enumerate(ways):
        if not _is_like(way, timeline) or _is_echo(ways, k, timeline.block_s):
            continue
        back = _way_back(ways, k, timeline.block_s)
        is_series = (way.start - rose_until) * timeline.block_s <= _REPEAT_S
        # Down and up at once: a lift, unless it went down to a seat in a series of chair stands.
        if back is not None and not (back in told if way.is_up else is_series):
            continue
        told.add(k)
        if way.is_up:
            rose_until = way.end
        yield _told(way, timeline)


def _is_like(way: Lobe, timeline: Timeline) -> bool:
    """Tell whether a way of the hips is one of somebody sitting down or standing up."""
    height_m, lasts_s = abs(way.height_m), (way.end - way.start) * timeline.block_s
    return (
        LEAST_M <= height_m <= MOST_M
        and abs(way.speed_m_s) >= LEAST_SPEED_M_S
        and lasts_s <= LONGEST_S
        and _tilt_deg(way, timeline) >= LEAST_TILT_DEG
    )


def _tilt_deg(way: Lobe, timeline: Timeline) -> float:
    """Give how far the trunk tips away from a pose before, and from a pose after; 0: it lies.

    Whichever way: so a mounting whose forward is not known does no harm.
    """
    beside = round(_TILT_BESIDE_S / timeline.block_s)
    rows = slice(max(0, way.start - beside), way.end + beside)
    flexion = np.radians(timeline.flexion_deg[rows])
    lateral = np.radians(timeline.lateral_deg[rows])
    across = np.cos(lateral)
    up = np.stack([across * np.cos(flexion), across * np.sin(flexion), np.sin(lateral)])
    up = up[:, np.isfinite(up[0])]
    if min(up[0, 0], up[0, -1]) < _UPRIGHT_COSINE:
        return 0.0
    cosine = up.T @ up
    before = np.where(np.tri(len(cosine), dtype=bool), cosine, 1.0).min(axis=1)
    after = np.where(np.tri(len(cosine), dtype=bool).T, cosine, 1.0).min(axis=1)
    return float(np.degrees(np.arccos(min(np.maximum(before, after).min(), 1.0))))


def _way_back(ways: Sequence[Lobe], k: int, block_s: float) -> int | None:
    """Find the way up that follows a way down at once, or the way down just before a way up."""
    way = ways[k]
    for other_k in range(k - 1, -1, -1) if way.is_up else range(k + 1, len(ways)):
        other = ways[other_k]
        apart = way.start - other.end if way.is_up else other.start - way.end
        if apart * block_s > _RETURN_S:
            break
        if other.is_up != way.is_up and abs(other.height_m) >= _RETURN_SHARE * abs(way.height_m):
            return other_k
    return None


def _is_echo(ways: Sequence[Lobe], k: int, block_s: float) -> bool:
    """Tell whether a far faster way back touches it: then it is drift, or the weight's rebound."""
    way = ways[k]
    return any(
        other.is_up != way.is_up
        and max(way.start, other.start) - min(way.end, other.end) <= _ECHO_S / block_s
        and abs(other.speed_m_s) >= _ECHO_FASTER * abs(way.speed_m_s)
        for other in (*ways[max(0, k - 1) : k], *ways[k + 1 : k + 2])
    )


def _told(way: Lobe, timeline: Timeline) -> Transition:
    height_m = abs(way.height_m)
    margin_m = height_m - LEAST_M
    doubt_m = _DOUBT_WALKED_M if _is_walk_beside(way, timeline) else _DOUBT_M
    return Transition(
        kind=SIT_TO_STAND if way.is_up else STAND_TO_SIT,
        start_s=round(way.start * timeline.block_s, 3),
        end_s=round(way.end * timeline.block_s, 3),
        height_m=round(height_m, 2),
        peak_speed_m_s=round(abs(way.speed_m_s), 2),
        confidence_pct=round(50 + 50 * margin_m / (margin_m + doubt_m)),
    )


def _is_walk_beside(way: Lobe, timeline: Timeline) -> bool:
    blocks = round(_WALK_S / timeline.block_s)
    beside = slice(way.end, way.end + blocks)
    if not way.is_up:
        beside = slice(max(0, way.start - blocks), way.start)
    return bool((timeline.context[beside] == WALKING).any())
