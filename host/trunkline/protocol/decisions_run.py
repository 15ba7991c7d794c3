"""Decisions frames of a finished capture, joined: what `frame_runs` hands out for them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline.protocol.events import Decisions
from trunkline.protocol.frame import Frame


@dataclass(frozen=True, eq=False)
class DecisionsRun(Frame):
    """Decisions frames from a finished capture, in the order they came.

    Attributes:
        sequence: That of the first frame.
        sequences: (F,) the sequence of each frame.
        block_indexes: (F,) index of the first block of each frame.
        item_counts: (F,) how many blocks each frame tells about.
        rows: (N, 4) int16, all their items: flexion_cdeg, lateral_cdeg, context, slouch_state.
    """

    sequences: NDArray[np.uint16]
    block_indexes: NDArray[np.int64]
    item_counts: NDArray[np.int64]
    rows: NDArray[np.int16]

    @property
    def blocks(self) -> NDArray[np.int64]:
        """Give the (N,) block of each row."""
        before = np.cumsum(self.item_counts) - self.item_counts
        return np.repeat(self.block_indexes - before, self.item_counts) + np.arange(len(self.rows))

    def frames(self) -> tuple[Decisions, ...]:
        """Give the frames one by one, as `Decoder` would have."""
        items = list(map(tuple, self.rows.tolist()))
        ends = np.cumsum(self.item_counts).tolist()
        starts = [0, *ends[:-1]]
        rows = zip(self.sequences.tolist(), self.block_indexes.tolist(), starts, ends, strict=True)
        return tuple(
            Decisions(sequence, index, tuple(items[start:end]))
            for sequence, index, start, end in rows
        )
