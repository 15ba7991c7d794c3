"""When cues are felt: silence, snooze, hours, and the days of a programme."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import programme
from posturecore.flash import COACHINGS
from posturecore.params import PARAMS, complete
from posturecore.programme import (
    BASELINE,
    FADED,
    FELT,
    OUTSIDE_HOURS,
    PROBE_DAY,
    SILENT,
    SNOOZED,
    UNKNOWN_TIME,
    coaching,
    felt_share_pct,
    is_within,
)

MONDAY = 20_444  # 22 December 2025, days since 1970
DAY_MIN = 1440
OFFICE = {"work_from_min": 540, "work_to_min": 1020}  # 9:00 to 17:00
COURSE = {
    "programme_start_day": MONDAY,
    "baseline_days": 3,
    "full_days": 4,
    "fade_days": 10,
    "fade_to_pct": 25,
    "probe_every_days": 0,
}


def at(day, hour=12, minute=0):
    return day * DAY_MIN + hour * 60 + minute


def code(local_min, is_snoozed=False, **settings):
    return coaching(complete(settings), local_min, is_snoozed)


def felt_hours(day, **settings):
    return [hour for hour in range(24) if code(at(day, hour), **settings) == FELT]


def test_monday_is_a_monday():
    assert code(at(MONDAY), work_days=1) == FELT
    assert code(at(MONDAY), work_days=126) == OUTSIDE_HOURS
    assert code(at(MONDAY + 6), work_days=64) == FELT


def test_codes_are_places_in_the_list_of_coachings():
    for name in ("FELT", "SILENT", "SNOOZED", "OUTSIDE_HOURS", "BASELINE", "FADED", "PROBE_DAY"):
        assert COACHINGS[getattr(programme, name)] == name.lower().replace("_", " ")


def test_cues_are_always_felt_by_default():
    assert {code(at(day, hour)) for day in range(MONDAY, MONDAY + 7) for hour in range(24)} == {
        FELT
    }


@pytest.mark.parametrize("silence", [{"is_silent": 1}, {"cues_per_hour": 0}], ids=str)
@pytest.mark.parametrize("local_min", [UNKNOWN_TIME, at(MONDAY)])
def test_silence_goes_before_everything(silence, local_min):
    assert code(local_min, is_snoozed=True, **silence) == SILENT


@pytest.mark.parametrize("local_min", [UNKNOWN_TIME, at(MONDAY)])
def test_a_snooze_needs_no_clock(local_min):
    assert code(local_min, is_snoozed=True) == SNOOZED


def test_while_the_time_is_unknown_hours_and_programme_cannot_hold():
    assert code(UNKNOWN_TIME, **OFFICE, **COURSE, work_days=1, quiet_to_min=600) == FELT


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(8, 59, OUTSIDE_HOURS), (9, 0, FELT), (16, 59, FELT), (17, 0, OUTSIDE_HOURS)],
)
def test_cues_are_felt_within_work_hours(hour, minute, expected):
    assert code(at(MONDAY, hour, minute), **OFFICE) == expected


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        pytest.param(MONDAY, 23, FELT, id="monday-night"),
        pytest.param(MONDAY + 1, 3, FELT, id="still-mondays-shift"),
        pytest.param(MONDAY + 1, 6, OUTSIDE_HOURS, id="its-end"),
        pytest.param(MONDAY, 3, OUTSIDE_HOURS, id="sundays-shift"),
        pytest.param(MONDAY + 1, 23, OUTSIDE_HOURS, id="tuesdays-shift"),
    ],
)
def test_a_night_shift_belongs_to_the_day_it_begins_on(day, hour, expected):
    shift = {"work_from_min": 22 * 60, "work_to_min": 6 * 60, "work_days": 1}
    assert code(at(day, hour), **shift) == expected


@pytest.mark.parametrize(
    ("hour", "expected"), [(21, FELT), (22, OUTSIDE_HOURS), (6, OUTSIDE_HOURS), (7, FELT)]
)
def test_quiet_hours_may_reach_over_midnight(hour, expected):
    assert code(at(MONDAY, hour), quiet_from_min=22 * 60, quiet_to_min=7 * 60) == expected


def test_hours_until_midnight_can_be_said():
    assert felt_hours(MONDAY, work_from_min=1200, work_to_min=1440) == [20, 21, 22, 23]


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1440))
def test_a_span_of_hours_is_as_long_as_it_says(minute, start, end):
    inside = [m for m in range(1440) if is_within(m, start, end)]
    assert len(inside) == (end - start if end >= start else 1440 - start + end)
    assert is_within(minute, start, end) == (minute in inside)


@pytest.mark.parametrize(
    ("hours", "is_good"),
    [
        pytest.param({"work_from_min": 540, "work_to_min": 1020}, True, id="day-work"),
        pytest.param({"work_from_min": 1380, "work_to_min": 300}, False, id="night-work"),
        pytest.param({"work_from_min": 1380, "work_to_min": 480}, True, id="until-morning"),
        pytest.param({"work_from_min": 60, "work_to_min": 420}, False, id="to-the-minute"),
        pytest.param({"work_from_min": 60, "work_to_min": 421}, True, id="a-minute-more"),
        pytest.param({}, True, id="always"),
        pytest.param({"quiet_from_min": 0, "quiet_to_min": 1440}, False, id="never"),
    ],
)
def test_hours_in_which_no_cue_could_ever_be_felt_are_refused(hours, is_good):
    settings = {"quiet_from_min": 22 * 60, "quiet_to_min": 7 * 60} | hours
    if is_good:
        assert any(code(m, **settings) == FELT for m in range(at(MONDAY, 0), at(MONDAY + 2, 0)))
    else:
        with pytest.raises(ValueError, match="is_silent"):
            complete(settings)


@given(st.integers(0, 1439), st.integers(0, 1440), st.integers(0, 1439), st.integers(0, 1440))
def test_exactly_the_hours_without_a_felt_minute_are_refused(work, work_to, quiet, quiet_to):
    minutes = [
        m
        for m in range(1440)
        if (work == work_to or is_within(m, work, work_to)) and not is_within(m, quiet, quiet_to)
    ]
    hours = {"work_from_min": work, "work_to_min": work_to}
    hours |= {"quiet_from_min": quiet, "quiet_to_min": quiet_to}
    try:
        complete(hours)
    except ValueError:
        assert minutes == []
    else:
        assert minutes != []


# The programme


@pytest.mark.parametrize(
    ("day", "expected"),
    [(-1, FELT), (0, BASELINE), (2, BASELINE), (3, FELT), (6, FELT)],
)
def test_a_programme_begins_with_a_baseline_and_then_full_cueing(day, expected):
    assert {code(at(MONDAY + day, hour), **COURSE) for hour in range(24)} == {expected}


def test_the_felt_share_falls_evenly_and_stays_low():
    shares = [felt_share_pct(complete(COURSE), day) for day in range(40)]
    assert shares[:4] == [100] * 4
    assert shares == sorted(shares, reverse=True)
    falls = [before - after for before, after in itertools.pairwise(shares[3:15])]
    assert len(falls) == 11
    assert max(falls) - min(falls) <= 1
    assert set(shares[14:]) == {25}


def test_without_fading_the_share_falls_at_once():
    assert felt_share_pct(complete({**COURSE, "fade_days": 0}), 3) == 100
    assert felt_share_pct(complete({**COURSE, "fade_days": 0}), 4) == 25


@given(st.integers(0, 100), st.integers(20, 400))
def test_every_hundred_hours_have_their_share_and_every_day_about_its_own(share_pct, day):
    settings = {**COURSE, "fade_to_pct": share_pct, "fade_days": 0}
    days = [felt_hours(MONDAY + day + k, **settings) for k in range(100)]
    assert sum(map(len, days)) == 24 * share_pct
    assert all(abs(len(hours) - 0.24 * share_pct) <= 1 for hours in days)


@pytest.mark.parametrize("share_pct", [25, 50, 75])
def test_the_felt_hours_move_from_day_to_day(share_pct):
    settings = {**COURSE, "fade_to_pct": share_pct}
    assert felt_hours(MONDAY + 30, **settings) != felt_hours(MONDAY + 31, **settings)
    assert FADED in {code(at(MONDAY + 30, hour), **settings) for hour in range(24)}


def test_every_seventh_day_after_the_baseline_is_a_probe():
    settings = {**COURSE, "probe_every_days": 7}
    probes = [day for day in range(40) if code(at(MONDAY + day), **settings) == PROBE_DAY]
    assert probes == [9, 16, 23, 30, 37]
    assert {code(at(MONDAY + 9, hour), **settings) for hour in range(24)} == {PROBE_DAY}


def test_hours_go_before_the_programme():
    assert code(at(MONDAY, 8), **OFFICE, **COURSE) == OUTSIDE_HOURS


ANY_SETTINGS = st.fixed_dictionaries({row[0]: st.integers(row[2], row[3]) for row in PARAMS})


@given(ANY_SETTINGS, st.integers(-1, 100_000 * DAY_MIN), st.booleans())
def test_any_settings_at_any_time_have_a_code(settings, local_min, is_snoozed):
    assert 0 <= coaching(settings, local_min, is_snoozed) < len(COACHINGS)
