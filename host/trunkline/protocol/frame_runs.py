"""A decoder for finished captures: frames of one kind are joined to runs and unpacked at once.

What comes out is what `Decoder` hands out, with each run of samples frames as one `SamplesRun` and
of decisions frames as one `DecisionsRun`; faults are found and counted by the same code, so
nothing damaged passes and nothing good is lost. Eight hours are read in 0.15 s, not in five.
"""

from array import array
from binascii import crc32
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posturecore import frames, wire
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK
from trunkline.protocol.decisions_run import DecisionsRun
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import (
    Ack,
    CueFrame,
    Decisions,
    EpisodeFrame,
    Event,
    SamplesRun,
    Status,
    TimeAnchor,
    build,
)

IntArray = NDArray[np.int64]

# Of bytes followed by their own crc32, little-endian, the crc32 is always this.
_RESIDUE = 0x2144DF1C
_KIND, _SEQUENCE, _BODY = 1, 4, wire.HEADER
_LONGEST = wire.MAX_PAYLOAD + wire.OVERHEAD
# Frames that say nothing about where among the samples they stand.
_PLACELESS = (Ack, CueFrame, Decisions, DecisionsRun, EpisodeFrame, Status, TimeAnchor)
_PLACELESS_IDS = (
    *(frames.ACK, frames.CUE, frames.DECISIONS, frames.EPISODE, frames.STATUS),
    frames.TIME_ANCHOR,
)


def _bytes_of(fields: tuple[tuple[str, str, str], ...]) -> int:
    return sum(np.dtype(code).itemsize for _, code, _ in fields)


def _leasts() -> IntArray:
    """Give for every id the shortest payload of a frame that may stand anywhere in a run."""
    least = np.full(256, _LONGEST)
    for frame in _PLACELESS_IDS:
        least[frame] = _bytes_of(frames.FRAMES[frame][2])
    return least


_LEAST = _leasts()
_ITEMS = _BODY + _bytes_of(frames.FRAMES[frames.SAMPLES][2])
_MOTOR = _ITEMS - 1
_SAMPLE = _bytes_of(frames.FRAMES[frames.SAMPLES][3])
_VERDICTS = _BODY + _bytes_of(frames.FRAMES[frames.DECISIONS][2])
_VERDICT = _bytes_of(frames.FRAMES[frames.DECISIONS][3])


def decode_runs(data: bytes) -> tuple[Event, ...]:
    """Give all that the frames of a finished capture say, faults included."""
    decoder = RunDecoder()
    decoder.receive_data(data)
    return (*decoder.events(), *decoder.finish())


class RunDecoder(Decoder):
    """Turn the bytes of a finished capture into events; best given all of them at once."""

    def __init__(self) -> None:
        super().__init__(is_capture=True)
        self._open: list[IntArray] = []  # where the samples frames of the open run start
        self._size = 0  # of each of them
        self._next_index = 0

    def _frame(self, at: int, size: int) -> int:
        """Take the good frame at `at` and all those that follow without a bad byte between."""
        places, end = self._good_places(at, size)
        found = _Found(self._buffer, places, end)
        starts = [0, *found.breaks(), len(places)]
        for first, last in pairwise(starts):
            if not found.is_run[first]:
                super()._frame(int(found.places[first]), int(found.sizes[first]))
                continue
            # What is late or doubled is looked at frame by frame, until the numbers go on.
            while first < last and self._is_just_behind(int(found.sequences[first])):
                self._stretch(found, first, first + 1)
                first += 1
            if first < last:
                self._stretch(found, first, last)
        return end

    def _good_places(self, at: int, size: int) -> tuple[IntArray, int]:
        """Return where the good frames start, and the place behind them."""
        buffer, places = self._buffer, array("q", [at])
        at += size
        last = len(buffer) - wire.HEADER
        while at <= last and buffer[at] == wire.MAGIC:
            size = (buffer[at + 2] | buffer[at + 3] << 8) + wire.OVERHEAD
            # A frame cut short has no good crc: the slice ends with the bytes.
            if size > _LONGEST or crc32(buffer[at : at + size]) != _RESIDUE:
                break
            places.append(at)
            at += size
        return np.frombuffer(places, np.int64), at

    def _stretch(self, found: "_Found", first: int, last: int) -> None:
        """Take frames whose sequences follow each other; none of them ends a run."""
        self._at = int(found.places[first])
        self._check_sequence(int(found.sequences[first]))
        if last - first > 1:
            self._next_sequence = (int(found.sequences[last - 1]) + 1) & 0xFFFF
        self.counts["good"] += last - first
        kinds, places = found.kinds[first:last], found.places[first:last]
        is_sample, is_decision = kinds == frames.SAMPLES, kinds == frames.DECISIONS
        for at in places[~is_sample & ~is_decision].tolist():
            self._hand_out(build(*wire.unpack_frame(self._buffer, at)))
        if is_decision.any():
            self._hand_out(found.decisions(first + np.flatnonzero(is_decision)))
        if is_sample.any():
            self._samples(found, first + np.flatnonzero(is_sample))

    def _samples(self, found: "_Found", which: IntArray) -> None:
        """Go on with the open run; another begins where the size or the index jumps."""
        places, sizes = found.places[which], found.sizes[which]
        indexes = found.numbers(places + _BODY, "<u4").astype(np.int64)
        dues = indexes + (sizes - _ITEMS - wire.TRAILER) // _SAMPLE
        jumps = np.flatnonzero((indexes[1:] != dues[:-1]) | (sizes[1:] != sizes[:-1])) + 1
        starts = [0, *jumps.tolist(), len(which)]
        for first, last in pairwise(starts):
            if self._open and (sizes[first], indexes[first]) != (self._size, self._next_index):
                self._settle()
            self._open.append(places[first:last])
            self._size, self._next_index = int(sizes[first]), int(dues[last - 1])

    def _hand_out(self, event: Event) -> None:
        if not isinstance(event, _PLACELESS):
            self._settle()
        super()._hand_out(event)

    def _settle(self) -> None:
        if self._open:
            places = np.concatenate(self._open)
            self._open = []
            found = _Found(self._buffer, places, 0)
            length = self._size - _ITEMS - wire.TRAILER
            super()._hand_out(
                SamplesRun(
                    sequence=int(found.sequences[0]),
                    sequences=found.sequences,
                    sample_index=int(found.numbers(places[:1] + _BODY, "<u4")[0]),
                    motor_blocks=found.numbers(places + _MOTOR, "u1"),
                    counts=found.numbers(places + _ITEMS, "<i2", length).reshape(-1, CHANNELS),
                )
            )


class _Found:
    """Good frames in a buffer, all at once."""

    def __init__(self, buffer: bytes, places: IntArray, end: int) -> None:
        self._buffer = buffer
        self.places = places
        self.sizes = np.diff(self.places, append=end)
        self.kinds = self.numbers(self.places + _KIND, "u1")
        self.sequences = self.numbers(self.places + _SEQUENCE, "<u2")
        self.is_run = self._is_run()

    def _is_run(self) -> NDArray[np.bool_]:
        """Tell which frames are whole by their table and do not end a run."""
        payloads = self.sizes - wire.OVERHEAD
        samples = payloads - (_ITEMS - _BODY)
        is_samples = (samples > 0) & (samples % (SAMPLES_PER_BLOCK * _SAMPLE) == 0)
        is_placeless = payloads >= _LEAST[self.kinds]
        is_broken = (payloads - (_VERDICTS - _BODY)) % _VERDICT != 0
        is_placeless &= ~(is_broken & (self.kinds == frames.DECISIONS))
        is_run: NDArray[np.bool_] = np.where(
            self.kinds == frames.SAMPLES, is_samples, is_placeless
        )
        return is_run

    def breaks(self) -> list[int]:
        """Return which frames do not go on with what the frame before them is part of."""
        follows = self.sequences[1:] == self.sequences[:-1] + np.uint16(1)
        found: list[int] = np.flatnonzero(~(follows & self.is_run[1:] & self.is_run[:-1])).tolist()
        return [place + 1 for place in found]

    def numbers(self, places: IntArray, code: str, length: int = 0) -> NDArray[Any]:
        """Copy the numbers at these places: one each, or as many as `length` bytes hold."""
        width = length or np.dtype(code).itemsize
        # The width bytes from every place on, one beside the other: nothing is copied yet.
        everywhere = np.ndarray(
            len(self._buffer) + 1 - width, f"V{width}", self._buffer, strides=1
        )
        return everywhere[places].view(code)

    def decisions(self, which: IntArray) -> DecisionsRun:
        """Unpack decisions frames."""
        places = self.places[which]
        counts = (self.sizes[which] - (_VERDICTS + wire.TRAILER)) // _VERDICT
        before = np.cumsum(counts) - counts
        at = np.repeat(places + _VERDICTS - before * _VERDICT, counts)
        at += np.arange(len(at)) * _VERDICT
        rows = np.empty((len(at), 4), dtype=np.int16)
        rows[:, :2] = self.numbers(at, "<i2", 4).reshape(-1, 2)
        rows[:, 2:] = self.numbers(at + 4, "u1", 2).reshape(-1, 2)
        return DecisionsRun(
            sequence=int(self.sequences[which[0]]),
            sequences=self.sequences[which],
            block_indexes=self.numbers(places + _BODY, "<u4").astype(np.int64),
            item_counts=counts,
            rows=rows,
        )
