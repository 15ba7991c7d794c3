"""A day passed over in runs is the day decided block by block, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturecore.angles import TrunkFrame, norm
from posturecore.blocks import MOTOR, SATURATED
from posturecore.calibrate import has_gravity, is_gravity
from posturecore.coach import DOUBTED, FELT
from posturecore.context import UNKNOWN
from posturecore.decide import KIND_BEND, Decider, measure
from posturecore.params import complete
from posturecore.travel import Travel
from tests.core.worn import UPRIGHT, block, breathing, walking
from trunkline.decide.blocks import make_blocks
from trunkline.decide.calm import Calm
from trunkline.decide.counts import to_counts
from trunkline.decide.neutral import find_neutral
from trunkline.decide.replay import Replay
from trunkline.filter.gravity import gravity
from trunkline.wearer import simulate_desk_hour

PRESCRIPTIONS = st.fixed_dictionaries(
    {
        "placement": st.integers(0, 3),
        "slouch_rule": st.integers(0, 1),
        "slouch_entry_cdeg": st.sampled_from([500, 1200]),
        "slouch_hysteresis_cdeg": st.sampled_from([0, 300]),
        "slouch_hold_s": st.integers(1, 6),
        "slouch_reset_s": st.integers(1, 3),
        "slouch_pause_s": st.integers(1, 30),
        "slouch_refractory_s": st.integers(10, 20),
        "slouch_dose_cdeg_s": st.sampled_from([1000, 5000]),
        "slouch_leak_s": st.sampled_from([10, 60]),
        "cues_per_hour": st.integers(0, 4),
        "escalate_after": st.integers(0, 2),
        "walk_doubt_cdeg": st.sampled_from([500, 1000, 3000]),
        "has_corrected_pulse": st.integers(0, 1),
        "bend_fast_entry_cdeg": st.sampled_from([2000, 4500]),
        "bend_exit_cdeg": st.sampled_from([500, 1500]),
        "bend_held_s": st.sampled_from([2, 6, 10]),
        "bend_min_ms": st.sampled_from([200, 3000]),
        "reclined_cdeg": st.sampled_from([500, 2000]),
        "lying_cdeg": st.sampled_from([4500, 6000]),
    }
)
# Upright, about the slouch's entry, leaning back, where only a fast bend begins, and bent.
ANGLES = st.sampled_from(
    [0, 0, 2, -4, 6, -6, 11.9, 12.1, 13, 15, 19, -14, -21, 14.8, 22, 29.9, 31, 31, 45, 45, 58, 70]
)
PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("breathe"), ANGLES, st.integers(1, 400)),
        st.tuples(st.just("sway"), ANGLES, st.integers(1, 300)),
        st.tuples(st.just("walk"), ANGLES, st.integers(1, 90)),
        st.tuples(st.just("walk"), st.sampled_from([0, 6, 14, 18, -14]), st.integers(310, 400)),
        st.tuples(st.just("jolt"), ANGLES, st.integers(1, 3)),
        st.tuples(st.just("flag"), ANGLES, st.integers(1, 30)),
        st.tuples(st.just("dead"), ANGLES, st.integers(1, 20)),
        st.tuples(st.just("table"), ANGLES, st.sampled_from([50, 300, 3100])),
    ),
    min_size=3,
    max_size=14,
)


def played(pieces):
    dice = np.random.default_rng(11)
    found = []
    for name, angle, count in pieces:
        if name == "breathe":
            found += breathing(count, angle, 5)
        elif name == "walk":
            found += walking(count, angle)
        elif name == "jolt":
            found += [block(angle, jolt_mg=150, turn_dps=25)] * count
        elif name == "flag":
            found += [block(angle, flags=(MOTOR, SATURATED, 4)[count % 3])] * count
        elif name == "dead":
            found += [(0,) * 16] * count
        elif name == "table":
            found += [block(angle)] * count
        else:
            jolts = dice.normal(0, 18, count)
            turns = dice.normal(0, 4, count)
            found += [
                block(angle + turn / 8, jolt_mg=jolt, turn_dps=turn)
                for jolt, turn in zip(jolts, turns, strict=True)
            ]
    return np.array(found, dtype=np.int64)


def both(prescription, pieces_of_blocks):
    passed, plain = Replay(prescription), Replay(prescription)
    for replay in (passed, plain):
        replay.set_neutral(UPRIGHT)
    for code, part in enumerate(pieces_of_blocks):
        for replay in (passed, plain):
            replay.set_coaching(code)
        passed.blocks(part)
        for row in map(tuple, part.tolist()):
            plain.block(row)
        assert remembered(passed.decider) == remembered(plain.decider)
        for replay in (passed, plain):
            replay.gap(3)
    for replay in (passed, plain):
        replay.finish()
    return passed, plain


def remembered(thing):
    """Give all that an object of posturecore remembers, and its parts."""
    if not hasattr(thing, "__dict__"):
        return thing
    found = {key: remembered(value) for key, value in vars(thing).items()}
    if isinstance(thing, Travel) and not found["_is_open"]:
        del found["_resting"]  # a bend counts its rests from its own beginning
    return found


def assert_same(passed, plain):
    assert passed.decisions.episodes == plain.decisions.episodes
    assert passed.decisions.cues == plain.decisions.cues
    assert passed.decisions.doubts == plain.decisions.doubts
    assert passed.decisions.amendments == plain.decisions.amendments
    assert passed.decisions == plain.decisions
    assert passed.decider.ledger == plain.decider.ledger
    assert passed.decider.bend_counts == plain.decider.bend_counts


@settings(max_examples=60, deadline=None)
@given(PRESCRIPTIONS, PIECES, PIECES)
def test_passing_over_changes_nothing(prescription, first, second):
    assert_same(*both(complete(prescription), [played(first), played(second)]))


def test_what_is_in_doubt_is_not_passed_over():
    pieces = [("table", 13, 300), ("breathe", 13, 300), ("walk", 13, 60), ("table", 13, 300)]
    passed, plain = both(complete({"slouch_hold_s": 6}), [played(pieces)])
    assert_same(passed, plain)
    assert passed.decider.ledger[UNKNOWN] > 300
    assert passed.decisions.cues


@pytest.mark.parametrize("rule", [0, 1], ids=["hold", "dose"])
def test_what_must_be_beyond_doubt_is_not_passed_over(rule):
    prescription = complete({"slouch_hold_s": 6, "slouch_rule": rule, "slouch_dose_cdeg_s": 5000})
    pieces = [("walk", 14, 330), ("breathe", 16, 300), ("breathe", 26, 300), ("breathe", 0, 300)]
    pieces += [("walk", 0, 330), ("breathe", 16, 300)]
    passed, plain = both(prescription, [played(pieces)])
    assert_same(passed, plain)
    assert [bool(doubt) for _, doubt in passed.decisions.doubts] == [True, False]
    assert {DOUBTED, FELT} <= {cue[3] for cue in passed.decisions.cues}


INT16 = st.integers(-32768, 32767)


@settings(max_examples=200)
@given(st.lists(st.tuples(*[INT16] * 9, *[st.integers(0, 65535)] * 6), min_size=1, max_size=20))
def test_any_block_measures_the_same_at_once(rows):
    blocks = np.array([(*row, 0) for row in rows], dtype=np.int64)
    replay = Replay(complete({}))
    trunk = TrunkFrame(14000, -3000, 8000)
    replay.set_neutral((14000, -3000, 8000))
    calm = Calm.of(blocks, replay.decider, trunk)
    for row, found in zip(blocks.tolist(), calm.rows(0, len(blocks)), strict=True):
        assert tuple(found) == measure(trunk, tuple(row))


@given(st.tuples(INT16, INT16, INT16))
def test_gravity_is_told_without_a_root(up):
    assert has_gravity((0,) * 6 + up) is is_gravity(norm(*up))


@pytest.fixture(scope="module")
def desk_blocks():
    recording = simulate_desk_hour(seed=4).recording.in_sensor_frame()
    return make_blocks(to_counts(recording, gravity(recording, mode="offline")))


@pytest.fixture
def decided(monkeypatch):
    """Count the blocks that go through the device's own code, one item each."""
    decide, found = Decider.block, []

    def counting(decider, *arguments):
        found.append(1)
        return decide(decider, *arguments)

    monkeypatch.setattr(Decider, "block", counting)
    return found


@pytest.mark.parametrize("placement", [0, 3])
def test_a_bend_at_rest_is_passed_over_before_and_after_it_is_held(placement, decided):
    prescription = complete({"placement": placement, "bend_held_s": 60})
    pieces = [("breathe", 0, 300), ("sway", 45, 8), ("breathe", 45, 1500), ("breathe", 0, 300)]
    passed, plain = both(prescription, [played(pieces)])
    (bend,) = passed.episodes(KIND_BEND)
    assert bend.is_held
    assert_same(passed, plain)
    assert len(decided) < 2108 + 120


BENDING_DOWN = [("breathe", 0, 200), ("sway", 45, 8)]
SLOUCHED = [("breathe", 0, 200), ("breathe", 19, 300)]


@pytest.mark.parametrize("rule", [0, 1])
@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(
            [*BENDING_DOWN, ("breathe", 45, 300), ("dead", 0, 2), ("breathe", 45, 300)],
            id="gravity fails inside",
        ),
        pytest.param(
            [*BENDING_DOWN, ("breathe", 45, 300), ("flag", 45, 2), ("breathe", 45, 300)],
            id="the motor runs inside",
        ),
        pytest.param(
            [*BENDING_DOWN, ("breathe", 45, 395), ("table", 45, 300), ("breathe", 45, 300)],
            id="nobody breathes once it is held",
        ),
        pytest.param([*SLOUCHED, ("breathe", 45, 300)], id="a slouch pauses and ends"),
        pytest.param(
            [*SLOUCHED, ("breathe", 45, 100), ("breathe", 19, 300)], id="a slouch goes on"
        ),
    ],
)
def test_what_goes_on_through_a_bend_is_the_same(pieces, rule):
    prescription = {"slouch_rule": rule, "slouch_hold_s": 10, "slouch_dose_cdeg_s": 3000}
    prescription |= {"bend_held_s": 40, "slouch_pause_s": 15}
    passed, plain = both(complete(prescription), [played([*pieces, ("breathe", 0, 200)])])
    assert passed.episodes(KIND_BEND)
    assert_same(passed, plain)


def test_a_bend_that_begins_while_the_motor_runs_leaves_as_little_trust():
    both(
        complete({}), [played([("table", 29.96, 100), ("flag", 30.02, 12), ("table", 30.02, 13)])]
    )


@pytest.mark.parametrize("rule", [0, 1])
def test_a_desk_hour_is_the_same_and_mostly_passed_over(desk_blocks, rule, decided):
    prescription = complete({"slouch_rule": rule})
    up, _ = find_neutral(desk_blocks, prescription)
    passed, plain = Replay(prescription), Replay(prescription)
    asked = []
    for replay, played in ((passed, passed.blocks), (plain, one_by_one(plain))):
        replay.set_neutral(up)
        decided.clear()
        played(desk_blocks)
        asked.append(len(decided))
        replay.finish()
    assert passed.decisions.episodes
    assert_same(passed, plain)
    assert asked[1] == len(desk_blocks)
    assert asked[0] < asked[1] // 8


def one_by_one(replay):
    def decide(blocks):
        for row in map(tuple, blocks.tolist()):
            replay.block(row)

    return decide
