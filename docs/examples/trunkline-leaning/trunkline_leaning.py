"""Leaning aside for a while, which the built-in rules leave alone: an example of a plug-in."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trunkline.decide.detectors import Found, Setup

ANGLE_DEG = 10.0  # from the wearer's own pose; our choice, no threshold of injury
HOLD_S = 5.0


class Leaning:
    """Finds where the trunk leaned aside by ANGLE_DEG or more for HOLD_S or longer."""

    def __init__(self, setup: Setup) -> None:
        self._hold_blocks = round(HOLD_S / setup.block_s)
        neutral = setup.neutral or (1, 0, 0)
        self._neutral_deg = float(lean_deg(np.array([neutral]))[0])
        self._start: int | None = None
        self._peak_deg = 0.0
        self._next = 0

    def blocks(self, first: int, rows: NDArray[np.int32]) -> Iterator[Found]:
        """Take the next blocks."""
        if first != self._next:  # blocks are missing: nobody knows what was in them
            yield from self.finish()
        for block, angle_deg in enumerate(lean_deg(rows[:, 6:9]) - self._neutral_deg, first):
            self._next = block + 1
            if abs(angle_deg) < ANGLE_DEG:
                yield from self._end(block)
                continue
            if self._start is None:
                self._start, self._peak_deg = block, 0.0
            self._peak_deg = max(self._peak_deg, abs(float(angle_deg)))

    def finish(self) -> Iterator[Found]:
        """End a lean that is still open."""
        yield from self._end(self._next)

    def _end(self, block: int) -> Iterator[Found]:
        start, self._start = self._start, None
        if start is not None and block - start >= self._hold_blocks:
            yield Found("lean", start, block, {"peak_deg": round(self._peak_deg, 1)})


def lean_deg(up: NDArray[np.integer]) -> NDArray[np.float64]:
    """Give the lean aside of (N, 3) gravity vectors."""
    length = np.maximum(np.linalg.norm(up, axis=1), 1e-9)
    return np.degrees(np.arcsin(np.clip(up[:, 1] / length, -1, 1)))
