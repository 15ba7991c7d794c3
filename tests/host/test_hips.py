"""The ways of the hips, from vertical speeds that are known exactly."""

from itertools import pairwise

import numpy as np
import pytest

from trunkline.decide.hips import DRIFT_S, lobes, vertical_m_s2
from trunkline.decide.sit_to_stand import LEAST_M

BLOCK_S = 0.1
TIME_S = np.arange(400) * BLOCK_S


def rise(start_s, lasts_s, height_m):
    """Accelerate as in a movement of minimum jerk."""
    p = np.clip((TIME_S + BLOCK_S / 2 - start_s) / lasts_s, 0, 1)
    return height_m / lasts_s**2 * 60 * p * (1 - p) * (1 - 2 * p)


def tipped(start_s, lasts_s, degrees):
    """Give the cosine of a trunk that tips and comes back."""
    p = np.clip((TIME_S - start_s) / lasts_s, 0, 1)
    return np.cos(np.radians(degrees) * np.sin(np.pi * p) ** 2)


UPRIGHT = np.ones(len(TIME_S))


def largest(ways):
    """Pick the one way that is large enough for a transition; there must be no other."""
    (way,) = [each for each in ways if abs(each.height_m) >= LEAST_M]
    return way


@pytest.mark.parametrize("lasts_s", [0.8, 1.5, 2.5])
@pytest.mark.parametrize("height_m", [-0.45, 0.45])
def test_a_way_is_told_by_its_height_speed_and_time(lasts_s, height_m):
    way = largest(lobes(rise(20, lasts_s, height_m), UPRIGHT, 0.4, BLOCK_S))
    assert way.height_m == pytest.approx(height_m, abs=0.05)
    assert way.is_up == (height_m > 0)
    assert way.speed_m_s == pytest.approx(1.875 * height_m / lasts_s, abs=0.06)
    assert way.start * BLOCK_S == pytest.approx(20, abs=0.5)
    assert way.end * BLOCK_S == pytest.approx(20 + lasts_s, abs=0.5)


@pytest.mark.parametrize("lasts_s", [0.8, 1.5, 2.5])
@pytest.mark.parametrize("offset_m_s2", [-0.03, 0.03], ids=["3 mg low", "3 mg high"])
def test_an_offset_that_is_left_takes_a_third_of_a_slow_way_at_most(lasts_s, offset_m_s2):
    way = largest(lobes(rise(20, lasts_s, 0.45) + offset_m_s2, UPRIGHT, 0.4, BLOCK_S))
    assert 0.3 <= way.height_m <= 0.47


def test_a_walk_is_no_way_but_a_rise_before_it_is():
    steps = np.where(TIME_S > 21.5, 1.5 * np.sin(2 * np.pi * 1.8 * TIME_S), 0.0)
    way = largest(lobes(rise(20, 1.5, 0.4) + steps, UPRIGHT, 0.4, BLOCK_S))
    assert way.height_m == pytest.approx(0.4, abs=0.05)


def test_a_trunk_that_only_tips_leaves_the_hips_where_they_are():
    cosine = tipped(18, 4, 80)
    sinking = np.gradient(np.gradient(0.4 * cosine, BLOCK_S), BLOCK_S)
    assert list(lobes(sinking, cosine, 0.4, BLOCK_S)) == []
    assert len(list(lobes(sinking, UPRIGHT, 0.4, BLOCK_S))) == 2


def test_a_slow_lift_is_drift():
    assert list(lobes(rise(10, 12, 0.45), UPRIGHT, 0.4, BLOCK_S)) == []


@pytest.mark.parametrize("blocks", [82, 85, 90, 400])
@pytest.mark.parametrize("shaken_m_s2", [0.02, 0.1, 0.5, 3.0])
def test_what_is_left_out_as_rest_is_no_part_of_any_way(blocks, shaken_m_s2):
    vertical = np.random.default_rng(blocks).normal(0, shaken_m_s2, blocks)
    speed = np.cumsum(vertical) * BLOCK_S
    half = round(DRIFT_S / BLOCK_S) // 2
    padded = np.pad(speed, half, mode="reflect", reflect_type="odd")
    moving = speed - [np.median(padded[k : k + 2 * half + 1]) for k in range(blocks)]
    way = np.sign(moving) * (np.abs(moving) > 0.05)
    edges = [0, *np.flatnonzero(np.diff(way)) + 1, blocks]
    told = [
        (start, end, pytest.approx(height_m))
        for start, end in pairwise(edges)
        if way[start] and abs(height_m := moving[start:end].sum() * BLOCK_S) >= 0.06
    ]
    found = lobes(vertical, UPRIGHT[:blocks], 0.4, BLOCK_S)
    assert [(each.start, each.end, each.height_m) for each in found] == told


@pytest.mark.parametrize("unknown", [slice(204, 208), slice(205, 400), slice(0, 205)])
def test_a_way_into_or_out_of_the_unknown_is_not_told(unknown):
    cosine = UPRIGHT.copy()
    cosine[unknown] = np.nan
    assert list(lobes(rise(20, 1.5, 0.45), cosine, 0.4, BLOCK_S)) == []


def block(up, acc_g, spread=0):
    up = np.asarray(up) / np.linalg.norm(up)
    acc = np.rint(np.asarray(acc_g) * 4098).astype(int)
    return [0, 0, 0, *acc, *np.rint(up * 16393).astype(int), 0, 0, 0, *[spread] * 3, 0]


def test_offsets_are_fitted_to_the_rests_and_taken_off_everywhere():
    upright, leaning = np.array([1.0, 0, 0]), np.array([0.9, 0, -0.436])
    offset = np.array([0.03, -0.01, 0.02])
    rests = [block(each, each + offset) for each in (upright, leaning) for _ in range(50)]
    lifted = block(upright, 1.2 * upright + offset, spread=400)
    vertical = vertical_m_s2(np.array([*rests, lifted]))
    assert np.abs(vertical[:100]).max() < 0.02
    assert vertical[100] == pytest.approx(0.2 * 9.80665, abs=0.02)


def test_a_short_pause_in_a_movement_is_no_rest():
    moving = [block([1.0, 0, 0], [1.05, 0, 0])] * 9
    still = [block([1.0, 0, 0], [1.0, 0, 0])] * 30
    shaken = [block([1.0, 0, 0], [1.0, 0, 0], spread=400)]
    vertical = vertical_m_s2(np.array([*still, *shaken, *moving, *shaken, *still]))
    assert vertical[35] == pytest.approx(0.05 * 9.80665, abs=0.01)


def test_lost_blocks_disturb_nothing():
    still = [block([1.0, 0, 0], [1.0, 0, 0])] * 30
    vertical = vertical_m_s2(np.array([*still, *[[0] * 16] * 30, *still]))
    assert np.abs(vertical[:30]).max() < 0.01
