"""What a device streams of given samples: every frame it would send, decided by its own code."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posturecore import frames, params, wire
from posturecore.blocks import FLAGS, MOTOR
from posturecore.bow import NOMINAL
from posturecore.calibrate import DONE
from posturecore.coach import FELT, PATTERNS
from posturecore.decide import Decider
from posturecore.flash import MODES, POWER_STATES
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.decide.blocks import make_blocks

RATE_MHZ = 60_000
BLOCK_MS = SAMPLES_PER_BLOCK * 1_000_000 // RATE_MHZ
# As in firmware/sampler.py, firmware/streaming.py and firmware/app.py.
BLOCKS_PER_FRAME, DECISIONS_PER_FRAME, STATUS_BLOCKS = 2, 10, 100
BOOT_ID, BATTERY_MV = 1, 3900
MODE, POWER_STATE, NO_FAULTS = MODES.index("app"), POWER_STATES.index("linked"), (0,) * 5

Items = tuple[tuple[int, ...], ...]
Frame = tuple[int, tuple[int | bytes, ...], Items]


def write_capture(path: Path, counts: NDArray[np.int16]) -> int:
    """Write (N, 9) samples, and what is decided on them, as a capture; return its frames."""
    parts = [
        wire.pack_frame(frame, k & 0xFFFF, values, items)
        for k, (frame, values, items) in enumerate(_Device(counts).stream())
    ]
    path.write_bytes(b'TLCAP 1 {"is_simulated": true}\n' + b"".join(parts))
    return len(parts)


class _Device:
    """Sends what firmware/app.py does, in its order, about a wearer who first stands upright.

    When a cue is felt, the motor runs in the blocks behind it.
    """

    def __init__(self, counts: NDArray[np.int16]) -> None:
        self._counts = counts
        self._decider = Decider(params.defaults(), RATE_MHZ)
        self._motor_ms = self._motor_blocks = 0
        self._told: list[tuple[int, ...]] = []

    def stream(self) -> Iterator[Frame]:
        """Give all frames."""
        decider = self._decider
        hello = (frames.VERSION, 0, 1, SAMPLES_PER_BLOCK, RATE_MHZ, BOOT_ID, decider.prescription)
        yield frames.HELLO, (*hello, b"benchday", MODE), ()
        first = self._counts[: BLOCKS_PER_FRAME * SAMPLES_PER_BLOCK, 6:9]
        x, y, z = first.mean(axis=0).astype(int).tolist()
        yield frames.CALIBRATION, (0, DONE, 0, x, y, z, 5, *NOMINAL), ()
        decider.set_neutral((x, y, z))
        for row in make_blocks(self._counts).tolist():
            self._note_motor(row)
            if decider.at % BLOCKS_PER_FRAME == BLOCKS_PER_FRAME - 1:
                yield self._samples()
            yield from self._decide(tuple(row))

    def _note_motor(self, row: list[int]) -> None:
        if self._motor_ms > 0:
            row[FLAGS] |= MOTOR
            self._motor_blocks |= 1 << self._decider.at % BLOCKS_PER_FRAME
            self._motor_ms -= BLOCK_MS

    def _samples(self) -> Frame:
        end = (self._decider.at + 1) * SAMPLES_PER_BLOCK
        first = end - BLOCKS_PER_FRAME * SAMPLES_PER_BLOCK
        values, self._motor_blocks = (first, self._motor_blocks), 0
        return frames.SAMPLES, values, tuple(self._counts[first:end].tolist())

    def _decide(self, block: tuple[int, ...]) -> Iterator[Frame]:
        decider, told = self._decider, self._told
        for frame, values in decider.block(block):
            yield frame, values, ()
            if frame == frames.CUE and values[3] == FELT:
                self._motor_ms = sum(PATTERNS[values[2]])
        told.append(
            (decider.flexion_cdeg, decider.lateral_cdeg, decider.context, decider.slouch_state)
        )
        if len(told) == DECISIONS_PER_FRAME:
            yield frames.DECISIONS, (decider.at - len(told),), tuple(told)
            told.clear()
        if decider.at % STATUS_BLOCKS == 0:
            clock = (decider.at * BLOCK_MS, decider.at * SAMPLES_PER_BLOCK, 0)
            health = (BATTERY_MV, 1, decider.context, *NO_FAULTS, POWER_STATE, 0)
            yield frames.STATUS, (BOOT_ID, *clock, *health), ()
