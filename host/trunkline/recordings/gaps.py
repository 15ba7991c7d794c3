"""Where a recording misses samples, and what the filter does about it.

The rule, offline and online:
- Up to half a second the filter keeps its state, as if the sensor had stood still meanwhile.
- After a longer gap the low-pass starts anew; what it knows of the gyroscope's bias stays, and is
  trusted less by what it may have drifted.
- Either way the samples behind the gap are marked: see trunkline.filter.marks.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from trunkline.errors import InputError

KEPT_GAP_S = 0.5


class Gap(NamedTuple):
    """Missing samples.

    Attributes:
        at: Index of the first sample behind the gap.
        lost_s: How much time is missing.
    """

    at: int
    lost_s: float


def checked_lost_s(lost_s: float) -> float:
    """Give the length of a gap as a number.

    Raises:
        InputError: Not a positive, finite number.
    """
    if not 0.0 < lost_s < float("inf"):
        raise InputError(
            found=f"a gap of {lost_s:g} s",
            expected="a positive number of seconds",
            hint="leave out gaps of which the length is not known, or give 1 s",
        )
    return float(lost_s)


def segments(gaps: Sequence[Gap], count: int) -> list[tuple[int, int]]:
    """Cut [0, count) at the gaps over which no state is kept.

    Raises:
        InputError: Gaps out of order, outside the recording, or of no length.
    """
    edges = [0]
    for at, lost_s in gaps:
        if not edges[-1] < at < count:
            raise InputError(
                found=f"a gap before sample {at} of {count}, behind one before {edges[-1]}",
                expected="gaps in order, between two samples",
                hint="sort them, and leave out gaps at either end",
            )
        if checked_lost_s(lost_s) > KEPT_GAP_S:
            edges.append(int(at))
    return list(pairwise([*edges, count]))
