import pytest

from posturecore.coach import BASELINE, DOUBTED, FELT, REASON_BEND
from posturecore.context import STILL, WALKING
from posturecore.decide import KIND_SLOUCH
from posturecore.flash import DOUBT
from posturecore.programme import BASELINE as IN_BASELINE

from .worn import UPRIGHT, Worn, walking

# 50 and 100 blocks; a slump of one block is no bend.
QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10, "bend_fast_entry_cdeg": 3000}
WALK = 320  # blocks: of 32 s, 30 and a half are known to be walking


def doubts(worn):
    return [values[1] for frame, values in worn.said if frame == DOUBT]


def outcomes(worn):
    return [cue[3] for cue in worn.cues]


def walk(worn, flexion_deg, blocks=WALK):
    """Walk so, halt, and stand upright for a while."""
    return worn.feel(walking(blocks, flexion_deg)).hold(flexion_deg, 20).hold(0, 60)


def walked(flexion_deg, blocks=WALK, **settings):
    return walk(Worn(**QUICK, **settings), flexion_deg, blocks)


@pytest.mark.parametrize(
    ("placement", "flexion_deg", "expected"),
    [
        pytest.param(1, 9, [], id="a lean"),
        pytest.param(1, 14, [900], id="slipped forward"),
        pytest.param(1, -14, [], id="slipped backward"),
        pytest.param(1, 33, [], id="carried in a bag"),
        pytest.param(3, -14, [900], id="slipped backward at L5"),
        pytest.param(3, 14, [], id="slipped forward at L5"),
    ],
)
def test_a_walk_that_leans_as_a_slouch_tips_puts_neutral_in_doubt(
    placement, flexion_deg, expected
):
    found = doubts(walked(flexion_deg, placement=placement))
    assert len(found) == len(expected)
    assert found == pytest.approx(expected, abs=15)


def test_a_short_walk_is_not_asked():
    assert doubts(walked(14, blocks=290)) == []


def test_two_short_walks_are_no_long_one():
    assert doubts(walk(walked(14, blocks=200), 14, blocks=200)) == []


def test_a_doubt_is_told_with_its_first_block():
    worn = walked(14)
    ((at, _),) = [values for frame, values in worn.said if frame == DOUBT]
    last = max(k for k, context in enumerate(worn.contexts) if context == WALKING)
    assert at == last + 1


def test_in_doubt_a_slouch_is_logged_but_its_cue_is_held_back():
    worn = walked(14).hold(16, 250).hold(0, 30)
    assert outcomes(worn) == [DOUBTED] * 3
    (episode,) = worn.episodes(KIND_SLOUCH)
    assert episode[5] == pytest.approx(1600, abs=20)


def test_a_slouch_beyond_doubt_is_cued():
    worn = walked(14).hold(22, 50)
    assert outcomes(worn) == [FELT]


def test_a_slouch_that_goes_beyond_doubt_is_cued_after_its_hold_time():
    worn = walked(14).hold(16, 55)
    begun = worn.decider.at
    worn.hold(23, 60)
    assert outcomes(worn) == [DOUBTED, FELT]
    assert worn.cues[-1][0] == begun + 49


def test_a_cue_in_doubt_needs_a_block_that_is_itself_beyond():
    worn = walked(14, slouch_reset_s=60).hold(22, 60)
    so_far = outcomes(worn)
    assert outcomes(worn.hold(15, 300)) == so_far
    assert outcomes(worn.hold(22, 1)) == [*so_far, FELT]


def test_a_few_steps_do_not_end_a_slouch_beyond_doubt():
    worn = walked(14).hold(22, 60)
    worn.feel(walking(60, 22)).hold(22, 100)
    assert [cue[0] - worn.cues[0][0] for cue in worn.cues] == [0, 100]
    assert outcomes(worn) == [FELT, FELT]


def test_a_gap_ends_a_slouch_beyond_doubt():
    worn = walked(14).hold(22, 40).gap(1).hold(16, 15).hold(22, 35)
    assert outcomes(worn) == [DOUBTED]


def test_another_doubt_begins_a_slouch_beyond_it_anew():
    worn = walked(14, slouch_pause_s=60).hold(24, 60).feel(walking(WALK, 20)).hold(24, 60)
    assert doubts(worn) == pytest.approx([900, 1500], abs=15)
    assert outcomes(worn) == [FELT, DOUBTED]


def test_at_l5_too_a_cue_must_be_beyond_doubt():
    worn = walked(-13, placement=3, reclined_cdeg=4000).hold(-16, 60).hold(-24, 60)
    assert outcomes(worn) == [DOUBTED, FELT]


def test_what_is_held_back_in_doubt_uses_up_no_limit():
    worn = walked(14, cues_per_hour=1).hold(16, 60).hold(23, 60)
    assert outcomes(worn) == [DOUBTED, FELT]


def test_an_upright_walk_ends_the_doubt():
    worn = walk(walked(14), 3).hold(16, 60)
    assert doubts(worn)[1:] == [0]
    assert outcomes(worn) == [FELT]


def test_who_slouches_all_day_and_walks_upright_is_cued_as_prescribed():
    worn = Worn(**QUICK, cues_per_hour=30)
    for _ in range(6):
        walk(worn.hold(16, 160), 4)
    assert outcomes(worn) == [FELT] * 12


def test_a_walk_after_another_decides_anew():
    worn = walk(walked(14), 20)
    assert doubts(worn) == pytest.approx([900, 1500], abs=15)


def test_a_new_neutral_pose_ends_the_doubt():
    worn = walked(14).set_neutral(UPRIGHT)
    assert worn.said[-1] == (DOUBT, (worn.decider.at, 0))
    assert outcomes(worn.hold(16, 60)) == [FELT]


def test_a_neutral_pose_without_a_doubt_tells_of_none():
    assert doubts(Worn().hold(0, 10).set_neutral(UPRIGHT)) == []


def test_new_settings_leave_the_doubt_as_it_is():
    worn = walked(14).configure(**QUICK).hold(16, 60)
    assert len(doubts(worn)) == 1
    assert outcomes(worn) == [DOUBTED]


def test_doubting_can_be_turned_off():
    worn = walked(29, walk_doubt_cdeg=3000).hold(16, 60)
    assert doubts(worn) == []
    assert outcomes(worn) == [FELT]


def test_turned_off_a_doubt_lasts_to_the_next_walk():
    worn = walked(14).configure(**QUICK, walk_doubt_cdeg=3000)
    assert doubts(walk(worn, 14))[1:] == [0]


def test_a_walk_in_which_the_neutral_pose_changed_is_asked_from_there_on():
    worn = Worn(**QUICK).feel(walking(200, 29)).set_neutral(UPRIGHT)
    assert doubts(walk(worn, 4)) == []


def test_a_walk_in_which_samples_are_missing_is_two_walks():
    worn = walk(Worn(**QUICK).feel(walking(200, 14)).gap(1), 14, blocks=200)
    assert doubts(worn) == []


def test_our_own_motor_does_not_end_a_walk():
    steps = walking(WALK, 14)
    steps[150] = (*steps[150][:-1], 2)
    assert len(doubts(Worn(**QUICK).feel(steps).hold(14, 20))) == 1


def test_a_doubt_outlives_a_gap():
    worn = walked(14).gap(100).hold(16, 60)
    assert outcomes(worn) == [DOUBTED]


def test_what_holds_cues_back_from_outside_comes_before_the_doubt():
    worn = walked(14)
    worn.decider.set_coaching(IN_BASELINE)
    assert outcomes(worn.hold(16, 60)) == [BASELINE]


def test_a_deep_bend_is_cued_in_doubt_as_ever():
    worn = walked(14).hold(70, 10).hold(0, 30)
    assert [(cue[1], cue[3]) for cue in worn.cues] == [(REASON_BEND, FELT)]


def test_by_dose_too_a_cue_must_be_beyond_doubt():
    worn = walked(14, slouch_rule=1, slouch_dose_cdeg_s=5000)
    assert outcomes(worn.hold(20, 120)) == [DOUBTED]
    assert outcomes(worn.hold(0, 2000).hold(29, 90)) == [DOUBTED, DOUBTED, FELT]
    assert worn.contexts[-1] == STILL
