"""Bring a device's log to the host, over any session: by credit, in order, none lost, none twice.

Nothing is deleted by it: `acknowledge` lets the device forget, once the records are on a disk.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from posturecore import flash, frames
from trunkline.errors import LinkError
from trunkline.log import LogReader, StoredRecord
from trunkline.records import LogStatus
from trunkline.session import Session

_CREDIT = 512  # records asked for at once [D]: what a host must hold if it is slow
_STALL_S = 3.0
_MOST_READS_IN_VAIN = 3
Incoming = asyncio.Queue[bytes]


async def download(session: Session, from_record: int = 0) -> AsyncIterator[StoredRecord]:
    """Give the device's records in order, from one on to the newest there was when it began.

    After a lost link, call it again with a new session, and with the number behind the last record
    that came: it goes on there. What was damaged on the way is asked for again. Numbers that the
    device has no records for are left out; a `LostRecords` in the log says why.

    Args:
        session: An open session.
        from_record: Number of the first record wanted; 0: all that the device has.

    Raises:
        LinkError: The link is gone, or nothing comes any more.
    """
    with _listening(session) as incoming:
        status = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        at, reads_in_vain = from_record, 0
        reader = LogReader()
        while at < status.next:
            began_at, limit = at, min(at + _CREDIT, status.next)
            await session.command(flash.LOG_READ, (at, limit - at))
            async for record in _answer(session, incoming, reader, limit):
                at = record.number + 1
                yield record
            if not reader.holes:
                at = max(at, reader.next or 0)
                if at < limit:  # the device has no more in its flash
                    return
            reads_in_vain = 0 if at > began_at else reads_in_vain + 1
            if reads_in_vain == _MOST_READS_IN_VAIN:
                raise _silence(at, status.next)
            # A read that begins where the last one ends is answered without saying where.
            reader = LogReader(None if reader.holes else at)


async def acknowledge(session: Session, record: int) -> None:
    """Tell the device that the records below are on a disk here: it may delete them for room.

    Raises:
        LinkError: No answer, or the link is gone; the device then keeps them.
    """
    await session.command(flash.LOG_ACK, (record,))


@contextmanager
def _listening(session: Session) -> Iterator[Incoming]:
    incoming: Incoming = asyncio.Queue()
    listener = incoming.put_nowait
    session.log_listeners.append(listener)
    try:
        yield incoming
    finally:
        session.log_listeners.remove(listener)


async def _answer(
    session: Session, incoming: Incoming, reader: LogReader, limit: int
) -> AsyncIterator[StoredRecord]:
    """Give the records of one answer up to its first hole; what is behind that is left out."""
    while not _is_answered(reader, limit):
        for record in reader.receive_data(await _next(session, incoming, reader, limit)):
            if not reader.holes or record.number < reader.holes[0][0]:
                yield record


def _is_answered(reader: LogReader, limit: int) -> bool:
    end = limit if reader.end is None else min(limit, reader.end)
    return reader.next is not None and reader.next >= end


async def _next(session: Session, incoming: Incoming, reader: LogReader, limit: int) -> bytes:
    """Wait for bytes of the log, as long as there is hope."""
    some = asyncio.ensure_future(incoming.get())
    loss = asyncio.ensure_future(session.wait_lost())
    try:
        await asyncio.wait((some, loss), timeout=_STALL_S, return_when=asyncio.FIRST_COMPLETED)
        if some.done():
            return some.result()
        if loss.done():
            loss.result()  # what a listener raised comes out here
            raise LinkError("The link was lost before the log had come; connect again.")
        # Not asked again here: what is still on its way would be taken for the new answer.
        raise _silence(reader.next, limit)
    finally:
        some.cancel()
        loss.cancel()


def _silence(record: int | None, end: int) -> LinkError:
    return LinkError(
        f"Found no record from {record or 'the first'} on; expected all below {end}; "
        "bring the device closer and connect again."
    )
