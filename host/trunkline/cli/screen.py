"""The live view on a terminal: drawn four times a second beside the link, until q is pressed."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.live import Live as Display

from posturecore import flash, frames
from trunkline.cli.live import LivePicture
from trunkline.cli.output import out
from trunkline.errors import TrunklineError
from trunkline.live import Live
from trunkline.records import LogStatus
from trunkline.session import Session

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
        """Listen to a session, best before it is open.

        Args:
            session: Whose events to draw.
            origin: Where the device is, in words.
        """
        self._session = session
        self._origin = origin
        self._live = Live()
        session.listeners.append(self._live.take)

    async def show(self, seconds: float | None) -> None:
        """Draw until the link is over, the time is up or q is pressed.

        Raises:
            TrunklineError: As `Session.wait_over`.
        """
        is_quit = asyncio.Event()
        tasks = [asyncio.create_task(work) for work in (self._draw(), self._ask())]
        ends = [
            asyncio.create_task(self._session.wait_over(seconds)),
            asyncio.create_task(is_quit.wait()),
        ]
        try:
            with _keys(is_quit.set):
                done, _ = await asyncio.wait((*tasks, *ends), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # what went wrong comes out here
        finally:
            for task in (*tasks, *ends):
                task.cancel()
            await asyncio.gather(*tasks, *ends, return_exceptions=True)

    async def _draw(self) -> None:
        with Display(console=out.console, screen=True, auto_refresh=False) as display:
            while True:
                drawn = LivePicture(self._live.view(), self._origin, self._session.is_lost)
                # A terminal that is stopped must not stop the link.
                await asyncio.to_thread(display.update, drawn, refresh=True)
                await asyncio.sleep(_REDRAW_S)

    async def _ask(self) -> None:
        while True:
            with suppress(TrunklineError):  # an older device, or the link is away: next time
                await self._session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
            await asyncio.sleep(_ASK_EVERY_S)


@contextmanager
def _keys(on_quit: Callable[[], None]) -> Iterator[None]:
    """Hear keys without Enter; where there is no such terminal, Ctrl-C is left."""
    if termios is None or not sys.stdin.isatty():
        yield
        return
    loop, handle = asyncio.get_running_loop(), sys.stdin.fileno()

    def hear() -> None:
        if os.read(handle, 1) in (b"q", b"Q", b""):
            on_quit()

    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    loop.add_reader(handle, hear)
    try:
        yield
    finally:
        loop.remove_reader(handle)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
