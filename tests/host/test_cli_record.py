"""`trunkline record` as a whole: killed, interrupted, on a full disk; nothing written is lost."""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest

from trunkline import load
from trunkline.captures.capture import read_capture, read_frames
from trunkline.captures.recorder import Recorder
from trunkline.captures.tally import Tally
from trunkline.cli.record import _line, header_of
from trunkline.protocol.events import SamplesRun, TimeAnchor
from trunkline.readers.checking import check

from .tcp_device import SAMPLES, tcp_device
from .terminal import complaint, write_npz

LIVE_PERIOD_S = 0.2  # as a real device streams: twelve samples at 60 Hz
RECORD = [sys.executable, "-m", "trunkline", "record"]


async def started(*words, before=()):
    """Start the command in a process of its own."""
    return await asyncio.create_subprocess_exec(
        *before,
        *RECORD,
        *map(str, words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def samples_in(path):
    runs = [event for event in read_capture(path).events if isinstance(event, SamplesRun)]
    indexes = [frame.sample_index for run in runs for frame in run.frames()]
    assert indexes == list(range(0, SAMPLES * len(indexes), SAMPLES))
    return SAMPLES * len(indexes)


def test_a_capture_of_a_file_says_what_the_file_says_of_its_origin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert header_of(write_npz(is_simulated=True))["is_simulated"] is True
    assert "is_simulated" not in header_of(write_npz())  # absent: not known


def test_record_of_the_virtual_board_makes_a_dated_file_that_replays(run):
    words = ("record", "sim:", "-o", "out", "--for", "20s", "--speed", "20", "--json")
    code, out, err = run(*words)
    assert code == 0
    assert "SIMULATED" in err
    assert "stand still" in err
    said = json.loads(out)
    [path] = said["files"]
    assert (said["lost_samples"], said["lost_frames"], said["overflowed_bytes"]) == (0, 0, 0)
    assert said["bytes"] == os.path.getsize(path)
    found = check(path)
    assert (found.verdict, found.is_simulated) == ("whole", True)
    assert found.start_utc is not None
    assert found.duration_s == said["stream_s"] == 20
    assert len(load(path, strict=True).acc_m_s2) == said["samples"]
    code, out, _ = run("replay", path, "--json")
    assert code == 0
    assert json.loads(out)["device"]["is_identical"]


def test_record_says_what_it_cannot_use(run):
    for length in ("8 weeks", "0", "-3s", "h", "nan"):
        complaint(run("record", "sim:", f"--for={length}"))
    complaint(run("record", "nowhere", "-o", "out"))
    with open("mine.tlcap", "w") as file:
        file.write("mine")
    complaint(run("record", "sim:", "-o", "mine.tlcap"))
    with open("mine.tlcap") as file:
        assert file.read() == "mine"


def test_record_of_a_capture_is_a_copy_that_says_what_it_is(run, demo_run):
    source = demo_run.real.capture
    code, out, _ = run("record", source, "-o", "copy.tlcap", "--json")
    assert code == 0
    assert json.loads(out)["files"] == ["copy.tlcap"]
    header, data = read_frames("copy.tlcap")
    original, frames = read_frames(source)
    assert data == frames
    assert {name: header[name] for name in original} == original
    code, out, _ = run("record", source, "-o", "head.tlcap", "--for", "4s", "--json")
    assert (code, json.loads(out)["samples"]) == (0, 240)
    assert check("head.tlcap").duration_s == 4
    assert frames.startswith(read_frames("head.tlcap")[1])


@pytest.mark.parametrize("seed", range(6))
async def test_kill_9_at_any_moment_loses_at_most_the_last_second(tmp_path, seed):
    out = tmp_path / "out"
    async with tcp_device(LIVE_PERIOD_S) as device:
        process = await started(device.where, "-o", out)
        async with asyncio.timeout(60):
            await device.is_streaming.wait()
        await asyncio.sleep(random.Random(seed).uniform(0.05, 1.5))
        sent = device.sent
        process.kill()
        await process.communicate()
    [path] = out.iterdir()
    found = check(path)
    assert {damage.kind for damage in found.damages} <= {"cut"}
    assert samples_in(path) >= sent - 60
    assert read_frames(path)[0]["device"] == "6465766963652d31"


async def test_ctrl_c_keeps_everything_and_sums_it_up(tmp_path):
    async with tcp_device(0.01) as device:
        process = await started(device.where, "-o", tmp_path / "a.tlcap")
        async with asyncio.timeout(60):
            await device.is_streaming.wait()
        while device.sent < 600:
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert f"recorded: {samples_in(tmp_path / 'a.tlcap'):,} samples, 0 lost".encode() in out
    assert samples_in(tmp_path / "a.tlcap") == device.sent
    assert check(tmp_path / "a.tlcap").verdict == "whole"


async def test_a_lost_link_is_a_stated_gap_in_the_same_file(tmp_path):
    async with tcp_device(0.01) as device:
        process = await started(device.where, "-o", tmp_path / "out", "--json")
        for _ in range(2):
            async with asyncio.timeout(60):
                await device.is_streaming.wait()
            while device.sent_now < 600:
                await asyncio.sleep(0.01)
            device.is_streaming.clear()
            device.cut()
        async with asyncio.timeout(60):
            await device.is_streaming.wait()
        while device.sent_now < 600:
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    assert (process.returncode, b"Traceback" in err) == (130, False)
    said = json.loads(out)
    [path] = said["files"]
    found = check(path)
    assert (found.verdict, said["lost_links"], said["lost_frames"]) == ("whole", 2, 0)
    assert [gap.cause for gap in found.gaps] == ["link", "link"]
    assert sum(gap.lost_s for gap in found.gaps) == pytest.approx(said["lost_samples"] / 60)
    anchors = [e for e in read_capture(path).events if isinstance(e, TimeAnchor)]
    assert len(anchors) >= 2  # on contact, and when the link was back


def test_record_of_blocks_counts_blocks(run):
    words = ("record", "sim:", "-o", "blocks.tlcap", "--for", "3s", "--speed", "20", "--blocks")
    code, out, _ = run(*words)
    assert (code, "0:03 recorded: 30 blocks, 0 lost" in out) == (0, True)


def test_the_line_of_progress_says_what_matters(tmp_path):
    tally = Tally()
    with Recorder(tmp_path, {}) as recorder:
        assert "connecting" in _line(False, recorder, tally)
        tally.samples.came, tally.samples.lost, tally.battery_mv = 432_000, 12, 3870
        recorder.free_bytes = 71_600_000_000
        line = _line(True, recorder, tally)
    for words in ("2:00:00", "432,000 samples", "lost 12", "71.6 GB free", "3.87 V", "link lost"):
        assert words in line
    assert len(line) < 80 + len("[red][/]") * 2


FULL = """
import resource, sys
from trunkline import cli

resource.setrlimit(resource.RLIMIT_FSIZE, (16000, 16000))
sys.argv = ["trunkline", *sys.argv[1:]]
cli.main()
"""
MOUNT = """
mount -t tmpfs -o size=32k none "$1" && cd "$1" && shift && "$@"
code=$?
cp -r . "$0"
exit $code
"""


def in_small_disk():
    """A real file system of 32 kB, where this user may make one."""
    can = shutil.which("unshare") and subprocess.run(
        ["unshare", "-rm", "true"], capture_output=True, check=False
    )
    if not can or can.returncode:
        pytest.skip("making a small file system needs `unshare -rm` to be allowed")


async def full_disk(device, process):
    async with asyncio.timeout(60):
        await device.is_streaming.wait()
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert process.returncode == 1
    assert b"recorded: " in out
    [sentence] = [line for line in err.decode().splitlines() if line.startswith("trunkline:")]
    assert "Traceback" not in err.decode()
    return sentence


async def test_a_file_that_may_grow_no_more_is_a_sentence_and_a_clean_stop(tmp_path):
    path = tmp_path / "a.tlcap"
    async with tcp_device(0.002) as device:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", FULL, "record", device.where, "-o", str(path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        sentence = await full_disk(device, process)
        assert device.was_left_politely
    assert f"Found {path}: File too large; expected room for the capture" in sentence
    assert check(path).verdict == "whole"
    assert 15_000 < path.stat().st_size <= 16_000


async def test_a_full_disk_is_a_sentence_and_a_clean_stop(tmp_path):
    in_small_disk()
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    async with tcp_device(0.002) as device:
        before = ("unshare", "-rm", "sh", "-c", MOUNT, str(copy), str(disk))
        process = await started(device.where, "-o", ".", before=before)
        sentence = await full_disk(device, process)
        assert device.was_left_politely
    assert "No space left on device; expected room for the capture" in sentence
    [path] = copy.glob("*.tlcap")
    assert check(path).verdict == "whole"
    assert path.stat().st_size > 28_000


async def test_the_device_is_told_the_time_in_the_wearer_s_zone(tmp_path):
    async with tcp_device(0.01) as device:
        process = await started(device.where, "-o", tmp_path / "a.tlcap", "--for", "0.5s")
        async with asyncio.timeout(60):
            await process.communicate()
    assert process.returncode == 0
    [anchor] = [
        event
        for event in read_capture(tmp_path / "a.tlcap").events
        if isinstance(event, TimeAnchor)
    ]
    assert anchor.utc_s > 1_700_000_000
