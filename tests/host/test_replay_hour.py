"""A simulated hour through the decisions: what truly happened is found, and nothing else."""

import json

import pytest

import trunkline
from posturecore import params
from trunkline import Wear, analyze
from trunkline.wearer import simulate_desk_hour


@pytest.fixture(scope="module")
def hour():
    return simulate_desk_hour(seed=1)


@pytest.fixture(scope="module")
def hour_analysis(hour):
    return analyze(hour.recording)


def overlaps(episode, event):
    return episode.start_s < event.end_s and event.start_s < episode.end_s


def test_every_true_slouch_of_an_hour_is_found(hour, hour_analysis):
    slouches = hour.truth.of_kind("slouch")
    assert len(slouches) >= 3
    for event in slouches:
        found = [e for e in hour_analysis.episodes if overlaps(e, event)]
        assert len(found) >= 1, event
        assert sum(e.duration_s for e in found) > 0.6 * (event.end_s - event.start_s)
        assert all(e.peak_deg == pytest.approx(event.flexion_deg, abs=8) for e in found)


def test_nothing_but_slouches_is_called_one(hour, hour_analysis):
    for episode in hour_analysis.episodes:
        assert any(overlaps(episode, event) for event in hour.truth.of_kind("slouch"))
    for event in hour.truth.of_kind("walking", "stoop", "squat", "short_lean", "lean_back"):
        assert not any(overlaps(episode, event) for episode in hour_analysis.episodes), event


def test_every_deep_lift_of_an_hour_is_a_bend(hour, hour_analysis):
    for event in hour.truth.of_kind("stoop"):
        assert any(overlaps(bend, event) for bend in hour_analysis.bends), event
    for bend in hour_analysis.bends:
        assert any(
            overlaps(bend, event)
            for event in hour.truth.events
            if event.kind not in ("fidget", "shift", "typing", "slouch")
        )


def test_cues_come_only_while_slouched_or_after_a_bend(hour, hour_analysis):
    assert any(cue.reason == "slouch" and cue.is_felt for cue in hour_analysis.cues)
    for cue in hour_analysis.cues:
        if cue.reason == "slouch":
            within = [e for e in hour.truth.of_kind("slouch") if e.start_s <= cue.at_s <= e.end_s]
            assert within, cue


def test_an_hour_as_json_is_whole(hour_analysis):
    said = json.loads(json.dumps(hour_analysis.to_json(), allow_nan=False))
    fields = set(trunkline.Analysis.__dataclass_fields__) - {"timeline"}
    assert set(said) == fields | {"angle_bands_s", "bends_per_worn_hour", "rises_per_worn_hour"}
    assert len(said["episodes"]) == len(hour_analysis.episodes)
    assert said["episodes"][0]["start_s"] == hour_analysis.episodes[0].start_s
    assert said["settings"] == params.defaults()
    assert set(said["wear"]) == set(Wear.__dataclass_fields__)
