import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore.context import UNKNOWN
from posturecore.decide import KIND_BEND, KIND_SLOUCH, LEDGER, Decider
from posturecore.frames import CUE, EPISODE
from posturecore.params import complete
from posturecore.wire import pack_frame

from .worn import UPRIGHT, Worn, block, walking, without_gravity

MARK = {"uncalibrated": LEDGER.index("uncalibrated"), "lost": LEDGER.index("lost")}
INT16 = st.integers(-32768, 32767)
ANY_BLOCK = st.tuples(*[INT16] * 9, *[st.integers(0, 65535)] * 6, st.integers(0, 3))


def test_nothing_is_decided_before_the_neutral_pose_is_known():
    worn = Worn(is_calibrated=False, slouch_hold_s=1).hold(70, 100).hold(0, 30).finish()
    assert worn.said == []
    assert not worn.decider.is_calibrated
    assert set(worn.contexts) == {UNKNOWN}
    assert worn.decider.ledger[MARK["uncalibrated"]] == 130


def test_angles_are_measured_from_the_neutral_pose():
    worn = Worn().set_neutral(block(10, 5)[6:9]).hold(30, 5, lateral_deg=5)
    assert worn.decider.is_calibrated
    assert worn.decider.flexion_cdeg == pytest.approx(2000, abs=15)
    assert worn.decider.lateral_cdeg == pytest.approx(0, abs=60)


def test_a_neutral_that_points_nowhere_changes_nothing():
    worn = Worn(slouch_hold_s=1).hold(15, 20)
    with pytest.raises(ValueError, match="direction"):
        worn.set_neutral((0, 0, 16393))
    worn.hold(15, 1).finish()
    (slouch,) = worn.episodes(KIND_SLOUCH)
    assert slouch[3:5] == (0, 21)


def test_no_angle_is_claimed_without_gravity():
    worn = Worn().hold(20, 5).feel(without_gravity(1))
    assert (worn.decider.flexion_cdeg, worn.decider.lateral_cdeg) == (0, 0)


def test_no_angle_is_claimed_in_a_gap():
    worn = Worn().hold(20, 5).gap(3)
    assert (worn.decider.flexion_cdeg, worn.decider.context) == (0, UNKNOWN)


def test_block_numbers_go_on_over_a_gap():
    worn = Worn().hold(0, 5).gap(7).hold(0, 5)
    assert worn.decider.at == 17
    assert worn.decider.ledger[MARK["lost"]] == 7


def test_what_was_open_ends_once():
    worn = Worn(slouch_hold_s=1, bend_held_s=2).hold(0, 1).hold(45, 60).finish().finish()
    assert len(worn.episodes(KIND_SLOUCH)) == len(worn.episodes(KIND_BEND)) == 1


def test_everything_said_fits_its_frame():
    worn = Worn(slouch_hold_s=1).hold(15, 30).hold(0, 30).hold(170, 20).hold(-170, 2).finish()
    frames = {frame for frame, _ in worn.said}
    assert frames == {EPISODE, CUE}
    for sequence, (frame, values) in enumerate(worn.said):
        assert pack_frame(frame, sequence, values)


PIECES = st.one_of(
    st.tuples(st.just("feel"), st.lists(ANY_BLOCK, max_size=30)),
    st.tuples(st.just("feel"), st.integers(0, 40).map(walking)),
    st.tuples(st.just("hold"), st.integers(-90, 150), st.integers(0, 60)),
    st.tuples(st.just("gap"), st.integers(0, 500)),
    st.tuples(st.just("set_neutral"), st.just(UPRIGHT)),
    st.tuples(st.just("set_neutral"), st.just((14000, -3000, 8000))),
    st.tuples(st.just("configure"), st.integers(1, 900)),
    st.tuples(st.just("finish")),
)


@hypothesis_settings(max_examples=60)
@given(st.lists(PIECES, max_size=12), st.booleans(), st.integers(0, 3))
def test_the_ledger_counts_every_block_once(pieces, is_calibrated, placement):
    worn = Worn(is_calibrated, slouch_hold_s=1, slouch_refractory_s=10, placement=placement)
    expected = 0
    for name, *arguments in pieces:
        if name == "configure":
            worn.configure(slouch_hold_s=arguments[0])
        else:
            getattr(worn, name)(*arguments)
        expected += {
            "feel": lambda a: len(a[0]),
            "hold": lambda a: a[1],
            "gap": lambda a: a[0],
        }.get(name, lambda a: 0)(arguments)
        assert sum(worn.decider.ledger) == worn.decider.at == expected
    assert_sound(worn.finish())


def assert_sound(worn):
    """Episodes lie in the past, in order and apart; frames can carry them."""
    for kind in (KIND_SLOUCH, KIND_BEND):
        last_end = 0
        for values in worn.episodes(kind):
            start, end, peak, mean = values[3:7]
            assert last_end <= start < end <= worn.decider.at
            assert mean <= peak <= 18000
            last_end = end
    for frame, values in worn.said:
        assert pack_frame(frame, 0, values)


@given(st.lists(ANY_BLOCK, min_size=1, max_size=60))
def test_any_block_is_survived(blocks):
    decider = Decider(complete({"slouch_hold_s": 1}), 60000)
    decider.set_neutral(UPRIGHT)
    for one in blocks:
        for frame, values in decider.block(one):
            assert pack_frame(frame, 0, values)


@hypothesis_settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-30, 90), st.integers(1, 40)), min_size=1, max_size=20))
def test_two_deciders_given_the_same_agree(pieces):
    first, second = Worn(slouch_hold_s=1), Worn(slouch_hold_s=1)
    for angle, count in pieces:
        first.hold(angle, count)
        for _ in range(count):
            second.hold(angle, 1)
    assert first.said == second.said
    assert first.decider.ledger == second.decider.ledger
