"""One cable carries live frames, stored frames and whatever a REPL prints: taken apart here.

Bytes in, frames out, no I/O. A stored frame stands directly behind a `stored` mark that has its
sequence; marks are left out here, so that a log's reader sees what it would see over the air.

A stored frame whose mark was lost looks like a live one, and must not be taken for news. So once
the log is expected, a frame of a kind that is stored, and out of turn among the live ones, is left
out: if it was live after all, the log has it too.
"""

from collections.abc import Iterator

from posturecore import flash, frames, wire

_ALSO_STORED = (frames.SETTINGS, frames.CALIBRATION, frames.TIME_ANCHOR)


class Strands:
    """Cut a cable's bytes into frames.

    Attributes:
        noise_bytes: Bytes between frames, and of frames out of turn, which were left out.
    """

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._buffer = bytearray()
        self._stored: int | None = None  # the sequence that a mark has announced
        self._live: int | None = None  # the sequence that is due among the live frames
        self._has_log = False

    def expect_log(self) -> None:
        """Know that the log was asked for."""
        self._has_log = True

    def feed(self, data: bytes) -> Iterator[tuple[bool, bytes]]:
        """Yield (whether it belongs to the log, the frame) for each whole frame so far."""
        self._buffer += data
        at, length = 0, len(self._buffer)
        while True:
            code, size = wire.examine(self._buffer, at, length)
            if code == wire.SHORT:
                break
            if code == wire.OK:
                frame = bytes(self._buffer[at : at + size])
                at += size
                yield from self._sort(frame)
            else:
                at += 1
                self.noise_bytes += 1
                self._stored = None
        del self._buffer[:at]

    def cut(self) -> Iterator[tuple[bool, bytes]]:
        """Know that what has begun does not go on; yield the whole frames behind its beginning.

        A length that was damaged may promise more than will ever come.
        """
        while self._buffer:
            del self._buffer[:1]
            self.noise_bytes += 1
            self._stored = None
            yield from self.feed(b"")

    def _sort(self, frame: bytes) -> Iterator[tuple[bool, bytes]]:
        sequence = sequence_of(frame)
        if frame[1] == flash.STORED:
            self._stored = sequence
            return
        due, self._stored = self._stored, None
        if frame[1] == flash.LOG_FROM or due == sequence:
            self._has_log = True
            yield True, frame
        elif self._has_log and _may_be_stored(frame) and sequence != self._live:
            self.noise_bytes += len(frame)
        else:
            self._live = (sequence + 1) & 0xFFFF
            yield False, frame


def sequence_of(frame: bytes) -> int:
    """Give a frame's sequence."""
    return frame[4] | frame[5] << 8


def _may_be_stored(frame: bytes) -> bool:
    # What happens has ids from 0x20 to 0x2F, and is stored.
    return frame[1] >> 4 == frames.EPISODE >> 4 or frame[1] in _ALSO_STORED
