"""Bring a device's log to the host, over any session: by credit, in order, none lost, none twice.

One download at a time goes over a session, the next one waits.
Nothing is deleted by it: `acknowledge` lets the device forget, once the records are on a disk.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager

from posturecore import flash, frames
from trunkline.device.contact import Contact
from trunkline.errors import LinkError
from trunkline.protocol.log import LogReader, StoredRecord
from trunkline.protocol.records import LogStatus

_CREDIT = 512  # records asked for at once [D]: what a host must hold if it is slow
_STALL_S = 3.0
_MOST_SILENCES = 3  # one after the other
_MOST_READS_IN_VAIN = 20  # something came, and nothing of it was new
Incoming = asyncio.Queue[bytes]


async def download(
    session: Contact,
    from_record: int = 0,
    reader: LogReader | None = None,
    *,
    end: int | None = None,
) -> AsyncGenerator[StoredRecord, None]:
    """Give the device's records in order, from one on to the newest there was when it began.

    After a lost link, call it again with a new session, and with the number behind the last record
    that came: it goes on there. What was lost or damaged on the way is asked for again. Numbers
    that the device has no records for are left out; a `LostRecords` in the log says why.

    Args:
        session: An open session.
        from_record: Number of the first record wanted; 0: all that the device has.
        reader: A new one for that number, which then tells what the way has spoilt. None: nobody
            asks.
        end: Number behind the last record wanted; None: all that there are.

    Raises:
        LinkError: The link is gone, or nothing comes any more.
    """
    async with _listening(session) as incoming:
        status = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        reader = reader or LogReader(from_record)
        end = status.next if end is None else min(end, status.next)
        reads = _Reads(session, incoming, reader, from_record, end)
        while not reads.is_over:
            async for record in reads.read():
                yield record


async def acknowledge(session: Contact, record: int) -> None:
    """Tell the device that the records below are on a disk here: it may delete them for room.

    Raises:
        LinkError: No answer, or the link is gone; the device then keeps them.
    """
    await session.command(flash.LOG_ACK, (record,))


@asynccontextmanager
async def _listening(session: Contact) -> AsyncIterator[Incoming]:
    """Hear the log alone: what another download asks for would come in between."""
    incoming: Incoming = asyncio.Queue()
    listener = incoming.put_nowait
    async with session.bulk:
        session.log_listeners.append(listener)
        try:
            yield incoming
        finally:
            session.log_listeners.remove(listener)


class _Reads:
    """One read of the log after the other; what has come out of order waits here for its turn."""

    def __init__(
        self, session: Contact, incoming: Incoming, reader: LogReader, first: int, end: int
    ) -> None:
        self.is_over = first >= end
        self._session = session
        self._incoming = incoming
        self._end = end
        self._at = first  # records below were given
        self._reader = reader
        self._waiting: dict[int, StoredRecord] = {}
        self._silences = 0
        self._in_vain = 0

    async def read(self) -> AsyncIterator[StoredRecord]:
        """Ask for what is missing first, and give the records that come, in order."""
        reader, first, limit = self._reader, *self._wanted()
        reader.limit, has_news, is_silent = max(limit, reader.limit or 0), False, False
        if not await self._ask(first, limit):
            return
        while not is_silent and not self._is_answered(first, limit):
            data = await self._next()
            is_silent = data is None
            for record in reader.receive_data(data or b""):
                self._waiting[record.number] = record
                has_news = True
            for record in self._due():
                yield record
        is_empty = reader.due == first and reader.end is not None and reader.end <= first
        self.is_over = self._at >= self._end or is_empty  # then the device has no more in flash
        self._note(has_news or self._at > first, is_silent)

    def _wanted(self) -> tuple[int, int]:
        """Choose what to ask for: the first hole, or else what is next."""
        if self._reader.holes:
            return self._reader.holes[0]
        return self._at, min(self._at + _CREDIT, self._end)

    async def _ask(self, first: int, limit: int) -> bool:
        try:
            await self._session.command(flash.LOG_READ, (first, limit - first))
        except LinkError:
            self._silences += 1
            if self._session.is_lost or self._silences == _MOST_SILENCES:
                raise
            return False
        return True

    def _is_answered(self, first: int, limit: int) -> bool:
        """Tell whether the last record asked for has come, or is said not to be there."""
        reader = self._reader
        if reader.end is not None and reader.due is not None and reader.due >= first:
            limit = min(limit, reader.end)
        has_tail = not any(hole[0] < limit <= hole[1] for hole in reader.holes)
        return reader.next is not None and reader.next >= limit and has_tail

    def _due(self) -> Iterator[StoredRecord]:
        """Give what waits below the first hole."""
        reader = self._reader
        end = reader.holes[0][0] if reader.holes else reader.next or 0
        for number in sorted(number for number in self._waiting if number < end):
            yield self._waiting.pop(number)
        self._at = max(self._at, end)

    def _note(self, has_news: bool, is_silent: bool) -> None:
        """Count what was in vain; raise when it is enough."""
        if has_news:
            self._silences = self._in_vain = 0
            return
        self._silences += is_silent
        self._in_vain += 1
        if not self.is_over and (
            self._silences == _MOST_SILENCES or self._in_vain == _MOST_READS_IN_VAIN
        ):
            raise LinkError(
                f"Found no record from {self._at or 'the first'} on; expected all below "
                f"{self._end}; bring the device closer and connect again."
            )

    async def _next(self) -> bytes | None:
        """Wait for bytes of the log, as long as there is hope; None: nothing came for a while."""
        some = asyncio.ensure_future(self._incoming.get())
        loss = asyncio.ensure_future(self._session.wait_lost())
        try:
            await asyncio.wait((some, loss), timeout=_STALL_S, return_when=asyncio.FIRST_COMPLETED)
            if some.done():
                return some.result()
            if loss.done():
                loss.result()  # what a listener raised comes out here
                raise LinkError("The link was lost before the log had come; connect again.")
            return None
        finally:
            some.cancel()
            loss.cancel()
