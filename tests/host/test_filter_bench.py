"""The bench measures what it says: its capture is a capture, and a broken claim is told."""

import subprocess
import sys

import numpy as np
import pytest

from posturecore.context import VIBRATING
from tests.bench import command, streamed
from tests.bench.motion import desk, error_deg, flexing
from tests.bench.table import Row, as_markdown
from trunkline.captures.capture import read_capture
from trunkline.captures.captured import analyze_capture, gather, mirror_of


def test_the_bench_s_capture_holds_the_samples_it_was_made_of(tmp_path):
    counts = command.day_counts()[:1200]
    streamed.write_capture(tmp_path / "day.tlcap", counts)
    capture = read_capture(tmp_path / "day.tlcap", strict=True)
    mirror = mirror_of(capture)
    found, gaps = gather(mirror)
    assert gaps == ()
    assert (found == counts).all()
    assert mirror.compare().is_identical
    assert mirror.compare().blocks == 200


def test_the_bench_s_device_runs_its_motor_when_a_slouch_lasts(tmp_path):
    upright, slouched = (
        (0, 0, 0, 4098, 0, 0, 16393, 0, 0),
        (0, 0, 0, 3849, 0, -1402, 15405, 0, -5607),
    )
    counts = np.array([upright] * 600 + [slouched] * 4800, dtype=np.int16)
    counts[:, 4] += 10 * (np.arange(5400) // 60 % 2)  # breathing
    counts[:, :6] += np.random.default_rng(3).integers(-9, 9, (5400, 6), dtype=np.int16)
    streamed.write_capture(tmp_path / "day.tlcap", counts)
    analysis, mirror = analyze_capture(tmp_path / "day.tlcap", strict=True)
    assert [cue.is_felt for cue in analysis.cues] == [True]
    assert (analysis.timeline.context == VIBRATING).sum() == 6
    assert mirror.compare().is_identical


SLOW = """
import sys
from trunkline import cli
from trunkline.captures.captured import analyze_capture
analyze_capture(sys.argv[1])
print(sorted({"numba", "asyncio", "matplotlib", "rich", "sqlalchemy"} & set(sys.modules)))
"""


def test_replaying_a_capture_waits_for_nothing_that_it_does_not_need(tmp_path):
    streamed.write_capture(tmp_path / "day.tlcap", command.day_counts()[:1200])
    words = [sys.executable, "-c", SLOW, str(tmp_path / "day.tlcap")]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_ten_lines_run_without_ours():
    compile(command.TEN_LINES, "ten.py", "exec")
    assert len(command.TEN_LINES.strip().splitlines()) <= 12
    assert "trunkline" not in command.TEN_LINES


@pytest.mark.parametrize(("ours", "word"), [(1.0, "kept"), (1.1, "BROKEN")])
def test_a_broken_claim_is_told(ours, word):
    row = Row("speed", "s", ours, 8.0, 1.05, "8 times")
    assert row.is_kept == (word == "kept")

    assert word in as_markdown([row])


def test_the_bench_s_gyroscope_returns_its_pose():
    theta = np.radians(np.linspace(0, 40, 200))
    up, gyr = flexing(theta, 100.0)
    assert np.degrees(-gyr[:, 1].sum() / 100) == pytest.approx(40.0)
    assert np.degrees(np.arctan2(-up[-1, 2], up[-1, 0])) == pytest.approx(40.0)
    assert error_deg(up[-1:], up[:1])[0] == pytest.approx(40.0)


def test_the_bench_s_desk_leaves_room_for_no_wild_angles():
    _, _, up = desk(300.0)
    flexion_deg = np.degrees(np.arctan2(-up[:, 2], up[:, 0]))
    assert -12 < flexion_deg.min() < flexion_deg.max() < 40
