"""Record a device: the stream switched on, all of it to a recorder."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from trunkline.captures.recorder import Recorder
from trunkline.captures.stretch import Stretch
from trunkline.captures.tally import Tally
from trunkline.device.session import Session
from trunkline.errors import TrunklineError
from trunkline.protocol.events import Blocks, Event, Samples, TimeNotSet

_GOODBYE_S = 3.0
_SILENCE_S = 10.0  # [D]: how much later than its samples should have come a recording ends


async def record(
    session: Session,
    recorder: Recorder,
    tally: Tally,
    tell: Callable[[str], None],
    *,
    length_s: float | None = None,
    speed: float = 1.0,
    samples: bool = True,
    blocks: bool = False,
) -> None:
    """Open a session and record all that it hears until it ends; cancel it to stop early.

    Where the session does not tell the device the time, the person hears why. A device that has
    no neutral pose is asked to take it. At the end the stream is switched off, and the link is
    closed before this returns.

    Args:
        session: A session that is not open yet.
        recorder: Where to; the caller closes it.
        tally: Counts what comes.
        tell: Is given sentences for the person who records.
        length_s: How much, in the device's time from the first sample heard, gaps included: with
            the frame that makes it whole the recording ends. None: until the device is gone for
            good. Where no samples come, this computer's clock ends it a little later.
        speed: Seconds of the device a second here.
        samples: Whether the device streams samples.
        blocks: Whether the device streams blocks.

    Raises:
        LinkError: The device cannot be reached, or a lost link is given up.
        TrunklineError: The disk is full, or a listener failed; what was written is whole.
    """

    def hear(event: Event) -> None:
        if isinstance(event, TimeNotSet):
            tell(event.reason)

    session.capture = recorder
    stretch = _Wanted(session, tally, length_s, speed)
    session.listeners += [stretch.take, hear]
    async with session:
        if not session.takes_commands:
            await stretch.wait()
            return
        try:
            await session.set_stream(samples=samples, blocks=blocks, decisions=True)
            if not (await session.status()).is_calibrated:
                await session.start_calibration()
                tell("not calibrated: stand still and upright for a few seconds")
            await stretch.wait()
        finally:
            with suppress(TrunklineError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await session.set_stream()  # it sends the decisions that it still holds


class _Wanted:
    """Ends a recording with the frame that makes it long enough."""

    def __init__(
        self, session: Session, tally: Tally, length_s: float | None, speed: float
    ) -> None:
        self._session, self._tally = session, tally
        self._length_s, self._speed = length_s, speed
        self._stretch = Stretch()
        self._limit: asyncio.Timeout | None = None
        self._is_whole = False

    def take(self, event: Event) -> None:
        """Count an event, unless it comes too late to be recorded."""
        if self._is_whole:
            return
        self._tally.take(event)
        self._stretch.take(event)
        if self._length_s is not None and self._stretch.done_s >= self._length_s:
            self._is_whole = True
            self._session.capture = None
        if isinstance(event, Samples | Blocks):
            self._set_limit()

    async def wait(self) -> None:
        """Wait until all has come, or nothing comes any more; raises as `wait_over` does."""
        limit = self._limit = asyncio.timeout(None)
        try:
            async with limit:
                self._set_limit()
                await self._session.wait_over()
        except TimeoutError:
            if not limit.expired():  # else a listener's
                raise
        finally:
            self._limit = None

    def _set_limit(self) -> None:
        if self._limit is None or self._length_s is None or self._limit.expired():
            return
        left_s = (self._length_s - self._stretch.done_s) / self._speed + _SILENCE_S
        now_s = asyncio.get_running_loop().time()
        self._limit.reschedule(now_s if self._is_whole else now_s + left_s)
