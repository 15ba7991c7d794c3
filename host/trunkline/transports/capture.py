"""A capture file, played as if live: it can be listened to, not commanded."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from trunkline.capture import read_frames
from trunkline.errors import LinkError
from trunkline.transports.base import ignore

_PIECE_BYTES = 4096


async def _at_once() -> None:
    """Wait for nobody."""


class CaptureTransport:
    """A capture's frames, handed over as fast as they are taken.

    Attributes:
        room: Waited for before each piece but the first: until who listens has room for it.
    """

    def __init__(self, path: Path | str) -> None:
        self.name = str(path)
        self.takes_commands = False
        self.is_over = False
        self.room: Callable[[], Awaitable[None]] = _at_once
        self._path = Path(path)
        self._playing: asyncio.Task[None] | None = None

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Hand over the first piece, and the others as there is room; then the device is gone."""
        data = read_frames(self._path)[1]
        on_data(data[:_PIECE_BYTES])
        self._playing = asyncio.create_task(self._play(data, on_data, on_lost))

    async def _play(
        self, data: bytes, on_data: Callable[[bytes], None], on_lost: Callable[[], None]
    ) -> None:
        for at in range(_PIECE_BYTES, len(data), _PIECE_BYTES):
            await self.room()
            await asyncio.sleep(0)  # whoever was waited for may go first
            on_data(data[at : at + _PIECE_BYTES])
        await self.room()
        self.is_over = True
        on_lost()

    async def write(self, frame: bytes) -> None:
        """Refuse: a file takes no commands."""
        raise LinkError(f"{self.name} is a capture; it can be read, not commanded.")

    async def close(self) -> None:
        """Stop playing."""
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
