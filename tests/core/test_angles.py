import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posturecore.angles import TrunkFrame, atan2_cdeg, isqrt, norm, unit

from .worn import UPRIGHT, up_counts

WIDE = st.integers(-(2**29), 2**29)
COUNTS = st.integers(-32768, 32767)


@given(st.integers(0, 2**30 - 1))
def test_isqrt_is_the_integer_root(value):
    assert isqrt(value) == math.isqrt(value)


@pytest.mark.parametrize("root", [1, 2, 3, 255, 256, 32767])
@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_isqrt_is_exact_beside_squares(root, beside):
    value = root * root + beside
    assert isqrt(value) == math.isqrt(value)


def error_cdeg(y, x):
    error = atan2_cdeg(y, x) - math.degrees(math.atan2(y, x)) * 100
    return (error + 18000) % 36000 - 18000  # 180° and -180° are one direction


@given(WIDE, WIDE)
def test_atan2_is_within_a_hundredth_of_a_degree(y, x):
    assert abs(error_cdeg(y, x)) <= 1 or (x, y) == (0, 0)


def test_atan2_is_within_a_hundredth_of_a_degree_where_rounding_is_worst():
    # Just above a power of two, the shift to 15 bits loses most.
    worst = max(
        abs(error_cdeg(small, big))
        for shift in range(15)
        for big in (
            16385 << shift,
            (16385 << shift) - 1,
            (32768 << shift) - 1,
            (17777 << shift) + 1,
        )
        for eighth in range(0, 129)
        for small in (big * eighth // 128, big * eighth // 128 | (1 << shift) - 1)
        if big <= 2**29
    )
    assert worst <= 1


@pytest.mark.parametrize(
    ("y", "x", "expected"),
    [
        pytest.param(0, 0, 0, id="no direction"),
        pytest.param(0, 5, 0, id="ahead"),
        pytest.param(5, 0, 9000, id="left"),
        pytest.param(-5, 0, -9000, id="right"),
        pytest.param(0, -5, 18000, id="behind"),
        pytest.param(-1, -30000, 18000, id="behind, just past the seam"),
        pytest.param(7, 7, 4500, id="first diagonal"),
        pytest.param(-7, -7, -13500, id="third diagonal"),
    ],
)
def test_atan2_on_the_axes(y, x, expected):
    assert atan2_cdeg(y, x) == expected


@given(WIDE, WIDE)
def test_atan2_stays_above_minus_180_degrees(y, x):
    assert -18000 < atan2_cdeg(y, x) <= 18000


@given(COUNTS, COUNTS, COUNTS)
def test_norm_is_within_four_counts(x, y, z):
    assert abs(norm(x, y, z) - math.sqrt(x * x + y * y + z * z)) < 4


@given(COUNTS, COUNTS, COUNTS)
def test_unit_points_the_same_way_or_says_why_not(x, y, z):
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1020:
        with pytest.raises(ValueError, match="direction"):
            unit(x, y, z)
        return
    assume(length > 1030)  # between, rounding decides
    scaled = unit(x, y, z)
    for part, whole in zip(scaled, (x, y, z), strict=True):
        assert part / 16384 == pytest.approx(whole / length, abs=0.004)


# Textbook poses: flexion, lean to the right, expected inclination; f = (x, y, z) in m/s² with
# x anterior, y superior, z right becomes (y, z, x) in the sensor's axes.
POSES = [
    (0, 0, 0, (0, 9.8066, 0)),
    (20, 0, 20, (-3.3541, 9.2152, 0)),
    (30, 0, 30, (-4.9033, 8.4928, 0)),
    (60, 0, 60, (-8.4928, 4.9033, 0)),
    (90, 0, 90, (-9.8066, 0, 0)),
    (120, 0, 120, (-8.4928, -4.9033, 0)),
    (-10, 0, 10, (1.7029, 9.6577, 0)),
    (0, 15, 15, (0, 9.4725, -2.5381)),
    (45, 20, 48.36, (-6.5162, 6.5162, -3.3541)),
]


@pytest.mark.parametrize(("flexion", "lateral", "inclination", "force"), POSES)
def test_textbook_poses_are_measured(flexion, lateral, inclination, force):
    ahead, above, aside = (round(part / 9.80665 * 16393) for part in force)
    trunk, vector = TrunkFrame(*UPRIGHT), (above, aside, ahead)
    assert trunk.flexion_cdeg(vector) == pytest.approx(flexion * 100, abs=2)
    assert trunk.lateral_cdeg(vector) == pytest.approx(lateral * 100, abs=2)
    assert trunk.inclination_cdeg(vector) == pytest.approx(inclination * 100, abs=2)


def test_leaning_forward_turns_backward_about_the_right_axis():
    # The gyroscope's y axis points right; by the right-hand rule leaning forward reads negative.
    x, y, z = UPRIGHT
    rate_rad_s = math.radians(-20)
    for _ in range(1000):  # du/dt = u × ω, seen from a body that turns with ω = (0, rate, 0)
        x, z = x - z * rate_rad_s * 0.001, z + x * rate_rad_s * 0.001
    flexion_cdeg = TrunkFrame(*UPRIGHT).flexion_cdeg((round(x), y, round(z)))
    assert flexion_cdeg == pytest.approx(2000, abs=3)


def test_leaning_right_lifts_the_left_side():
    # The sensor's y axis points right; leaning right tips it down, so "up" along it is negative.
    assert TrunkFrame(*UPRIGHT).lateral_cdeg((16000, -3500, 0)) > 0


@pytest.mark.parametrize("pitch", [-40, -7, 12, 35])
@pytest.mark.parametrize("roll", [-25, 0, 18])
def test_a_tilted_mounting_cancels(pitch, roll):
    neutral = up_counts(pitch, roll)
    trunk = TrunkFrame(*neutral)
    assert abs(trunk.flexion_cdeg(neutral)) <= 2
    assert abs(trunk.lateral_cdeg(neutral)) <= 2
    assert abs(trunk.inclination_cdeg(neutral)) <= 3


@pytest.mark.parametrize("pitch", [-40, 12, 35])
def test_flexion_is_counted_from_a_pitched_neutral(pitch):
    trunk = TrunkFrame(*up_counts(pitch))
    assert trunk.flexion_cdeg(up_counts(pitch + 30)) == pytest.approx(3000, abs=2)


@pytest.mark.parametrize(
    ("yaw", "flexion", "lean"), [(5, 30, 2.5), (10, 60, 8.65), (15, 60, 12.95), (10, 90, 10)]
)
def test_a_twisted_mounting_leans_but_hardly_bends(yaw, flexion, lean):
    x, _, z = up_counts(flexion)
    twisted = (x, round(-z * math.sin(math.radians(yaw))), round(z * math.cos(math.radians(yaw))))
    trunk = TrunkFrame(*UPRIGHT)
    assert abs(trunk.lateral_cdeg(twisted)) == pytest.approx(lean * 100, abs=3)
    assert trunk.flexion_cdeg(twisted) == pytest.approx(flexion * 100, abs=100)


@given(
    st.tuples(st.floats(-50, 50), st.floats(-40, 40)),
    st.tuples(st.floats(-170, 170), st.floats(-80, 80)),
)
def test_angles_agree_with_floats_for_every_pose(mounting, pose):
    up = up_counts(*mounting)
    vector = up_counts(*pose)
    trunk = TrunkFrame(*up)
    flexion, lateral, inclination, sagittal = textbook(up, vector)
    if sagittal > 0.2:  # flexion fades as the trunk leans to 90°
        difference = abs(trunk.flexion_cdeg(vector) - flexion)
        assert min(difference, 36000 - difference) <= 5
    assert trunk.lateral_cdeg(vector) == pytest.approx(lateral, abs=4)
    assert trunk.inclination_cdeg(vector) == pytest.approx(inclination, abs=4)


def textbook(up, vector):
    length = math.hypot(*up)
    above = [part / length for part in up]
    sideways = math.hypot(above[0], above[1])
    right = (-above[1] / sideways, above[0] / sideways, 0.0)  # z × up
    forward = (  # up × right
        above[1] * right[2] - above[2] * right[1],
        above[2] * right[0] - above[0] * right[2],
        above[0] * right[1] - above[1] * right[0],
    )
    size = math.hypot(*vector)
    ahead, aside, over = (
        sum(a * b for a, b in zip(axis, vector, strict=True)) / size
        for axis in (forward, right, above)
    )
    flexion = math.degrees(math.atan2(-ahead, over)) * 100
    lateral = math.degrees(math.asin(-aside)) * 100
    inclination = math.degrees(math.atan2(math.hypot(ahead, aside), over)) * 100
    return flexion, lateral, inclination, math.hypot(ahead, over)


@pytest.mark.parametrize("up", [(0, 0, 16393), (0, 0, -16393), (0, 0, 0), (500, 0, 0)])
def test_a_neutral_that_points_nowhere_is_refused(up):
    with pytest.raises(ValueError, match="direction"):
        TrunkFrame(*up)


def test_a_vector_is_read_where_it_stands():
    trunk, sample = TrunkFrame(*UPRIGHT), (9, 9, 9, 9, 9, 9, *up_counts(30, 10), 9)
    assert trunk.flexion_cdeg(sample, 6) == pytest.approx(3000, abs=2)
    assert trunk.lateral_cdeg(sample, 6) == pytest.approx(1000, abs=2)
