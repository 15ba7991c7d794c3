import pytest

from posturecore.coach import (
    BENT,
    FELT,
    HOURLY_CAP,
    OUTCOMES,
    PATTERN_NAMES,
    PATTERNS,
    REASON_BEND,
    REASON_SLOUCH,
    REFRACTORY,
    SILENT,
    SLOUCHED,
)
from posturecore.context import BENDING, STILL, WALKING
from posturecore.decide import KIND_BEND

from .worn import Worn, breathing, shaken_by_motor, walking, without_gravity

# A cue: block, reason, pattern, outcome
QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10}  # 50 and 100 blocks


def outcomes(worn):
    return [(cue[0], cue[3]) for cue in worn.cues]


def bend(worn, flexion=70):
    return worn.hold(0, 2).hold(flexion, 10).hold(0, 3)


def test_a_cue_comes_when_a_slouch_becomes_prolonged():
    assert Worn().hold(15, 600).cues == [(599, REASON_SLOUCH, SLOUCHED, FELT)]


def test_a_slouch_that_lasts_is_cued_again_after_every_refractory_time():
    worn = Worn(**QUICK).hold(15, 350)
    assert outcomes(worn) == [(49, FELT), (149, FELT), (249, FELT), (349, FELT)]


def test_a_second_slouch_within_the_refractory_time_is_held_back_and_said():
    worn = Worn(**QUICK).hold(15, 50).hold(0, 20).hold(15, 50)
    assert outcomes(worn) == [(49, FELT), (119, REFRACTORY)]


def test_a_held_back_cue_is_asked_for_again_while_the_slouch_lasts():
    worn = Worn(**QUICK).hold(15, 50).hold(0, 20).hold(15, 150)
    assert outcomes(worn) == [(49, FELT), (119, REFRACTORY), (219, FELT)]


@pytest.mark.parametrize("cap", [1, 3, 6])
def test_no_more_cues_than_the_cap_are_felt_in_any_hour(cap):
    worn = Worn(**QUICK, cues_per_hour=cap).feel(breathing(36050 + cap * 100, 15))
    felt = [block for block, outcome in outcomes(worn) if outcome == FELT]
    assert felt == [49 + 100 * i for i in range(cap)] + [36049 + 100 * i for i in range(cap)]
    held_back = {outcome for block, outcome in outcomes(worn) if block not in felt}
    assert held_back == {HOURLY_CAP}


def test_silent_logs_every_cue_and_plays_none():
    worn = Worn(**QUICK, cues_per_hour=0).hold(15, 250)
    assert outcomes(worn) == [(49, SILENT), (149, SILENT), (249, SILENT)]
    assert bend(worn).cues[-1][1:] == (REASON_BEND, BENT, SILENT)


@pytest.mark.parametrize(("flexion", "expected"), [(59, 0), (61, 1)])
def test_a_deep_bend_is_cued_once_after_the_return(flexion, expected):
    worn = bend(Worn(), flexion)
    assert worn.cues == [(12, REASON_BEND, BENT, FELT)] * expected


def test_a_bend_too_short_to_log_is_not_cued():
    assert Worn().hold(0, 2).hold(80, 7).hold(0, 5).cues == []


def test_the_bend_cue_can_be_turned_off():
    assert bend(Worn(bend_cue_cdeg=18000), 100).cues == []


def test_bends_and_slouches_share_the_refractory_time():
    worn = bend(Worn(**QUICK)).hold(15, 50)
    assert outcomes(worn) == [(12, FELT), (64, REFRACTORY)]


def test_bends_and_slouches_share_the_cap():
    worn = bend(Worn(**QUICK, cues_per_hour=1)).hold(0, 100).hold(15, 50)
    assert outcomes(worn) == [(12, FELT), (164, HOURLY_CAP)]


def test_nobody_is_buzzed_while_walking():
    worn = Worn(**QUICK).hold(15, 60).feel(walking(150, 15))
    assert worn.contexts[-1] == WALKING
    assert outcomes(worn) == [(49, FELT)]


def test_nobody_is_buzzed_for_a_slouch_while_bending():
    worn = Worn(**QUICK, slouch_pause_s=60, bend_held_s=60).hold(15, 60).hold(45, 200)
    assert worn.contexts[-1] == BENDING
    assert outcomes(worn) == [(49, FELT)]


def test_nobody_is_buzzed_once_upright():
    worn = Worn(**QUICK, slouch_reset_s=60).hold(15, 60).hold(0, 300)
    assert worn.contexts[-1] == STILL
    assert outcomes(worn) == [(49, FELT)]


def test_the_cue_comes_when_the_wearer_slouches_again():
    worn = Worn(**QUICK, slouch_reset_s=60).hold(15, 60).hold(0, 300).hold(15, 1)
    assert outcomes(worn) == [(49, FELT), (360, FELT)]


@pytest.mark.parametrize("pause", [shaken_by_motor(150, 15), without_gravity(150)])
def test_nobody_is_buzzed_while_nothing_can_be_judged(pause):
    assert outcomes(Worn(**QUICK).hold(15, 60).feel(pause)) == [(49, FELT)]


def test_a_bend_that_was_cut_holds_no_cue_back():
    worn = Worn(**QUICK).hold(0, 2).hold(70, 20).gap(1).hold(15, 50)
    assert outcomes(worn) == [(72, FELT)]


def test_an_unfinished_bend_uses_up_no_cap():
    worn = Worn(**QUICK, cues_per_hour=1).hold(0, 2).hold(70, 20)
    worn.set_neutral((16393, 0, 0)).hold(0, 100).hold(15, 50)
    assert outcomes(worn)[-1][1] == FELT


def test_new_settings_do_not_earn_new_buzzes():
    worn = Worn(**QUICK, cues_per_hour=1).hold(15, 50)
    worn.configure(**QUICK, cues_per_hour=1).hold(15, 50)
    worn.configure(**QUICK, cues_per_hour=1).hold(15, 150)
    assert outcomes(worn) == [(49, FELT), (99, REFRACTORY), (149, HOURLY_CAP), (249, HOURLY_CAP)]


def test_a_new_neutral_does_not_earn_new_buzzes():
    worn = Worn(**QUICK).hold(15, 50).set_neutral((16393, 0, 0)).hold(15, 50)
    assert outcomes(worn) == [(49, FELT), (99, REFRACTORY)]


def test_a_gap_counts_as_time():
    worn = Worn(**QUICK).hold(15, 50).gap(100).hold(15, 50)
    assert outcomes(worn) == [(49, FELT), (199, FELT)]


@pytest.mark.parametrize("pattern", PATTERNS, ids=PATTERN_NAMES)
def test_patterns_are_felt_and_do_not_tire(pattern):
    on, off = pattern[::2], pattern[1::2]
    assert all(30 <= pulse <= 800 for pulse in on)
    assert sum(on) <= 2500  # 25 % of any 10 s
    assert len(off) == max(0, len(on) - 1)
    assert len(OUTCOMES) == 4


def test_a_sensor_picked_up_from_a_table_earns_no_cue():
    worn = Worn().hold(0, 20).hold(80, 600).hold(0, 20)
    assert len(worn.episodes(KIND_BEND)) == 1
    assert not worn.cues
