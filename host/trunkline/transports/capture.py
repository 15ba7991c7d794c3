"""A capture file, played as if live: it can be listened to, not commanded."""

from collections.abc import Callable
from pathlib import Path

from trunkline.capture import read_frames
from trunkline.errors import LinkError
from trunkline.transports.base import ignore


class CaptureTransport:
    """A capture's frames, handed over as fast as they are taken."""

    def __init__(self, path: Path | str) -> None:
        self.name = str(path)
        self.takes_commands = False
        self.is_over = False
        self._path = Path(path)

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Hand over every byte; then the device is gone, as at the end of any link."""
        on_data(read_frames(self._path)[1])
        self.is_over = True
        on_lost()

    async def write(self, frame: bytes) -> None:
        """Refuse: a file takes no commands."""
        raise LinkError(f"{self.name} is a capture; it can be read, not commanded.")

    async def close(self) -> None:
        """Nothing to close."""
