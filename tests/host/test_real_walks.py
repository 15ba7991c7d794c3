"""What is decided about people who really walked; docs/detection.md holds the same numbers."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from posturecore.context import STILL, WALKING
from posturecore.params import PLACEMENTS
from trunkline import analyze, examples
from trunkline.readers import load
from trunkline.recordings.recording import STANDARD_GRAVITY_M_S2, Recording

STRICT = {"slouch_entry_cdeg": 500, "slouch_hold_s": 3, "slouch_hysteresis_cdeg": 400}
DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("TRUNKLINE_DATA", DEFAULT_DATA)) / "back"


@cache
def clip(name):
    """A lower back by name: the one that comes along, or one of scikit-digital-health."""
    if name == "mobgap":
        recording = load(examples.path(examples.NAMES[0]))
        return recording, recording.extras["neutral_up"]
    path = FOLDER / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"no {path.name}: set TRUNKLINE_DATA to a folder that holds back/{path.name}")
    with np.load(path) as file:
        upside = np.diag([-1.0, 1.0, -1.0])  # worn upside down, z to the back
        gyr = file["gyro"] @ upside if "gyro" in file.files else None
        rate_hz = 1 / float(np.median(np.diff(file["time"])))
        acc = file["accel"].astype(float) @ upside * STANDARD_GRAVITY_M_S2
    return Recording.from_arrays(rate_hz, acc, gyr, "L5"), np.array([1.0, 0.0, 0.0])


def at_other_placements(recording, placement):
    return Recording.from_arrays(
        recording.rate_hz, recording.acc_m_s2, recording.gyr_rad_s, placement, axes=recording.axes
    )


def seconds(analysis, spans=None):
    """Whole seconds of walking: as decided, or in the reference's spans."""
    time_s = analysis.timeline.time_s + analysis.timeline.block_s / 2
    walks = analysis.timeline.context == WALKING
    if spans is not None:
        walks = np.any([(time_s >= start) & (time_s < end) for start, end in spans], axis=0)
    whole = len(walks) // 10
    return walks[: whole * 10].reshape(whole, 10).mean(axis=1) >= 0.5


def test_walking_bouts_are_those_of_the_reference():
    recording, neutral = clip("mobgap")
    analysis = analyze(recording, neutral=neutral)
    found = seconds(analysis)
    truth = seconds(analysis, recording.extras["walking_start_end_s"])
    score = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert score >= 0.85


@pytest.mark.parametrize("name", ["mobgap", "skdh_lumbar_gait", "skdh_lumbar_sit2stand"])
@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("lean_deg", [-12, 0, 12])
@pytest.mark.parametrize("rule", [0, 1])
def test_nobody_is_alerted_while_walking(name, placement, lean_deg, rule):
    """At 5° and 3 s, and with a neutral that makes walking itself look slouched."""
    recording, neutral = clip(name)
    lean = np.radians(lean_deg)
    turn = [[np.cos(lean), 0, np.sin(lean)], [0, 1, 0], [-np.sin(lean), 0, np.cos(lean)]]
    settings = STRICT | {"slouch_rule": rule, "slouch_dose_cdeg_s": 1500, "cues_per_hour": 30}
    analysis = analyze(
        at_other_placements(recording, placement),
        settings | {"slouch_refractory_s": 10},
        neutral=turn @ neutral,
    )
    walks = recording.extras.get("walking_start_end_s", np.empty((0, 2)))
    context = analysis.timeline.context
    for cue in analysis.cues:
        if cue.reason == "slouch":
            assert context[cue.block] == STILL
            assert not any(start <= cue.at_s < end for start, end in walks), cue


def test_most_of_a_walk_is_walking():
    recording, neutral = clip("skdh_lumbar_gait")
    analysis = analyze(recording, neutral=neutral)
    assert (analysis.timeline.context[40:430] == WALKING).mean() > 0.9


def test_the_ledger_is_what_the_timeline_shows():
    recording, neutral = clip("mobgap")
    analysis = analyze(recording, neutral=neutral)
    counts = np.bincount(analysis.timeline.context, minlength=9)
    shown = [
        round(value / analysis.timeline.block_s) for value in analysis.wear.by_context_s.values()
    ]
    assert counts.tolist() == shown[:9]
