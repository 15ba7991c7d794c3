"""Blocks of a live stream: those the device sent, or made here of the samples it sent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK
from trunkline.decide.blocks import make_blocks
from trunkline.protocol.events import Blocks, Dropped, Event, Hello, Samples


@dataclass(frozen=True, eq=False)
class BlockRun:
    """Blocks that follow each other.

    Attributes:
        first_block: The first one's number; counts from the device's start.
        blocks: (K, 16) int32, laid out as in posturecore.blocks.
        missed: Blocks directly before them that never came here: lost with the link or by the
            device, or dropped because the consumer was slow. 0 at the beginning and after a
            restart of the device, where nobody knows.
    """

    first_block: int
    blocks: NDArray[np.int32]
    missed: int


class BlockReader:
    """Turn events into runs of blocks, each block once."""

    def __init__(self, boot_id: int | None) -> None:
        """Start in a boot of the device; None: not known yet."""
        self._due: int | None = None
        self._boot_id = boot_id
        self._is_sure = True  # that a restart was not overlooked

    def take(self, event: Event) -> BlockRun | None:
        """Give the new blocks in an event; None: there are none."""
        if isinstance(event, Samples):
            counts = np.array(event.items, dtype=np.int16).reshape(-1, CHANNELS)
            each = np.arange(len(counts) // SAMPLES_PER_BLOCK)
            blocks = make_blocks(counts, (event.motor_blocks >> each & 1).astype(np.bool_))
            return self._run(event.sample_index // SAMPLES_PER_BLOCK, blocks)
        if isinstance(event, Blocks):
            return self._run(event.block_index, np.array(event.items, dtype=np.int32))
        if isinstance(event, Hello):
            if self._boot_id not in (None, event.boot_id):
                self._due = None
            self._boot_id = event.boot_id
        elif isinstance(event, Dropped):
            self._is_sure = False
        return None

    def _run(self, first: int, blocks: NDArray[np.int32]) -> BlockRun | None:
        due = self._due
        if due is None or (first < due and not self._is_sure):
            due = first
        self._is_sure = True
        new = blocks[max(0, due - first) :]  # a device may send samples and blocks of the same
        if not len(new):
            return None
        self._due = first + len(blocks)
        start = self._due - len(new)
        return BlockRun(start, new, start - due)
