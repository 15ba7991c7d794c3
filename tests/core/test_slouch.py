import pytest

from posturecore.decide import IS_CUT, KIND_SLOUCH
from posturecore.slouch import BEGUN, GOOD, PROLONGED

from .worn import Worn, block, shaken_by_motor, walking, without_gravity

# An episode: kind, context, flags, start, end, peak, mean, rate, prescription
FLAGS, START, END, PEAK, MEAN = range(2, 7)
HASH, SHARE = 8, 13
QUICK = {"slouch_hold_s": 5}  # 50 blocks


def slouches(blocks, **settings):
    return Worn(**{**QUICK, **settings}).feel(blocks).episodes(KIND_SLOUCH)


def state(worn):
    return worn.decider.slouch_state


def test_a_prolonged_slouch_is_described():
    (slouch,) = slouches([block()] * 5 + [block(14)] * 30 + [block(18)] * 30 + [block()] * 20)
    assert (slouch[FLAGS], slouch[START], slouch[END]) == (0, 5, 65)
    assert slouch[PEAK] == pytest.approx(1800, abs=2)
    assert slouch[MEAN] == pytest.approx(1600, abs=12)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param([block(15)] * 49, 0, id="one block too short"),
        pytest.param([block(15)] * 50, 1, id="just long enough"),
        pytest.param([block(11.9)] * 90, 0, id="below entry"),
        pytest.param([block(12.1)] * 50, 1, id="above entry"),
        pytest.param([block(12.1)] + [block(8.1)] * 49, 1, id="above exit once begun"),
        pytest.param([block(12.1)] + [block(7.9)] * 99, 0, id="below exit"),
        pytest.param([block(-15)] * 90, 0, id="backward"),
        pytest.param([block(0, 25)] * 90, 0, id="sideways"),
    ],
)
def test_what_counts_as_a_slouch(blocks, expected):
    assert len(slouches(blocks + [block()] * 20)) == expected


def test_short_lean_is_no_slouch():
    assert slouches([block(20)] * 40 + [block()] * 20 + [block(20)] * 40 + [block()] * 20) == []


def test_a_default_slouch_lasts_a_minute():
    worn = Worn().hold(15, 599)
    assert state(worn) == BEGUN
    assert state(worn.hold(15, 1)) == PROLONGED


def test_a_slouch_passes_through_its_states():
    worn = Worn(**QUICK).hold(0, 1)
    assert state(worn) == GOOD
    assert state(worn.hold(15, 1)) == BEGUN
    assert state(worn.hold(15, 49)) == PROLONGED
    assert state(worn.hold(0, 19)) == PROLONGED
    assert state(worn.hold(0, 1)) == GOOD


@pytest.mark.parametrize(("count", "expected"), [(19, 1), (20, 2)])
def test_two_seconds_of_good_posture_end_a_slouch(count, expected):
    blocks = [block(15)] * 60 + [block()] * count + [block(15)] * 60 + [block()] * 20
    assert len(slouches(blocks)) == expected


def test_good_blocks_do_not_count_towards_the_hold():
    worn = Worn(**QUICK)
    for _ in range(7):
        worn.hold(15, 7).hold(0, 15)
    assert state(worn) == BEGUN
    assert state(worn.hold(15, 1)) == PROLONGED


def test_good_posture_must_last_in_one_piece():
    worn = Worn(**QUICK).hold(15, 60)
    for _ in range(10):
        worn.hold(0, 15).hold(15, 1)
    assert worn.episodes(KIND_SLOUCH) == []


def test_after_good_posture_the_entry_angle_counts_again():
    worn = Worn(**QUICK).hold(15, 60).hold(0, 20).hold(10, 60)
    assert state(worn) == GOOD


@pytest.mark.parametrize(
    ("pause", "is_over"),
    [
        pytest.param(walking(120, 15), False, id="a walk of 12 s"),
        pytest.param(walking(240, 15), True, id="a walk of 24 s"),
        pytest.param(without_gravity(199), False, id="19.9 s without gravity"),
        pytest.param(without_gravity(200), True, id="20 s without gravity"),
        pytest.param(shaken_by_motor(199, 15), False, id="the motor for 19.9 s"),
        pytest.param([block(15, turn_dps=50)] * 100, False, id="turning"),
        pytest.param([block(-30)] * 201, True, id="reclined for 20 s"),
    ],
)
def test_a_pause_neither_counts_nor_clears_until_it_is_long(pause, is_over):
    worn = Worn(slouch_hold_s=10).hold(15, 80).feel(pause)
    assert state(worn) == (GOOD if is_over else BEGUN)
    worn.hold(15, 60)  # turning and walking fade first
    assert state(worn) == (BEGUN if is_over else PROLONGED)


def test_a_pause_does_not_lengthen_a_slouch():
    (slouch,) = slouches([block(15)] * 60 + without_gravity(200))
    assert (slouch[START], slouch[END]) == (0, 60)


def test_a_pause_breaks_the_good_blocks_in_a_row():
    worn = Worn(**QUICK).hold(15, 60).hold(0, 19).feel(without_gravity(1)).hold(0, 19)
    assert state(worn) == PROLONGED


@pytest.mark.parametrize("context", [walking(400, 15), [block(-30)] * 400, [block(0, 75)] * 900])
def test_nothing_but_still_upright_is_a_slouch(context):
    # The first second may be still: long enough to begin, never to count.
    worn = Worn(**QUICK).feel(context)
    assert worn.episodes(KIND_SLOUCH) == worn.cues == []
    assert state(worn) == GOOD


@pytest.mark.parametrize(("flexion", "expected"), [(-15, 1), (15, 0), (-11, 0), (-25, 0)])
def test_at_l5_a_slouch_tips_backward(flexion, expected):
    found = slouches([block(flexion)] * 60 + [block()] * 20, placement=3)
    assert len(found) == expected  # -25° is reclined
    if found:
        assert found[0][PEAK] == pytest.approx(1500, abs=2)


@pytest.mark.parametrize("placement", [0, 1, 2])
def test_higher_up_a_slouch_tips_forward(placement):
    assert len(slouches([block(15)] * 60 + [block()] * 20, placement=placement)) == 1


def test_a_held_bend_may_be_a_slouch():
    worn = Worn(**QUICK).hold(0, 1).hold(45, 149)
    assert state(worn) == BEGUN
    assert state(worn.hold(45, 1)) == PROLONGED


def test_a_bend_is_no_slouch():
    worn = Worn(slouch_hold_s=1).hold(0, 1).hold(45, 100)
    assert state(worn) == GOOD


def test_a_gap_cuts_a_prolonged_slouch():
    worn = Worn(**QUICK).hold(15, 60).gap(1).hold(15, 60).hold(0, 20)
    first, second = worn.episodes(KIND_SLOUCH)
    assert (first[FLAGS], first[START], first[END]) == (IS_CUT, 0, 60)
    assert (second[FLAGS], second[START], second[END]) == (0, 61, 121)


def test_a_gap_starts_the_hold_again():
    worn = Worn(**QUICK).hold(15, 49).gap(1).hold(15, 49)
    assert state(worn) == BEGUN


def test_a_new_neutral_cuts_a_slouch_and_counts_from_there():
    worn = Worn(**QUICK).hold(15, 60).set_neutral(block(15)[6:9]).hold(15, 60)
    (slouch,) = worn.episodes(KIND_SLOUCH)
    assert (slouch[FLAGS], slouch[END]) == (IS_CUT, 60)
    assert state(worn) == GOOD


def test_new_settings_cut_a_slouch_under_the_old_prescription():
    worn = Worn(**QUICK).hold(15, 60)
    old = worn.decider.prescription
    worn.configure(slouch_entry_cdeg=1000, slouch_hold_s=2).hold(11, 20).finish()
    first, second = worn.episodes(KIND_SLOUCH)
    assert (first[FLAGS], first[HASH]) == (IS_CUT, old)
    assert (second[START], second[HASH]) == (60, worn.decider.prescription)
    assert old != worn.decider.prescription


def test_durations_follow_the_chips_real_rate():
    worn = Worn(slouch_hold_s=10, rate_mhz=63000).hold(15, 104)
    assert state(worn) == BEGUN
    assert state(worn.hold(15, 1)) == PROLONGED
