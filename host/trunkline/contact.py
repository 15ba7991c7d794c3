"""Contact with one device, over one link or as many as it takes, and those who listen."""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self, TypeVar

from posturecore import flash, frames, params
from trunkline.answers import check_version
from trunkline.capture import CaptureWriter
from trunkline.errors import LinkError, TrunklineError
from trunkline.events import Event, Hello, LinkLost, SettingsFrame
from trunkline.frame import Frame, Items
from trunkline.link import Ears, Link, Values
from trunkline.listeners import Listeners
from trunkline.reconnect import Reconnect
from trunkline.resume import Gap, Held, check_same
from trunkline.transports.base import Transport

_Kind = TypeVar("_Kind", bound=Frame)
_SAFE = flash.MODES.index("safe")
_AWAY = "the link was lost"


class Contact:
    """What a session rests on; `Session` says what it does for its user."""

    def __init__(
        self,
        transport: Transport,
        capture: CaptureWriter | None = None,
        *,
        answer_s: float = 10.0,
        reconnect: Reconnect | None = None,
    ) -> None:
        """Prepare a conversation.

        Args:
            transport: How to reach the device.
            capture: Where all that it sends goes; the caller closes it.
            answer_s: How long to wait for an answer.
            reconnect: How to bring a lost link back; None: not at all.
        """
        self.settings: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.is_lost = False
        self.capture = capture
        self.listeners: Listeners[Event] = Listeners()
        self.log_listeners: Listeners[bytes] = Listeners()
        self._transport = transport
        self._answer_s = answer_s
        self._reconnect = reconnect
        self._keeper: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()  # the link is away
        self._lost = asyncio.Event()  # or a listener has failed
        self._over = asyncio.Event()  # or nothing brings the link back
        self._info: Hello | None = None
        self._failure: Exception | None = None  # a listener's
        self._end: Exception | None = None  # why nothing brings the link back
        self._mask = 0  # what the device is to stream
        self._gap = Gap(self._tell)
        self._link = self._new_link(self._ears())

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
                if self._reconnect is not None:
                    self._keeper = asyncio.create_task(self._keep(self._reconnect))
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
        """Disconnect at once, also while a lost link is sought; what waits for an answer fails."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._gap.close()
        await self._transport.close()
        self._link.end("the session was closed")

    async def command(self, frame: int, values: Values, items: Items = ()) -> None:
        """Send one command frame and wait until the device has taken it; never sent twice.

        Raises:
            LinkError: No answer, or the link is gone: whether the device has taken it is unknown.
            InputError: The device refused the value, or it does not fit the frame.
        """
        await self._current().command(frame, values, items)

    async def send(self, frame: int, values: Values) -> None:
        """Send a frame that the device does not acknowledge.

        Raises:
            LinkError: The link is gone.
        """
        await self._current().send(frame, values)

    async def ask(self, kind: type[_Kind], frame: int, values: Values) -> _Kind:
        """Send a command that is answered with a frame beside its ack; return that frame.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the command.
        """
        return await self._current().ask(kind, frame, values)

    async def wait_lost(self, timeout_s: float | None = None) -> bool:
        """Wait until the link goes away; return whether it did within the time given.

        Raises:
            Exception: What a listener raised; it ends the wait.
        """
        return await self._wait(self._lost, timeout_s)

    async def wait_over(self, timeout_s: float | None = None) -> bool:
        """Wait until the link is gone and nothing brings it back; return whether it came to that.

        Raises:
            LinkError: Given up, or another device answered in its place.
            Exception: What a listener raised; it ends the wait.
        """
        is_over = await self._wait(self._over, timeout_s)
        if self._end is not None:
            raise self._end
        return is_over

    async def _wait(self, what: asyncio.Event, timeout_s: float | None) -> bool:
        try:
            await asyncio.wait_for(what.wait(), timeout_s)
        except TimeoutError:
            return False
        if self._failure is not None:
            raise self._failure
        return True

    # ---- links come and go

    async def _greet(self, link: Link) -> Hello:
        hello = await link.ask(Hello, frames.REQUEST, (frames.HELLO,))
        check_version(self._transport.name, hello.version)
        if hello.mode != _SAFE:
            await link.ask(SettingsFrame, frames.REQUEST, (frames.SETTINGS,))
            await link.command(frames.REQUEST, (frames.CALIBRATION,))
        return hello

    def _current(self) -> Link:
        """Give the link to send on."""
        if isinstance(self._end, TrunklineError):
            raise LinkError(f"{self._end} Connect again.")
        if self.is_lost and self._keeper is not None and not self._over.is_set():
            raise LinkError(
                f"{self._transport.name}: {_AWAY} and is being sought; wait until it is back."
            )
        return self._link

    async def _keep(self, reconnect: Reconnect) -> None:
        """Bring the link back each time it goes away, until nothing can."""
        try:
            while True:
                await self._gone.wait()
                if self._transport.is_over:
                    return
                await self._bring_back(reconnect)
        except TrunklineError as error:
            self._end = error
        except Exception as error:  # ours or a library's: said, not swallowed with the task
            self._fail(error)
        self._over.set()
        await self._transport.close()

    async def _bring_back(self, reconnect: Reconnect) -> None:
        found: list[tuple[Link, Held, Hello]] = []

        async def attempt() -> None:
            held = Held(self._ears())
            link = self._new_link(held.ears)
            try:
                await link.open()
                found.append((link, held, await self._renew(link)))
            except BaseException:
                link.end(_AWAY)
                raise

        attempts, away_s = await reconnect.bring_back(attempt)
        link, held, hello = found[-1]
        check_same(self._transport.name, self.info, hello)
        if hello.boot_id != self.info.boot_id:
            self._gap.restart()
        self._link, self.is_lost = link, False
        self._gone.clear()
        if self._failure is None:
            self._lost.clear()
        self._gap.back(attempts, away_s, reconnect.samples_s if self._has_samples else 0)
        held.release()

    async def _renew(self, link: Link) -> Hello:
        hello = await self._greet(link)
        is_same = hello.device_id == self.info.device_id
        if is_same and hello.mode != _SAFE and self._mask:
            await link.command(frames.STREAM, (self._mask,))
        return hello

    @property
    def _has_samples(self) -> bool:
        return bool(self._mask & frames.STREAM_SAMPLES)

    def _new_link(self, ears: Ears) -> Link:
        return Link(self._transport, ears, self.counts, self._answer_s)

    # ---- what comes in

    def _ears(self) -> Ears:
        return Ears(self._on_data, self._on_event, self._on_log, self._on_lost)

    def _on_data(self, data: bytes) -> None:
        if self.capture is not None:
            try:
                self.capture.write(data)
            except TrunklineError as error:
                self.capture = None
                self._fail(error)

    def _on_event(self, event: Event) -> None:
        self._gap.before(event)
        if isinstance(event, SettingsFrame):
            for row, value in event.items:
                if row < len(params.NAMES):
                    self.settings[params.NAMES[row]] = value
        elif isinstance(event, Hello):
            self._info = event
        self._tell(event)

    def _tell(self, event: Event) -> None:
        self.listeners.tell(event, self._fail)

    def _on_log(self, data: bytes) -> None:
        self.log_listeners.tell(data, self._fail)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._lost.set()
        self._over.set()

    def _on_lost(self) -> None:
        self._gap.lost()
        self.is_lost = True
        self._gone.set()
        self._lost.set()
        if self._reconnect is None or self._transport.is_over:
            self._over.set()
        if self.takes_commands:  # a capture has just ended
            self._tell(LinkLost(f"{self._transport.name}: {_AWAY}."))
