"""Contact with one device, over one link or as many as it takes."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self, TypeVar

from posturecore import flash, frames
from trunkline.captures.capture import Sink
from trunkline.device.answers import check_version
from trunkline.device.hearing import Hearing
from trunkline.device.link import Ears, Link, Values
from trunkline.device.reconnect import Reconnect
from trunkline.device.resume import Held, check_same, stream_again
from trunkline.errors import LinkError, TrunklineError
from trunkline.protocol.events import Hello, LinkLost, SettingsFrame
from trunkline.protocol.frame import Frame, Items
from trunkline.transports.base import Transport

_Kind = TypeVar("_Kind", bound=Frame)
_SAFE = flash.MODES.index("safe")
_AWAY = "the link was lost"


class Contact(Hearing):
    """What a session rests on; `Session` says what it does for its user."""

    def __init__(
        self,
        transport: Transport,
        capture: Sink | None = None,
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
        super().__init__(capture, is_file=not transport.takes_commands)
        self.is_lost = False
        self._transport = transport
        self._answer_s = answer_s
        self._reconnect = reconnect
        self._keeper: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()  # the link is away
        self._lost = asyncio.Event()  # or a listener has failed
        self._over = asyncio.Event()  # or nothing brings the link back
        self._end: Exception | None = None  # why nothing does
        self._asking = asyncio.Lock()
        self.bulk = asyncio.Lock()
        self._streamed = 0  # what the device was asked to stream, over this link
        self._held = Held(self._ears())
        self._link = self._new_link(self._held.ears)

    @property
    def reconnects(self) -> bool:
        """Tell whether a lost link is brought back."""
        return self._reconnect is not None

    @property
    def info(self) -> Hello:
        """The device's introduction.

        Raises:
            LinkError: Not open yet, or a capture without it near its beginning.
        """
        if self._info is None:
            raise LinkError(f"{self._transport.name} is not open; use `async with Session(...)`.")
        return self._info

    @property
    def takes_commands(self) -> bool:
        """Whether anybody is there to command: not in a capture."""
        return self._transport.takes_commands

    @property
    def rssi_dbm(self) -> int | None:
        """Signal strength when the device was last found; None: not known, or not over the air."""
        return self._transport.rssi_dbm

    async def __aenter__(self) -> Self:
        """Connect and learn who is there."""
        try:
            if not self._transport.wait_for(self._room):
                self._held.release()
            await self._link.open()
            if not self.takes_commands:
                hellos = (event for event in self._held.kept() if isinstance(event, Hello))
                self._info = next(hellos, self._info)
                return self
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
        self._streams.end(None)

    async def command(self, frame: int, values: Values, items: Items = ()) -> None:
        """Send one command frame and wait until the device has taken it; never sent twice.

        But a request, which changes nothing, is sent again where no answer comes.

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
            with self._streams.waiting():
                async with asyncio.timeout(timeout_s):
                    await what.wait()
        except TimeoutError:
            return False
        if self._failure is not None:
            raise self._failure
        return True

    async def _room(self) -> None:
        await self._streams.room()
        self._held.release()

    # ---- links come and go

    def _new_link(self, ears: Ears) -> Link:
        return Link(self._transport, ears, self.counts, self._answer_s)

    def _current(self) -> Link:
        """Give the link to send on."""
        if self._end is not None:
            raise LinkError(f"{self._end} Connect again.")
        if self._is_sought:
            raise LinkError(
                f"{self._transport.name}: {_AWAY} and is being sought; wait until it is back."
            )
        return self._link

    @property
    def _is_sought(self) -> bool:
        return self.is_lost and self._keeper is not None and not self._keeper.done()

    async def _greet(self, link: Link) -> Hello:
        hello = await link.ask(Hello, frames.REQUEST, (frames.HELLO,))
        check_version(self._transport.name, hello.version)
        if hello.mode != _SAFE:
            await link.ask(SettingsFrame, frames.REQUEST, (frames.SETTINGS,))
            await link.command(frames.REQUEST, (frames.CALIBRATION,))
        return hello

    async def _ask_for_streams(self, *, always: bool = False) -> None:
        """Have the device stream what is wanted now; one that is away is asked when it is back."""
        async with self._asking:
            wanted = self._streams.wanted
            if not self.takes_commands or not (always or wanted != self._streamed):
                return
            try:
                await self._current().command(frames.STREAM, (wanted,))
            except LinkError:
                if not self._is_sought:
                    raise
            else:
                self._streamed = wanted

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
            self._end = error
            self._fail(error)
        self._over.set()
        self._streams.end(self._end)
        await self._transport.close()

    async def _bring_back(self, reconnect: Reconnect) -> None:
        found: list[tuple[Link, Held, Hello, int]] = []

        async def attempt() -> None:
            held = Held(self._ears())
            link = self._new_link(held.ears)
            try:
                await link.open()
                hello = await self._greet(link)
                is_ready = hello.device_id == self.info.device_id and hello.mode != _SAFE
                wanted = self._streams.wanted if is_ready else 0
                if wanted:
                    await stream_again(link, wanted)
                found.append((link, held, hello, wanted))
            except BaseException:
                link.end(_AWAY)
                raise

        attempts, away_s = await reconnect.bring_back(attempt)
        link, held, hello, streamed = found[-1]
        check_same(self._transport.name, self.info, hello)
        if hello.boot_id != self.info.boot_id:
            self._gap.restart()
        self._link, self.is_lost, self._streamed = link, False, streamed
        self._gone.clear()
        if self._failure is None:
            self._lost.clear()
        has_samples = streamed & frames.STREAM_SAMPLES
        self._gap.back(attempts, away_s, reconnect.samples_s if has_samples else 0)
        held.release()
        self._on_back()
        with contextlib.suppress(LinkError):  # no answer: whoever asks next gets to know
            await self._ask_for_streams()

    def _on_back(self) -> None:
        """Hear that the link is there again."""

    def _on_lost(self) -> None:
        super()._on_lost()
        self.is_lost = True
        self._gone.set()
        self._lost.set()
        is_over = self._transport.is_over
        if self.takes_commands:  # else a capture has just ended
            self._tell(LinkLost(f"{self._transport.name}: {_AWAY}."))
        if self._reconnect is None or is_over:
            error = LinkError(f"{self._transport.name}: {_AWAY}; connect again.")
            self._streams.end(None if is_over else error)
            self._over.set()

    def _fail(self, error: Exception) -> None:
        super()._fail(error)
        self._lost.set()
        self._over.set()
