"""The live view on a terminal: drawn four times a second beside the link, until q is pressed."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.live import Live as Display

from posturecore import flash, frames
from trunkline.cli.live import LivePicture
from trunkline.cli.output import out
from trunkline.device.live import Live
from trunkline.device.session import Session
from trunkline.errors import TrunklineError
from trunkline.protocol.records import LogStatus

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

_REDRAW_S = 0.25
_ASK_EVERY_S = 60.0


class Screen:
    """Draws what a session hears."""

    def __init__(self, session: Session, origin: str) -> None:
        """Listen to a session that is not open yet.

        Args:
            session: Whose events to draw.
            origin: Where the device is, in words.
        """
        self._session = session
        self._origin = origin
        self._live = Live()
        session.listeners.append(self._live.take)

    async def show(self, work: Coroutine[Any, Any, None]) -> None:
        """Draw while this works: until it ends, or q is pressed, which cancels it.

        Raises:
            Exception: What the work raised.
        """
        working = asyncio.create_task(work)
        drawing = asyncio.create_task(self._draw())
        try:
            with _keys(working.cancel):
                await asyncio.wait((working, drawing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, drawing):
                task.cancel()
            results = await asyncio.gather(working, drawing, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _draw(self) -> None:
        with Display(console=out.console, screen=True, auto_refresh=False) as display:
            while True:
                session = self._session
                drawn = LivePicture(
                    self._live.view(), self._origin, session.is_lost, session.rssi_dbm
                )
                # A terminal that is stopped must not stop the link.
                await asyncio.to_thread(display.update, drawn, refresh=True)
                await asyncio.sleep(_REDRAW_S)


async def ask_for_log(session: Session) -> None:
    """Ask again and again how full the device's log is; cancel it to stop."""
    while True:
        with suppress(TrunklineError):  # an older device, or the link is away: next time
            await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        await asyncio.sleep(_ASK_EVERY_S)


@contextmanager
def _keys(on_quit: Callable[[], object]) -> Iterator[None]:
    """Hear keys without Enter; where there is no such terminal, Ctrl-C is left."""
    if termios is None or not sys.stdin.isatty():
        yield
        return
    loop, handle = asyncio.get_running_loop(), sys.stdin.fileno()

    def hear() -> None:
        if os.read(handle, 1) in (b"q", b"Q", b""):
            on_quit()

    before = termios.tcgetattr(handle)
    tty.setcbreak(handle, termios.TCSANOW)  # what was typed before counts, too
    loop.add_reader(handle, hear)
    try:
        yield
    finally:
        loop.remove_reader(handle)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
