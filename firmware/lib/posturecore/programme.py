"""Whether cues are felt at a minute of the wearer's clock, and if not, why: a code of COACHINGS.

The first that holds: silent, snoozed, outside hours, and then the programme, a day at a time:

    baseline_days   full_days    fade_days              from then on
    ├─ baseline ───┼─ felt ─────┼─ felt in fewer hours ┼─ felt in fade_to_pct of the hours ─►
                    every probe_every_days-th day from here on: probe day

Faded means whole hours with cues and whole hours without: feedback given all the time helps while
it lasts, but is leaned on (guidance hypothesis), so it comes less and less often. Which hours is
plain counting, in steps of 23 a day: every day has its share, and the hours move from day to day,
so that the wearer does not learn them. Nothing is remembered: after a restart the same minute has
the same code.

While the time is not known, hours and programme cannot hold: cues are felt, unless silent or
snoozed.
"""

FELT, SILENT, SNOOZED, OUTSIDE_HOURS, BASELINE, FADED, PROBE_DAY = range(7)

MINUTES_PER_DAY = 1440
UNKNOWN_TIME = -1
_HOURS_COUNTED_PER_DAY = 23
_MONDAY = 3  # 1970 began on a Thursday


def is_within(minute: int, start: int, end: int) -> bool:
    """Tell whether a minute of the day is in [start, end), which may reach into the next day."""
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end


def coaching(settings: dict[str, int], local_min: int, is_snoozed: bool) -> int:
    """Return the code for a minute since 1970 on the wearer's clock, or UNKNOWN_TIME."""
    if settings["is_silent"] or settings["cues_per_hour"] == 0:
        return SILENT
    if is_snoozed:
        return SNOOZED
    if local_min < 0:
        return FELT
    day, minute = local_min // MINUTES_PER_DAY, local_min % MINUTES_PER_DAY
    if not _is_working(settings, day, minute):
        return OUTSIDE_HOURS
    if is_within(minute, settings["quiet_from_min"], settings["quiet_to_min"]):
        return OUTSIDE_HOURS
    return _by_programme(settings, day, minute // 60)


def _is_working(settings: dict[str, int], day: int, minute: int) -> bool:
    start, end = settings["work_from_min"], settings["work_to_min"]
    if start != end:
        if not is_within(minute, start, end):
            return False
        if end < start and minute < end:
            day -= 1  # hours over midnight belong to the day they begin on
    return bool(settings["work_days"] >> (day + _MONDAY) % 7 & 1)


def _by_programme(settings: dict[str, int], day: int, hour: int) -> int:
    since = day - settings["programme_start_day"]
    if settings["programme_start_day"] == 0 or since < 0:
        return FELT
    trained = since - settings["baseline_days"]
    if trained < 0:
        return BASELINE
    every = settings["probe_every_days"]
    if every and trained % every == every - 1:
        return PROBE_DAY
    share_pct = felt_share_pct(settings, trained)
    counted = (since * _HOURS_COUNTED_PER_DAY + hour) % 100
    return FELT if counted * share_pct % 100 < share_pct else FADED


def felt_share_pct(settings: dict[str, int], trained: int) -> int:
    """Return the share of hours with cues on a day, counted from the end of the baseline."""
    faded, fade_days = trained - settings["full_days"], settings["fade_days"]
    if faded < 0:
        return 100
    lost_pct = 100 - settings["fade_to_pct"]
    return 100 - lost_pct * min(faded + 1, fade_days + 1) // (fade_days + 1)
