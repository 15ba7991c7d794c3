"""Contact with a device that is told the time: now, and by itself each time it is there."""

from datetime import datetime
from types import TracebackType
from typing import Self

from posturecore import frames
from trunkline.captures.capture import Sink
from trunkline.device.contact import Contact
from trunkline.device.reconnect import Reconnect
from trunkline.device.timekeeping import SetTime, Timekeeper
from trunkline.protocol.events import Status
from trunkline.transports.base import Transport


class TimedContact(Contact):
    """What a session rests on, and its clock; `Session` says what it does for its user."""

    def __init__(
        self,
        transport: Transport,
        capture: Sink | None = None,
        *,
        answer_s: float = 10.0,
        reconnect: Reconnect | None = None,
        set_time: SetTime | None = None,
    ) -> None:
        """Prepare a conversation; arguments as of `Contact`.

        Args:
            set_time: How the device is told the time by itself; None: it is not.
        """
        super().__init__(transport, capture, answer_s=answer_s, reconnect=reconnect)
        how = set_time or SetTime()
        self._utc_ms = how.utc_ms
        self._timekeeper = Timekeeper(self, how, self._tell, self._fail)
        self._keeps_time = set_time is not None and transport.takes_commands

    async def __aenter__(self) -> Self:
        """Connect, learn who is there, and begin to tell it the time."""
        await super().__aenter__()
        if self._keeps_time:
            self._timekeeper.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect, and raise what a listener raised unless something else is on its way."""
        try:
            if error is None and self._failure is None:
                await self._timekeeper.leave()
        finally:
            await super().__aexit__(kind, error, trace)

    async def close(self) -> None:
        """Disconnect at once, also while a lost link is sought; what waits for an answer fails."""
        await self._timekeeper.end()
        await super().close()

    def _on_back(self) -> None:
        self._timekeeper.again()

    async def status(self) -> Status:
        """Ask for the device's health."""
        return await self.ask(Status, frames.REQUEST, (frames.STATUS,))

    async def set_time(
        self,
        utc_ms: int | None = None,
        uncertainty_ms: int = 50,
        utc_offset_min: int | None = None,
    ) -> None:
        """Tell the device what time it is, unasked.

        Without `utc_ms` this says that this computer's clock is right, whatever the device was
        told before: the session goes on to tell it.

        Args:
            utc_ms: Since 1970; None: this computer's clock.
            uncertainty_ms: How far off that may be.
            utc_offset_min: How far the wearer's clock is ahead, for quiet hours; None: this
                computer's, or 0 with a given `utc_ms`.
        """
        if utc_offset_min is None:
            utc_offset_min = _offset_min() if utc_ms is None else 0
        if utc_ms is None:
            self.trust_clock()
            utc_ms = self._utc_ms()
        values = (0, 0, *divmod(utc_ms, 1000), uncertainty_ms, utc_offset_min)
        await self.command(frames.TIME_ANCHOR, values)

    def trust_clock(self) -> None:
        """Take this computer's clock for right from now on, whatever was told before."""
        self._timekeeper.is_trusted = True


def _offset_min() -> int:
    offset = datetime.now().astimezone().utcoffset()
    return 0 if offset is None else round(offset.total_seconds() / 60)
