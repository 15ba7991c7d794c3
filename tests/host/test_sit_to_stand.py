"""Sit-to-stands and stand-to-sits: simulated ones with truth, look-alikes, and real clips."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from posturecore.params import PLACEMENTS
from trunkline import Recording, analyze, examples
from trunkline.errors import InputError
from trunkline.evaluate import clips, truth
from trunkline.readers import load
from trunkline.wearer import Scenario, simulate

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("TRUNKLINE_DATA", DEFAULT_DATA)) / "back"
CHAIR_STANDS = """
title = "Chair stands"
minutes = 2.5

[[act]]
do = "sit_down"
after_s = [4, 4]

[[act]]
do = "rest"
lasts_s = [8, 8]

[[act]]
do = "sit_to_stand"
times = [5, 5]
after_s = [{pause_s}, {pause_s}]
onset_s = [{move_s}, {move_s}]
hold_s = [{pause_s}, {pause_s}]
return_s = [{move_s}, {move_s}]
flexion_deg = [{bow_deg}, {bow_deg}]
"""


def found(analysis):
    return [(each.kind, each.start_s, each.end_s) for each in analysis.transitions]


def missed_and_false(day, analysis):
    return [
        truth.pair(truth.transitions(day, kind), analysis.transitions, kind)[1:]
        for kind in ("sit-to-stand", "stand-to-sit")
    ]


def chair_stands(move_s, pause_s, placement="T4", bow_deg=30):
    text = CHAIR_STANDS.format(move_s=move_s, pause_s=pause_s, bow_deg=bow_deg)
    return simulate(Scenario.parse(text, "chair stands"), placement=placement)


@cache
def therapy():
    return simulate("therapy", 3, duration_s=900)


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("name", ["household", "therapy"])
def test_every_seat_is_found_and_nothing_else(name, placement):
    day = simulate(name, 1, placement=placement, duration_s=1200)
    assert len(truth.transitions(day, "sit-to-stand")) >= 1
    assert missed_and_false(day, analyze(day.recording)) == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    "name", ["warehouse", "restless_sitter", "driving", "arms_raised", "in_bag"]
)
def test_lifts_slumps_reaches_and_roads_are_no_seats(name):
    day = simulate(name, 2, duration_s=1200)
    expected = [len(truth.transitions(day, k)) for k in ("sit-to-stand", "stand-to-sit")]
    analysis = analyze(day.recording)
    assert missed_and_false(day, analysis) == [(0, 0), (0, 0)]
    assert len(analysis.transitions) == sum(expected)


@pytest.mark.parametrize(
    ("move_s", "pause_s"),
    [
        pytest.param(1.0, 0.3, id="as fast as one can"),
        pytest.param(1.5, 0.8, id="brisk"),
        pytest.param(4.0, 3.0, id="slow"),
    ],
)
@pytest.mark.parametrize("placement", ["C7", "L5"])
def test_repeated_chair_stands_are_each_found(move_s, pause_s, placement):
    day = chair_stands(move_s, pause_s, placement)
    assert len(truth.transitions(day, "sit-to-stand")) == 5
    assert missed_and_false(day, analyze(day.recording)) == [(0, 0), (0, 0)]


def test_who_is_lifted_without_a_bow_does_not_stand_up():
    assert analyze(chair_stands(2.0, 3.0, bow_deg=0).recording).rises == ()
    assert len(analyze(chair_stands(2.0, 3.0, bow_deg=15).recording).rises) == 5


def test_a_case_that_is_taken_off_does_not_sit_down():
    day = simulate("off_body", 1, duration_s=1500)
    assert missed_and_false(day, analyze(day.recording)) == [(0, 0), (0, 0)]


def test_times_and_heights_are_those_of_the_hips():
    day = chair_stands(2.0, 3.0)
    analysis = analyze(day.recording)
    rises = [event for event in day.truth.events if event.kind == "sit_to_stand"]
    assert len(analysis.rises) == len(rises)
    for each, event in zip(analysis.rises, rises, strict=True):
        # The hips go up from a quarter of the time on, until a twentieth is left.
        assert each.start_s == pytest.approx(event.start_s + 0.25 * event.onset_s, abs=0.4)
        assert each.end_s == pytest.approx(event.start_s + 0.95 * event.onset_s, abs=0.4)
        assert each.height_m == pytest.approx(event.drop_m, abs=0.1)
        assert each.peak_speed_m_s == pytest.approx(1.875 * event.drop_m / 1.4, abs=0.1)
        assert 50 <= each.confidence_pct <= 100


@pytest.mark.parametrize("rate_hz", [25.0, 128.0])
def test_any_rate_tells_the_same(rate_hz):
    day = simulate("therapy", 3, rate_hz=rate_hz, duration_s=900)
    expected = [kind for kind, _, _ in found(analyze(therapy().recording))]
    assert len(expected) > 10
    assert [kind for kind, _, _ in found(analyze(day.recording))] == expected


@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(np.diag([1.0, -1.0, -1.0]), id="z to the back"),
        pytest.param(np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]), id="z to the side"),
        pytest.param(np.array([[0, 1.0, 0], [-1.0, 0, 0], [0, 0, 1.0]]), id="on its side"),
    ],
)
def test_any_mounting_tells_the_same(turn):
    recording = therapy().recording
    other = Recording.from_arrays(
        recording.rate_hz, recording.acc_m_s2 @ turn, recording.gyr_rad_s @ turn, "T4"
    )
    expected = [kind for kind, _, _ in found(analyze(recording))]
    turned = analyze(other, neutral=np.array([1.0, 0.0, 0.0]) @ turn)
    assert [kind for kind, _, _ in found(turned)] == expected


def test_a_sensor_that_is_off_tells_the_same():
    recording = therapy().recording
    acc = recording.acc_m_s2 * 1.03 + np.array([0.1, -0.2, 0.3])
    other = Recording.from_arrays(recording.rate_hz, acc, recording.gyr_rad_s, "T4")
    expected = found(analyze(recording))
    assert [kind for kind, _, _ in found(analyze(other))] == [kind for kind, _, _ in expected]


def test_a_rise_that_a_gap_cuts_is_not_told():
    recording = therapy().recording
    whole = analyze(recording)
    cut = whole.rises[2]
    rows = np.arange(len(recording.acc_m_s2)) / recording.rate_hz
    middle_s = (cut.start_s + cut.end_s) / 2
    end = int(np.searchsorted(rows, middle_s))
    before = Recording.from_arrays(
        recording.rate_hz, recording.acc_m_s2[:end], recording.gyr_rad_s[:end], "T4"
    )
    assert len(analyze(before).rises) == 2


def test_without_a_neutral_pose_nothing_is_told():
    recording = therapy().recording
    shaken = recording.acc_m_s2 + np.random.default_rng(1).normal(0, 3, recording.acc_m_s2.shape)
    analysis = analyze(replace(recording, acc_m_s2=shaken))
    assert analysis.neutral is None
    assert analysis.transitions == ()
    assert analysis.to_json()["transitions"] == []


def test_json_tells_start_end_duration_and_confidence():
    analysis = analyze(therapy().recording)
    said = analysis.to_json()
    first = analysis.transitions[0]
    assert said["transitions"][0] == {
        "kind": first.kind,
        "start_s": first.start_s,
        "end_s": first.end_s,
        "height_m": first.height_m,
        "peak_speed_m_s": first.peak_speed_m_s,
        "confidence_pct": first.confidence_pct,
        "duration_s": round(first.end_s - first.start_s, 3),
    }
    worn_h = analysis.wear.worn_s / 3600
    assert said["rises_per_worn_hour"] == pytest.approx(len(analysis.rises) / worn_h, abs=0.01)


def skdh(name):
    try:
        return clips.skdh(FOLDER, name)
    except InputError:
        pytest.skip(f"no {name}.npz: set TRUNKLINE_DATA to a folder that holds back/{name}.npz")


@pytest.mark.parametrize("neutral", [None, (1.0, 0.0, 0.0)])
def test_the_sit_to_stands_of_the_skdh_clip_are_found(neutral):
    analysis = analyze(skdh(clips.RISING), neutral=neutral)
    assert len(analysis.rises) == len(clips.RISES_S)
    for each, (start_s, end_s) in zip(analysis.rises, clips.RISES_S, strict=True):
        assert each.start_s == pytest.approx(start_s, abs=0.5)
        assert each.end_s == pytest.approx(end_s, abs=0.5)
    sits = [each.start_s for each in analysis.transitions if each.kind == "stand-to-sit"]
    # Read off the signal: no reference tells them.
    assert sits == pytest.approx([7.0, 30.2, 68.0, 88.1], abs=0.5)


def test_a_walk_holds_no_seat():
    assert analyze(skdh(clips.GAIT), neutral=(1.0, 0.0, 0.0)).transitions == ()


def test_the_mobgap_clip_rises_and_sits_twice():
    recording = load(examples.path(examples.NAMES[0]))
    analysis = analyze(recording, neutral=recording.extras["neutral_up"])
    # Read off the signal: it begins seated, sits at 52 s, rises at 76 s and ends seated.
    assert [(kind, round(start_s)) for kind, start_s, _ in found(analysis)] == [
        ("sit-to-stand", 4),
        ("stand-to-sit", 51),
        ("sit-to-stand", 76),
        ("stand-to-sit", 135),
    ]
