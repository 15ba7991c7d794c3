import numpy as np
import pytest

from posturecore.context import STILL, WALKING
from trunkline import analyze
from trunkline.slip import slip_warnings
from trunkline.timeline import Timeline
from trunkline.wearer import simulate_desk_hour


def day(flexion_deg, lateral_deg=0.0, walk_blocks=900):
    count = 5000
    context = np.full(count, STILL, dtype=np.int8)
    context[100 : 100 + walk_blocks] = WALKING
    sway = 4 * np.sin(np.arange(count) / 2)
    return Timeline(
        block_s=0.1,
        flexion_deg=flexion_deg + sway,
        lateral_deg=lateral_deg + sway,
        context=context,
        slouch_state=np.zeros(count, dtype=np.int8),
    )


@pytest.mark.parametrize(
    ("timeline", "is_told"),
    [
        pytest.param(day(3), False, id="upright"),
        pytest.param(day(-9), True, id="slipped back"),
        pytest.param(day(6, 6.5), True, id="slipped both ways"),
        pytest.param(day(0, 9), True, id="slipped aside"),
        pytest.param(day(20, walk_blocks=500), False, id="too little walking to tell"),
    ],
)
def test_a_slip_is_told_from_walking(timeline, is_told):
    assert bool(slip_warnings(timeline)) is is_told


def test_a_neutral_pose_that_is_off_is_told_and_not_corrected():
    recording = simulate_desk_hour(seed=2).recording
    straight = analyze(recording)
    off = analyze(recording, neutral=[np.cos(0.3), 0, -np.sin(0.3)])
    assert not any("slipped" in warning for warning in straight.warnings)
    assert any("slipped" in warning for warning in off.warnings)
    shift = np.nanmedian(off.timeline.flexion_deg - straight.timeline.flexion_deg)
    assert abs(shift) > 8
