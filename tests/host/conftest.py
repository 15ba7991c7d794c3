"""What the tests of the host path share: one short demo, run once, and ways to take it apart."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from posturecore import wire
from trunkline import cli
from trunkline.captures.capture import read_frames
from trunkline.demo import Played, run_demo

DEMO_S = 150.0


@dataclass(frozen=True)
class DemoRun:
    """One demo: `real` has bends and cues, `simulated` is quiet."""

    folder: Path
    real: Played
    simulated: Played
    said: tuple[str, ...]
    advances: tuple[tuple[float, float], ...]


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    said, advances = [], []
    real, simulated = run_demo(
        folder, 1, DEMO_S, said.append, lambda at_ms, total_ms: advances.append((at_ms, total_ms))
    )
    return DemoRun(folder, real, simulated, tuple(said), tuple(advances))


@pytest.fixture
def real_capture(demo_run):
    """The capture of the real clip: a header line and the bytes of each frame."""
    data = demo_run.real.capture.read_bytes()
    return data[: data.index(b"\n") + 1], split(read_frames(demo_run.real.capture)[1])


def split(data):
    """Cut whole, good frames apart."""
    parts, at = [], 0
    while at < len(data):
        code, size = wire.examine(data, at, len(data))
        assert code == wire.OK
        parts.append(data[at : at + size])
        at += size
    return parts


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command line as a terminal does; give its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["trunkline", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return end.value.code or 0, printed.out, printed.err

    # The consoles keep the streams they were made with: let them look again at each print.
    for console in (cli.output.out.console, cli.output.err.console):
        monkeypatch.setattr(console, "_file", None)
        monkeypatch.setattr(console, "_width", 80)
    return command
