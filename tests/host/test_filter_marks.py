"""Gaps, saturation, stuck axes, int16: the angle is right, or its sample is marked."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.motion import G, desk, error_deg, flexing, lean, sensed
from trunkline.decide.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S
from trunkline.errors import InputError
from trunkline.filter.gravity import Gap, GravityFilter, gravity
from trunkline.filter.marks import (
    GAP,
    SATURATED,
    SETTLING,
    STUCK,
    UNSURE,
    Marker,
    marks,
    summary,
)
from trunkline.recordings.recording import Recording

RATE_HZ = 60.0
MODES = pytest.mark.parametrize("mode", ["online", "offline"])


def recorded(gyr, acc, rate_hz=RATE_HZ):
    return Recording.from_arrays(rate_hz, acc, gyr)


def cut(motion, first, last):
    """Leave out samples [first, last) and say where."""
    gyr, acc, up = (np.delete(part, slice(first, last), axis=0) for part in motion)
    return recorded(gyr, acc), up, [Gap(first, (last - first) / RATE_HZ)]


def bow_and_back(speed_dps, to_deg=80.0):
    """20 s upright, a fast bow, 30 s held, back, 30 s upright."""
    time_s = np.arange(round(85 * RATE_HZ)) / RATE_HZ
    down = np.clip((time_s - 20) * speed_dps, 0, to_deg)
    theta = np.radians(down - np.clip((time_s - 52) * speed_dps, 0, to_deg))
    up, gyr = flexing(theta, RATE_HZ)
    return *sensed(up, gyr, RATE_HZ), up


@MODES
def test_a_turn_in_a_long_gap_is_seen_at_once(mode):
    motion = bow_and_back(60.0)
    recording, up, gaps = cut(motion, 1180, 1500)  # the whole bow is missing
    found = gravity(recording, mode, gaps=gaps)
    assert error_deg(found, up)[1180:].max() < 1.0
    without = error_deg(gravity(recording, mode), up)
    assert without.max() > 10.0  # what not telling of the gap would cost


@MODES
def test_a_short_gap_keeps_the_state(mode):
    motion = desk(120.0)
    recording, up, gaps = cut(motion, 3000, 3012)
    found = gravity(recording, mode, gaps=gaps)
    assert found.tobytes() == gravity(recording, mode).tobytes() or mode == "online"
    assert error_deg(found, up)[600:].max() < 0.5


@MODES
def test_bias_is_remembered_across_a_gap(mode):
    gyr, acc, up = lean(90.0, RATE_HZ, (1.0, -1.0, 0.5))
    recording, up, gaps = cut((gyr, acc, up), 3000, 3400)
    assert error_deg(gravity(recording, mode, gaps=gaps), up)[3000:].max() < 0.5


@MODES
def test_pieces_shorter_than_a_block_still_get_an_up(mode):
    gyr, acc, up = desk(30.0)
    gaps = [Gap(at, 2.0) for at in (5, 6, 20, 900, 1799)]
    found = gravity(recorded(gyr, acc), mode, gaps=gaps)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-12)
    assert error_deg(found, up).max() < 3.0


@pytest.mark.parametrize(
    "gaps",
    [
        pytest.param([Gap(0, 1.0)], id="before the first sample"),
        pytest.param([Gap(600, 1.0)], id="after the last"),
        pytest.param([Gap(90, 1.0), Gap(50, 1.0)], id="out of order"),
        pytest.param([Gap(90, -1.0)], id="negative"),
        pytest.param([Gap(90, float("nan"))], id="not a number"),
    ],
)
def test_gaps_that_cannot_be_are_refused(gaps):
    gyr, acc, _ = desk(10.0)
    for call in (gravity, marks):
        with pytest.raises(InputError, match="gap"):
            call(recorded(gyr, acc), gaps=gaps)
    with pytest.raises(InputError, match="gap"):
        GravityFilter(60.0).gap(0.0)


def test_what_follows_a_gap_is_marked():
    gyr, acc, _ = desk(120.0)
    recording, gaps = recorded(gyr, acc), [Gap(3000, 0.2), Gap(4500, 2.0)]
    found = marks(recording, "online", gaps=gaps)
    assert np.flatnonzero(found & GAP).tolist() == [3000, 4500]
    assert np.flatnonzero(found & SETTLING).tolist() == [*range(180), *range(4500, 4680)]
    assert np.flatnonzero(found & UNSURE).tolist() == [*range(3000, 3900), *range(4500, 5400)]
    reached_back = marks(recording, "offline", gaps=gaps) & ~found
    assert np.flatnonzero(reached_back & UNSURE).tolist() == list(range(2101, 3000))


def saturated_bow():
    """An 80-degree bow at 400 deg/s read by a gyroscope of 250 deg/s: 30 degrees are missed."""
    gyr, acc, up = bow_and_back(400.0)
    return np.clip(gyr, -np.radians(250), np.radians(250)), acc, up


@MODES
def test_a_saturated_gyroscope_never_gives_a_silent_wrong_angle(mode):
    gyr, acc, up = saturated_bow()
    recording = recorded(gyr, acc)
    error = error_deg(gravity(recording, mode), up)
    is_trusted = (marks(recording, mode) & (SATURATED | UNSURE | SETTLING)) == 0
    assert error.max() > 10.0
    assert is_trusted.sum() > 15 * RATE_HZ
    assert error[is_trusted].max() < 0.5
    assert recording.quality.saturated_samples > 0


def test_a_saturated_accelerometer_is_marked():
    gyr, acc, _ = desk(60.0)
    acc[1200:1206, 2] = 2 * G
    recording = recorded(gyr, acc)
    found = marks(recording)
    assert np.flatnonzero(found & SATURATED).tolist() == list(range(1200, 1206))
    assert (found[1200:2100] & UNSURE).all()
    assert recording.quality.saturated_samples == 6


def test_limits_that_are_known_mark_the_first_sample_already():
    marker = Marker(RATE_HZ, gyr_limit_rad_s=np.radians(1000))
    gyr = np.zeros((3, 3))
    gyr[1, 1] = -np.radians(1000)
    found = marker.update(gyr, np.tile([G, 0.0, 0.0], (3, 1)))
    assert (found & SATURATED).tolist() == [0, SATURATED, 0]


def test_a_stuck_axis_is_marked_and_named():
    gyr, acc, _ = desk(180.0)
    gyr[3000:8000, 1] = gyr[3000, 1]
    recording = recorded(gyr, acc)
    found = marks(recording)
    assert np.flatnonzero(found & STUCK).tolist() == list(range(3000, 8000))
    assert recording.quality.stuck_axes == ("gyr y",)
    online = Marker(RATE_HZ).update(gyr, acc)
    assert np.flatnonzero(online & STUCK).tolist() == list(range(3000 + 3599, 8000))


def test_a_sensor_that_lies_still_is_not_stuck():
    still = np.tile([G, 0.0, 0.0], (6000, 1))
    assert not (marks(recorded(np.zeros((6000, 3)), still)) & STUCK).any()


@given(sizes=st.lists(st.integers(0, 900), min_size=1, max_size=12))
def test_any_batches_give_the_same_marks(sizes):
    gyr, acc, _ = saturated_bow()
    limit_rad_s = np.radians(250)
    marker = Marker(RATE_HZ, gyr_limit_rad_s=limit_rad_s)
    edges = [*np.minimum(np.cumsum([0, *sizes]), len(acc)), len(acc)]
    parts = [marker.update(gyr[a:b], acc[a:b]) for a, b in pairwise(edges)]
    whole = Marker(RATE_HZ, gyr_limit_rad_s=limit_rad_s).update(gyr, acc)
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@MODES
def test_the_device_s_int16_costs_a_hundredth_of_a_degree(mode):
    gyr, acc, up = desk(600.0)
    gyr16 = np.clip(np.rint(gyr * GYR_COUNTS_PER_RAD_S), -32768, 32767) / GYR_COUNTS_PER_RAD_S
    acc16 = np.clip(np.rint(acc * ACC_COUNTS_PER_M_S2), -32768, 32767) / ACC_COUNTS_PER_M_S2
    fine, coarse = (gravity(recorded(*pair), mode) for pair in ((gyr, acc), (gyr16, acc16)))
    assert error_deg(coarse, fine)[600:].max() < 0.02
    assert not (marks(recorded(gyr16, acc16)) & (SATURATED | STUCK | UNSURE)).any()
    assert error_deg(coarse, up)[600:].max() < 0.3


def test_the_summary_names_every_mark():
    gyr, acc, _ = desk(60.0)
    shares = summary(marks(recorded(gyr, acc)))
    assert shares == {
        "settling": 0.05, "saturated": 0, "gap": 0, "stuck axis": 0, "unsure": 0
    }  # fmt: skip
