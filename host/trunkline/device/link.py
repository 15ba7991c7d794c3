"""One connection over one transport: bytes become events, commands find their answers."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from posturecore import frames
from trunkline.device.answers import Answer, Answers, pack_command
from trunkline.errors import InputError, LinkError
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Ack, Event
from trunkline.protocol.frame import Frame, Items
from trunkline.transports.base import Transport

_TRIES = 10  # of a request, over the time that its answer may take
_Kind = TypeVar("_Kind", bound=Frame)
Values = tuple[int | bytes, ...]
# The device has no command for it: only who has it in hand can.
ANEW = "switch the device off and on (hold its button for 10 s, then press it) and ask again"


@dataclass(frozen=True)
class Ears:
    """Who is told what comes over a link; none of them may raise.

    Attributes:
        data: The bytes of live frames as they came, before the events in them.
        event: Every frame and fault.
        log: The bytes of stored frames, and of the log_from before them.
        lost: The link went away by itself.
    """

    data: Callable[[bytes], None]
    event: Callable[[Event], None]
    log: Callable[[bytes], None]
    lost: Callable[[], None]


class Link:
    """A connection to a device from its opening to its end; whoever comes back makes a new one."""

    def __init__(
        self, transport: Transport, ears: Ears, counts: Counter[str], answer_s: float
    ) -> None:
        """Prepare a connection.

        Args:
            transport: How to reach the device.
            ears: Who is told what comes.
            counts: Where good frames and faults are counted.
            answer_s: How long to wait for an answer.
        """
        self._transport = transport
        self._ears = ears
        self._decoder = Decoder(counts, is_capture=not transport.takes_commands)
        self._answers = Answers(transport.name, answer_s)
        self._sequence = 0
        self._end = ""  # why nothing can be sent or heard any more

    async def open(self) -> None:
        """Connect.

        Raises:
            LinkError: The device cannot be reached.
        """
        await self._transport.open(self._on_data, self._on_lost, self._on_log)

    def end(self, reason: str) -> None:
        """Hear no more, and tell all who wait for an answer why none will come."""
        if not self._end:
            self._end = reason
            self._answers.give_up(reason)

    async def command(self, frame: int, values: Values, items: Items = ()) -> None:
        """Send one command frame and wait until the device has taken it.

        A command is sent once. A request changes nothing on the device, so it is sent again where
        no answer comes: a cable may lose frames.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the value, or it does not fit the frame.
        """
        if frame == frames.REQUEST:
            await self._request(values)
            return
        sequence, data = self._pack(frame, values, items)
        with self._answers.expecting(Ack, sequence) as answer:
            await self._write(data)
            ack = await self._answers.wait(answer, Ack, frames.FRAMES[frame][0])
        _check_done(ack, frame, values)

    async def send(self, frame: int, values: Values) -> None:
        """Send a frame that the device does not acknowledge.

        Raises:
            LinkError: The link is gone.
        """
        await self._write(self._pack(frame, values, ())[1])

    async def ask(self, kind: type[_Kind], frame: int, values: Values) -> _Kind:
        """Send a command that is answered with a frame beside its ack; return that frame.

        Raises:
            LinkError: No answer, or the link is gone.
            InputError: The device refused the command.
        """
        with self._answers.expecting(kind) as answer:
            if frame == frames.REQUEST:
                await self._request(values, answer)
            else:
                await self.command(frame, values)
            return await self._answers.wait(answer, kind, _name_of(frame, values))

    async def _request(self, values: Values, answer: Answer | None = None) -> None:
        """Send a request until it is answered: by the frame asked for, or else by its ack."""
        loop, patience_s = asyncio.get_running_loop(), self._answers.answer_s / _TRIES
        for _ in range(_TRIES):
            sequence, data = self._pack(frames.REQUEST, values, ())
            with self._answers.expecting(Ack, sequence) as ack:
                goal, end_s = answer or ack, loop.time() + patience_s
                await self._write(data)
                await asyncio.wait({goal, ack}, timeout=patience_s, return_when=FIRST_COMPLETED)
                if ack.done() and isinstance(taken := ack.result(), Ack):
                    _check_done(taken, frames.REQUEST, values)
                await asyncio.wait({goal}, timeout=end_s - loop.time())  # it may follow its ack
            if goal.done():
                return
        raise self._answers.missing(_name_of(frames.REQUEST, values))

    async def begin(self, kind: type[_Kind], frame: int, values: Values) -> Answer:
        """Send a command that is answered much later with a frame; give a future of that frame.

        Raises:
            LinkError: No ack, or the link is gone.
            InputError: The device refused the command.
        """
        answer = self._answers.expect(kind)
        try:
            await self.command(frame, values)
        except BaseException:
            self._answers.forget(answer)
            raise
        return answer

    def _pack(self, frame: int, values: Values, items: Items) -> tuple[int, bytes]:
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
        return sequence, pack_command(frame, sequence, values, items)

    async def _write(self, data: bytes) -> None:
        if self._end and self._transport.takes_commands:  # else it says why itself
            raise LinkError(f"{self._transport.name}: {self._end}; try again.")
        await self._transport.write(data)

    # ---- what comes in; a transport may still say something after the end

    def _on_data(self, data: bytes) -> None:
        if self._end:
            return
        self._ears.data(data)
        self._decoder.receive_data(data)
        for event in self._decoder.events():
            self._tell(event)

    def _on_log(self, data: bytes) -> None:
        if not self._end:
            self._ears.log(data)

    def _on_lost(self) -> None:
        if self._end:
            return
        for event in self._decoder.finish():
            self._tell(event)
        self.end("the link was lost")
        self._ears.lost()

    def _tell(self, event: Event) -> None:
        self._ears.event(event)
        if isinstance(event, Frame):
            self._answers.deliver(event)


def _name_of(frame: int, values: Values) -> str:
    """Name what is asked for."""
    return frames.FRAMES[int(values[0]) if frame == frames.REQUEST else frame][0]


def _check_done(ack: Ack, frame: int, values: Values) -> None:
    """Refuse what the device has refused."""
    if ack.code != frames.ACK_DONE:
        meaning = frames.ACK_CODES[ack.code] if ack.code < len(frames.ACK_CODES) else "?"
        hint = "check the value; if the device is busy, try again in a few seconds"
        raise InputError(
            found=f"{frames.FRAMES[frame][0]} {values} refused by the device: {meaning}",
            expected="a command that the device can carry out",
            hint=ANEW if ack.code == frames.ACK_NO_MEMORY else hint,
        )
