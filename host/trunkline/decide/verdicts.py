"""What was decided: a verdict a block, kept as arrays where many came at once."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

Row = tuple[int, ...]
Rows = NDArray[np.int32]
WIDTH = 5


class Verdicts:
    """Rows of (flexion_cdeg, lateral_cdeg, context, slouch_state, is_known), one a block."""

    def __init__(self) -> None:
        self._pieces: list[Rows] = []
        self._rows: list[Row] = []  # those that came since the last piece
        self._count = 0

    def append(self, row: Row) -> None:
        """Add the verdict on the next block."""
        self._rows.append(row)
        self._count += 1

    def extend(self, rows: Rows) -> None:
        """Add (N, 5) verdicts on the next blocks."""
        self._settle()
        self._pieces.append(rows)
        self._count += len(rows)

    def array(self) -> Rows:
        """Give all of them, (N, 5)."""
        self._settle()
        if len(self._pieces) != 1:
            empty = np.empty((0, WIDTH), dtype=np.int32)
            self._pieces = [np.concatenate([empty, *self._pieces])]
        return self._pieces[0]

    def _settle(self) -> None:
        if self._rows:
            values = chain.from_iterable(self._rows)  # twice as fast as rows
            self._pieces.append(np.fromiter(values, dtype=np.int32).reshape(-1, WIDTH))
            self._rows = []

    def __len__(self) -> int:
        """Count the blocks."""
        return self._count

    def __eq__(self, other: object) -> bool:
        """Compare every verdict."""
        return isinstance(other, Verdicts) and np.array_equal(self.array(), other.array())


def told_last(
    heard: list[tuple[NDArray[np.int64], NDArray[np.int16]]],
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Join what was told: blocks in order, and of each the verdict that came last."""
    blocks = np.concatenate([np.empty(0, dtype=np.int64), *(each for each, _ in heard)])
    said = np.concatenate([np.empty((0, 4), dtype=np.int16), *(each for _, each in heard)])
    if (np.diff(blocks) > 0).all():
        return blocks, said
    blocks, places = np.unique(blocks[::-1], return_index=True)
    return blocks, said[len(said) - 1 - places]
