"""Gravity is right on real and simulated motion, in any batch size, and never not-a-number."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.errors import InputError
from trunkline.filter.gravity import GravityFilter, gravity
from trunkline.recordings.recording import Recording
from trunkline.wearer import simulate_desk_hour

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BROAD = Path(os.environ.get("TRUNKLINE_DATA", DEFAULT_DATA)) / "broad"
G = 9.80665


def error_deg(up, true_up):
    true_up = true_up / np.linalg.norm(true_up, axis=1)[:, None]
    sine = np.linalg.norm(np.cross(up, true_up), axis=1)
    return np.degrees(np.arctan2(sine, (up * true_up).sum(axis=1)))


def true_up(day):
    theta, phi = np.radians(day.truth.flexion_deg), np.radians(day.truth.lateral_deg)
    return np.stack(
        [np.cos(phi) * np.cos(theta), -np.sin(phi), -np.cos(phi) * np.sin(theta)], axis=1
    )


def leaning(speed_dps, rate_hz=100.0, bias_dps=(0.3, -0.2, 0.1)):
    """A minute upright, a lean to 30 degrees at one speed, half a minute held."""
    rng = np.random.default_rng(0)
    time_s = np.arange(round(rate_hz * (90.0 + 30.0 / speed_dps))) / rate_hz
    theta = np.radians(np.clip((time_s - 60.0) * speed_dps, 0.0, 30.0))
    zero = np.zeros_like(theta)
    up = np.stack([np.cos(theta), zero, -np.sin(theta)], axis=1)
    noise = np.sqrt(rate_hz / 2)
    acc = up * G + rng.normal(0, 60e-6 * G * noise, up.shape)
    gyr = np.stack([zero, -np.gradient(theta, time_s), zero], axis=1) + np.radians(bias_dps)
    gyr += rng.normal(0, np.radians(2.8e-3) * noise, up.shape)
    return Recording.from_arrays(rate_hz, acc, gyr), up


@pytest.fixture(scope="module")
def day():
    return simulate_desk_hour(seed=2, duration_s=900.0)


@pytest.fixture(scope="module")
def broad_trials():
    files = sorted(BROAD.glob("*.npz"))
    if not files:
        pytest.skip("no BROAD trials: set TRUNKLINE_DATA to a folder that holds broad/*.npz")
    trials = []
    for file in files:
        data = np.load(file)
        w, x, y, z = data["opt_quat_wxyz"].astype(np.float64).T
        up = np.stack([2 * (x * z - w * y), 2 * (w * x + y * z), 1 - 2 * (x * x + y * y)], axis=1)
        recording = Recording.from_arrays(
            float(data["rate_hz"]), data["acc_m_s2"], data["gyr_rad_s"]
        )
        trials.append((recording, up, data["movement"]))
    return trials


# VQF 2.1.2 has 0.802 and 0.565 degrees on these 20 trials (0.723 and 0.533 on 30 of the 39).
@pytest.mark.parametrize(("mode", "at_most_deg"), [("online", 0.81), ("offline", 0.57)])
def test_inclination_on_broad_is_as_good_as_vqf(broad_trials, mode, at_most_deg):
    rmse = []
    for recording, up, is_moving in broad_trials:
        error = error_deg(gravity(recording, mode), up)[is_moving]
        rmse.append(np.sqrt(np.nanmean(error**2)))
    assert len(rmse) == 20
    assert np.mean(rmse) <= at_most_deg


def test_a_degree_a_second_of_bias_does_not_matter_on_broad(broad_trials):
    recording, up, is_moving = broad_trials[0]
    biased = Recording.from_arrays(
        recording.rate_hz, recording.acc_m_s2, recording.gyr_rad_s + np.radians([0.6, -0.6, 0.6])
    )
    rmse = [
        np.sqrt(np.nanmean(error_deg(gravity(r, "online"), up)[is_moving] ** 2))
        for r in (recording, biased)
    ]
    assert abs(rmse[1] - rmse[0]) < 0.02


@pytest.mark.parametrize("speed_dps", [0.1, 0.2, 0.3, 0.5, 1.0, 1.5, 1.9])
def test_a_slow_slump_does_not_hide_as_bias(speed_dps):
    recording, up = leaning(speed_dps)
    for mode in ("online", "offline"):
        error = error_deg(gravity(recording, mode), up)
        assert error[6000:].max() < 0.1, mode


def test_breathing_and_sway_are_not_taken_for_bias(day):
    error = error_deg(gravity(day.recording, "online"), true_up(day))
    assert np.sqrt((error[1200:] ** 2).mean()) < 0.15
    assert error[1200:].max() < 1.0


def test_offline_has_less_error_than_online(day):
    online, offline = (
        error_deg(gravity(day.recording, m), true_up(day)) for m in ("online", "offline")
    )
    assert np.sqrt((offline**2).mean()) < min(0.06, np.sqrt((online**2).mean()))


def test_the_bias_is_learnt(day):
    stream = GravityFilter(60.0)
    stream.update(day.recording.gyr_rad_s, day.recording.acc_m_s2)
    true_bias = (day.recording.gyr_rad_s - day.perfect_gyr_rad_s)[-600:].mean(axis=0)
    assert np.degrees(np.abs(stream.gyr_bias_rad_s - true_bias)).max() < 0.15


@pytest.mark.parametrize(
    ("mean_dps", "swing_dps", "is_learnt"),
    [
        pytest.param(1.5, 0.5, True, id="steady"),
        pytest.param(1.5, 5.0, False, id="swinging"),
        pytest.param(5.0, 0.0, False, id="too fast to be bias"),
    ],
)
def test_only_a_slow_steady_turn_about_the_vertical_is_taken_for_bias(
    mean_dps, swing_dps, is_learnt
):
    time_s = np.arange(6000) / 60.0
    gyr = np.zeros((6000, 3))
    gyr[:, 0] = np.radians(mean_dps + swing_dps * np.sin(2 * np.pi * 2.0 * time_s))
    stream = GravityFilter(60.0)
    stream.update(gyr, np.tile([G, 0.0, 0.0], (6000, 1)))
    learnt_dps = np.degrees(stream.gyr_bias_rad_s[0])
    assert learnt_dps == pytest.approx(mean_dps if is_learnt else 0.0, abs=0.05)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sizes=st.lists(st.integers(0, 400), min_size=1, max_size=40))
def test_any_batches_give_the_same_bits(day, sizes):
    gyr, acc = day.recording.gyr_rad_s[:5000], day.recording.acc_m_s2[:5000]
    stream = GravityFilter(60.0)
    edges = [*np.minimum(np.cumsum([0, *sizes]), 5000), 5000]
    parts = [stream.update(gyr[a:b], acc[a:b]) for a, b in pairwise(edges)]
    recording = Recording.from_arrays(60.0, acc, gyr)
    assert np.concatenate(parts).tobytes() == gravity(recording, "online").tobytes()


def test_a_restored_filter_goes_on_as_if_nothing_happened(day):
    gyr, acc = day.recording.gyr_rad_s, day.recording.acc_m_s2
    first, second = GravityFilter(60.0), GravityFilter(60.0)
    first.update(gyr[:3001], acc[:3001])
    state = first.state()
    expected = first.update(gyr[3001:5000], acc[3001:5000])
    second.restore(state)
    assert second.update(gyr[3001:5000], acc[3001:5000]).tobytes() == expected.tobytes()
    with pytest.raises(InputError, match="same rate"):
        GravityFilter(100.0).restore(state)


@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("rate_hz", [25.0, 60.0, 285.7, 1000.0])
@pytest.mark.parametrize("count", [1, 2, 3, 40, 2000])
def test_any_rate_and_length_gives_unit_vectors(mode, rate_hz, count):
    rng = np.random.default_rng(count)
    acc = rng.normal([0, G, 0], 1, (count, 3))
    for gyr in (None, rng.normal(0, 1, (count, 3))):
        up = gravity(Recording.from_arrays(rate_hz, acc, gyr), mode)
        assert up.shape == (count, 3)
        np.testing.assert_allclose(np.linalg.norm(up, axis=1), 1.0, atol=1e-12)


def test_free_fall_keeps_the_last_up():
    stream = GravityFilter(60.0)
    up = stream.update(np.zeros((600, 3)), np.zeros((600, 3)))
    assert (up == [1.0, 0.0, 0.0]).all()


def test_the_fastest_turns_keep_unit_vectors():
    gyr = np.full((2000, 3), np.radians(2000.0))
    up = gravity(Recording.from_arrays(1000.0, np.full((2000, 3), G / np.sqrt(3)), gyr), "online")
    np.testing.assert_allclose(np.linalg.norm(up, axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_without_a_gyroscope_held_posture_is_right(day, mode):
    recording = Recording.from_arrays(60.0, day.recording.acc_m_s2)
    error = error_deg(gravity(recording, mode), true_up(day))
    assert np.median(error) < 0.5
    with_gyr = error_deg(gravity(day.recording, mode), true_up(day))
    assert error.max() > with_gyr[1200:].max()  # documented as worse


def test_up_is_kept_in_the_recording_s_own_axes(day):
    acc, gyr = day.recording.acc_m_s2[:3000], day.recording.gyr_rad_s[:3000]
    own = Recording.from_arrays(60.0, acc[:, [2, 0, 1]], gyr[:, [2, 0, 1]], axes="ASR")
    expected = gravity(Recording.from_arrays(60.0, acc, gyr))
    np.testing.assert_allclose(gravity(own)[:, [1, 2, 0]], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("gyr", "acc", "words"),
    [
        pytest.param(np.zeros((2, 3)), np.zeros((3, 3)), "same batch", id="lengths"),
        pytest.param(np.zeros((2, 2)), np.zeros((2, 3)), r"\(N, 3\)", id="shape"),
        pytest.param(np.zeros((2, 3)), np.full((2, 3), np.nan), "not finite", id="nan"),
        pytest.param(None, np.zeros((2, 3)), "has_gyr=True", id="no gyroscope"),
    ],
)
def test_a_bad_batch_is_refused_and_leaves_the_filter_alone(gyr, acc, words):
    stream = GravityFilter(60.0)
    before = stream.state()
    with pytest.raises(InputError, match=words):
        stream.update(gyr, acc)
    assert all((stream.state()[key] == before[key]).all() for key in before)


def test_a_bad_mode_or_rate_is_refused(day):
    with pytest.raises(InputError, match="'offline' or 'online'"):
        gravity(day.recording, "both")
    with pytest.raises(InputError, match="25 to 1000"):
        GravityFilter(10.0)
