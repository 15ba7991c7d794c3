"""What earlier hosts told a device of the time, read from the end of its log."""

from posturecore import flash, frames
from trunkline.clocks.dating import BootClock, clocks_of
from trunkline.device.contact import Contact
from trunkline.device.download import download
from trunkline.protocol.events import Event, Status
from trunkline.protocol.records import LogStatus

_RECENT = 1000  # records: three days, read within seconds; an anchor is written at each contact


class Told:
    """The end of one device's log, as far as it was read; what is here is not asked for again."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._events: list[Event | None] = []
        self._first = self._next = 0  # numbers of the records here, the latter past the last

    async def clocks(self, session: Contact, records: int = _RECENT) -> dict[int, BootClock]:
        """Give the clock of each boot that the last records tell of; nothing is acknowledged.

        Args:
            session: An open session with a device that is not in safe mode.
            records: How many of them to read at least.

        Raises:
            LinkError: No answer, the link is gone, or nothing comes any more.
        """
        log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        first = max(log.oldest, log.next - records)
        if not self._first <= first <= self._next <= log.next:  # too little, a hole, or erased
            self._events, self._first, self._next = [], first, first
        async for record in download(session, self._next):
            self._events.append(record.event)
            self._next = record.number + 1
        status = await session.ask(Status, frames.REQUEST, (frames.STATUS,))
        return clocks_of([*self._events, status])


async def told_clocks(session: Contact) -> dict[int, BootClock]:
    """Give the clock of each boot in the device's last days; raises as `Told.clocks` does."""
    return await Told().clocks(session)
