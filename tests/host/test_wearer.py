"""The simulated desk hour keeps to its story, and is the same for the same seed."""

import json
from itertools import pairwise

import numpy as np
import pytest

from trunkline.errors import InputError
from trunkline.readers import load
from trunkline.wearer import ACTIVITIES, Imu, simulate_desk_hour

G = 9.80665
RATE_HZ = 60.0


@pytest.fixture(scope="module")
def hour():
    return simulate_desk_hour()


def span(event, rate_hz=RATE_HZ):
    return slice(int(event.start_s * rate_hz), int(np.ceil(event.end_s * rate_hz)) + 1)


def test_the_first_ten_seconds_are_fit_to_calibrate_by(hour):
    acc_mg = hour.recording.acc_m_s2[:600] / G * 1000
    assert acc_mg.std(axis=0).max() < 20.0
    assert np.degrees(np.abs(hour.recording.gyr_rad_s[:600])).max() < 3.0
    assert np.abs(hour.truth.flexion_deg[:600]).max() < 3.0
    # A worn sensor is never as still as a table.
    assert acc_mg[:, 2].std() > 2.0


def test_an_hour_tells_the_whole_story(hour):
    slouches = hour.truth.of_kind("slouch")
    assert len(slouches) >= 3
    for event in slouches:
        held_s = event.end_s - event.start_s - event.onset_s
        assert 90.0 <= held_s <= 360.0
        assert 18.0 <= event.flexion_deg <= 25.0
        assert 0.9 <= event.flexion_deg / event.onset_s <= 2.1
    lean = hour.truth.of_kind("short_lean")[0]
    assert lean.end_s - lean.start_s < 20.0
    walk = hour.truth.of_kind("walking")[0]
    assert walk.end_s - walk.start_s >= 120.0
    assert [len(hour.truth.of_kind(kind)) for kind in ("stoop", "squat")] == [2, 2]
    assert all(hour.truth.of_kind(kind) for kind in ("typing", "lean_back", "fidget", "shift"))
    # Stillness would be a table: 22 fidgets and shifts in 15 minutes of sitting, as measured.
    free = [ACTIVITIES.index("sitting"), ACTIVITIES.index("typing")]
    sitting_s = np.isin(hour.truth.activity, free).sum() / RATE_HZ
    restless = len(hour.truth.of_kind("fidget", "shift"))
    assert 12.0 < restless / sitting_s * 900.0 < 32.0


@pytest.mark.parametrize("seed", range(1, 5))
def test_any_seed_keeps_events_apart_and_labels_true(seed):
    day = simulate_desk_hour(seed)
    acts = [event for event in day.truth.events if event.kind != "typing"]
    assert [event.kind for event in acts] == [
        event.kind for event in sorted(acts, key=lambda event: event.start_s)
    ]
    for before, after in pairwise(acts):
        assert before.end_s <= after.start_s
    for event in day.truth.of_kind("slouch"):
        assert set(day.truth.activity[span(event)][1:-1]) == {ACTIVITIES.index("slouch")}
    peak = max(day.truth.flexion_deg[span(event)].max() for event in day.truth.of_kind("stoop"))
    assert 70.0 < peak < 92.0
    assert np.isfinite(day.recording.acc_m_s2).all()


def test_steps_shake_the_back_as_walking_does(hour):
    walk = hour.truth.of_kind("walking")[0]
    rows = slice(int((walk.start_s + 5) * RATE_HZ), int((walk.end_s - 5) * RATE_HZ))
    vertical_g = hour.recording.acc_m_s2[rows, 0] / G
    # Two real lower-back walks have 0.18 and 0.35 g; the upper back a little less.
    assert 0.12 < vertical_g.std() < 0.33
    power = np.abs(np.fft.rfft(vertical_g - vertical_g.mean())) ** 2
    frequency_hz = np.fft.rfftfreq(len(vertical_g), 1 / RATE_HZ)
    assert frequency_hz[power.argmax()] == pytest.approx(1.8, abs=0.15)


@pytest.mark.parametrize(
    ("placement", "low_deg", "high_deg"),
    [("C7", 16, 22), ("T4", 18, 25), ("T12", 11, 16), ("L5", -2, -1)],
)
def test_a_slouch_has_the_size_of_its_placement(placement, low_deg, high_deg):
    day = simulate_desk_hour(seed=7, placement=placement, duration_s=1500.0)
    sizes = [event.flexion_deg for event in day.truth.of_kind("slouch")]
    assert sizes
    assert all(low_deg < size < high_deg for size in sizes)


def test_the_same_seed_gives_the_same_day_and_another_does_not():
    one, same, other = (simulate_desk_hour(seed, duration_s=120.0) for seed in (3, 3, 4))
    assert one.recording.acc_m_s2.tobytes() == same.recording.acc_m_s2.tobytes()
    assert one.recording.gyr_rad_s.tobytes() == same.recording.gyr_rad_s.tobytes()
    assert one.recording.acc_m_s2.tobytes() != other.recording.acc_m_s2.tobytes()


def test_samples_are_whole_counts_of_the_device(hour):
    acc_counts = hour.recording.acc_m_s2 / (0.000244 * G)
    gyr_counts = np.degrees(hour.recording.gyr_rad_s) / 0.035
    for counts in (acc_counts, gyr_counts):
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
        assert np.abs(counts).max() <= 32768


def test_a_fall_saturates_as_the_sensor_does():
    force = np.tile([20.0 * G, 0.0, 0.0], (10, 1))
    acc, gyr = Imu().measure(force, np.full((10, 3), 40.0), RATE_HZ, seed=1)
    np.testing.assert_allclose(acc[:, 0] / G, 32767 * 0.000244)
    np.testing.assert_allclose(np.degrees(gyr), 32767 * 0.035)


def test_gain_and_axes_err_by_what_is_said():
    imu = Imu(gyr_bias_dps=0.0, acc_bias_mg=30.0, gain_error_pct=2.0, misalignment_deg=1.0)
    zero, forces = np.zeros((200, 3)), np.repeat(np.eye(3) * G, 200, axis=0)
    gains, crosses, biases = [], [], []
    for seed in range(60):
        bias = imu.measure(zero, zero, RATE_HZ, seed)[0].mean(axis=0) / G
        acc, _ = imu.measure(forces, np.zeros((600, 3)), RATE_HZ, seed)
        axes = acc.reshape(3, 200, 3).mean(axis=1) / G - bias
        biases += list(bias * 1000)
        gains += list(np.diag(axes) - 1)
        crosses += list(axes[~np.eye(3, dtype=bool)])
    assert np.std(biases) == pytest.approx(30.0, rel=0.2)
    assert np.std(gains) == pytest.approx(0.02, rel=0.2)
    assert np.degrees(np.std(crosses)) == pytest.approx(1.0, rel=0.2)


def test_imu_errors_have_the_sizes_they_are_said_to_have():
    zero = np.zeros((60 * 3600, 3))
    imu = Imu(gyr_bias_dps=0.0, acc_scale_g=1e-7, gyr_scale_dps=1e-4)
    acc, gyr = imu.measure(zero, zero, RATE_HZ, seed=2)
    density_g = acc[:, 1].std() / G / np.sqrt(RATE_HZ / 2)
    assert density_g == pytest.approx(60e-6, rel=0.02)
    density_dps = np.degrees(np.diff(gyr, axis=0).std()) / np.sqrt(2) / np.sqrt(RATE_HZ / 2)
    assert density_dps == pytest.approx(2.8e-3, rel=0.02)
    minutes = np.degrees(gyr).reshape(60, -1, 3).mean(axis=1)
    assert 0.01 < np.abs(minutes[-1] - minutes[0]).max() < 0.4


def test_a_saved_day_is_read_back_with_its_truth(tmp_path, hour):
    hour.save(tmp_path / "day.npz")
    recording = load(tmp_path / "day.npz")
    assert recording.is_simulated
    assert "simulated" in recording.source
    # The same counts: what the device would have sent is not changed by a file.
    for stored, original, count in (
        (recording.acc_m_s2, hour.recording.acc_m_s2, 0.000244 * G),
        (recording.gyr_rad_s, hour.recording.gyr_rad_s, np.radians(0.035)),
    ):
        assert (np.rint(stored / count) == np.rint(original / count)).all()
    events = json.loads(str(recording.extras["truth_events_json"]))
    assert len(events) == len(hour.truth.events)
    np.testing.assert_allclose(
        recording.extras["truth_flexion_deg"], hour.truth.flexion_deg, atol=1e-4
    )


def test_a_tilted_mounting_tilts_the_sensor_and_not_the_truth():
    straight = simulate_desk_hour(seed=6, duration_s=60.0)
    tilted = simulate_desk_hour(seed=6, duration_s=60.0, mounting_deg=(20.0, 5.0))
    np.testing.assert_array_equal(straight.truth.flexion_deg, tilted.truth.flexion_deg)
    up = tilted.perfect_acc_m_s2[:600].mean(axis=0)
    up /= np.linalg.norm(up)
    assert np.degrees(np.arctan2(-up[2], up[0])) == pytest.approx(20.0, abs=1.0)
    assert np.degrees(np.arcsin(-up[1])) == pytest.approx(5.0, abs=1.0)


@pytest.mark.parametrize("rate_hz", [25.0, 100.0])
def test_other_rates_tell_the_same_story(rate_hz, hour):
    day = simulate_desk_hour(rate_hz=rate_hz)
    assert day.recording.sample_count == 3600 * rate_hz
    for event, same in zip(day.truth.events, hour.truth.events, strict=True):
        assert (event.kind, event.start_s, event.end_s) == (same.kind, same.start_s, same.end_s)
        assert event.peak_deg == pytest.approx(same.peak_deg, abs=0.3)


def test_more_than_an_hour_goes_on_with_other_slouches():
    day = simulate_desk_hour(duration_s=7200.0)
    sizes = {event.flexion_deg for event in day.truth.of_kind("slouch")}
    assert len(sizes) >= 7


@pytest.mark.parametrize(
    "change",
    [
        {"placement": "head"},
        {"duration_s": 5.0},
        {"duration_s": float("nan")},
        {"duration_s": float("inf")},
        {"rate_hz": 0.0},
        {"seed": -1},
    ],
)
def test_what_cannot_be_simulated_is_refused(change):
    with pytest.raises(InputError, match="at least 20 s"):
        simulate_desk_hour(**change)
