"""What is wrong with a recording is counted in one place."""

from dataclasses import fields

import numpy as np
import pytest

from trunkline import load
from trunkline.recordings.quality_summary import QualitySummary, quality_summary

RATE_HZ, COUNT = 50.0, 300
HEADER = "time,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"


def rows(times):
    rng = np.random.default_rng(5)
    noise = np.round(rng.normal(0, 0.01, (len(times), 6)), 5)
    return [
        f"{time!r},{1 + a},{b},{c},{d},{e},{f}"
        for time, (a, b, c, d, e, f) in zip(times.tolist(), noise.tolist(), strict=True)
    ]


def summary_of(tmp_path, lines):
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return quality_summary(load(tmp_path / "a.csv"))


@pytest.fixture
def times():
    return np.arange(COUNT) / RATE_HZ


def test_an_even_recording_has_nothing_to_tell(tmp_path, times):
    summary = summary_of(tmp_path, rows(times))
    assert (summary.sample_count, summary.duration_s) == (COUNT, pytest.approx(6.0))
    assert summary.intervals.median_ms == pytest.approx(20.0)
    assert summary.intervals.iqr_ms == pytest.approx(0.0, abs=1e-9)
    assert summary.intervals.max_deviation_ms == pytest.approx(0.0, abs=1e-9)
    assert (summary.gap_count, summary.gap_s, summary.longest_gap_s) == (0, 0, 0.0)
    assert summary.warnings == ()


def test_jitter_is_told_by_its_middle_its_spread_and_its_worst(tmp_path, times):
    shaken = times.copy()
    shaken[1:-1:2] += 0.002
    shaken[151] += 0.006
    intervals = summary_of(tmp_path, rows(shaken)).intervals
    assert intervals.iqr_ms == pytest.approx(4.0)
    assert intervals.median_ms == pytest.approx(20.0)
    assert intervals.max_deviation_ms == pytest.approx(8.0)


def test_gaps_are_counted_with_their_longest(tmp_path, times):
    lines = rows(times)
    del lines[200:225]
    del lines[100:150]
    summary = summary_of(tmp_path, lines)
    assert summary.gap_count == 2
    assert summary.gap_s == pytest.approx(1.5)
    assert summary.longest_gap_s == pytest.approx(1.0)
    assert summary.duration_s == pytest.approx(6.0)
    assert summary.intervals.max_deviation_ms == pytest.approx(0.0, abs=1e-9)


def test_repeated_times_are_told_from_times_that_go_back(tmp_path, times):
    lines = rows(times)
    lines[50:50] = [lines[49], lines[49]]
    lines[200:200] = lines[180:185]
    summary = summary_of(tmp_path, lines)
    assert (summary.duplicate_rows, summary.backward_rows) == (2, 5)
    assert summary.sample_count == COUNT
    assert summary.warnings == (
        "7 rows were left out because their time did not go forward (2 repeat the time before)",
    )


def test_saturation_and_a_missing_gyroscope_are_told(tmp_path):
    acc = np.tile([9.8, 0.0, 0.0], (COUNT, 1))
    acc[:, 1] += np.random.default_rng(1).normal(0, 0.1, COUNT)
    acc[100:104, 0] = 39.2
    np.savez(tmp_path / "a.npz", rate_hz=RATE_HZ, acc_m_s2=acc)
    summary = quality_summary(load(tmp_path / "a.npz"))
    assert (summary.saturated_samples, summary.is_acc_only) == (4, True)
    assert summary.intervals is None


def test_every_number_is_explained_and_plain(tmp_path, times):
    for field in fields(QualitySummary):
        assert f"{field.name}:" in QualitySummary.__doc__
    plain = summary_of(tmp_path, rows(times)).to_json()
    assert set(plain) == {field.name for field in fields(QualitySummary)}
    assert set(plain["intervals"]) == {"median_ms", "iqr_ms", "max_deviation_ms"}
