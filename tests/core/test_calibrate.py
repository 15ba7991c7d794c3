import random

import pytest

from posturecore.blocks import SATURATED
from posturecore.calibrate import (
    DONE,
    MEANINGS,
    MOVING,
    NO_GRAVITY,
    NOT_UPRIGHT,
    RUNNING,
    SATURATION,
    Calibrator,
    is_gravity,
)

from .worn import block, breathing, shaken_by_motor, up_counts, without_gravity


def calibrated(blocks):
    calibrator = Calibrator(len(blocks))
    codes = [calibrator.block(one) for one in blocks]
    return calibrator, codes


def test_standing_still_stores_the_mean_pose():
    calibrator, codes = calibrated([block(10, 3)] * 25 + [block(11, 3)] * 25)
    assert codes == [RUNNING] * 49 + [DONE]
    assert calibrator.up == pytest.approx(up_counts(10.5, 3), abs=3)


def test_breathing_is_still():
    calibrator, _ = calibrated(breathing(50, amplitude_mg=8))
    assert calibrator.code == DONE
    assert calibrator.worst_sd_mg == pytest.approx(8 / 2**0.5, abs=1)


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        pytest.param([block(jolt_mg=25 * (-1) ** i) for i in range(50)], MOVING, id="25 mg"),
        pytest.param([block(jolt_mg=18 * (-1) ** i) for i in range(50)], DONE, id="18 mg"),
        pytest.param([block()] * 40 + [block(jolt_mg=110)] + [block()] * 9, MOVING, id="a knock"),
        pytest.param([block(turn_dps=3.2)] * 50, MOVING, id="turning"),
        pytest.param([block(turn_dps=-3.2)] * 50, MOVING, id="turning back"),
        pytest.param([block(turn_dps=2.8)] * 50, DONE, id="gyroscope bias"),
        pytest.param([block()] * 9 + [block(flags=SATURATED)] * 41, SATURATION, id="hit"),
        pytest.param([block(62)] * 50, NOT_UPRIGHT, id="bent over"),
        pytest.param([block(180)] * 50, NOT_UPRIGHT, id="upside down"),
        pytest.param([block(0, 62)] * 50, NOT_UPRIGHT, id="on the side"),
        pytest.param([block(58)] * 50, DONE, id="tilted, still worn"),
        pytest.param(without_gravity(50), NO_GRAVITY, id="no gravity"),
    ],
)
def test_only_a_pose_to_be_trusted_is_stored(blocks, code):
    assert calibrated(blocks)[0].code == code
    assert len(MEANINGS) > code


def test_a_refusal_is_final():
    calibrator, codes = calibrated([block(flags=SATURATED)] + [block()] * 20)
    assert set(codes) == {SATURATION}
    assert calibrator.code == SATURATION


def test_the_spread_is_measured_wherever_the_first_block_lies():
    # Deviations are counted from the first block; here it lies at the edge of the rest.
    calibrator, _ = calibrated([block()] + [block(jolt_mg=60)] * 49)
    assert calibrator.worst_sd_mg == pytest.approx(60 * (49**0.5) / 50, abs=1)


def test_the_spread_is_that_of_numpy():
    dice = random.Random(5)
    jolts = [dice.gauss(0, 12) for _ in range(80)]
    calibrator, _ = calibrated([block(jolt_mg=jolt) for jolt in jolts])
    mean = sum(jolts) / 80
    assert calibrator.worst_sd_mg == pytest.approx(
        (sum((jolt - mean) ** 2 for jolt in jolts) / 80) ** 0.5, abs=1.5
    )


@pytest.mark.parametrize(
    ("length", "expected"),
    [(16393, True), (13936, True), (13935, False), (18850, True), (18851, False)],
)
def test_gravity_is_one_g_within_fifteen_percent(length, expected):
    assert is_gravity(length) is expected


def test_a_tremor_within_the_blocks_is_movement():
    tremor = (*block()[:12], 450, 0, 0, 0)
    assert calibrated([tremor] * 50)[0].code == MOVING


def test_blocks_with_our_own_motor_are_neither_measured_nor_refused():
    calibrator = Calibrator(50)
    for one in [*shaken_by_motor(20, flexion_deg=30), *([block(5)] * 50)]:
        calibrator.block(one)
    assert calibrator.code == DONE
    assert calibrator.up == up_counts(5)
