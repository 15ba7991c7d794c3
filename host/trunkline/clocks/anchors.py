"""Many statements about one moment, some of them wrong: what they allow together.

A host's clock may be wrong by a second, an hour or 56 years. So no anchor is believed alone: each
gives an interval in which the moment must lie, and the answer is the hull of the points that all
but a few of the intervals cover (Marzullo 1984; the clock filter of NTP, RFC 5905, 11.2.1). If no
more than these few are wrong, the truth is inside. One that is wrong by less than all the others
leave open cannot be told, and is believed.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rates = tuple[float, float]

DRIFT_PPM = 1000.0
"""Most that a device's clock is off, over any time: 3.6 s an hour [D].

Awake it runs on a crystal, some 20 ppm off [M]; in light sleep on an RC oscillator that is
measured against the crystal before each sleep [M]. Nobody has measured a board yet: it is wide.
"""
WANDER_PPM = 50.0
"""Most that its rate over any time is off the rate of its life: 4.3 s a day [D]."""
VISIT_MS = 600_000
"""Anchors that say the same within so long are one voice [D]."""
_WRONG_SHARE = 3  # one in so many voices may be wrong
_MOST_ANCHORS = 1000  # that are weighed; of more, evenly chosen ones
_HARDLY, _ANY_MS = 4, 30_000  # hardly less certain: four times, or half a minute anyway [D]


@dataclass(frozen=True)
class Point:
    """A moment of a device's life, over starts whose distance is known.

    Attributes:
        ms: Since the first of these starts, times away included.
        run_ms: How long the device's clock ran until then.
        slack_ms: How uncertain the times away until then are, together.
    """

    ms: int
    run_ms: int
    slack_ms: int


@dataclass(frozen=True)
class Statement:
    """What an anchor says: UTC in ms at a point, and how far off that may be."""

    point: Point
    utc_ms: int
    uncertainty_ms: int


def agreed(lows: Floats, highs: Floats, wrong: int) -> tuple[float, float, int]:
    """Give the hull of the points that all but `wrong` of the intervals cover.

    Where there is none, more are taken for wrong, until there is one.

    Returns:
        Low, high, and how many were taken for wrong.
    """
    edges = np.concatenate([lows, highs])
    steps = np.repeat([1, -1], len(lows))
    order = np.lexsort((-steps, edges))  # at one place, begin before end: touching is covering
    cover = np.cumsum(steps[order])
    need = min(len(lows) - wrong, int(cover.max()))
    enough = np.flatnonzero(cover >= need)
    # Cover holds from one edge to the next.
    return (
        float(edges[order[enough[0]]]),
        float(edges[order[enough[-1] + 1]]),
        len(lows) - need,
    )


class Consensus:
    """What some anchors of one line of time allow at any of its points.

    Attributes:
        is_true: For each statement, whether it agrees with the majority.
        drift_ppm: Low and high of how much faster UTC goes than the device's clock.
    """

    def __init__(self, statements: list[Statement]) -> None:
        """Weigh the statements; there must be one."""
        voices = _voices(statements)
        weighed = voices[:: -(-len(voices) // _MOST_ANCHORS)]
        rates, wrong = (-DRIFT_PPM, DRIFT_PPM), len(weighed) // _WRONG_SHARE
        first, _ = _agreeing(weighed, rates, wrong)
        wrong = max(0, wrong - (len(weighed) - len(first)))
        self.drift_ppm = _Rows(first).drift_ppm(wrong)
        self._rates = (
            max(-DRIFT_PPM, self.drift_ppm[0] - WANDER_PPM),
            min(DRIFT_PPM, self.drift_ppm[1] + WANDER_PPM),
        )
        kept, self._is_disputed = _agreeing(first, self._rates, wrong)
        self._wrong = max(0, wrong - (len(first) - len(kept)))
        self._rows = _Rows(kept)
        self.is_true = [
            _agrees(s, self._rows.at(s.point, self._rates, self._wrong)) for s in statements
        ]

    def at(self, point: Point) -> tuple[int, int]:
        """Give the first and the last ms of UTC that this point may be.

        Where the anchors agree as far as they can tell, the best speak: those that are hardly less
        certain there than the best one. A restart with one anchor of its own needs no other.
        """
        low, high = self._rows.intervals(point, self._rates)
        if not self._is_disputed:
            wide_ms = high - low
            is_good = wide_ms <= max(_HARDLY * wide_ms.min(), 2 * _ANY_MS)
            low, high = low[is_good], high[is_good]
        wrong = min(self._wrong, len(low) // _WRONG_SHARE)
        return self._rows.whole(agreed(low, high, wrong))[:2]


def _voices(statements: list[Statement]) -> list[Statement]:
    """Give one statement for each visit, its least uncertain.

    A host that comes again and again within minutes is one voice, not the majority.
    """
    voices: list[Statement] = []
    begun_ms = 0
    for statement in statements:
        if voices and statement.point.ms - begun_ms <= VISIT_MS and _says(statement, voices[-1]):
            voices[-1] = min(voices[-1], statement, key=lambda each: each.uncertainty_ms)
        else:
            voices.append(statement)
            begun_ms = statement.point.ms
    return voices


def _says(one: Statement, other: Statement) -> bool:
    """Tell whether two statements say the same."""
    passed_ms = one.point.ms - other.point.ms
    slack_ms = abs(one.point.slack_ms - other.point.slack_ms) + abs(passed_ms) * DRIFT_PPM / 1e6
    off_ms = abs(one.utc_ms - other.utc_ms - passed_ms)
    return off_ms <= one.uncertainty_ms + other.uncertainty_ms + slack_ms


def _agreeing(
    statements: list[Statement], rates_ppm: Rates, wrong: int
) -> tuple[list[Statement], bool]:
    """Give those that agree with what all but `wrong` say at their place.

    Returns:
        The statements, and whether more than `wrong` contradict the others somewhere.
    """
    rows = _Rows(statements)
    said = [rows.at(s.point, rates_ppm, wrong) for s in statements]
    kept = [s for s, allowed in zip(statements, said, strict=True) if _agrees(s, allowed)]
    return kept or statements, any(assumed > wrong for _, _, assumed in said)


class _Rows:
    """Statements as columns."""

    def __init__(self, statements: list[Statement]) -> None:
        self.ms = np.array([s.point.ms for s in statements], dtype=np.int64)
        self.run_ms = np.array([s.point.run_ms for s in statements], dtype=np.int64)
        self.slack_ms = np.array([s.point.slack_ms for s in statements], dtype=np.int64)
        self.utc_ms = np.array([s.utc_ms for s in statements], dtype=np.int64)
        self.uncertainty_ms = np.array([s.uncertainty_ms for s in statements], dtype=np.int64)

    def at(self, point: Point, rates_ppm: Rates, wrong: int) -> tuple[int, int, int]:
        """Give the first and last ms of UTC that all but `wrong` allow; cf. `agreed`."""
        return self.whole(agreed(*self.intervals(point, rates_ppm), wrong))

    def whole(self, found: tuple[float, float, int]) -> tuple[int, int, int]:
        """Give what was agreed on in whole ms of UTC."""
        start_ms = int(self.utc_ms[0])
        return start_ms + math.floor(found[0]), start_ms + math.ceil(found[1]), found[2]

    def intervals(self, point: Point, rates_ppm: Rates) -> tuple[Floats, Floats]:
        """Give each one's interval at a point, from the first one's UTC: exact as floats."""
        base_ms = (self.utc_ms - self.utc_ms[0] + (point.ms - self.ms)).astype(np.float64)
        run_ms = (point.run_ms - self.run_ms).astype(np.float64)
        one, other = run_ms * rates_ppm[0] / 1e6, run_ms * rates_ppm[1] / 1e6
        wide_ms = self.uncertainty_ms + np.abs(point.slack_ms - self.slack_ms)
        low, high = np.minimum(one, other) - wide_ms, np.maximum(one, other) + wide_ms
        return base_ms + low, base_ms + high

    def drift_ppm(self, wrong: int) -> tuple[float, float]:
        """Give what the drift may be, from every two statements: if both are right, it is inside.

        The mean rate between two anchors may wander off the rate that is looked for.
        """
        first, second = np.triu_indices(len(self.utc_ms), 1)
        run_ms = (self.run_ms[second] - self.run_ms[first]).astype(np.float64)
        is_apart = run_ms != 0  # two that say nothing of the drift; fewer say what is needed
        right = len(self.utc_ms) - wrong
        needed = right * (right - 1) // 2 - int(np.count_nonzero(~is_apart))
        if needed < 1:
            return -DRIFT_PPM, DRIFT_PPM
        first, second, run_ms = first[is_apart], second[is_apart], run_ms[is_apart]
        passed_ms = self.utc_ms[second] - self.utc_ms[first]
        ahead_ms = passed_ms - (self.ms[second] - self.ms[first])
        slack_ms = np.abs(self.slack_ms[second] - self.slack_ms[first])
        wide_ms = self.uncertainty_ms[first] + self.uncertainty_ms[second] + slack_ms
        middle, half = ahead_ms / run_ms * 1e6, wide_ms / np.abs(run_ms) * 1e6 + WANDER_PPM
        low, high, assumed = agreed(middle - half, middle + half, len(middle) - needed)
        low, high = max(low, -DRIFT_PPM), min(high, DRIFT_PPM)
        if assumed > len(middle) - needed or low > high:  # more are wrong than may be
            return -DRIFT_PPM, DRIFT_PPM
        return low, high


def _agrees(statement: Statement, allowed: tuple[int, int, int]) -> bool:
    return (
        statement.utc_ms - statement.uncertainty_ms <= allowed[1]
        and statement.utc_ms + statement.uncertainty_ms >= allowed[0]
    )
