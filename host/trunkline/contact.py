"""Contact with one device: who it is, its settings, and those who are told what it says."""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self, TypeVar

from posturecore import flash, frames, params
from trunkline.answers import check_version
from trunkline.capture import CaptureWriter
from trunkline.errors import LinkError, TrunklineError
from trunkline.events import Event, Hello, SettingsFrame
from trunkline.frame import Frame, Items
from trunkline.link import Ears, Link, Values
from trunkline.listeners import Listeners
from trunkline.transports.base import Transport

_Kind = TypeVar("_Kind", bound=Frame)
_SAFE = flash.MODES.index("safe")


class Contact:
    """What a session rests on: a link, and those who listen; an async context manager.

    Faults in what the device sends are counted and told to the listeners, never raised. A listener
    that raises is not called again, nor is a capture that fails written to; the others go on, and
    the first such error comes out of `wait_lost` or of leaving.

    Attributes:
        settings: The prescription in force on the device.
        counts: Good frames under "good" and each kind of fault under its name.
        is_lost: Whether the link went away by itself.
        listeners: Called with every event.
        capture: Where all that comes is written; may be changed at any time. None: nowhere.
        log_listeners: Called with the bytes of stored frames, and of the log_from before them.
    """

    def __init__(
        self,
        transport: Transport,
        capture: CaptureWriter | None = None,
        *,
        answer_s: float = 10.0,
    ) -> None:
        """Prepare a conversation.

        Args:
            transport: How to reach the device.
            capture: Where all that it sends goes; the caller closes it.
            answer_s: How long to wait for an answer.
        """
        self.settings: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.is_lost = False
        self.listeners: Listeners[Event] = Listeners()
        self.log_listeners: Listeners[bytes] = Listeners()
        self._transport = transport
        self.capture = capture
        self._answer_s = answer_s
        self._lost = asyncio.Event()
        self._info: Hello | None = None
        self._failure: Exception | None = None
        self._link = self._new_link()

    @property
    def info(self) -> Hello:
        """The device's introduction.

        Raises:
            LinkError: Not open yet.
        """
        if self._info is None:
            raise LinkError(f"{self._transport.name} is not open; use `async with Session(...)`.")
        return self._info

    @property
    def takes_commands(self) -> bool:
        """Whether anybody is there to command: not in a capture."""
        return self._transport.takes_commands

    async def __aenter__(self) -> Self:
        """Connect and learn who is there."""
        try:
            await self._link.open()
            if self.takes_commands:
                await self._greet(self._link)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect, and raise what a listener raised unless something else is on its way."""
        await self.close()
        if error is None and self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Disconnect; what still waits for an answer is told."""
        await self._transport.close()
        self._link.end("the session was closed")

    async def _greet(self, link: Link) -> None:
        hello = await link.ask(Hello, frames.REQUEST, (frames.HELLO,))
        check_version(self._transport.name, hello.version)
        if hello.mode != _SAFE:
            await link.ask(SettingsFrame, frames.REQUEST, (frames.SETTINGS,))
            await link.command(frames.REQUEST, (frames.CALIBRATION,))

    async def command(self, frame: int, values: Values, items: Items = ()) -> None:
        """Send one command frame and wait until the device has taken it.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the value, or it does not fit the frame.
        """
        await self._link.command(frame, values, items)

    async def send(self, frame: int, values: Values) -> None:
        """Send a frame that the device does not acknowledge.

        Raises:
            LinkError: The link is gone.
        """
        await self._link.send(frame, values)

    async def ask(self, kind: type[_Kind], frame: int, values: Values) -> _Kind:
        """Send a command that is answered with a frame beside its ack; return that frame.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the command.
        """
        return await self._link.ask(kind, frame, values)

    async def wait_lost(self, timeout_s: float | None = None) -> bool:
        """Wait until the link goes away; return whether it did within the time given.

        Raises:
            Exception: What a listener raised; it ends the wait.
        """
        try:
            await asyncio.wait_for(self._lost.wait(), timeout_s)
        except TimeoutError:
            return False
        if self._failure is not None:
            raise self._failure
        return True

    # ---- what comes in

    def _new_link(self) -> Link:
        ears = Ears(self._on_data, self._on_event, self._on_log, self._on_lost)
        return Link(self._transport, ears, self.counts, self._answer_s)

    def _on_data(self, data: bytes) -> None:
        if self.capture is not None:
            try:
                self.capture.write(data)
            except TrunklineError as error:
                self.capture = None
                self._fail(error)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, SettingsFrame):
            for row, value in event.items:
                if row < len(params.NAMES):
                    self.settings[params.NAMES[row]] = value
        elif isinstance(event, Hello):
            self._info = event
        self.listeners.tell(event, self._fail)

    def _on_log(self, data: bytes) -> None:
        self.log_listeners.tell(data, self._fail)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._lost.set()

    def _on_lost(self) -> None:
        self.is_lost = True
        self._lost.set()
