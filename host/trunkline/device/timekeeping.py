"""The time told to a device at every contact, beside all else that a session does."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from posturecore import flash
from trunkline.clocks.host_clock import ClockFinding
from trunkline.device.greeting import Greeting, greet
from trunkline.device.told import MANY, Told
from trunkline.errors import TrunklineError
from trunkline.protocol.link_events import TimeNotSet

if TYPE_CHECKING:
    from trunkline.device.timed_contact import TimedContact

_SAFE = flash.MODES.index("safe")
# Records of the log's end [D]: few come in half a second over the air, and are enough where a host
# was there of late; where they contradict, many are heard before a clock is called wrong.
_FEW = 100
_CONFIRM = (
    "If it is right, `trunkline sync` in a terminal asks, and `session.set_time()` tells it all "
    "the same."
)


def now_utc_ms() -> int:
    """Read this computer's clock, in ms since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class SetTime:
    """How a session tells its device the time. The numbers are our defaults [D].

    Attributes:
        utc_ms: Gives this computer's clock, in ms since 1970.
        every_s: How often it is told beside at each contact; in an hour a clock that is 20 ppm
            off loses 0.07 s.
        leave_s: How long who leaves the session waits for it.
    """

    utc_ms: Callable[[], int] = now_utc_ms
    every_s: float = 3600.0
    leave_s: float = 10.0


class Timekeeper:
    """Tells the device the time at contact, after a lost link and every hour, or says why not.

    Never a time that contradicts what the device was told before: nobody is there to be asked.

    Attributes:
        is_trusted: Whether somebody has said that this computer's clock is right.
    """

    def __init__(
        self,
        session: "TimedContact",
        how: SetTime,
        tell: Callable[[TimeNotSet], None],
        fail: Callable[[Exception], None],
    ) -> None:
        """Prepare.

        Args:
            session: Whose device is told.
            how: When, and by which clock.
            tell: Called with why it is not told, once until it is.
            fail: Called with an error that is none of the link or the device.
        """
        self.is_trusted = False
        self._session = session
        self._how = how
        self._say = tell
        self._fail = fail
        self._told = Told()
        self._has_said = False
        self._due = asyncio.Event()
        self._is_done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin with a contact."""
        self._task = asyncio.create_task(self._keep())

    def again(self) -> None:
        """Tell it once more: the link is back."""
        self._is_done.clear()
        self._due.set()

    async def leave(self) -> None:
        """Let what is under way come to its end, for a moment."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(self._how.leave_s):
                await self._is_done.wait()
        except TimeoutError:
            self._complain("The session ended before its log had come; stay a little.", None)

    async def end(self) -> None:
        """Stop at once."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self) -> None:
        try:
            while True:
                self._due.clear()
                await self._tell_time()
                if not self._due.is_set():
                    self._is_done.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._how.every_s):
                        await self._due.wait()
        except Exception as error:  # ours or a listener's: said, not swallowed with the task
            self._fail(error)
        finally:
            self._is_done.set()

    async def _tell_time(self) -> None:
        if self._session.info.mode == _SAFE:
            self._complain("It is in safe mode, where it keeps none.", None)
            return
        try:
            greeting = await self._greet()
        except TrunklineError as error:
            if not self._session.is_lost:  # else the next contact tells it
                self._complain(str(error), None)
            return
        if greeting.is_set or greeting.finding is None:
            self._has_said = False
        else:
            self._complain(f"{greeting.finding.sentence} {_CONFIRM}", greeting.finding.off_ms)

    async def _greet(self) -> Greeting:
        session, utc_ms = self._session, self._how.utc_ms
        if self.is_trusted:
            return await greet(session, utc_ms)
        clocks = await self._told.clocks(session, _FEW)
        clock = clocks.get(session.info.boot_id)
        if clock is not None and clock.source != "unknown":
            greeting = await greet(session, utc_ms, clocks=clocks)
            if greeting.is_set:
                return greeting
        clocks = await self._told.clocks(session, MANY)
        return await greet(session, utc_ms, self._confirm, clocks)

    async def _confirm(self, _: ClockFinding) -> bool:
        return self.is_trusted  # somebody may have said so while the log came

    def _complain(self, why: str, off_ms: int | None) -> None:
        if not self._has_said:
            self._has_said = True
            self._say(TimeNotSet(f"The device is not told the time. {why}", off_ms))
