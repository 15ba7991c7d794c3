"""Whether a host's clock may be believed, by what earlier hosts told the device."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trunkline.clocks.dating import BootClock, Moment
from trunkline.clocks.local_time import spread

TOLERANCE_MS = 30_000
"""What hosts may differ by without a question [D]: people set clocks by hand to half a minute."""
_HOUR_MS = 3_600_000
_ABOUT_MS = 300_000  # a whole hour off, but for so much: a zone or daylight saving mistaken [D]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ClockFinding:
    """A host's clock that contradicts what the device was told before.

    Attributes:
        now_utc_ms: What the host's clock says.
        off_ms: How far it is ahead of what is expected, or, where only a bound is known, of that.
        expected: What it should say; None: only that it should be later than it is.
        sentence: What was found, what was expected, what to try.
    """

    now_utc_ms: int
    off_ms: int
    expected: Moment | None
    sentence: str


def check_host_clock(
    clocks: Mapping[int, BootClock], boot_id: int, device_ms: int, now_utc_ms: int
) -> ClockFinding | None:
    """Compare a host's clock with the device's, as earlier anchors date it.

    Where the device cannot be dated now (a battery was out), the clock must at least be later than
    all that the device has lived through; a clock that is ahead is then not found.

    Args:
        clocks: From `clocks_of`, with all that is known of the device's log.
        boot_id: The boot that the device is in.
        device_ms: ms since that boot, at the same moment as `now_utc_ms`.
        now_utc_ms: What the host's clock says.

    Returns:
        None: nothing speaks against it.
    """
    clock = clocks.get(boot_id)
    expected = clock.utc_of_ms(device_ms) if clock else None
    if expected is not None:
        off_ms = now_utc_ms - expected.utc_ms
        if abs(off_ms) <= expected.uncertainty_ms + TOLERANCE_MS:
            return None
        return ClockFinding(now_utc_ms, off_ms, expected, _contradiction(now_utc_ms, expected))
    least_ms = max(map(_latest, clocks.values()), default=0)
    if now_utc_ms >= least_ms - TOLERANCE_MS:
        return None
    return ClockFinding(now_utc_ms, now_utc_ms - least_ms, None, _too_early(now_utc_ms, least_ms))


def _latest(clock: BootClock) -> int:
    """Give the earliest that the last record of a boot can be; 0: that is not known."""
    last = clock.utc_of_ms(clock.last_ms)
    return 0 if last is None else last.utc_ms - last.uncertainty_ms


def _contradiction(now_utc_ms: int, expected: Moment) -> str:
    off_ms = now_utc_ms - expected.utc_ms
    direction = "ahead" if off_ms > 0 else "behind"
    return (
        f"Found this computer's clock at {_said(now_utc_ms)}, {spread(abs(off_ms))} {direction}; "
        f"expected {_said(expected.utc_ms)} (± {spread(expected.uncertainty_ms)}) by what the "
        f"device was told before; try: {_remedy(now_utc_ms, off_ms)}."
    )


def _too_early(now_utc_ms: int, least_ms: int) -> str:
    return (
        f"Found this computer's clock at {_said(now_utc_ms)}; expected a time after "
        f"{_said(least_ms)}, which the device has already lived through; "
        f"try: {_remedy(now_utc_ms, now_utc_ms - least_ms)}."
    )


def _remedy(now_utc_ms: int, off_ms: int) -> str:
    if now_utc_ms < 10 * 365 * 24 * _HOUR_MS:
        return "set this computer's clock, it was never set"
    hours = round(off_ms / _HOUR_MS)
    if 1 <= abs(hours) <= 14 and abs(off_ms - hours * _HOUR_MS) <= _ABOUT_MS:
        return "check this computer's time zone and daylight saving, it is off by whole hours"
    return "set this computer's clock, or say that it is right and the earlier ones were wrong"


def _said(utc_ms: int) -> str:
    return f"{_EPOCH + timedelta(milliseconds=utc_ms):%Y-%m-%d %H:%M:%S} UTC"
