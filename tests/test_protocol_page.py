"""docs/protocol.md and the vectors are enough: a decoder that knows nothing else reads it all."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from posturecore import wire
from posturecore.frames import FRAMES
from tests.bench.streamed import write_capture
from trunkline.captures.capture import read_capture, read_frames
from trunkline.captures.captured import gather, mirror_of
from trunkline.protocol.events import Fault

ROOT = Path(__file__).parents[1]
HEADER = b'TLCAP 1 {"is_simulated": true, "source": "made for a test"}\n'


def stranger(capture, page=ROOT / "docs/protocol.md"):
    """Run the page's decoder, without the site's packages: nothing of ours can be imported."""
    command = [sys.executable, "-I", "-S", str(ROOT / "tests/page_decoder.py"), str(page)]
    command += [str(ROOT / "tests/vectors/frames.json"), str(capture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def capture(tmp_path):
    """A simulated minute, streamed, in frames."""
    dice = np.random.default_rng(2)
    counts = np.tile(np.array([0, 0, 0, 4098, 0, 0, 16393, 0, 0], np.int16), (3600, 1))
    counts[:, :6] += dice.integers(-90, 90, (3600, 6), dtype=np.int16)
    path = tmp_path / "a.tlcap"
    write_capture(path, counts)
    data = read_frames(path)[1]
    parts, at = [], 0
    while at < len(data):
        parts.append(data[at : at + wire.examine(data, at, len(data))[1]])
        at += len(parts[-1])
    return path, parts


def test_a_stranger_reads_and_writes_every_vector(capture):
    told = stranger(capture[0])
    assert told["wrong"] == []
    assert told["kinds"] == len(FRAMES)
    assert told["knows"] == []


def test_a_stranger_reads_a_capture_as_we_do(capture):
    path, parts = capture
    path.write_bytes(HEADER + b"".join(parts))
    told, ours = stranger(path), mirror_of(read_capture(path))
    counts, gaps = gather(ours)
    assert told["samples"] == counts.tolist()
    assert (told["jumps"], told["missing"], told["skipped"], gaps) == ([], 0, 0, ())
    assert told["rate_mhz"] == ours.hello.rate_mhz
    assert told["header"] == {"is_simulated": True, "source": "made for a test"}
    assert sum(told["frames"].values()) == len(parts)


def test_a_stranger_reads_a_damaged_capture_as_we_do(capture):
    path, parts = capture
    dice = random.Random(3)
    for k in dice.sample(range(10, len(parts)), 5):
        at = dice.randrange(len(parts[k]))
        parts[k] = parts[k][:at] + bytes([parts[k][at] ^ 0x10]) + parts[k][at + 1 :]
    del parts[60:63]
    path.write_bytes(HEADER + b"".join(parts)[:-7])
    told, read = stranger(path), read_capture(path)
    counts, gaps = gather(mirror_of(read))
    faults = dict.fromkeys(("damaged", "cut", "missing"), 0)
    for event in read.events:
        if isinstance(event, Fault):
            faults[event.kind] += event.count
    assert told["samples"] == counts.tolist()
    assert [[gap.at, round(gap.lost_s * 60)] for gap in gaps] == told["jumps"]
    assert told["missing"] == faults["missing"] >= 3
    assert told["skipped"] == faults["damaged"] + faults["cut"] > 0


def test_a_stranger_finds_the_frames_where_the_header_is_lost(capture):
    path, parts = capture
    path.write_bytes(b"XXCAP" + HEADER[5:] + b"".join(parts))
    told = stranger(path)
    assert (told["header"], len(told["samples"])) == (None, 3600)


def test_a_page_that_is_wrong_is_found_out(capture, tmp_path):
    """The decoder does read the page: one field's type changed, and vectors come out otherwise."""
    text = (ROOT / "docs/protocol.md").read_text("utf-8")
    wrong = text.replace("| `battery_mv` | u16 |", "| `battery_mv` | i16 |")
    assert wrong != text
    (tmp_path / "wrong.md").write_text(wrong, "utf-8")
    with pytest.raises(AssertionError, match=r"struct.error|battery"):
        assert stranger(capture[0], tmp_path / "wrong.md")["wrong"] == [], "battery"
