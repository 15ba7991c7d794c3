"""A capture read back: the decisions of the day it was made, and a recording in SI units."""

import numpy as np
import pytest

from posturecore import frames
from tests.bench import streamed
from trunkline import analyze, load
from trunkline.captures.capture import read_capture
from trunkline.captures.captured import analyze_capture, gather, mirror_of
from trunkline.errors import InputError
from trunkline.store import Store


def test_reading_a_capture_gives_the_live_decisions(demo_run):
    for live in (demo_run.real, demo_run.simulated):
        read, mirror = analyze_capture(live.capture, strict=True)
        names = ("episodes", "bends", "cues", "wear", "settings", "neutral", "placement")
        for name in (*names, "transitions"):
            assert getattr(read, name) == getattr(live.analysis, name)
        for name in ("flexion_deg", "lateral_deg", "context", "slouch_state"):
            here, there = getattr(read.timeline, name), getattr(live.analysis.timeline, name)
            np.testing.assert_array_equal(here, there)
        assert mirror.compare() == live.comparison


def test_a_capture_tells_the_same_seats_as_the_clip_it_was_made_of(demo_run):
    captured, mirror = analyze_capture(demo_run.real.capture)
    assert len(mirror.blocks()) == len(captured.timeline.context)
    direct = analyze(load(demo_run.real.capture), neutral=captured.neutral)
    assert len(direct.transitions) == 4
    for here, there in zip(captured.transitions, direct.transitions, strict=True):
        assert here.kind == there.kind
        assert here.start_s == pytest.approx(there.start_s, abs=0.2)


def test_a_capture_is_a_recording_in_si_units(demo_run):
    recording = load(demo_run.real.capture, strict=True)
    counts, gaps = gather(mirror_of(read_capture(demo_run.real.capture)))
    assert gaps == ()
    assert recording.rate_hz == 60.0
    assert recording.placement == "L5"
    assert not recording.is_simulated
    assert load(demo_run.simulated.capture).is_simulated
    np.testing.assert_allclose(recording.acc_m_s2, counts[:, 3:6] * 0.244e-3 * 9.80665)
    np.testing.assert_allclose(np.degrees(recording.gyr_rad_s), counts[:, :3] * 0.035)
    assert 9.0 < np.median(np.linalg.norm(recording.acc_m_s2, axis=1)) < 10.5


def test_options_win_over_a_capture_s_own_words(demo_run):
    recording = load(demo_run.real.capture, placement="T12", name="mine")
    assert (recording.placement, recording.name) == ("T12", "mine")


def without_frames(tmp_path, real_capture, first, last):
    """Leave samples frames [first, last) out of a capture."""
    header, parts = real_capture
    places = [k for k, part in enumerate(parts) if part[1] == frames.SAMPLES]
    lost = places[first:last]
    kept = [part for k, part in enumerate(parts) if k not in lost]
    path = tmp_path / "gap.tlcap"
    path.write_bytes(header + b"".join(kept))
    return path, parts


def test_lost_samples_are_a_gap_and_counted(tmp_path, real_capture):
    path, parts = without_frames(tmp_path, real_capture, 100, 105)
    recording = load(path)
    assert recording.gaps == ((1200, 1.0),)
    assert (recording.quality.gap_count, recording.quality.gap_s) == (1, 1.0)
    assert recording.quality.held_samples == 0
    assert recording.sample_count == load_count(parts) - 60
    assert recording.duration_s == load_count(parts) / 60
    assert "Lost samples: 1.0 s in 1 gaps" in " ".join(recording.quality.warnings)
    analysis, mirror = analyze_capture(path)
    assert analysis.wear.link_lost_s == 1.0
    assert np.isnan(analysis.timeline.flexion_deg[200:210]).all()
    assert len(analysis.timeline.context) * 6 == load_count(parts)
    assert not mirror.compare().is_identical


def test_a_gap_in_a_capture_is_lost_when_it_is_judged_by_other_settings(tmp_path, real_capture):
    path, parts = without_frames(tmp_path, real_capture, 100, 105)
    analysis = analyze(load(path), {"bend_peak_cdeg": 9000})
    assert analysis.wear.lost_s == 1.0
    assert len(analysis.timeline.context) * 6 == load_count(parts)
    assert np.isnan(analysis.timeline.flexion_deg[200:210]).all()
    assert any("gap" in warning for warning in analysis.warnings)


def test_cut_peaks_and_a_stuck_axis_of_a_capture_are_said(tmp_path):
    rng = np.random.default_rng(1)
    counts = np.tile(np.array([0, 0, 0, 4098, 0, 0, 16393, 0, 0], np.int16), (7200, 1))
    counts[:, :6] += rng.integers(-9, 9, (7200, 6), dtype=np.int16)
    streamed.write_capture(tmp_path / "good.tlcap", counts)
    assert analyze_capture(tmp_path / "good.tlcap")[0].warnings == ()
    counts[:, 4] = 5
    counts[1000:1004, 0] = 32767
    streamed.write_capture(tmp_path / "bad.tlcap", counts)
    said = " ".join(analyze_capture(tmp_path / "bad.tlcap")[0].warnings)
    assert "4 samples are at the end of the sensor's range" in said
    assert "acc y did not move" in said


def load_count(parts):
    return 12 * sum(part[1] == frames.SAMPLES for part in parts)


def test_a_capture_that_begins_late_begins_at_zero_seconds(tmp_path, demo_run, real_capture):
    header, parts = real_capture
    samples = [k for k, part in enumerate(parts) if part[1] == frames.SAMPLES]
    late = samples[:200]  # 40 s: the settings stay, the first samples were never heard
    path = tmp_path / "late.tlcap"
    path.write_bytes(header + b"".join(part for k, part in enumerate(parts) if k not in late))
    whole = analyze_capture(demo_run.real.capture)[0]
    analysis, _ = analyze_capture(path)
    assert analysis.wear.total_s == pytest.approx(whole.wear.total_s - 40.0)
    last, last_whole = analysis.bends[-1], whole.bends[-1]
    assert last.start_s == pytest.approx(last_whole.start_s - 40.0)
    assert last.start_block == last_whole.start_block - 400
    peak_deg = analysis.timeline.flexion_deg[last.start_block : last.end_block].max()
    assert peak_deg == last.peak_deg
    assert analysis.cues[-1].at_s == pytest.approx(whole.cues[-1].at_s - 40.0)


def test_a_capture_can_be_judged_by_other_settings(demo_run):
    analysis = analyze(load(demo_run.real.capture), {"bend_peak_cdeg": 9000})
    assert analysis.bends == ()


def test_what_nobody_says_is_real_is_not_called_real(run, demo_run, tmp_path):
    data = demo_run.simulated.capture.read_bytes()
    path = tmp_path / "headless.tlcap"
    path.write_bytes(b"X" + data[1:])
    code, out, _ = run("replay", path)
    assert code == 0
    assert "origin unknown" in out
    assert "recorded," not in out
    assert run("report", path, "-o", "page.html")[0] == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "ORIGIN UNKNOWN" in page
    assert 'class="badge real"' not in page
    assert load(path).is_simulated is None
    with Store.open(tmp_path / "a.db") as store, pytest.raises(InputError, match="nobody says"):
        store.save_session(store.add_wearer(time_zone="UTC"), analyze_capture(path)[0])
