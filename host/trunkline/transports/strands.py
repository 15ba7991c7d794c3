"""One cable carries live frames, stored frames and whatever a REPL prints: taken apart here.

Bytes in, frames out, no I/O. A stored frame stands directly behind a `log_from` that names it; the
frame behind one that names nothing (its record is its end) is live, as any other.
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
        self._stored: int | None = None  # the sequence of the stored frame due next

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
                yield self._is_of_the_log(frame), frame
            else:
                at += 1
                self.noise_bytes += 1
                self._stored = None
        del self._buffer[:at]

    def _is_of_the_log(self, frame: bytes) -> bool:
        due, self._stored = self._stored, None
        if frame[1] != flash.LOG_FROM:
            return due == (frame[4] | frame[5] << 8)
        record, end = wire.unpack_frame(frame, 0)[2][:2]
        if record < end:
            self._stored = record & 0xFFFF
        return True
