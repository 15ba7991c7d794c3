import itertools

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore import programme
from posturecore.coach import (
    BASELINE,
    FADED,
    FELT,
    HOURLY_CAP,
    OUTCOMES,
    OUTSIDE_HOURS,
    PROBE_DAY,
    REASON_BEND,
    REASON_CORRECTED,
    REASON_SLOUCH,
    REFRACTORY,
    SILENT,
    SNOOZED,
    Coach,
)
from posturecore.context import BENDING, STILL, WALKING
from posturecore.decide import KIND_BEND
from posturecore.flash import COACHINGS
from posturecore.params import complete
from posturecore.patterns import BENT, CORRECTED, SLOUCHED, STRONGER

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


def test_a_sensor_picked_up_from_a_table_earns_no_cue():
    worn = Worn().hold(0, 20).hold(80, 600).hold(0, 20)
    assert len(worn.episodes(KIND_BEND)) == 1
    assert not worn.cues


# Escalation


def patterns(worn):
    return [cue[2] for cue in worn.cues]


def test_cues_within_one_slouch_become_stronger():
    worn = Worn(**QUICK, escalate_after=2).hold(15, 450)
    assert patterns(worn) == [SLOUCHED, SLOUCHED, STRONGER, STRONGER, STRONGER]


def test_a_new_slouch_begins_gently():
    worn = Worn(**QUICK, escalate_after=1).hold(15, 250).hold(0, 120).hold(15, 50)
    assert patterns(worn) == [SLOUCHED, STRONGER, STRONGER, SLOUCHED]


def test_what_was_not_felt_does_not_escalate():
    worn = Worn(**QUICK, escalate_after=1, is_silent=1).hold(15, 350)
    assert patterns(worn) == [SLOUCHED] * 4


def test_escalation_can_be_turned_off():
    worn = Worn(**QUICK, escalate_after=0).hold(15, 450)
    assert patterns(worn) == [SLOUCHED] * 5


# Coaching from outside


@pytest.mark.parametrize(
    ("coaching", "outcome"),
    [
        (programme.SILENT, SILENT),
        (programme.SNOOZED, SNOOZED),
        (programme.OUTSIDE_HOURS, OUTSIDE_HOURS),
        (programme.BASELINE, BASELINE),
        (programme.FADED, FADED),
        (programme.PROBE_DAY, PROBE_DAY),
    ],
)
def test_every_cue_that_is_held_back_from_outside_is_logged_with_the_reason(coaching, outcome):
    worn = Worn(**QUICK)
    worn.decider.set_coaching(coaching)
    bend(worn.hold(15, 250))
    assert outcomes(worn) == [(49, outcome), (149, outcome), (249, outcome), (262, outcome)]
    assert COACHINGS[coaching] == OUTCOMES[outcome]


def test_a_slouch_that_outlasts_a_snooze_is_cued_again():
    worn = Worn(**QUICK)
    worn.decider.set_coaching(programme.SNOOZED)
    worn.hold(15, 120)
    worn.decider.set_coaching(programme.FELT)
    worn.hold(15, 100)
    assert outcomes(worn) == [(49, SNOOZED), (149, FELT)]


def test_what_is_held_back_from_outside_uses_up_no_cap():
    worn = Worn(**QUICK, cues_per_hour=1)
    worn.decider.set_coaching(programme.BASELINE)
    worn.hold(15, 150)
    worn.decider.set_coaching(programme.FELT)
    worn.hold(15, 100)
    assert outcomes(worn) == [(49, BASELINE), (149, BASELINE), (249, FELT)]


def test_silent_by_its_own_setting_needs_no_word_from_outside():
    worn = Worn(**QUICK, is_silent=1).hold(15, 60)
    assert outcomes(worn) == [(49, SILENT)]


def test_new_settings_leave_the_coaching_as_it_is():
    worn = Worn(**QUICK)
    worn.decider.set_coaching(programme.SNOOZED)
    worn.configure(**QUICK).hold(15, 60)
    assert outcomes(worn) == [(49, SNOOZED)]


@pytest.mark.parametrize("code", [-1, len(COACHINGS), 255])
def test_an_unknown_coaching_is_refused_and_changes_nothing(code):
    worn = Worn(**QUICK)
    with pytest.raises(ValueError, match=f"Found coaching {code}; expected 0 to 6"):
        worn.decider.set_coaching(code)
    assert outcomes(worn.hold(15, 60)) == [(49, FELT)]


# Corrected


def corrections(worn):
    return [cue for cue in worn.cues if cue[1] == REASON_CORRECTED]


def correcting(**settings):
    return Worn(**QUICK, has_corrected_pulse=1, slouch_pause_s=5, **settings)


def test_good_posture_after_a_felt_cue_is_answered():
    worn = correcting().hold(15, 60).hold(0, 30)
    assert corrections(worn) == [(79, REASON_CORRECTED, CORRECTED, FELT)]


def test_a_corrected_pulse_must_be_asked_for():
    assert corrections(Worn(**QUICK).hold(15, 60).hold(0, 30)) == []


def test_walking_away_is_not_answered():
    assert corrections(correcting().hold(15, 60).feel(walking(150)).hold(0, 100)) == []


def test_a_sensor_laid_aside_is_not_answered():
    assert corrections(correcting().hold(15, 60).hold(90, 400).hold(0, 50)) == []


@pytest.mark.parametrize("pause", [shaken_by_motor(60, 15), without_gravity(60)])
def test_a_slouch_that_ends_unseen_is_not_answered(pause):
    assert corrections(correcting().hold(15, 60).feel(pause).hold(0, 50)) == []


def test_a_gap_is_not_answered():
    assert corrections(correcting().hold(15, 60).gap(5).hold(0, 50)) == []


def test_a_slouch_that_was_not_cued_is_not_answered():
    assert corrections(correcting().hold(15, 40).hold(0, 50)) == []


def test_a_slouch_whose_cue_was_held_back_is_not_answered():
    worn = correcting().hold(15, 50).hold(0, 20).hold(15, 50).hold(0, 50)
    assert outcomes(worn) == [(49, FELT), (69, FELT), (119, REFRACTORY)]


@pytest.mark.parametrize("coaching", range(1, len(COACHINGS)))
def test_nothing_is_answered_while_nothing_is_felt(coaching):
    worn = correcting().hold(15, 60)
    worn.decider.set_coaching(coaching)
    assert corrections(worn.hold(0, 50)) == []


def test_an_answer_uses_up_neither_cap_nor_refractory_time():
    worn = correcting(cues_per_hour=2).hold(15, 50).hold(0, 100).hold(15, 50).hold(0, 30)
    assert outcomes(worn) == [(49, FELT), (69, FELT), (199, FELT), (219, FELT)]


# Any stream of asks

ASKS = st.lists(
    st.tuples(
        st.integers(1, 3000),  # blocks later
        st.sampled_from(["slouch", "slouch", "bend", "good", "coaching"]),
        st.integers(0, len(COACHINGS) - 1),
    ),
    max_size=80,
)


@hypothesis_settings(max_examples=150)
@given(ASKS, st.integers(10, 300), st.integers(0, 6), st.integers(0, 3), st.booleans())
def test_no_stream_of_asks_gets_more_than_the_limits(asks, refractory_s, cap, escalate, silent):
    settings = {"slouch_refractory_s": refractory_s, "cues_per_hour": cap}
    settings |= {"escalate_after": escalate, "is_silent": int(silent), "has_corrected_pulse": 1}
    coach, at, cues = Coach(complete(settings), 60000), 0, []
    for later, what, coaching in asks:
        at += later
        cue = ()
        if what == "coaching":
            coach.coaching = coaching
        elif what == "bend":
            cue = coach.bend(at, 9000)
        elif what == "slouch":
            cue = coach.slouch(at, True, True)
        else:
            cue = coach.corrected(at)
            coach.slouch(at, False, False)
        if cue:
            cues.append((*cue, coach.coaching))
    felt = [cue[0] for cue in cues if cue[3] == FELT and cue[1] != REASON_CORRECTED]
    assert all(later - at >= refractory_s * 10 for at, later in itertools.pairwise(felt))
    assert all(sum(at <= other < at + 36000 for other in felt) <= cap for at in felt)
    for _, reason, _, outcome, coaching in cues:
        assert outcome != FELT or (coaching == programme.FELT and cap and not silent)
        if coaching != programme.FELT:
            assert OUTCOMES[outcome] == COACHINGS[coaching]
            assert reason != REASON_CORRECTED
