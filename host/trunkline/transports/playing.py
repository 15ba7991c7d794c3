"""Bytes of a file handed over as if a device sent them now, at any pace; nothing can be commanded.

A clock is passed in, so that tests and simulations need not wait.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from trunkline.captures.played import timed
from trunkline.errors import InputError, LinkError
from trunkline.transports.base import Transport, ignore

FASTEST = 1000.0


async def _at_once() -> None:
    """Wait for nobody."""


@dataclass(frozen=True)
class Clock:
    """What waits for the next frame.

    Attributes:
        now_s: A clock that only goes forward.
        sleep: Waits for so many of its seconds.
    """

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class PlayingTransport(Transport):
    """Frames handed over in step with their own time, or as fast as they are taken.

    Attributes:
        name: Which file, for messages.
        takes_commands: False.
        is_over: Whether all has been handed over.
    """

    def __init__(
        self,
        name: str,
        pieces: Callable[[], Iterable[bytes]],
        speed: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare to play.

        Args:
            name: Which file, for messages.
            pieces: Gives the bytes, cut behind frames; called when it is opened.
            speed: Recorded seconds a second; None: as fast as they are taken.
            clock: What waits; None: real time.

        Raises:
            InputError: A speed that is none.
        """
        if speed is not None and not 0 < speed <= FASTEST:
            raise InputError(
                found=f"a speed of {speed:g}",
                expected=f"above 0 and up to {FASTEST:g}",
                hint="--speed 20",
            )
        self.name = name
        self.takes_commands = False
        self.is_over = False
        self._room: Callable[[], Awaitable[None]] = _at_once
        self._pieces = pieces
        self._speed = speed
        self._clock = clock or Clock()
        self._playing: asyncio.Task[None] | None = None

    def wait_for(self, room: Callable[[], Awaitable[None]]) -> bool:
        """Wait for room before each piece but the first; at a pace for nobody, as live."""
        self._room = room
        return self._speed is None

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Hand over what comes before the first sample, and go on with the rest.

        At the end the device is gone, as at the end of any link.
        """
        pieces = iter(self._pieces())
        if self._speed is None:
            on_data(next(pieces, b""))
            self._playing = asyncio.create_task(self._hand_over(pieces, on_data, on_lost))
            return
        due = timed(pieces)
        for due_s, piece in due:
            if due_s > 0:
                rest = chain([(due_s, piece)], due)
                break
            on_data(piece)
        else:
            self._end(on_lost)
            return
        self._playing = asyncio.create_task(self._play(rest, self._speed, on_data, on_lost))

    async def _hand_over(
        self,
        pieces: Iterator[bytes],
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
    ) -> None:
        for piece in pieces:
            await self._room()
            await asyncio.sleep(0)  # whoever was waited for may go first
            on_data(piece)
        await self._room()
        self._end(on_lost)

    async def _play(
        self,
        timed_pieces: Iterator[tuple[float, bytes]],
        speed: float,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
    ) -> None:
        start_s = self._clock.now_s()
        for due_s, piece in timed_pieces:
            # At least one turn of the loop: a host that is slow is not starved by what is late.
            await self._clock.sleep(max(0.0, start_s + due_s / speed - self._clock.now_s()))
            on_data(piece)
        self._end(on_lost)

    def _end(self, on_lost: Callable[[], None]) -> None:
        self.is_over = True
        on_lost()

    async def write(self, frame: bytes) -> None:
        """Refuse: what is over takes no commands."""
        raise LinkError(f"{self.name} is a recording; it can be listened to, not commanded.")

    async def close(self) -> None:
        """Stop playing."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
            self._playing = None
