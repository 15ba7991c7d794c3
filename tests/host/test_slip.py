import numpy as np
import pytest

from posturecore.context import LYING, STILL, UNKNOWN, WALKING
from trunkline import analyze
from trunkline.decide.slip import find_slip, slip_warnings
from trunkline.decide.timeline import Timeline
from trunkline.wearer import simulate_desk_hour


def day(*parts):
    """Make a timeline of (seconds, context, flexion, lean aside), swaying."""
    columns = []
    for seconds, context, flexion_deg, lateral_deg in parts:
        columns.append(np.tile([context, flexion_deg, lateral_deg], (round(10 * seconds), 1)))
    context, flexion_deg, lateral_deg = np.concatenate(columns).T
    sway = 4 * np.sin(np.arange(len(context)) / 2)
    return Timeline(
        block_s=0.1,
        flexion_deg=flexion_deg + sway,
        lateral_deg=lateral_deg + sway,
        context=context.astype(np.int8),
        slouch_state=np.zeros(len(context), dtype=np.int8),
    )


def walked(flexion_deg, lateral_deg=0.0, seconds=90):
    return [(10, STILL, 0, 0), (seconds, WALKING, flexion_deg, lateral_deg), (20, STILL, 0, 0)]


@pytest.mark.parametrize(
    ("parts", "is_told"),
    [
        pytest.param(walked(3), False, id="upright"),
        pytest.param(walked(9), False, id="leaning into a walk"),
        pytest.param(walked(12), True, id="slipped forward"),
        pytest.param(walked(-9), True, id="slipped back"),
        pytest.param(walked(7.5, 7.5), True, id="slipped both ways"),
        pytest.param(walked(0, 9), True, id="slipped aside"),
        pytest.param(walked(20, seconds=50), False, id="too little walking to tell"),
        pytest.param(walked(20, seconds=31) * 2, True, id="a minute in two walks"),
        pytest.param(walked(20, seconds=8) * 9, False, id="stairs, turns, a few steps"),
        pytest.param(walked(2, seconds=600) + walked(14), True, id="slipped after a long walk"),
        pytest.param(
            [(300, WALKING, 35, 20), (3, STILL, 35, 20), (300, UNKNOWN, 35, 20)], False, id="a bag"
        ),
        pytest.param([(700, STILL, 0, 10)], True, id="sits aside for long"),
        pytest.param([(250, STILL, 0, 10), (600, STILL, 0, 0)], False, id="leaned on an arm"),
        pytest.param([(3000, STILL, 20, 0), (3000, STILL, -15, 0)], False, id="sits as one sits"),
        pytest.param([(700, LYING, 0, 80)], False, id="lies on the side"),
    ],
)
def test_a_slip_is_told_from_walking_and_from_sitting_aside(parts, is_told):
    assert bool(slip_warnings(day(*parts))) is is_told


def test_a_slip_is_told_with_the_time_at_which_it_was_known():
    slip = find_slip(day(*walked(2, seconds=300), *walked(15, 5)))
    assert slip.at_s == pytest.approx(330 + 10 + 35, abs=10)  # when most of a minute is off
    assert slip.doing == "walking"
    assert slip.forward_deg == pytest.approx(15, abs=4)
    assert slip.sentence.startswith(f"from 6 min on walking was {slip.forward_deg:+.0f}° forward")


def test_a_neutral_pose_that_is_off_is_told_and_not_corrected():
    recording = simulate_desk_hour(seed=2).recording
    straight = analyze(recording)
    off = analyze(recording, neutral=[np.cos(0.3), 0, -np.sin(0.3)])
    assert not any("slipped" in warning for warning in straight.warnings)
    assert any("slipped" in warning for warning in off.warnings)
    shift = np.nanmedian(off.timeline.flexion_deg - straight.timeline.flexion_deg)
    assert abs(shift) > 8
