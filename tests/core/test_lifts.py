import math

import pytest

from posturecore import lifts
from posturecore.bends import IS_CUT, UNTOLD
from posturecore.decide import KIND_BEND
from posturecore.params import complete

from .worn import Worn, block

FLAGS = 2
MEAN_RATE, TWIST, DROP, STYLE, CONFIDENCE = range(9, 14)
STANDING = [block()] * 20


def lift(count, down_mm, tip_deg, *, bias_mg=0, end_mm=0, twist_dps=0, height_mm=None):
    """One smooth lift in `count` blocks, sampled with numbers and not with posturecore."""
    blocks = []
    for i in range(count):
        phase = 2 * math.pi * (i + 0.5) / count
        flexion = tip_deg / 2 * (1 - math.cos(phase))
        # Down by half a raised cosine, then up to `end_mm` by another.
        period_s = count / 10
        size_mm = down_mm if i < count / 2 else down_mm + end_mm
        push_mm_s2 = -size_mm / 2 * (2 * math.pi / period_s) ** 2 * math.cos(phase)
        mg = push_mm_s2 / 9.80665 + bias_mg
        pitch = tip_deg / 2 * math.sin(phase) * 2 * math.pi / period_s
        up = block(flexion)[6:9]
        acc = [round(value / 4 * (1 + mg / 1000)) for value in up]
        yaw = twist_dps * math.sin(phase)
        gyr = [round(yaw * value / 16393 / 0.035) for value in up]
        gyr[1] -= round(pitch / 0.035)
        blocks.append((*gyr, *acc, *up, 0, 0, 0, 0, 0, 0, 0))
    return blocks


def lifted(blocks, before=STANDING, after=STANDING, **settings):
    worn = Worn(**settings).feel(before).feel(blocks).feel(after)
    (bend,) = worn.episodes(KIND_BEND)
    return bend


# L (m), θ (°), Δz (m), style: computed for the geometric rule, sources in docs/detection.md.
VECTORS = [
    (450, 75, 360, lifts.STOOP_LIKE),
    (450, 35, 500, lifts.SQUAT_LIKE),
    (300, 75, 250, lifts.STOOP_LIKE),
    (450, 60, 450, lifts.MIXED),
    (100, 70, 80, lifts.STOOP_LIKE),
    (100, 35, 450, lifts.SQUAT_LIKE),
]


@pytest.mark.parametrize(("height_mm", "flexion_deg", "drop_mm", "expected"), VECTORS)
def test_the_rule_agrees_with_its_vectors(height_mm, flexion_deg, drop_mm, expected):
    cosine = round(16384 * math.cos(math.radians(flexion_deg)))
    style, confidence = lifts.style(height_mm, flexion_deg * 100, cosine, drop_mm, 40)
    assert style == expected
    assert 50 <= confidence < 100


@pytest.mark.parametrize(("height_mm", "flexion_deg", "drop_mm", "expected"), VECTORS)
@pytest.mark.parametrize("bias_mg", [0, 15, -15])
def test_a_lift_is_told_by_its_movement(height_mm, flexion_deg, drop_mm, expected, bias_mg):
    settings = {"hip_to_sensor_mm": height_mm, "bend_peak_cdeg": 3000}
    standing = [block(jolt_mg=bias_mg)] * 20
    found = lifted(lift(30, drop_mm, flexion_deg, bias_mg=bias_mg), standing, standing, **settings)
    assert found[STYLE] == expected
    assert found[DROP] == pytest.approx(drop_mm, abs=25)


def test_a_pause_at_the_bottom_is_a_rest():
    halves = lift(30, 400, 60)
    found = lifted(halves[:15] + [block(60)] * 20 + halves[15:])
    assert found[DROP] == pytest.approx(400, abs=25)


def test_twist_is_the_range_of_heading_in_an_event_of_up_to_five_seconds():
    # ∫ 40·sin over half of 3 s is 40·3/π = 38.2°.
    assert lifted(lift(30, 300, 60, twist_dps=40))[TWIST] == pytest.approx(3820, abs=60)
    assert lifted(lift(80, 300, 60, twist_dps=40))[TWIST] == UNTOLD


def test_who_sits_down_has_made_no_lift():
    down = lift(30, 400, 45, end_mm=-350)
    found = lifted(down)
    assert found[STYLE] == lifts.UNKNOWN
    assert found[CONFIDENCE] == 0


def test_a_lift_without_rests_is_less_sure():
    sure = lifted(lift(30, 400, 35), bend_peak_cdeg=3000)
    one = lift(30, 400, 35)
    restless = [block(jolt_mg=60 * (-1) ** i, turn_dps=15) for i in range(41)]
    found = lifted(one, restless, restless, bend_peak_cdeg=3000)
    assert found[CONFIDENCE] < sure[CONFIDENCE]


@pytest.mark.parametrize("flag", [1, 2])
def test_a_knock_or_our_own_motor_leaves_a_lift_untold(flag):
    blocks = lift(30, 400, 60)
    blocks[15] = (*blocks[15][:-1], flag)
    found = lifted(blocks)
    assert (found[STYLE], found[DROP], found[TWIST]) == (lifts.UNKNOWN, UNTOLD, UNTOLD)


def test_a_bend_that_never_came_back_has_no_style():
    worn = Worn().feel(STANDING).feel(lift(30, 400, 60)[:18]).finish()
    (bend,) = worn.episodes(KIND_BEND)
    assert (bend[FLAGS], bend[STYLE], bend[DROP]) == (IS_CUT, lifts.UNKNOWN, UNTOLD)


def test_the_mean_rate_is_that_of_the_movement():
    # A raised cosine from 0 to 60° and back in 3 s; the bend is the part above 20° or so.
    found = lifted(lift(30, 300, 60))
    assert found[MEAN_RATE] == pytest.approx(4300, abs=300)


def test_bends_are_counted_by_depth_even_when_too_shallow_to_log():
    worn = Worn()
    for depth in (35, 50, 65, 95):
        worn.feel(STANDING).feel(lift(30, 100, depth))
    worn.feel(STANDING)
    assert worn.decider.bend_counts == [4, 2, 1]
    assert len(worn.episodes(KIND_BEND)) == 3
    assert worn.configure(slouch_hold_s=9).decider.bend_counts == [4, 2, 1]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, 430, id="T4 of 172 cm"),
        pytest.param({"placement": 3, "stature_cm": 190}, 114, id="L5 of 190 cm"),
        pytest.param({"hip_to_sensor_mm": 380, "stature_cm": 190}, 380, id="measured"),
    ],
)
def test_the_height_above_the_hip_comes_from_stature_or_the_wearer(settings, expected):
    assert lifts.height_above_hip_mm(complete(settings)) == expected


def test_a_bend_is_logged_when_the_trunk_rests_or_a_second_after_it():
    swaying = [block(turn_dps=12)]
    worn = Worn().hold(0, 5).hold(50, 20).feel(swaying * 3)
    assert worn.episodes(KIND_BEND) == []
    assert len(worn.hold(0, 1).episodes(KIND_BEND)) == 1
    worn = Worn().hold(0, 5).hold(50, 20).feel(swaying * 10)
    assert worn.episodes(KIND_BEND) == []
    assert len(worn.feel(swaying).episodes(KIND_BEND)) == 1
