"""Record a device: the stream switched on, all of it to a recorder."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from trunkline.captures.recorder import Recorder
from trunkline.captures.tally import Tally
from trunkline.device.session import Session
from trunkline.errors import TrunklineError
from trunkline.protocol.events import Event, TimeNotSet

_GOODBYE_S = 3.0


async def record(
    session: Session,
    recorder: Recorder,
    tally: Tally,
    tell: Callable[[str], None],
    *,
    seconds: float | None = None,
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
        seconds: How long; None: until the device is gone for good.
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
    session.listeners += [tally.take, hear]
    async with session:
        if not session.takes_commands:
            await session.wait_over(seconds)
            return
        try:
            await session.set_stream(samples=samples, blocks=blocks, decisions=True)
            if not (await session.status()).is_calibrated:
                await session.start_calibration()
                tell("not calibrated: stand still and upright for a few seconds")
            await session.wait_over(seconds)
        finally:
            with suppress(TrunklineError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await session.set_stream()  # it sends the decisions that it still holds
