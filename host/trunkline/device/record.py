"""Record a device: time given on contact, the stream switched on, all of it to a recorder."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from posturecore import flash
from trunkline.captures.recorder import Recorder, local_now
from trunkline.captures.tally import Tally
from trunkline.device.greeting import greet
from trunkline.device.session import Session
from trunkline.errors import TrunklineError
from trunkline.protocol.events import Event, LinkBack

_ANCHOR_EVERY_S = 3600.0  # [D]: at 20 ppm a clock is off by 0.07 s then
_GOODBYE_S = 3.0
_SAFE = flash.MODES.index("safe")  # it has no log there


async def record(
    session: Session,
    recorder: Recorder,
    tally: Tally,
    tell: Callable[[str], None],
    *,
    seconds: float | None = None,
    samples: bool = True,
    blocks: bool = False,
    now: Callable[[], datetime] = local_now,
) -> None:
    """Open a session and record all that it hears until it ends; cancel it to stop early.

    The device is told the time on contact, after a lost link and every hour, so that captures can
    be dated, but never a time that contradicts what it was told before. One that has no neutral
    pose is asked to take it. At the end the stream is switched off, and the link is closed before
    this returns.

    Args:
        session: A session that is not open yet.
        recorder: Where to; the caller closes it.
        tally: Counts what comes.
        tell: Is given sentences for the person who records.
        seconds: How long; None: until the device is gone for good.
        samples: Whether the device streams samples.
        blocks: Whether the device streams blocks.
        now: Gives the local time with its offset.

    Raises:
        LinkError: The device cannot be reached, or a lost link is given up.
        TrunklineError: The disk is full, or a listener failed; what was written is whole.
    """
    session.capture = recorder
    session.listeners.append(tally.take)
    async with session:
        if not session.takes_commands:
            await session.wait_over(seconds)
            return
        keeper = asyncio.create_task(_keep_time(session, tell, now))
        try:
            await session.set_stream(samples=samples, blocks=blocks, decisions=True)
            if not (await session.status()).is_calibrated:
                await session.start_calibration()
                tell("not calibrated: stand still and upright for a few seconds")
            await session.wait_over(seconds)
        finally:
            keeper.cancel()
            with suppress(TrunklineError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await session.set_stream()  # it sends the decisions that it still holds


async def _keep_time(
    session: Session, tell: Callable[[str], None], now: Callable[[], datetime]
) -> None:
    """Tell the device the time now, each hour, and each time a lost link is back.

    Not where it contradicts what the device was told before: nobody is there to be asked.
    """
    from trunkline.sync.told import told_clocks

    has_told = False
    is_back = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, LinkBack):
            is_back.set()

    session.listeners.append(hear)
    while True:
        is_back.clear()
        with suppress(TrunklineError):  # nothing to end a recording for; the next may be heard
            clocks = {} if session.info.mode == _SAFE else await told_clocks(session)
            greeting = await greet(session, lambda: round(now().timestamp() * 1000), clocks=clocks)
            if greeting.finding is not None and not has_told:
                has_told = True
                tell(f"{greeting.finding.sentence} The device is not told it.")
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANCHOR_EVERY_S):
                await is_back.wait()
