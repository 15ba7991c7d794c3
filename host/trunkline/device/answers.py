"""Commands and their answers: who waits for which frame, and what if it does not come."""

import asyncio
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from posturecore import frames, wire
from trunkline.errors import InputError, LinkError, ProtocolError
from trunkline.protocol.events import Ack
from trunkline.protocol.frame import Frame

_Kind = TypeVar("_Kind", bound=Frame)
Answer = asyncio.Future[Frame]


class Answers:
    """Frames that are waited for: an ack by its frame's sequence, any other by its kind.

    Attributes:
        answer_s: How long an answer may take.
    """

    def __init__(self, name: str, answer_s: float) -> None:
        """Wait for nothing yet.

        Args:
            name: Which device, for messages.
            answer_s: How long an answer may take.
        """
        self._name = name
        self.answer_s = answer_s
        self._waiting: dict[tuple[type[Frame], int], list[Answer]] = {}

    def expect(self, kind: type[Frame], sequence: int = -1) -> Answer:
        """Give a future of the next such frame."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((kind, sequence), []).append(answer)
        return answer

    @contextmanager
    def expecting(self, kind: type[Frame], sequence: int = -1) -> Iterator[Answer]:
        """Give such a future, and forget it at the end."""
        answer = self.expect(kind, sequence)
        try:
            yield answer
        finally:
            self.forget(answer)

    def forget(self, answer: Answer) -> None:
        """Wait no more."""
        kept = {key: [a for a in some if a is not answer] for key, some in self._waiting.items()}
        self._waiting = {key: some for key, some in kept.items() if some}

    def deliver(self, frame: Frame) -> None:
        """Give a frame to all who wait for it."""
        sequence = frame.frame_sequence if isinstance(frame, Ack) else -1
        for answer in self._waiting.pop((type(frame), sequence), ()):
            if not answer.done():
                answer.set_result(frame)

    def give_up(self, reason: str) -> None:
        """Tell all who wait that nothing will come."""
        waiting, self._waiting = self._waiting, {}
        for answer in (answer for some in waiting.values() for answer in some):
            if not answer.done():
                answer.set_exception(LinkError(f"{self._name}: {reason}; try again."))
                answer.exception()  # whoever waits still gets it; nobody waiting is no fault

    def missing(self, what: str) -> LinkError:
        """Give the error of an answer that did not come."""
        return LinkError(
            f"{self._name} did not answer {what} within {self.answer_s:g} s; expected an answer "
            "at once; try bringing it closer, or another cable, and connect again."
        )

    async def wait(self, answer: Answer, kind: type[_Kind], what: str) -> _Kind:
        """Wait for an answer.

        Raises:
            LinkError: It did not come in time, or the link is gone.
            ProtocolError: It is of another kind.
        """
        try:
            async with asyncio.timeout(self.answer_s):
                frame = await answer
        except TimeoutError:
            raise self.missing(what) from None
        if not isinstance(frame, kind):
            raise ProtocolError(f"{self._name} answered {what} with {frame}.")
        return frame


def pack_command(
    frame: int, sequence: int, values: tuple[int | bytes, ...], items: tuple[tuple[int, ...], ...]
) -> bytes:
    """Give the bytes of a command frame.

    Raises:
        InputError: Values that do not fit the frame's table.
    """
    try:
        return wire.pack_frame(frame, sequence, values, items)
    except (ValueError, struct.error) as error:  # the latter: no whole number
        raise InputError(
            found=f"{frames.FRAMES[frame][0]} {values}: {_named(frame, values, str(error))}",
            expected="values that fit the frame",
            hint="docs/protocol.md has the table",
        ) from None


def _named(frame: int, values: tuple[int | bytes, ...], problem: str) -> str:
    """Name the field that does not fit: the shared code knows its place, not its name."""
    match = re.search(r"value (\d+) = (-?\d+)", problem)
    if match is None:
        return problem
    place = int(match[1])
    is_fixed = place < len(values) and str(values[place]) == match[2]
    name = frames.FRAMES[frame][2 if is_fixed else 3][place][0]
    return problem.replace(f"frame {hex(frame)}, value {place}", name)


def neutral_index(neutral: str) -> int:
    """Give the number of a kind of neutral pose.

    Raises:
        InputError: There is no such kind.
    """
    if neutral in frames.NEUTRALS:
        return frames.NEUTRALS.index(neutral)
    raise InputError(
        found=f"the neutral pose {neutral!r}",
        expected="one of " + ", ".join(frames.NEUTRALS),
        hint="stand is the usual one",
    )


def check_version(name: str, version: int) -> None:
    """Refuse a device that speaks another protocol.

    Raises:
        ProtocolError: It does; the message says which end to update.
    """
    if version != frames.VERSION:
        older = "device" if version < frames.VERSION else "host"
        raise ProtocolError(
            f"Found protocol {version} on {name}; expected {frames.VERSION}; "
            f"try updating the {older}."
        )
