"""Give a device the time at contact, unless this computer's clock contradicts earlier ones."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from trunkline.clocks.dating import BootClock
from trunkline.clocks.host_clock import ClockFinding, check_host_clock

if TYPE_CHECKING:
    from trunkline.device.timed_contact import TimedContact

GRANULARITY_MS = 20
"""How coarse a host's clock and a device's turn of its loop are, together [D]."""
_TRIES = 3
_MOST_MS = 65_535  # what the frame can say
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Kind = TypeVar("_Kind")
Confirm = Callable[[ClockFinding], Awaitable[bool]]


@dataclass(frozen=True)
class Greeting:
    """What came of a greeting.

    Attributes:
        is_set: Whether the device was given the time.
        uncertainty_ms: How far off it may be, by the way there; 0 where it was not given.
        finding: What speaks against this computer's clock; None: nothing.
    """

    is_set: bool
    uncertainty_ms: int
    finding: ClockFinding | None


async def greet(
    session: "TimedContact",
    now_utc_ms: Callable[[], int],
    confirm: Confirm | None = None,
    clocks: Mapping[int, BootClock] | None = None,
) -> Greeting:
    """Give a device the time, with the uncertainty that the way there leaves.

    A clock that contradicts what earlier hosts told the device is never used without asking.

    Args:
        session: An open session.
        now_utc_ms: This computer's clock, ms since 1970.
        confirm: Asked whether to use a clock that is contradicted; the session takes a yes for
            all its later contacts, too. None: it is not used.
        clocks: From `clocks_of`, with what is known of the device's log; the newer the better, so
            after a download. None: nothing is known, and nothing can contradict.

    Raises:
        LinkError: No answer, or the link is gone.
    """
    status, way_ms = await _timed(session.status())
    finding = check_host_clock(
        clocks or {}, status.boot_id, status.uptime_ms, now_utc_ms() - way_ms // 2
    )
    if finding is not None:
        if confirm is None or not await confirm(finding):
            return Greeting(False, 0, finding)
        session.trust_clock()
    uncertainty_ms = 0
    for _ in range(_TRIES):
        uncertainty_ms = min(_MOST_MS, -(-way_ms // 2) + GRANULARITY_MS)
        utc_ms = now_utc_ms() + way_ms // 2
        giving = session.set_time(utc_ms, uncertainty_ms, _utc_offset_min(utc_ms))
        _, way_ms = await _timed(giving)
        if way_ms <= 2 * uncertainty_ms:  # else it took longer than was reckoned: say it again
            break
    return Greeting(True, uncertainty_ms, finding)


async def _timed(answer: Awaitable[_Kind]) -> tuple[_Kind, int]:
    """Give an answer, and ms until it came."""
    loop = asyncio.get_running_loop()
    asked_s = loop.time()
    got = await answer
    return got, math.ceil((loop.time() - asked_s) * 1000)


def _utc_offset_min(utc_ms: int) -> int:
    """Give how far this computer's wall clock is ahead of UTC then."""
    offset = (_EPOCH + timedelta(milliseconds=utc_ms)).astimezone().utcoffset()
    return round((offset or timedelta()).total_seconds() / 60)
