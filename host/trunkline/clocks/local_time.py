"""Times as people read them: on the wearer's wall clock, with how sure they are.

All else counts in UTC. Daylight saving is applied here and only here, so the hour that comes twice
in autumn is two hours of records.
"""

from datetime import UTC, datetime, timedelta, tzinfo

UNKNOWN = "time unknown"
_EXACT_MS = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_time(
    utc_ms: int | None, zone: tzinfo, uncertainty_ms: int = 0, *, with_date: bool = False
) -> str:
    """Say a time as the wearer's clock showed it: "14:05:10", "about 14:05 (± 2 min)".

    Args:
        utc_ms: ms since 1970; None: "time unknown".
        zone: The wearer's, as `zoneinfo.ZoneInfo("Europe/Vienna")`. Where its clock shows an hour
            twice, the zone's name follows: "02:30:00 CET".
        uncertainty_ms: How far off it may be.
        with_date: Say the day, too: "2026-10-25 02:30:00 CET".
    """
    if utc_ms is None:
        return UNKNOWN
    local = (_EPOCH + timedelta(milliseconds=utc_ms)).astimezone(zone)
    is_exact = uncertainty_ms <= _EXACT_MS
    said = local.strftime(
        ("%Y-%m-%d " if with_date else "") + ("%H:%M:%S" if is_exact else "%H:%M")
    )
    if _comes_twice(local, zone):
        said += f" {local.tzname()}"
    return said if is_exact else f"about {said} (± {spread(uncertainty_ms)})"


def spread(ms: int) -> str:
    """Say a length of time in the unit people would use, rounded up: 1 s, 2 min, 3 h, 4 d."""
    seconds = -(-ms // 1000)
    for unit_s, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{-(-seconds // unit_s)} {name}"
    return f"{seconds} s"


def _comes_twice(local: datetime, zone: tzinfo) -> bool:
    # The hour that spring leaves out has two offsets as well, but no UTC leads into it.
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first != second
