"""No intermediate of the sample and block path leaves ±2**30, whatever an int16 may say."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore.params import PARAMS, complete

from . import bounded
from .worn import UPRIGHT, block, walking

RATE_MHZ = 63000  # 5 % fast
ENDS = st.sampled_from([-32768, -32767, -1, 0, 1, 16393, 32766, 32767]) | st.integers(
    -32768, 32767
)
SAMPLE = st.tuples(*[ENDS] * 9)
VECTOR = st.tuples(ENDS, ENDS, ENDS)


def test_the_guard_sees_what_is_too_wide():
    with pytest.raises(bounded.TooWide, match=r"angles\.py:\d+"):
        bounded.load("angles").norm(70000, 70000, 70000)
    assert bounded.bounded(2**30 - 1, "") == 2**30 - 1


@given(VECTOR)
def test_angles_of_any_vector_stay_narrow(vector):
    angles = bounded.load("angles")
    trunk = angles.TrunkFrame(*UPRIGHT)
    for measure in (trunk.flexion_cdeg, trunk.lateral_cdeg, trunk.inclination_cdeg):
        assert -18000 < measure(vector) <= 18000


@given(VECTOR, VECTOR)
def test_angles_from_any_neutral_stay_narrow(neutral, vector):
    angles = bounded.load("angles")
    try:
        trunk = angles.TrunkFrame(*neutral)
    except ValueError:
        return
    for measure in (trunk.flexion_cdeg, trunk.lateral_cdeg, trunk.inclination_cdeg):
        measure(vector)


@given(st.integers(-(2**29), 2**29), st.integers(-(2**29), 2**29))
def test_atan2_stays_narrow_for_everything_it_promises(y, x):
    bounded.load("angles").atan2_cdeg(y, x)


@hypothesis_settings(max_examples=50)
@given(st.lists(SAMPLE, min_size=12, max_size=90), st.integers(0, 3))
def test_blocks_and_decisions_of_any_samples_stay_narrow(samples, placement):
    maker = bounded.load("blocks").BlockMaker()
    settings = complete({"slouch_hold_s": 1, "bend_held_s": 2, "placement": placement})
    decider = bounded.load("decide").Decider(settings, RATE_MHZ)
    decider.set_neutral(UPRIGHT)
    calibrator = bounded.load("calibrate").Calibrator(4)
    for sample in samples:
        if maker.add(list(sample), 0):
            made = maker.take()
            decider.block(made)
            calibrator.block(made)
    decider.finish()


@pytest.mark.parametrize("end", [2, 3], ids=["lowest settings", "highest settings"])
def test_every_allowed_prescription_stays_narrow(end):
    settings = {row[0]: row[end] for row in PARAMS}
    decider = bounded.load("decide").Decider(settings, RATE_MHZ)
    decider.set_neutral(UPRIGHT)
    for one in [block(20)] * 40 + [block(-179)] * 3 + [block(179)] * 60 + [block()] * 9:
        decider.block(one)


def test_a_long_walk_stays_narrow():
    decider = bounded.load("decide").Decider(complete({}), RATE_MHZ)
    decider.set_neutral(UPRIGHT)
    for one in walking(100):
        decider.block(one)


def test_a_walk_of_two_days_stays_narrow():
    # As with the day upside down: the sum is put where it stands before the last block.
    coach = bounded.load("coach").Coach(complete({}), 60000)
    coach.walk(6000)
    coach._walked_ddeg *= 1_727_999
    coach.walked *= 1_727_999
    coach.walk(6000)
    assert coach.walked == 1_728_000
    assert not coach.end_walk()  # nobody walks so


def test_a_calibration_at_its_limits_stays_narrow():
    calibrator = bounded.load("calibrate").Calibrator(80)
    for i in range(80):
        calibrator.block(block(jolt_mg=96 * (i % 2)))
    assert calibrator.code != 0


def test_a_day_upside_down_stays_narrow():
    # 864,000 blocks are slow to play: the sums are put where they stand before the last.
    bends = bounded.load("bends").Bends(complete({}), 60000)
    pose = (-16384, 0, 0, True)
    bends.step(0, 18000, *pose)
    bends._sum_ddeg *= 863_999
    bends._count *= 863_999
    bends.step(863_999, 18000, *pose)
    start, end, _, mean_cdeg = bends.finish(864_000)[:4]
    assert (start, end, mean_cdeg) == (0, 864_000, 9000)  # a mean counts 90° at most


def test_the_widest_intermediate_is_really_watched():
    bounded.load("angles").atan2_cdeg(32767, 32767)
    assert bounded.Peak.value >= 32767 << 15
