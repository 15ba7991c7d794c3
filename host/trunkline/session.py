"""One device over one transport: commands with answers, and events to whoever listens."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

from posturecore import flash, frames, params, patterns
from trunkline.answers import Answer, Answers, check_version, neutral_index, pack_command
from trunkline.capture import CaptureWriter
from trunkline.decoder import Decoder
from trunkline.errors import InputError, LinkError, TrunklineError
from trunkline.events import Ack, Calibration, Event, Hello, SettingsFrame, Status
from trunkline.frame import Frame, Items
from trunkline.listeners import Listeners
from trunkline.transports.base import Transport

_Kind = TypeVar("_Kind", bound=Frame)
_SAFE = flash.MODES.index("safe")
Values = tuple[int | bytes, ...]


class Session:
    """A conversation with one device; an async context manager.

    Faults in what the device sends are counted and told to the listeners, never raised. A listener
    that raises is not called again, nor is a capture that fails written to; the others go on, and
    the first such error comes out of `wait_lost` or of leaving the session.

    Attributes:
        info: The device's introduction, once open.
        settings: The prescription in force on the device.
        counts: Good frames under "good" and each kind of fault under its name.
        is_lost: Whether the link went away by itself.
        listeners: Called with every event.
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
        self.is_lost = False
        self._lost = asyncio.Event()
        self.listeners: Listeners[Event] = Listeners()
        self.log_listeners: Listeners[bytes] = Listeners()
        self._transport = transport
        self._capture = capture
        self._decoder = Decoder()
        self._sequence = 0
        self._info: Hello | None = None
        self._failure: Exception | None = None
        self._answers = Answers(transport.name, answer_s)

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
    def counts(self) -> Counter[str]:
        """Good frames and faults so far."""
        return self._decoder.counts

    async def __aenter__(self) -> Self:
        """Connect and learn who is there."""
        try:
            await self._transport.open(self._on_data, self._on_lost, self._on_log)
            if self._transport.takes_commands:
                await self.ask(Hello, frames.REQUEST, (frames.HELLO,))
                check_version(self._transport.name, self.info.version)
                if self.info.mode != _SAFE:
                    await self.ask(SettingsFrame, frames.REQUEST, (frames.SETTINGS,))
                    await self.command(frames.REQUEST, (frames.CALIBRATION,))
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
        self._answers.give_up("the session was closed")

    async def command(self, frame: int, values: Values, items: Items = ()) -> None:
        """Send one command frame and wait until the device has taken it.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the value, or it does not fit the frame.
        """
        sequence, data = self._pack(frame, values, items)
        with self._answers.expecting(Ack, sequence) as answer:
            await self._transport.write(data)
            ack = await self._answers.wait(answer, Ack, frames.FRAMES[frame][0])
        if ack.code != frames.ACK_DONE:
            meaning = frames.ACK_CODES[ack.code] if ack.code < len(frames.ACK_CODES) else "?"
            raise InputError(
                found=f"{frames.FRAMES[frame][0]} {values} refused by the device: {meaning}",
                expected="a command that the device can carry out",
                hint="check the value; if the device is busy, try again in a few seconds",
            )

    async def send(self, frame: int, values: Values) -> None:
        """Send a frame that the device does not acknowledge.

        Raises:
            LinkError: The link is gone.
        """
        await self._transport.write(self._pack(frame, values, ())[1])

    def _pack(self, frame: int, values: Values, items: Items) -> tuple[int, bytes]:
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
        return sequence, pack_command(frame, sequence, values, items)

    async def ask(self, kind: type[_Kind], frame: int, values: Values) -> _Kind:
        """Send a command that is answered with a frame beside its ack; return that frame.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the command.
        """
        with self._answers.expecting(kind) as answer:
            await self.command(frame, values)
            name = frames.FRAMES[int(values[0]) if frame == frames.REQUEST else frame][0]
            return await self._answers.wait(answer, kind, name)

    async def status(self) -> Status:
        """Ask for the device's health."""
        return await self.ask(Status, frames.REQUEST, (frames.STATUS,))

    async def stream(
        self, *, samples: bool = False, blocks: bool = False, decisions: bool = False
    ) -> None:
        """Choose what the device streams; episodes and cues always come."""
        mask = (
            samples * frames.STREAM_SAMPLES
            | blocks * frames.STREAM_BLOCKS
            | decisions * frames.STREAM_DECISIONS
        )
        await self.command(frames.STREAM, (mask,))

    async def flush(self) -> None:
        """Have the device send what it still holds of the stream."""
        await self.command(frames.REQUEST, (frames.DECISIONS,))

    async def change_settings(self, changes: Mapping[str, int]) -> None:
        """Change part of the prescription; it holds from the device's next block.

        Raises:
            InputError: A setting that does not exist or does not fit.
        """
        for name, value in changes.items():
            if fault := params.problem(name, value):
                raise InputError(
                    found=fault.removeprefix("Found ").rstrip("."),
                    expected="a setting within its range",
                    hint="`trunkline settings` lists them all",
                )
        items = tuple((params.NAMES.index(name), value) for name, value in changes.items())
        await self.command(frames.SETTINGS, (0, 0), items)

    async def set_neutral(
        self,
        up: tuple[int, int, int],
        neutral: str = "stand",
        ahead: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """Give the device a neutral pose as gravity counts; `ahead` of zeros keeps forward.

        Raises:
            InputError: No such kind of pose, or a vector that the device cannot use.
        """
        await self.command(frames.NEUTRAL, (neutral_index(neutral), *up, *ahead))

    async def start_calibration(self, neutral: str = "stand", *, with_bow: bool = False) -> Answer:
        """Have the wearer's pose taken as neutral; the result comes when the device has it.

        With a bow, in any mounting: stand still, and at the pulse bow forward and hold it.

        Raises:
            InputError: No such kind of pose, or the device is busy calibrating.
        """
        values = (neutral_index(neutral), int(with_bow))
        result = self._answers.expect(Calibration)
        try:
            await self.command(frames.CALIBRATE, values)
        except BaseException:
            self._answers.forget(result)
            raise
        return result

    async def vibrate(self, pattern: str = "identify") -> None:
        """Play a vibration pattern on the device.

        Raises:
            InputError: An unknown pattern, or the motor's limits refuse it now.
        """
        if pattern not in patterns.PATTERN_NAMES[1:]:
            raise InputError(
                found=f"the pattern {pattern!r}",
                expected="one of " + ", ".join(patterns.PATTERN_NAMES[1:]),
                hint="identify is easy to feel",
            )
        await self.command(frames.HAPTIC, (patterns.PATTERN_NAMES.index(pattern),))

    async def set_time(
        self, utc_ms: int, uncertainty_ms: int = 50, utc_offset_min: int = 0
    ) -> None:
        """Tell the device what time it is.

        Args:
            utc_ms: Since 1970.
            uncertainty_ms: How far off that may be.
            utc_offset_min: How far the wearer's clock is ahead, for quiet hours.
        """
        values = (0, 0, *divmod(utc_ms, 1000), uncertainty_ms, utc_offset_min)
        await self.command(frames.TIME_ANCHOR, values)

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

    def _on_data(self, data: bytes) -> None:
        if self._capture is not None:
            try:
                self._capture.write(data)
            except TrunklineError as error:
                self._capture = None
                self._fail(error)
        self._decoder.receive_data(data)
        for event in self._decoder.events():
            self._dispatch(event)

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, SettingsFrame):
            for row, value in event.items:
                if row < len(params.NAMES):
                    self.settings[params.NAMES[row]] = value
        elif isinstance(event, Hello):
            self._info = event
        self.listeners.tell(event, self._fail)
        if isinstance(event, Frame):
            self._answers.deliver(event)

    def _on_log(self, data: bytes) -> None:
        self.log_listeners.tell(data, self._fail)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._lost.set()

    def _on_lost(self) -> None:
        for event in self._decoder.finish():
            self._dispatch(event)
        self.is_lost = True
        self._lost.set()
        self._answers.give_up("the link was lost")
