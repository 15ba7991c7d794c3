"""What earlier hosts told a device of the time, read from the end of its log."""

import asyncio

from posturecore import flash, frames
from trunkline.clocks.dating import BootClock, clocks_of
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.records import LogStatus
from trunkline.sync.download import download

_RECENT = 1000  # records: three days, read within seconds; an anchor is written at each contact
_READ_S = 30.0


async def told_clocks(session: Session) -> dict[int, BootClock]:
    """Give the clock of each boot in the device's last days; nothing is acknowledged.

    Args:
        session: An open session with a device that is not in safe mode.

    Raises:
        LinkError: No answer, the link is gone, or the log does not come within half a minute.
    """
    log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
    first = max(log.oldest, log.next - _RECENT)
    try:
        async with asyncio.timeout(_READ_S):
            events = [record.event async for record in download(session, first)]
    except TimeoutError as error:
        raise LinkError(
            f"The log of the last days did not come within {_READ_S:.0f} s; "
            "try bringing the device closer."
        ) from error
    return dict(clocks_of([*events, await session.status()]))
