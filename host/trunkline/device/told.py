"""What earlier hosts told a device of the time, read from the end of its log.

It is read back until something in it is dated, or to the oldest record: a device that is worn
alone meets no host, and is told no time, for as long as that lasts.
"""

from posturecore import flash, frames
from trunkline.clocks.dating import BootClock, clocks_of
from trunkline.device.contact import Contact
from trunkline.device.download import download
from trunkline.protocol.events import Event, Status
from trunkline.protocol.records import LogStatus

MANY = 1000  # records [D]: three days at a desk or one of hard work, read within seconds


class Told:
    """The end of one device's log, as far as it was read; what is here is not asked for again."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._events: list[Event | None] = []
        self._first = self._next = 0  # numbers of the records here, the latter past the last

    async def clocks(self, session: Contact, records: int = MANY) -> dict[int, BootClock]:
        """Give the clock of each boot that the last records tell of; nothing is acknowledged.

        Where these date nothing, more and more are read: what dates nothing then is all there is.

        Args:
            session: An open session with a device that is not in safe mode.
            records: How many of them to read at least.

        Raises:
            LinkError: No answer, the link is gone, or nothing comes any more.
        """
        log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        while True:
            first = max(log.oldest, log.next - records)
            await self._read(session, first, log.next)
            status = await session.ask(Status, frames.REQUEST, (frames.STATUS,))
            clocks = clocks_of([*self._events, status])
            is_dated = any(clock.source != "unknown" for clock in clocks.values())
            if is_dated or first == log.oldest:
                return clocks
            records = max(MANY, 2 * records)

    async def _read(self, session: Contact, first: int, end: int) -> None:
        """Have the records from one on, before and behind those that are here."""
        if not first <= self._next <= end:  # a hole, or erased
            self._events, self._first, self._next = [], first, first
        if first < self._first:
            before = download(session, first, end=self._first)
            self._events = [*[record.event async for record in before], *self._events]
            self._first = first
        if self._next < end:
            async for record in download(session, self._next):
                self._events.append(record.event)
                self._next = record.number + 1


async def told_clocks(session: Contact) -> dict[int, BootClock]:
    """Give the clock of each boot in the device's last days; raises as `Told.clocks` does."""
    return await Told().clocks(session)
