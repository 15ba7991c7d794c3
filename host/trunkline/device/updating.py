"""Bring new firmware to a device, over any session; what has arrived is never sent twice.

A bundle is what `firmware/compile.py` writes. The device keeps what has arrived over a lost link
and a restart, checks all of it, and starts it on trial: after three failed starts it goes back.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from posturecore import flash, frames
from trunkline.device.session import Session
from trunkline.errors import InputError, LinkError
from trunkline.protocol.events import Event, LinkBack
from trunkline.protocol.records import UpdateStatus

_PIECE = 224
# So many pieces before the device is asked how far it is: each waits in its working memory.
_WINDOW = 4
_MOST_ROUNDS_IN_VAIN = 5
_MOST_LOSSES = 5  # of the link, that are gone on after
_POLL_S = 0.5
_CHECKED, _REFUSED, _ON_TRIAL = (
    flash.UPDATE_STATES.index(name) for name in ("checked", "refused", "on trial")
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Bundle:
    """Firmware ready to be sent."""

    data: bytes
    """A manifest, then the bytes of its files."""

    @property
    def sha256(self) -> bytes:
        """What names it on the device."""
        return hashlib.sha256(self.data).digest()


def read_bundle(path: Path) -> Bundle:
    """Read a bundle from a file.

    Raises:
        InputError: It cannot be read, or is none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            found=f"{path} that cannot be read ({error.strerror})",
            expected="a bundle of firmware",
            hint="`make mpy` writes one to build/mpy",
        ) from None
    if not data.startswith(b'{"version": "'):
        raise InputError(
            found=f"{path} without a manifest at its start",
            expected="a bundle of firmware",
            hint="`make mpy` writes one to build/mpy",
        )
    return Bundle(data)


async def send_bundle(
    session: Session,
    bundle: Bundle,
    progress: Progress = lambda done, size: None,
    *,
    check_s: float = 60.0,
) -> None:
    """Send a bundle and wait until the device has checked it; it restarts, unpacks and starts it.

    With a session that brings lost links back it goes on by itself after a loss, and waits until
    the device is back with the update. Else call it again with a new session after a loss: it
    goes on where the last one ended.

    Args:
        session: An open session.
        bundle: The firmware.
        progress: Called with the bytes that the device has, and the bundle's size.
        check_s: How long checking may take, and then how long the device may be away.

    Raises:
        InputError: The device refuses the bundle: it is too large, there is no room, or it is
            still trying the update before. Or it has come back without it.
        LinkError: The link is gone, or nothing arrives any more.
    """
    async with session.bulk:
        update = _Update(session, bundle, progress, check_s)
        session.listeners.append(update.hear)
        try:
            await update.run()
        finally:
            if update.hear in session.listeners:
                session.listeners.remove(update.hear)


class _Update:
    """One bundle on its way over a session."""

    def __init__(
        self, session: Session, bundle: Bundle, progress: Progress, limit_s: float
    ) -> None:
        self._session, self._bundle, self._progress = session, bundle, progress
        self._limit_s = limit_s
        self._told: list[Event] = []  # what may come beside an answer, and just before a loss

    def hear(self, event: Event) -> None:
        if isinstance(event, UpdateStatus | LinkBack):
            self._told.append(event)

    async def run(self) -> None:
        was_on_trial = (await self._status()).state == _ON_TRIAL
        for losses in range(_MOST_LOSSES + 1):
            try:
                await self._give()
                break
            except LinkError:
                if losses == _MOST_LOSSES or not (self._session.reconnects and self._is_away()):
                    raise
                await self._wait_back()
                if not was_on_trial and (await self._status()).state == _ON_TRIAL:
                    return  # what was lost is the verdict
        if self._session.reconnects:
            await self._wait_back()
            await self._see_it_runs()

    async def _give(self) -> None:
        """Send what is missing, and have all of it checked."""
        status = await self._session.ask(
            UpdateStatus, flash.UPDATE_BEGIN, (len(self._bundle.data), self._bundle.sha256)
        )
        await _send(self._session, self._bundle, status, self._progress)
        self._told.clear()  # it restarts soon after it has told the last state
        await self._session.command(flash.UPDATE_END, (self._bundle.sha256,))
        await self._see_it_checked()

    async def _see_it_checked(self) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + self._limit_s
        while loop.time() < end_s:
            lost: LinkError | None = None
            try:
                await self._status()
            except LinkError as error:
                lost = error
            states = {event.state for event in self._told if isinstance(event, UpdateStatus)}
            if _CHECKED in states:
                return
            if _REFUSED in states:
                raise _refused()
            if lost is not None:
                raise lost
            if self._is_back():
                raise LinkError(
                    "The link was lost while the device checked the update; try again."
                )
            await asyncio.sleep(_POLL_S)
        raise LinkError(
            f"The device did not finish its check within {self._limit_s:g} s; try again."
        )

    async def _see_it_runs(self) -> None:
        state = (await self._status()).state
        if state == _REFUSED:
            raise _refused()
        if state != _ON_TRIAL:
            raise InputError(
                found="the device back with the firmware it had before",
                expected="the update, on trial",
                hint="`trunkline doctor` for what it says of it, and then an update anew",
            )

    async def _status(self) -> UpdateStatus:
        values = (flash.UPDATE_STATUS,)
        return await self._session.ask(UpdateStatus, frames.REQUEST, values)

    def _is_away(self) -> bool:
        return self._session.is_lost or self._is_back()

    def _is_back(self) -> bool:
        return any(isinstance(event, LinkBack) for event in self._told)

    async def _wait_back(self) -> None:
        """Wait until the session has found the device again."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + self._limit_s
        while loop.time() < end_s:
            if self._is_back():
                self._told.clear()
                return
            if await self._session.wait_over(_POLL_S):
                break
        raise LinkError(
            "The device did not come back in time; connect again and send the update again: it "
            "goes on there."
        )


def _refused() -> InputError:
    return InputError(
        found="a bundle that the device refused: it arrived damaged, or is none",
        expected="a bundle that passes the device's check",
        hint="send it again; if it is refused again, make it anew with `make mpy`",
    )


async def _send(
    session: Session, bundle: Bundle, status: UpdateStatus, progress: Progress
) -> None:
    size, rounds_in_vain = len(bundle.data), 0
    while status.offset < size:
        progress(status.offset, size)
        end = min(size, status.offset + _WINDOW * _PIECE)
        for at in range(status.offset, end, _PIECE):
            piece = bundle.data[at : at + _PIECE].ljust(_PIECE, b"\0")
            await session.send(flash.UPDATE_DATA, (at, piece))
        before = status.offset
        status = await session.ask(UpdateStatus, frames.REQUEST, (flash.UPDATE_STATUS,))
        rounds_in_vain = 0 if status.offset > before else rounds_in_vain + 1
        if rounds_in_vain == _MOST_ROUNDS_IN_VAIN:
            raise LinkError(
                f"The device has {status.offset} of {size} bytes and takes no more; "
                "bring it closer, or restart it, and try again."
            )
    progress(size, size)
