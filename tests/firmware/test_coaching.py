"""Snooze, time, marks and cues on the device, with the real coach, programme and motor."""

import pytest

from posturecore.coach import FELT, MOTOR_REFUSED, REASON_CORRECTED, REASON_HOST, REASON_SLOUCH
from posturecore.coach import SNOOZED as HELD_BY_SNOOZE
from posturecore.flash import COACHING, MARK
from posturecore.frames import CUE
from posturecore.patterns import IDENTIFY, SLOUCHED
from posturecore.programme import BASELINE, OUTSIDE_HOURS, SILENT, SNOOZED
from posturecore.programme import FELT as CUES_FELT
from tests.firmware.coached import Coached, pulses_of
from tests.firmware.parts import WRAP_MS

QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10, "cues_per_hour": 30}
MONDAY_S = 20_444 * 86_400
OFFICE = {"work_from_min": 540, "work_to_min": 1020}
HOUR_MS = 3_600_000


@pytest.fixture
def coached(tmp_path):
    return Coached(tmp_path, **QUICK)


def coachings(coached):
    return [code for _, code in coached.of(COACHING)]


def test_nothing_is_told_while_nothing_changes(coached):
    coached.pass_ms(HOUR_MS, step_ms=60_000)
    assert coached.of(COACHING) == []
    assert coached.coaching.code == CUES_FELT


def test_a_snooze_holds_cues_back_for_its_time_and_is_told(coached):
    coached.coaching.press()
    coached.hold(15, 60)
    assert coached.of(CUE)[0][3] == HELD_BY_SNOOZE
    coached.pass_ms(30 * 60_000, step_ms=1000)
    coached.hold(15, 100)
    assert coached.of(CUE)[-1][3] == FELT
    assert coached.of(COACHING) == [(0, SNOOZED), (60, CUES_FELT)]


@pytest.mark.parametrize("start_ms", [0, WRAP_MS - 60_000], ids=["usual", "clock-wraps"])
def test_a_snooze_is_as_long_as_prescribed(tmp_path, start_ms):
    coached = Coached(tmp_path, start_ms, snooze_min=5)
    coached.coaching.press()
    coached.pass_ms(5 * 60_000 - 1000, step_ms=1000)
    assert coached.coaching.code == SNOOZED
    coached.pass_ms(1000, step_ms=1000)
    assert coached.coaching.code == CUES_FELT


def test_a_second_press_ends_the_snooze(coached):
    coached.coaching.press()
    coached.coaching.press()
    assert coachings(coached) == [SNOOZED, CUES_FELT]


def test_work_begins_when_the_wearers_clock_says_so(tmp_path):
    coached = Coached(tmp_path, **QUICK, **OFFICE)
    # 6:59 in UTC is 8:59 for the wearer.
    coached.coaching.set_time(coached.uptime.ms, MONDAY_S + 7 * 3600 - 60, 500, 120)
    assert coached.coaching.code == OUTSIDE_HOURS
    assert coached.coaching.has_time
    coached.pass_ms(59_000, step_ms=100)
    assert coached.coaching.code == OUTSIDE_HOURS
    coached.pass_ms(500, step_ms=100)
    assert coached.coaching.code == CUES_FELT
    coached.pass_ms(8 * HOUR_MS, step_ms=1000)
    assert coachings(coached) == [OUTSIDE_HOURS, CUES_FELT, OUTSIDE_HOURS]


def test_without_an_anchor_hours_cannot_hold(tmp_path):
    coached = Coached(tmp_path, **OFFICE)
    assert not coached.coaching.has_time
    coached.pass_ms(24 * HOUR_MS, step_ms=60_000)
    assert coached.of(COACHING) == []


def test_the_clock_goes_on_over_every_wrap(tmp_path):
    coached = Coached(tmp_path, start_ms=WRAP_MS - 5000, **OFFICE)
    coached.coaching.set_time(coached.uptime.ms, MONDAY_S + 12 * 3600, 0, 0)
    day_ms = 24 * HOUR_MS
    for _ in range(60):  # the ticks wrap after 12 days, the uptime after 49
        coached.pass_ms(day_ms, step_ms=day_ms // 4)
        assert coached.coaching.code == CUES_FELT
    coached.pass_ms(5 * HOUR_MS, step_ms=HOUR_MS)
    assert coached.coaching.code == OUTSIDE_HOURS


def test_a_new_anchor_corrects_the_clock(tmp_path):
    coached = Coached(tmp_path, **OFFICE)
    coached.coaching.set_time(coached.uptime.ms, MONDAY_S, 0, 0)
    coached.coaching.set_time(coached.uptime.ms, MONDAY_S + 10 * 3600, 0, 0)
    assert coachings(coached) == [OUTSIDE_HOURS, CUES_FELT]


@pytest.mark.long_on_vm("days")
def test_a_programme_runs_by_the_wearers_days(tmp_path):
    coached = Coached(tmp_path, programme_start_day=20_444, baseline_days=1)
    coached.coaching.set_time(coached.uptime.ms, MONDAY_S - 3600, 0, 0)
    coached.pass_ms(HOUR_MS, step_ms=1000)
    coached.pass_ms(24 * HOUR_MS, step_ms=1000)
    assert coachings(coached) == [BASELINE, CUES_FELT]


def test_a_change_of_the_prescription_holds_at_once(coached):
    coached.change(is_silent=1)
    coached.change(is_silent=0)
    assert coachings(coached) == [SILENT, CUES_FELT]


def test_a_host_that_comes_is_told_the_code_in_force(coached):
    coached.coaching.press()
    coached.told.clear()
    coached.hold(0, 5)
    coached.coaching.say()
    assert coached.of(COACHING) == [(5, SNOOZED)]


# Cues as they came true


def test_a_felt_cue_is_felt(coached):
    coached.hold(15, 60)
    assert coached.of(CUE) == [(49, REASON_SLOUCH, SLOUCHED, FELT)]
    assert coached.pulses() == pulses_of(SLOUCHED)


def test_a_cue_that_the_motor_refused_is_not_called_felt(coached):
    coached.hold(15, 10)
    coached.touch.say(IDENTIFY)
    coached.hold(15, 25)
    assert coached.haptics.play((800,))
    coached.hold(15, 20)
    assert coached.of(CUE) == [(49, REASON_SLOUCH, SLOUCHED, MOTOR_REFUSED)]
    assert not coached.coaching.mark()


def test_a_cue_that_was_held_back_moves_no_motor(coached):
    coached.coaching.press()
    coached.hold(15, 60)
    assert coached.pulses() == []


# Marks


def test_the_last_felt_cue_may_be_marked_once(coached):
    coached.hold(15, 170)
    assert [cue[0] for cue in coached.of(CUE)] == [49, 149]
    assert coached.coaching.mark()
    assert coached.of(MARK) == [(170, 149)]
    assert not coached.coaching.mark()


@pytest.mark.parametrize(("later", "is_marked"), [(3000, True), (3001, False)])
def test_a_cue_may_be_marked_for_five_minutes(coached, later, is_marked):
    coached.hold(15, 50)
    coached.decider.gap(later - 1)
    assert coached.coaching.mark() == is_marked


def test_there_is_nothing_to_mark_before_the_first_cue(coached):
    assert not coached.coaching.mark()
    coached.coaching.note((5, REASON_HOST, IDENTIFY, FELT))
    assert not coached.coaching.mark()
    assert coached.told == []


def test_the_pulse_for_good_posture_is_no_cue_to_mark(tmp_path):
    coached = Coached(tmp_path, slouch_hold_s=5, has_corrected_pulse=1)
    coached.hold(15, 60).hold(0, 60)
    assert [cue[1] for cue in coached.of(CUE)] == [REASON_SLOUCH, REASON_CORRECTED]
    assert coached.coaching.mark()
    assert [cue_block for _, cue_block in coached.of(MARK)] == [coached.of(CUE)[0][0]]


# State and battery by touch


@pytest.mark.parametrize(
    ("percent", "pulses"),
    [(-5, 1), (0, 1), (24, 1), (25, 2), (50, 3), (74, 3), (75, 4), (100, 4), (120, 4)],
)
def test_the_battery_is_told_in_pulses_after_the_state(tmp_path, percent, pulses):
    coached = Coached(tmp_path, battery_pct=percent)
    assert coached.touch.state(SNOOZED)
    coached.pass_ms(5000)
    assert coached.pulses() == [700] + [150] * pulses


@pytest.mark.parametrize("coaching", range(7))
def test_the_state_says_no_cues_only_where_the_wearer_may_know(tmp_path, coaching):
    """Who felt that today is a probe day would not be measured without help."""
    coached = Coached(tmp_path)
    assert coached.touch.state(coaching)
    coached.pass_ms(5000)
    assert (coached.pulses()[0] == 700) == (coaching in (SILENT, SNOOZED, OUTSIDE_HOURS))
