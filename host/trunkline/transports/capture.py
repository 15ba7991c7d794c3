"""A capture file, played as if live: it can be listened to, not commanded."""

from collections.abc import Iterable
from pathlib import Path

from trunkline.captures.capture import read_frames
from trunkline.captures.played import split
from trunkline.transports.playing import Clock, PlayingTransport

_PIECE_BYTES = 4096


class CaptureTransport(PlayingTransport):
    """A capture's frames, in step with their samples, or as fast as they are taken."""

    def __init__(
        self, path: Path | str, speed: float | None = None, clock: Clock | None = None
    ) -> None:
        """Prepare to play a file.

        Args:
            path: The capture.
            speed: Recorded seconds a second; None: as fast as they are taken.
            clock: What waits; None: real time.

        Raises:
            InputError: A speed that is none; when opened, a file that is no capture.
        """
        super().__init__(str(path), lambda: _pieces(Path(path), speed is None), speed, clock)


def _pieces(path: Path, at_once: bool) -> Iterable[bytes]:
    data = read_frames(path)[1]
    if not at_once:
        return split(data)
    return (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
