import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.angles import TrunkFrame
from posturecore.blocks import MOTOR, SATURATED
from posturecore.bow import NOMINAL, Bow, StandAndBow
from posturecore.calibrate import (
    BOW_NOW,
    DONE,
    MEANINGS,
    MOVING,
    NO_BEND,
    NO_GRAVITY,
    NOT_UPRIGHT,
    RUNNING,
    SATURATION,
    TWISTED,
    Calibrator,
)
from posturecore.decide import Decider
from posturecore.params import complete

from . import bounded
from .bows import bow_blocks, mounted, turned
from .worn import block, breathing, up_counts

UPRIGHT = (16393, 0, 0)


def bowed(blocks):
    bow = Bow(blocks[0][6:9])
    for one in blocks:
        bow.block(one)
    return bow


AXES = st.tuples(*[st.integers(-9, 9)] * 3).filter(any)


@given(AXES, st.integers(0, 360), st.integers(32, 100))
def test_a_bow_finds_forward_in_any_mounting(axis, angle_deg, flexion_deg):
    rotation = np.array(turned(axis, angle_deg))
    bow = bowed(mounted(bow_blocks(flexion_deg), rotation))
    assert bow.code == DONE
    miss_rad = np.linalg.norm(np.array(bow.ahead) / 16384 - rotation[:, 2])
    assert np.degrees(miss_rad) < 0.3


def test_a_sensor_worn_upside_down_measures_flexion_and_lean():
    rotation = np.diag([-1.0, -1.0, 1.0])
    standing = mounted([block()] * 50, rotation)
    calibrator = Calibrator(50, upright=None)
    for one in standing:
        calibrator.block(one)
    assert calibrator.code == DONE
    bow = bowed(mounted(bow_blocks(), rotation))
    decider = Decider(complete({}), 60000)
    decider.set_neutral(calibrator.up, bow.ahead)
    (pose,) = mounted([block(35, -12)], rotation)
    decider.block(pose)
    assert decider.flexion_cdeg == pytest.approx(3500, abs=10)
    assert decider.lateral_cdeg == pytest.approx(-1200, abs=10)


def test_the_published_example_comes_out():
    """A mounting turned by 137° about (0.3, -0.5, 0.8); numbers computed apart from this code."""
    counts = 16393 / 9.80665
    up, low, test = (
        [round(value * counts) for value in vector]
        for vector in (
            (-8.0036, -2.8408, -4.9033),
            (-0.8449, -3.9756, -8.9247),
            (-3.1017, -5.7127, -7.3426),
        )
    )
    axis = np.cross(up, low) / np.linalg.norm(np.cross(up, low))
    gyr = np.rint(-axis * 50 / 0.035).astype(int).tolist()
    bow = Bow(tuple(up))
    for _ in range(10):
        bow.block((*gyr, 0, 0, 0, *up, 0, 0, 0, 0, 0, 0, 0))
    for _ in range(10):
        bow.block((0, 0, 0, 0, 0, 0, *low, 0, 0, 0, 0, 0, 0, 0))
    assert bow.code == DONE
    trunk = TrunkFrame(*up, bow.ahead)
    flexion, lateral, inclination, _ = trunk.pose(tuple(test))
    assert (flexion, lateral, inclination) == pytest.approx((3500, -1200, 3675), abs=5)
    # Rows: forward, up, right of the trunk in the sensor's axes.
    expected = [
        [-0.57235, 0.28613, 0.76847],
        [-0.81614, -0.28968, -0.50000],
        [0.07954, -0.91335, 0.39933],
    ]
    found = np.array([trunk.forward, trunk.up, trunk.right]) / 16384
    np.testing.assert_allclose(found, expected, atol=0.001)


@pytest.mark.parametrize(
    ("yaw_deg", "flexion_deg", "lateral_deg"), [(5, 30, 2.50), (10, 60, 8.65), (15, 60, 12.95)]
)
def test_without_a_bow_a_yawed_mounting_shows_as_lean(yaw_deg, flexion_deg, lateral_deg):
    (pose,) = mounted([block(flexion_deg)], turned((1, 0, 0), yaw_deg))
    flexion, lateral, *_ = TrunkFrame(*UPRIGHT).pose(pose, 6)
    assert abs(lateral) / 100 == pytest.approx(lateral_deg, abs=0.03)
    assert flexion / 100 == pytest.approx(flexion_deg, abs=1)


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        pytest.param(bow_blocks(28) + [block(28)] * 150, NO_BEND, id="too small"),
        pytest.param([block()] * 160, NO_BEND, id="none"),
        pytest.param(bow_blocks(50, held=5) + [block()] * 140, MOVING, id="not held"),
        pytest.param(bow_blocks(50, lean_deg=35), TWISTED, id="leaned aside"),
        pytest.param(bow_blocks(50, twist_dps=25), TWISTED, id="twisted"),
        pytest.param([*bow_blocks()[:8], block(flags=SATURATED)], SATURATION, id="hit"),
        pytest.param([*bow_blocks()[:8], (0,) * 16], NO_GRAVITY, id="no gravity"),
        pytest.param([block(flags=MOTOR)] * 30 + bow_blocks(), DONE, id="our own motor"),
    ],
)
def test_a_bow_that_cannot_be_trusted_is_refused_with_the_reason(blocks, code):
    bow = bowed(blocks)
    assert bow.code == code
    assert MEANINGS[code]
    assert code == DONE or bow.ahead == NOMINAL


@pytest.mark.parametrize(
    ("upright", "code"), [(None, DONE), ((16384, 0, 0), NOT_UPRIGHT), ((-16384, 0, 0), DONE)]
)
def test_standing_upside_down_needs_to_be_known(upright, code):
    calibrator = Calibrator(50, upright)
    for one in breathing(50, 180):
        calibrator.block(one)
    assert calibrator.code == code


def test_nothing_in_a_bow_gets_wide():
    bow = bounded.load("bow").Bow((16393, 0, 0))
    for k in range(150):
        gyr = (32767, -32768, 32767) if k % 2 else (-32768, 32767, -32768)
        bow.block((*gyr, 0, 0, 0, *up_counts(60), 0, 0, 0, 0, 0, 0, 0))
    bow = bounded.load("bow").Bow((16393, 0, 0))
    for one in [(32767, 32767, 32767, *block(40)[3:])] * 100 + [block(40)] * 10:
        bow.block(one)
    assert bow.code == TWISTED


def test_standing_and_bowing_is_one_calibration():
    rotation = np.array(turned((1, 2, 3), 200))
    both = StandAndBow(50)
    codes = [both.block(one) for one in mounted([block()] * 50 + bow_blocks(), rotation)]
    assert codes[:50] == [RUNNING] * 49 + [BOW_NOW]
    assert codes.count(BOW_NOW) == 1
    assert both.code == DONE
    assert np.array(both.up) / 16393 == pytest.approx(rotation[:, 0], abs=0.001)
    assert np.array(both.ahead) / 16384 == pytest.approx(rotation[:, 2], abs=0.005)


def test_who_moves_while_standing_is_not_asked_to_bow():
    both = StandAndBow(50)
    codes = {both.block(block(jolt_mg=150 * (i % 2))) for i in range(60)}
    assert BOW_NOW not in codes
    assert both.code == MOVING
