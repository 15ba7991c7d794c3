"""Plug-in detectors: found, fed, labelled; and one that fails touches nothing else."""

import importlib
import itertools
import json
import sys
import textwrap
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import params
from trunkline import DetectorError, InputError, Recording, analyze
from trunkline.captures.captured import analyze_capture
from trunkline.decide.blocks import lay_out
from trunkline.decide.counts import blocks_of
from trunkline.decide.detected import run_all
from trunkline.decide.detectors import Plugin, Run, Setup, detect, installed, named
from trunkline.decide.live_detector import LiveDetector
from trunkline.decide.mirror import Mirror
from trunkline.device.session import Session
from trunkline.recordings.gaps import Gap
from trunkline.transports.recorded import RecordedTransport

from .terminal import complaint

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "trunkline-leaning"
SETUP = Setup(60_000, params.defaults(), (16393, 0, 0))


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package as pip does: its modules and what they are, in a folder on the path."""

    def put(package, version, entries, code=None, folder=None):
        site = tmp_path / f"site-{package}"
        info = site / f"{package}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[trunkline.detectors]\n{lines}")
        if code is not None:
            (site / f"{package}.py").write_text(textwrap.dedent(code))
        for path in (site, *([folder] if folder else [])):
            monkeypatch.syspath_prepend(str(path))
        for value in entries.values():
            monkeypatch.delitem(sys.modules, value.partition(":")[0], raising=False)
        importlib.invalidate_caches()

    return put


@pytest.fixture
def leaning(install):
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    entries = project["entry-points"]["trunkline.detectors"]
    install(project["name"].replace("-", "_"), project["version"], entries, folder=EXAMPLE)
    return named("leaning")


def leaner(lean_deg=15.0, gaps=()):
    """Upright for 20 s, leaning to the right for 8 s, upright for 12 s; at 60 Hz."""
    t = np.arange(40 * 60) / 60
    angle = np.radians(np.interp(t, [0, 20, 20.5, 28, 28.5, 40], [0, 0, lean_deg, lean_deg, 0, 0]))
    rng = np.random.default_rng(4)
    acc = 9.80665 * np.stack([np.cos(angle), -np.sin(angle), 0 * t], axis=1)
    # A lean to the right turns about the forward axis.
    gyr = np.stack([0 * t, 0 * t, np.gradient(angle, 1 / 60)], axis=1)
    acc[:, 2] += 0.06 * np.sin(2 * np.pi * 0.25 * t)
    return Recording.from_arrays(
        60.0,
        acc + rng.normal(0, 0.02, acc.shape),
        gyr + rng.normal(0, 0.002, gyr.shape),
        gaps=gaps,
    )


def write(recording, name="lean.npz"):
    np.savez(name, rate_hz=60.0, acc_m_s2=recording.acc_m_s2, gyr_rad_s=recording.gyr_rad_s)
    return name


# The example


def test_example_finds_a_lean_and_says_where(leaning):
    blocks, is_lost = blocks_of(leaner())
    [found] = detect(leaning, SETUP, blocks, is_lost)
    assert found.kind == "lean"
    assert found.start_block == pytest.approx(203, abs=3)
    assert found.end_block == pytest.approx(282, abs=3)
    assert found.values["peak_deg"] == pytest.approx(15, abs=1)


@pytest.mark.parametrize("lean_deg", [0.0, 8.0])
def test_example_finds_no_lean_where_there_is_none(leaning, lean_deg):
    assert detect(leaning, SETUP, *blocks_of(leaner(lean_deg))) == ()


def test_example_measures_from_the_wearer_s_own_pose(leaning):
    tilted = (16393 * np.array([np.cos(0.2), -np.sin(0.2), 0])).astype(int)
    setup = Setup(60_000, params.defaults(), tuple(tilted.tolist()))
    found = detect(leaning, setup, *blocks_of(leaner()))
    assert [each.start_block for each in found] == [0, pytest.approx(284, abs=3)]


def test_missing_blocks_are_a_jump_and_end_what_is_open(leaning):
    blocks, is_lost = blocks_of(leaner(gaps=(Gap(26 * 60, 30.0),)))
    assert is_lost.sum() == pytest.approx(300, abs=1)
    [found] = detect(leaning, SETUP, blocks, is_lost)
    assert found.end_block == 260


@cache
def lean_blocks():
    return blocks_of(leaner())[0]


@given(st.lists(st.integers(1, 399), max_size=12))
def test_however_the_blocks_are_cut_the_example_finds_the_same(cuts):
    sys.path.insert(0, str(EXAMPLE))
    try:
        from trunkline_leaning import Leaning
    finally:
        sys.path.remove(str(EXAMPLE))
    detector, found, edges = Leaning(SETUP), [], [0, *sorted(set(cuts)), 400]
    for start, end in itertools.pairwise(edges):
        found += detector.blocks(start, lean_blocks()[start:end])
    found += detector.finish()
    assert found == [*(whole := Leaning(SETUP)).blocks(0, lean_blocks()), *whole.finish()]
    assert len(found) == 1


# The command


def test_replay_tells_it_apart_from_the_device_s_own(run, leaning):
    name = write(leaner())
    plain = json.loads(run("replay", name, "--json")[1])
    code, out, _ = run("replay", name, "--detector", "leaning", "--json")
    assert code == 0
    both = json.loads(out)
    [result] = both.pop("detectors")
    assert both == plain
    assert (result["detector"], result["package"]) == ("leaning", "trunkline_leaning")
    assert (result["version"], result["failure"]) == ("0.3", None)
    assert result["found"][0]["kind"] == "lean"
    assert result["found"][0]["start_s"] == pytest.approx(20.4, abs=0.3)
    code, out, _ = run("replay", name, "--detector", "leaning")
    assert code == 0
    assert "leaning (trunkline_leaning 0.3), a plug-in: 1 found" in out
    assert "\n  0:20 lean, 7." in out


def test_replay_of_a_capture_asks_detectors_too(run, install, demo_run):
    install("counting", "1.0", {"counting": "counting:Counting"}, COUNTING)
    plain = json.loads(run("replay", demo_run.real.capture, "--json")[1])
    code, out, _ = run("replay", demo_run.real.capture, "--detector", "counting", "--json")
    both = json.loads(out)
    [result] = both.pop("detectors")
    assert (code, both) == (0, plain)
    [all_blocks] = result["found"]
    analysis, _ = analyze_capture(demo_run.real.capture)
    assert all_blocks["end_block"] == len(analysis.timeline.context)
    assert all_blocks["values"]["motor_blocks"] == (analysis.timeline.context == 8).sum() > 0


def test_play_tells_it_as_it_comes(run, leaning):
    name = write(leaner())
    code, out, _ = run("replay", name, "--speed", "1000", "--detector", "leaning", "--json")
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    [found] = [event for event in events if event["event"] == "detected"]
    assert (found["detector"], found["kind"]) == ("leaning", "lean")
    at = events.index(found)
    seconds = [event["at_s"] for event in events[:at] if event["event"] == "now"]
    assert seconds[-1] == pytest.approx(28, abs=1.5)
    code, out, _ = run("replay", name, "--speed", "1000", "--detector", "leaning")
    assert "leaning (trunkline_leaning 0.3): 0:20 lean" in out


def test_list_names_package_and_version(run, leaning, install):
    install("broken", "2.1", {"broken": "broken:Nothing"}, "")
    code, out, err = run("detectors")
    assert code == 0
    assert out.splitlines() == ["broken  broken 2.1", "leaning  trunkline_leaning 0.3"]
    assert err.startswith("trunkline: The detector broken (broken 2.1) failed: AttributeError")
    rows = json.loads(run("detectors", "--json")[1])["detectors"]
    assert [(row["detector"], row["failure"] is None) for row in rows] == [
        ("broken", False),
        ("leaning", True),
    ]


def test_list_without_any_says_where_to_read(run):
    code, out, err = run("detectors")
    assert (code, out) == (0, "")
    assert "docs/detectors.md" in err


@pytest.mark.parametrize("speed", [(), ("--speed", "20")])
def test_name_that_is_not_installed_is_one_sentence(run, leaning, speed):
    said = complaint(run("replay", write(leaner()), "--detector", "lifting", *speed))
    assert "one of leaning" in said


def test_two_of_one_name_are_refused_with_both_packages(install):
    for package in ("one", "two"):
        install(package, "1.0", {"same": f"{package}:X"}, "X = list")
    with pytest.raises(InputError, match=r"same \(one 1\.0\) and same \(two 1\.0\)"):
        named("same")
    assert len(installed()) == 2


# Plug-ins that fail

COUNTING = """
    from trunkline.decide.detectors import Found

    class Counting:
        def __init__(self, setup):
            self.end = self.motor = 0

        def blocks(self, first, rows):
            self.end = first + len(rows)
            self.motor += int((rows[:, 15] & 2 > 0).sum())

        def finish(self):
            print("this is on stdout")
            return [Found("all", 0, self.end, {"motor_blocks": self.motor})]
"""
BLOCKS = """
from trunkline.decide.detectors import Found

class Bad:
    def __init__(self, setup): ...
    def blocks(self, first, rows):
        """
FAILS = {
    "import": ("raise OSError('no model')", "OSError: no model (on the try to import it)"),
    "name": ("", "has no attribute 'Bad'"),
    "no-class": ("Bad = 3", "is 3, not a class"),
    "make": ("def Bad(setup): raise ValueError('bad\\n  setup')", "ValueError: bad setup"),
    "blocks": (
        BLOCKS + "1 / 0",
        "ZeroDivisionError: division by zero (on the try to take blocks 0 to 399)",
    ),
    "exit": (BLOCKS + "exit(3)", "SystemExit: 3"),
    "finish": (
        BLOCKS + "return None\n    def finish(self): raise KeyError",
        "KeyError (on the try to finish)",
    ),
    "writes": (BLOCKS + "rows[:] = 0", "read-only"),
    "sets": ("def Bad(setup): setup.settings['slouch_hold_s'] = 1", "TypeError"),
    "rubbish": (BLOCKS + "return [7]", "it gave 7, expected a Found"),
    "ahead": (BLOCKS + "yield Found('x', 0, 401)", "expected blocks from 0 to 400"),
    "no-number": (BLOCKS + "yield Found('x', 0, 1, {'a': float('nan')})", "finite numbers"),
}


@pytest.mark.parametrize("which", FAILS)
def test_plug_in_that_fails_is_one_sentence_and_touches_nothing(run, install, leaning, which):
    code, reason = FAILS[which]
    install("bad", "0.1", {"bad": "bad:Bad"}, code)
    name = write(leaner())
    plain = json.loads(run("replay", name, "--json")[1])
    exit_code, out, err = run(
        "replay", name, "--detector", "bad", "--detector", "leaning", "--json"
    )
    assert exit_code == 1
    both = json.loads(out)
    bad, good = both.pop("detectors")
    assert both == plain
    assert (bad["found"], good["failure"], len(good["found"])) == ([], None, 1)
    assert err.startswith("trunkline: The detector bad (bad 0.1) failed: ")
    assert reason in " ".join(err.split())
    assert err.count("\n") == 1
    assert bad["failure"] in err


def test_plug_in_that_fails_while_playing_is_told_once_and_the_rest_goes_on(run, install):
    install("bad", "0.1", {"bad": "bad:Bad"}, FAILS["blocks"][0])
    name = write(leaner())
    plain = run("replay", name, "--speed", "1000", "--json")[1]
    code, out, err = run("replay", name, "--speed", "1000", "--detector", "bad", "--json")
    assert (code, out) == (1, plain)
    assert err.count("The detector bad (bad 0.1) failed") == 1


def test_what_a_plug_in_prints_does_not_end_up_among_the_results(run, install):
    install("counting", "1.0", {"counting": "counting:Counting"}, COUNTING)
    code, out, err = run("replay", write(leaner()), "--detector", "counting", "--json")
    assert json.loads(out)["detectors"][0]["found"][0]["end_block"] == 400
    assert (code, err) == (0, "this is on stdout\n")


# Beside a session


async def test_live_and_from_a_file_it_finds_the_same(leaning):
    mirror, found, failures = Mirror(), [], []
    live = LiveDetector(leaning, lambda each, block_s: found.append(each), failures.append)
    session = Session(RecordedTransport(leaner()))
    session.listeners += [mirror.take, live.take]
    async with session:
        await session.wait_lost()
    live.finish()
    mirror.finish()
    blocks, is_lost = lay_out([(index // 6, counts) for index, counts in mirror.samples])
    assert failures == []
    assert tuple(found) == detect(leaning, Setup(60_000, {}, mirror.neutral), blocks, is_lost)
    assert len(found) == 1


def test_results_of_several_stand_side_by_side(leaning, install):
    install("counting", "1.0", {"counting": "counting:Counting"}, COUNTING)
    recording = leaner()
    results = run_all([leaning, named("counting")], analyze(recording), recording)
    assert [(each.detector, len(each.found)) for each in results] == [
        ("leaning", 1),
        ("counting", 1),
    ]


def test_blocks_of_a_day_come_in_pieces_that_a_detector_can_hold(install):
    install("sizes", "1", {"sizes": "sizes:Sizes"}, "")
    sizes = []

    class Entry:
        value = "sizes:Sizes"

        def load(self):
            class Sizes:
                def __init__(self, setup): ...

                def blocks(self, first, rows):
                    sizes.append((first, len(rows)))

            return Sizes

    run = Run(Plugin("sizes", "sizes", "1", Entry()), SETUP)
    assert run.blocks(10, np.zeros((1300, 16), dtype=np.int16)) == []
    assert sizes == [(10, 600), (610, 600), (1210, 100)]


def test_failure_carries_who_and_why():
    error = DetectorError("x (y 1)", "ValueError: z")
    assert (error.detector, error.reason) == ("x (y 1)", "ValueError: z")
