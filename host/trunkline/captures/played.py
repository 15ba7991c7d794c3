"""When the frames of a file are due, if it is played as if live.

A device sends a frame when its last sample has been taken. So frames that count samples or blocks
say when they are due, and the others follow the one before. What a new boot counts begins where
the last one ended; a silence of hours is cut to some seconds.
"""

from collections.abc import Iterable, Iterator

from posturecore import frames, wire
from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK

LONGEST_SILENCE_S = 10.0
_BACK_S = 5.0  # decisions follow samples by less; what goes back further counts anew
_COUNTS_SAMPLES = (frames.SAMPLES,)
_COUNTS_BLOCKS = (frames.BLOCKS, frames.DECISIONS)


def split(data: bytes) -> Iterator[bytes]:
    """Cut bytes behind each whole frame; damaged bytes stay before the frame that follows them."""
    start, at, length = 0, 0, len(data)
    while at < length:
        code, size = wire.examine(data, at, length)
        if code != wire.OK:
            at += 1
            continue
        at += size
        yield data[start:at]
        start = at
    if start < length:
        yield data[start:]


def timed(pieces: Iterable[bytes]) -> Iterator[tuple[float, bytes]]:
    """Give each piece with the seconds after the first sample at which it is due.

    Args:
        pieces: Bytes that each end with a frame, as from `split`.
    """
    clock = _Clock()
    for piece in pieces:
        clock.hear(piece)
        yield clock.due_s, piece


class _Clock:
    """Turns the counts of frames into seconds that never go back."""

    def __init__(self) -> None:
        self.due_s = 0.0
        self._rate_mhz = NOMINAL_RATE_MHZ
        self._origin_s: float | None = None  # what a boot's sample 0 would be

    def hear(self, piece: bytes) -> None:
        """Take the last frame of a piece."""
        event = _last_frame(piece)
        if event is None:
            return
        frame, values, items = event
        if frame == frames.HELLO:
            self._rate_mhz = values[4] or NOMINAL_RATE_MHZ
        elif items and frame in _COUNTS_SAMPLES:
            self._count(values[0], len(items))
        elif items and frame in _COUNTS_BLOCKS:
            self._count(values[0] * SAMPLES_PER_BLOCK, len(items) * SAMPLES_PER_BLOCK)

    def _count(self, first: int, count: int) -> None:
        begin_s, end_s = first * 1000 / self._rate_mhz, (first + count) * 1000 / self._rate_mhz
        if self._origin_s is None:
            self._origin_s = self.due_s - begin_s
        due_s = self._origin_s + end_s
        if due_s < self.due_s - _BACK_S:  # another boot, or another device
            self._origin_s = self.due_s - begin_s
        elif due_s > self.due_s + LONGEST_SILENCE_S:
            self._origin_s -= due_s - self.due_s - LONGEST_SILENCE_S
        self.due_s = max(self.due_s, self._origin_s + end_s)


def _last_frame(piece: bytes) -> tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...]] | None:
    at = 0
    while at < len(piece):
        if wire.examine(piece, at, len(piece)) == (wire.OK, len(piece) - at):
            try:
                frame, _, values, items = wire.unpack_frame(piece, at)
            except ValueError:  # an unknown kind
                return None
            return frame, values, items
        at += 1
    return None
