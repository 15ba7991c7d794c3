"""Recordings are checked, repaired where that invents nothing, and refused with one sentence."""

import numpy as np
import pytest

from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap
from trunkline.recordings.recording import Recording
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2
from trunkline.wearer import simulate_desk_hour


def upright(count=600):
    return np.tile([STANDARD_GRAVITY_M_S2, 0.0, 0.0], (count, 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"rate_hz": 9.1}, ["9.1 Hz", "10-Hz posture signal"], id="slow"),
        pytest.param({"rate_hz": float("nan")}, ["nan"], id="no rate"),
        pytest.param({"rate_hz": 16667}, ["1000 Hz"], id="period for rate"),
        pytest.param({"acc_m_s2": np.zeros((5, 2))}, ["(5, 2)", "(N, 3)"], id="columns"),
        pytest.param({"acc_m_s2": np.zeros((0, 3))}, ["(0, 3)"], id="empty"),
        pytest.param({"acc_m_s2": [["a", "b", "c"]]}, ["not a table of numbers"], id="text"),
        pytest.param({"gyr_rad_s": np.zeros((7, 3))}, ["7 gyroscope", "600"], id="lengths"),
        pytest.param({"acc_m_s2": upright() / 9.8}, ["looks like g"], id="g"),
        pytest.param({"acc_m_s2": upright() * 102}, ["looks like mg"], id="mg"),
        pytest.param({"acc_m_s2": upright() * 418}, ["neither g nor mg"], id="counts"),
        pytest.param({"gyr_rad_s": np.full((600, 3), 120.0)}, ["looks like deg/s"], id="deg/s"),
        pytest.param({"placement": "head"}, ["'head'", "C7, T4, T12, L5"], id="placement"),
        pytest.param({"axes": "SLA"}, ["'SLA'", "right-handed"], id="left-handed"),
        pytest.param({"axes": "SSA"}, ["'SSA'"], id="axis twice"),
        pytest.param({"axes": "XYZ"}, ["'XYZ'"], id="letters"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(change, words):
    arguments = {"rate_hz": 60.0, "acc_m_s2": upright(), "gyr_rad_s": np.zeros((600, 3))}
    with pytest.raises(InputError) as caught:
        Recording.from_arrays(**{**arguments, **change})
    for word in words:
        assert word in str(caught.value)


def test_short_hole_is_held_from_the_sample_before():
    acc = upright()
    acc[99] = [9.7, 1.0, 0.0]
    acc[100:105, 1] = np.nan
    recording = Recording.from_arrays(60.0, acc)
    assert (recording.acc_m_s2[100:105] == [9.7, 1.0, 0.0]).all()
    assert recording.quality.held_samples == 5
    assert "held" in recording.quality.warnings[0]
    assert np.isnan(acc[100, 1])  # the caller's array is left alone


def test_hole_at_the_start_is_held_from_the_first_good_sample():
    acc = upright()
    acc[:3] = np.inf
    acc[3] = [9.7, 1.0, 0.0]
    assert (Recording.from_arrays(60.0, acc).acc_m_s2[:3] == acc[3]).all()


def test_long_hole_is_left_out_and_time_goes_on_over_it():
    acc = upright()
    gyr = np.zeros_like(acc)
    count, before = len(acc), Recording.from_arrays(60.0, acc, gyr)
    acc[120:150, 2] = np.nan
    gyr[140:180, 0] = np.inf
    recording = Recording.from_arrays(60.0, acc, gyr)
    assert recording.sample_count == count - 60
    assert recording.gaps == (Gap(120, 1.0),)
    assert recording.duration_s == pytest.approx(before.duration_s)
    assert recording.quality.gap_s == 1.0
    assert recording.quality.faults


def test_holes_at_both_ends_and_a_known_gap_are_kept_apart():
    acc = upright()
    count = len(acc)
    acc[:30] = np.nan
    acc[-60:] = np.nan
    recording = Recording.from_arrays(60.0, acc, gaps=(Gap(100, 2.0),))
    assert recording.sample_count == count - 90
    assert recording.gaps == (Gap(70, 2.0),)
    assert "0.50 s of it before the first and 1.00 s after the last" in " ".join(
        recording.quality.warnings
    )


def test_a_hole_beside_a_known_gap_is_one_gap_as_long_as_both():
    acc = upright()
    acc[120:180] = np.nan
    recording = Recording.from_arrays(60.0, acc, gaps=(Gap(150, 2.0),))
    assert recording.gaps == (Gap(120, 3.0),)


def test_nothing_finite_is_refused():
    with pytest.raises(InputError, match="none of them finite"):
        Recording.from_arrays(60.0, np.full((100, 3), np.nan))


def test_recording_without_a_gyroscope_says_so():
    recording = Recording.from_arrays(60.0, upright())
    assert recording.quality.is_acc_only
    assert any("no gyroscope" in warning for warning in recording.quality.warnings)


def test_a_peak_held_at_the_end_of_the_range_is_saturation_and_rest_is_not():
    acc = upright()
    assert Recording.from_arrays(60.0, acc).quality.saturated_samples == 0
    acc[50:54, 0] = 8 * STANDARD_GRAVITY_M_S2
    acc[90:92, 1] = -8 * STANDARD_GRAVITY_M_S2  # two in a row may be chance
    assert Recording.from_arrays(60.0, acc).quality.saturated_samples == 4


def test_an_axis_that_never_moves_while_others_do_is_flagged():
    rng = np.random.default_rng(0)
    acc = upright() + rng.normal(0, 0.1, (600, 3))
    acc[:, 1] = 0.25
    assert Recording.from_arrays(60.0, acc).quality.stuck_axes == ("acc y",)
    assert Recording.from_arrays(60.0, upright()).quality.stuck_axes == ()


@pytest.mark.parametrize(
    ("axes", "own", "expected"),
    [
        pytest.param("SRA", [9.8, 1.0, 2.0], [9.8, 1.0, 2.0], id="already"),
        pytest.param("ASR", [2.0, 9.8, 1.0], [9.8, 1.0, 2.0], id="ISB"),
        pytest.param("ILA", [-9.8, -1.0, 2.0], [9.8, 1.0, 2.0], id="upside down"),
        pytest.param("als", [2.0, -1.0, 9.8], [9.8, 1.0, 2.0], id="BIDS ALS"),
        pytest.param("FUR", [2.0, 9.8, 1.0], [9.8, 1.0, 2.0], id="schema letters"),
    ],
)
def test_axes_are_brought_to_the_sensor_frame(axes, own, expected):
    rows = np.tile(own, (60, 1))
    recording = Recording.from_arrays(60.0, rows, rows / 10, axes=axes).in_sensor_frame()
    assert recording.axes == "SRA"
    np.testing.assert_allclose(recording.acc_m_s2[0], expected)
    np.testing.assert_allclose(recording.gyr_rad_s[0], np.array(expected) / 10)


@pytest.fixture(scope="module")
def moving():
    return simulate_desk_hour(seed=5, duration_s=300.0).recording


def test_angular_rates_in_a_wrong_unit_are_found_by_gravity(moving):
    slow = moving.gyr_rad_s * (np.pi / 180)
    with pytest.raises(InputError, match="converted twice"):
        Recording.from_arrays(60.0, moving.acc_m_s2, slow)


def test_a_gyroscope_with_opposite_signs_is_warned_of(moving):
    opposite = Recording.from_arrays(60.0, moving.acc_m_s2, -moving.gyr_rad_s)
    assert any("signs" in warning for warning in opposite.quality.warnings)
    assert moving.quality.warnings == ()
