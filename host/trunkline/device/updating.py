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
from trunkline.device.link import ANEW
from trunkline.device.session import Session
from trunkline.errors import InputError, LinkError
from trunkline.protocol.events import Event, LinkBack
from trunkline.protocol.records import UpdateStatus

_PIECE = 224
# So many pieces before the device is asked how far it is: each waits in its working memory.
_WINDOW = 4
_MOST_ROUNDS_IN_VAIN = 5
_POLL_S = 0.5
_CHECKED, _REFUSED, _NO_MEMORY = (
    flash.UPDATE_STATES.index(name) for name in ("checked", "refused", "no memory")
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
    """Send a bundle and wait until the device has checked and unpacked it; it then restarts.

    After a lost link call it again with a new session: it goes on where the last one ended.

    Args:
        session: An open session.
        bundle: The firmware.
        progress: Called with the bytes that the device has, and the bundle's size.
        check_s: How long checking may take.

    Raises:
        InputError: The device refuses the bundle: it is too large, there is no room, or it is
            still trying the update before. Or its working memory does not do for it, even after
            the restart by which it makes room.
        LinkError: The link is gone, or nothing arrives any more.
    """
    async with session.bulk:
        await _update(session, bundle, progress, check_s)


async def _update(session: Session, bundle: Bundle, progress: Progress, check_s: float) -> None:
    told: list[Event] = []

    def hear(event: Event) -> None:
        if isinstance(event, UpdateStatus | LinkBack):
            told.append(event)

    session.listeners.append(hear)
    try:
        if await _is_taken(session, bundle, progress, check_s, told):
            return
        await _wait_back(session, check_s, told)
        told.clear()
        if not await _is_taken(session, bundle, progress, check_s, told):
            raise InputError(
                found="no room in the device's working memory to unpack the update",
                expected="room, as after a start; what has arrived is kept",
                hint=ANEW,
            )
    finally:
        if hear in session.listeners:
            session.listeners.remove(hear)


async def _is_taken(
    session: Session, bundle: Bundle, progress: Progress, check_s: float, told: list[Event]
) -> bool:
    """Send what is missing, and have it unpacked; False: the device restarts, to have room."""
    size = len(bundle.data)
    status = await session.ask(UpdateStatus, flash.UPDATE_BEGIN, (size, bundle.sha256))
    await _send(session, bundle, status, progress)
    told.clear()  # it restarts soon after it has told the last state
    await session.command(flash.UPDATE_END, (bundle.sha256,))
    return await _is_checked(session, check_s, told)


async def _wait_back(session: Session, limit_s: float, told: list[Event]) -> None:
    """Wait until the device has restarted and the session has found it again."""
    end_s = asyncio.get_running_loop().time() + limit_s
    while asyncio.get_running_loop().time() < end_s:
        if any(isinstance(event, LinkBack) for event in told):
            return
        if await session.wait_over(_POLL_S):
            break
    raise LinkError(
        "The device restarts, to have room for unpacking the update; connect again and send it "
        "again: it goes on there."
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


async def _is_checked(session: Session, check_s: float, told: list[Event]) -> bool:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + check_s
    while loop.time() < end_s:
        lost: LinkError | None = None
        try:
            await session.ask(UpdateStatus, frames.REQUEST, (flash.UPDATE_STATUS,))
        except LinkError as error:
            lost = error
        states = {event.state for event in told if isinstance(event, UpdateStatus)}
        if states & {_CHECKED, _NO_MEMORY}:
            return _CHECKED in states
        if lost is not None:
            raise lost
        if _REFUSED in states:
            raise InputError(
                found="a bundle that the device refused: it arrived damaged, or is none",
                expected="a bundle that passes the device's check",
                hint="send it again; if it is refused again, make it anew with `make mpy`",
            )
        await asyncio.sleep(_POLL_S)
    raise LinkError(f"The device did not finish its check within {check_s:g} s; try again.")
