"""Gaps from the reader to the answer: lost time is lost, what follows keeps its time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.motion import desk, flexing, sensed
from trunkline import Recording, analyze, load
from trunkline.decide.blocks import lay_out, make_blocks
from trunkline.decide.counts import to_counts, to_stretches
from trunkline.errors import InputError
from trunkline.filter.gravity import Gap, gravity

UP = (1.0, 0.0, 0.0)


def bows(rate_hz, bow_at_s, end_s):
    """Upright, with a bow of 60 degrees at some times; gyr, acc and time."""
    time_s = np.arange(round(end_s * rate_hz)) / rate_hz
    theta = sum(np.clip(1 - np.abs(time_s - at_s) / 2, 0, 1) for at_s in bow_at_s)
    up, gyr = flexing(np.radians(60 * theta), rate_hz)
    return *sensed(up, gyr, rate_hz), time_s


def cut(motion, *spans_s):
    """Leave spans of time out of every array."""
    is_kept = np.ones(len(motion[-1]), dtype=bool)
    for first_s, last_s in spans_s:
        is_kept &= (motion[-1] < first_s) | (motion[-1] >= last_s)
    return [part[is_kept] for part in motion]


def saved(path, gyr, acc, time_s):
    np.savez(path, time=time_s, acc_m_s2=acc, gyr_rad_s=gyr)
    return path


@pytest.mark.parametrize("rate_hz", [50.0, 60.0, 100.0, 104.0])
def test_a_bend_behind_gaps_stands_at_its_own_time(tmp_path, rate_hz):
    motion = bows(rate_hz, [20.0, 100.0], 120.0)
    whole = analyze(load(saved(tmp_path / "whole.npz", *motion)), neutral=UP)
    parts = cut(motion, (40.03, 52.4), (61.0, 61.25), (70.0, 82.77))
    recording = load(saved(tmp_path / "cut.npz", *parts))
    assert len(recording.gaps) == 3
    assert recording.duration_s == pytest.approx(120.0, abs=0.03)
    analysis = analyze(recording, neutral=UP)
    assert len(analysis.bends) == len(whole.bends) == 2
    for found, true in zip(analysis.bends, whole.bends, strict=True):
        assert found.start_s == pytest.approx(true.start_s, abs=0.101)
        assert found.peak_deg == pytest.approx(true.peak_deg, abs=1.0)
    lost_s = 12.37 + 0.25 + 12.77
    assert lost_s - 0.05 <= analysis.wear.lost_s <= lost_s + 3 * 0.2
    assert analysis.wear.total_s == pytest.approx(whole.wear.total_s, abs=0.11)
    assert np.isnan(analysis.timeline.flexion_deg[405:520]).all()


def test_a_gap_is_a_sentence_beside_the_result(tmp_path):
    motion = bows(60.0, [20.0], 60.0)
    recording = load(saved(tmp_path / "cut.npz", *cut(motion, (30.0, 40.0))))
    said = " ".join(analyze(recording, neutral=UP).warnings)
    assert "skips 10.00 s in 1 gaps" in said
    assert "angles of " in said
    assert "gap 0.03%" in said
    whole = load(saved(tmp_path / "whole.npz", *motion))
    assert not any("angles of" in text for text in analyze(whole, neutral=UP).warnings)


def test_peaks_that_are_cut_make_their_angles_doubtful(tmp_path):
    gyr, acc, _ = bows(60.0, [20.0], 60.0)
    acc[1800:1810, 0] = 8 * 9.80665
    said = " ".join(analyze(Recording.from_arrays(60.0, acc, gyr), neutral=UP).warnings)
    assert "10 samples are at the end" in said
    assert "saturated 0.28%" in said


def test_a_csv_knows_its_gaps(tmp_path):
    gyr, acc, time_s = cut(bows(50.0, [20.0], 60.0), (30.0, 33.0))
    path = tmp_path / "log.csv"
    rows = np.column_stack([time_s, acc, gyr])
    head = "time_s,ax,ay,az,gx_rad_s,gy_rad_s,gz_rad_s"
    np.savetxt(path, rows, delimiter=",", header=head, comments="", fmt="%.6f")
    gaps = load(path).gaps
    assert [gap.at for gap in gaps] == [1500]
    assert gaps[0].lost_s == pytest.approx(3.0, abs=0.001)


def test_a_turn_at_the_edge_of_a_short_gap_does_not_go_on():
    gyr, acc, up = (part[:600] for part in desk(20.0, 60.0))
    gyr[299] = (0.0, 5.0, 0.0)
    recording = Recording.from_arrays(60.0, acc, gyr, gaps=[Gap(300, 4 / 60)])
    ((first, counts),) = to_stretches(recording, up)
    assert (first, len(counts)) == (0, 604)
    assert (counts[300:304, :3] == 0).all()
    assert (counts[300:304, 3:] == counts[299, 3:]).all()


def test_without_gaps_the_blocks_are_those_of_the_samples():
    gyr, acc, up = (part[:3000] for part in desk(60.0, 60.0))
    recording = Recording.from_arrays(100.0, acc, gyr)
    blocks, is_lost = lay_out(to_stretches(recording, up))
    assert not is_lost.any()
    assert (blocks == make_blocks(to_counts(recording, up))).all()


LOST_SAMPLES = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 300)), min_size=1, max_size=6
)


@given(LOST_SAMPLES, st.sampled_from([50.0, 60.0, 61.3, 128.0]))
def test_blocks_stand_where_their_samples_were_taken(stretches, rate_hz):
    # Every sample carries its own time, so that each block says where it belongs.
    times, gaps, sample = [], [], 0
    for k, (kept, lost) in enumerate(stretches):
        times += range(sample, sample + kept)
        sample += kept + lost
        if k < len(stretches) - 1:
            gaps.append(Gap(len(times), lost / rate_hz))
    time_s = (np.array(times) + 0.5) / rate_hz
    acc = np.tile([9.80665, 0.0, 0.0], (len(times), 1))
    gyr = np.column_stack([time_s / 10, np.zeros(len(times)), np.zeros(len(times))])
    recording = Recording.from_arrays(rate_hz, acc, gyr, gaps=gaps)
    blocks, is_lost = lay_out(to_stretches(recording, np.tile(UP, (len(times), 1))))
    assert (blocks[is_lost] == 0).all()
    told_s = np.rad2deg(1.0) ** -1 * blocks[:, 0] * 0.035 * 10
    late_s = told_s - (np.arange(len(blocks)) + 0.5) * 0.1
    is_bridged = np.zeros(len(blocks), dtype=bool)
    for gap in gaps:
        if gap.lost_s < 0.1:
            at = int(time_s[gap.at] / 0.1)
            is_bridged[max(0, at - 2) : at + 2] = True
    assert np.abs(late_s[~is_lost & ~is_bridged]).max(initial=0.0) < 0.02 + 0.5 / rate_hz


def test_gaps_that_do_not_fit_are_refused_with_a_sentence():
    acc = np.tile([9.80665, 0.0, 0.0], (100, 1))
    with pytest.raises(InputError, match="a gap before sample 100 of 100"):
        Recording.from_arrays(60.0, acc, gaps=[Gap(100, 1.0)])
    with pytest.raises(InputError, match=r"a gap of -1 s"):
        Recording.from_arrays(60.0, acc, gaps=[Gap(50, -1.0)])
    ages = Recording.from_arrays(60.0, acc, gaps=[Gap(50, 30 * 24 * 3600.0)])
    with pytest.raises(InputError, match=r"a gap of 720\.0 h before sample 50"):
        analyze(ages, neutral=UP)


def test_a_neutral_pose_is_not_found_across_a_gap():
    # Eight still seconds, but never three of them in one piece.
    acc, gyr = np.tile([9.80665, 0.0, 0.0], (480, 1)), np.zeros((480, 3))
    gaps = [Gap(160, 30.0), Gap(320, 30.0)]
    recording = Recording.from_arrays(60.0, acc, gyr, gaps=gaps)
    assert analyze(recording, {"calibration_s": 3}).neutral is None
    whole = Recording.from_arrays(60.0, acc, gyr)
    assert analyze(whole, {"calibration_s": 3}).neutral is not None


def test_gravity_is_told_of_the_gaps():
    gyr, acc = (part[:1200] for part in desk(20.0, 60.0)[:2])
    recording = Recording.from_arrays(60.0, acc, gyr, gaps=[Gap(600, 3.0)])
    told, untold = gravity(recording, gaps=recording.gaps), gravity(recording)
    ((_, before), (first, after)) = to_stretches(recording, told)
    assert (len(before), first, len(after)) == (600, 130, 600)
    assert not np.allclose(told[600:660], untold[600:660])


def test_a_turn_within_a_gap_is_judged_at_once():
    theta = np.radians(np.repeat([0.0, 60.0], 1800))
    up, gyr = flexing(theta, 60.0)
    gyr[1799:1801] = 0.0  # the turn itself is in the gap
    gyr, acc = sensed(up, gyr, 60.0)
    recording = Recording.from_arrays(60.0, acc, gyr, gaps=[Gap(1800, 20.0)])
    flexion_deg = analyze(recording, neutral=UP).timeline.flexion_deg
    assert np.isnan(flexion_deg[300:500]).all()
    assert np.abs(flexion_deg[500:520] - 60.0).max() < 2.0
