"""Going on after a lost link: who answers is known first, and what was missed is said."""

import asyncio
from collections.abc import Callable
from typing import Any

from posturecore import frames
from trunkline.device.link import Ears, Link
from trunkline.errors import InputError, LinkError
from trunkline.protocol.events import Event, Hello, LinkBack, Samples


class Held:
    """What comes over a link: kept until it may be told."""

    def __init__(self, ears: Ears) -> None:
        self._waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] | None = []
        self.ears = Ears(
            data=lambda data: self._pass(ears.data, data),
            event=lambda event: self._pass(ears.event, event),
            log=lambda data: self._pass(ears.log, data),
            lost=lambda: self._pass(ears.lost),
        )

    def kept(self) -> list[Any]:
        """Give the bytes and events that wait."""
        return [what for _, given in self._waiting or () for what in given]

    def release(self) -> None:
        """Tell what was kept, in order; from now on everything is told at once."""
        waiting, self._waiting = self._waiting or [], None
        for tell, given in waiting:
            tell(*given)

    def _pass(self, tell: Callable[..., None], *given: Any) -> None:
        if self._waiting is None:
            tell(*given)
        else:
            self._waiting.append((tell, given))


class Gap:
    """Counts samples over links, to say what a lost one has cost."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        """Start with no samples; `tell` is given each `LinkBack`."""
        self._tell = tell
        self._due: int | None = None
        self._back: LinkBack | None = None  # not told yet
        self._timer: asyncio.TimerHandle | None = None

    def before(self, event: Event) -> None:
        """Take each event, before it is told."""
        if isinstance(event, Samples):
            if self._due is not None:
                self._say(event.sample_index - self._due)
            self._due = max(self._due or 0, event.sample_index + len(event.items))

    def restart(self) -> None:
        """Forget what was counted: the device has started anew."""
        self._due = None

    def back(self, attempts: int, away_s: float, wait_s: float) -> None:
        """Say that the link is back once samples come, or none has for `wait_s`; 0: now."""
        self._back = LinkBack(attempts, away_s, None)
        if self._due is None or not wait_s:
            self._say(None)
        else:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._say, None)

    def lost(self) -> None:
        """Say what has not been said: the link is gone again."""
        self._say(None)

    def close(self) -> None:
        """Wait for no more samples."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say(self, missed_samples: int | None) -> None:
        self.close()
        back, self._back = self._back, None
        if back is not None:
            self._tell(LinkBack(back.attempts, back.away_s, missed_samples))


def check_same(name: str, before: Hello, now: Hello) -> None:
    """Refuse to go on with another device.

    Raises:
        LinkError: It is another one.
    """
    if before.device_id != now.device_id:
        raise LinkError(
            f"Found device {now.device_id.hex()} answering as {name}; expected "
            f"{before.device_id.hex()}, as before; try its address in place of its name."
        )


async def stream_again(link: Link, wanted: int) -> None:
    """Have a device that is back stream what it did before.

    Raises:
        LinkError: It cannot yet, and may be asked again.
    """
    try:
        await link.command(frames.STREAM, (wanted,))
    except InputError as error:  # it is busy, or short of memory: not for long
        raise LinkError(str(error)) from error
