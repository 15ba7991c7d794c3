"""One cable carries live frames, stored frames and whatever a REPL prints: taken apart here.

Bytes in, frames out, no I/O. A stored frame stands directly behind a `stored` mark that has its
sequence; marks are left out here, so that a log's reader sees what it would see over the air.
"""

from collections.abc import Iterator

from posturecore import flash, wire


class Strands:
    """Cut a cable's bytes into frames.

    Attributes:
        noise_bytes: Bytes between frames, which were left out.
    """

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._buffer = bytearray()
        self._stored: int | None = None  # the sequence that a mark has announced

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
                if frame[1] == flash.STORED:
                    self._stored = sequence_of(frame)
                else:
                    yield self._is_of_the_log(frame), frame
            else:
                at += 1
                self.noise_bytes += 1
                self._stored = None
        del self._buffer[:at]

    def _is_of_the_log(self, frame: bytes) -> bool:
        due, self._stored = self._stored, None
        return frame[1] == flash.LOG_FROM or due == sequence_of(frame)


def sequence_of(frame: bytes) -> int:
    """Give a frame's sequence."""
    return frame[4] | frame[5] << 8
