"""A decoder for finished captures: samples frames are joined to runs and unpacked at once.

What comes out is what `Decoder` hands out, with each run of samples frames as one `SamplesRun`;
faults are found and counted by the same code, so nothing damaged passes and nothing good is lost.
Eight hours are read in a fifth of a second in place of five.
"""

from binascii import crc32
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from posturecore import frames, wire
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK
from trunkline.decoder import Decoder
from trunkline.events import (
    Ack,
    CueFrame,
    Decisions,
    EpisodeFrame,
    Event,
    SamplesRun,
    Status,
    TimeAnchor,
)

# Of bytes followed by their own crc32, little-endian, the crc32 is always this.
_RESIDUE = 0x2144DF1C
_FIXED = len(wire.pack_frame(frames.SAMPLES, 0, (0, 0))) - wire.OVERHEAD
_BLOCK_BYTES = SAMPLES_PER_BLOCK * CHANNELS * 2
_INDEX = wire.HEADER
_MOTOR = wire.HEADER + 4
# Of the first ten bytes as one number.
_INDEX_BIT = 8 * _INDEX
_SEQUENCE = 0xFFFF << 32
_ONE_FRAME = 1 << 32
_ITEMS = wire.HEADER + _FIXED
# Frames that say nothing about where among the samples they stand.
_PLACELESS = (Ack, CueFrame, Decisions, EpisodeFrame, Status, TimeAnchor)


class RunDecoder(Decoder):
    """Turn the bytes of a finished capture into events; best given all of them at once."""

    def __init__(self) -> None:
        super().__init__()
        self._places: list[int] = []  # where the frames of the open run start
        self._size = 0
        self._next_index = 0

    def _frame(self, at: int, size: int) -> int:
        payload = size - wire.OVERHEAD - _FIXED
        is_whole = payload > 0 and payload % _BLOCK_BYTES == 0
        if self._buffer[at + 1] != frames.SAMPLES or not is_whole:
            return super()._frame(at, size)
        self._check_sequence(int.from_bytes(self._buffer[at + 4 : at + 6], "little"))
        index = int.from_bytes(self._buffer[at + _INDEX : at + _MOTOR], "little")
        if self._places and (size, index) != (self._size, self._next_index):
            self._settle()
        self._size = size
        return self._stretch(at, index, payload // (CHANNELS * 2))

    def _stretch(self, at: int, index: int, per_frame: int) -> int:
        """Take the good frame at `at` and those right behind it that continue it."""
        size, places, first = self._size, self._places, len(self._places)
        with memoryview(self._buffer) as view:
            # Kind, length, sequence and index as one number: what the next frame starts with.
            due = int.from_bytes(view[at : at + _MOTOR], "little")
            step, last = (per_frame << _INDEX_BIT) + _ONE_FRAME, len(view) - size
            while True:
                places.append(at)
                at, due = at + size, due + step
                if not due & _SEQUENCE:
                    due -= 1 << _INDEX_BIT  # the sequence starts again: nothing to carry
                is_next = at <= last and int.from_bytes(view[at : at + _MOTOR], "little") == due
                if not is_next or crc32(view[at : at + size]) != _RESIDUE:
                    break
        self._next_sequence = (due & _SEQUENCE) >> 32
        self._next_index = due >> _INDEX_BIT
        self.counts["good"] += len(places) - first
        return at

    def _hand_out(self, event: Event) -> None:
        if not isinstance(event, _PLACELESS):
            self._settle()
        super()._hand_out(event)

    def _settle(self) -> None:
        if self._places:
            rows = self._rows()
            sequences = _numbers(rows[:, 4:6], "<u2")
            self._places = []
            super()._hand_out(
                SamplesRun(
                    sequence=int(sequences[0]),
                    sequences=sequences,
                    sample_index=int(_numbers(rows[:1, _INDEX:_MOTOR], "<u4")[0]),
                    motor_blocks=rows[:, _MOTOR].copy(),
                    counts=_numbers(rows[:, _ITEMS : -wire.TRAILER], "<i2").reshape(-1, CHANNELS),
                )
            )

    def _rows(self) -> NDArray[np.uint8]:
        """Copy the frames of the run, (F, size): no view may hold the buffer, which is cut."""
        windows = sliding_window_view(np.frombuffer(self._buffer, np.uint8), self._size)
        rows: NDArray[np.uint8] = windows[self._places]
        return rows


def _numbers(fields: NDArray[np.uint8], code: str) -> NDArray[Any]:
    return np.ascontiguousarray(fields).view(code).ravel()
