"""A recorder writes a file a day and a boot, each whole by itself, and never blocks the link."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from posturecore import frames, params, wire
from tests.bench.streamed import write_capture
from trunkline import InputError, TrunklineError
from trunkline.captures.capture import read_capture, read_frames
from trunkline.captures.captured import analyze_capture, mirror_of
from trunkline.captures.recorder import Recorder
from trunkline.decide.counts import to_counts
from trunkline.filter.gravity import gravity
from trunkline.protocol.events import Calibration, Hello, SettingsFrame, TimeAnchor
from trunkline.readers.checking import check
from trunkline.wearer import simulate_desk_hour

from .conftest import split
from .terminal import complaint

HEADER = {"source": "a test", "is_simulated": True}
BERLIN = timezone(timedelta(hours=1))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=BERLIN)
STILL = ((0, 0, 0, 4098, 0, 0, 16393, 0, 0),) * 12


class Clock:
    """A local time that the test moves."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


def hello(boot_id=7, device_id=b"device-1"):
    return frames.HELLO, (frames.VERSION, 0, 1, 6, 60000, boot_id, 0, device_id, 0), ()


def samples(index):
    return frames.SAMPLES, (index, 0), STILL


def packed(contents, first=0):
    return [
        wire.pack_frame(frame, (first + k) & 0xFFFF, values, items)
        for k, (frame, values, items) in enumerate(contents)
    ]


def recorded(target, parts, **options):
    with Recorder(target, HEADER, now=Clock(), **options) as recorder:
        for part in parts:
            recorder.write(part)
    return recorder


def joined(paths):
    return b"".join(read_frames(path)[1] for path in paths)


def test_what_comes_is_what_is_in_the_file_under_its_documented_name(tmp_path):
    parts = packed([hello(), *map(samples, range(0, 1200, 12))])
    recorder = recorded(tmp_path / "out", parts)
    [path] = recorder.paths
    assert path == tmp_path / "out" / "2026-11-23_6465766963652d31_7.tlcap"
    header, data = read_frames(path)
    assert data == b"".join(parts)
    assert recorder.size_bytes == path.stat().st_size
    assert header == {
        **HEADER,
        "device": "6465766963652d31",
        "boot_id": 7,
        "started": "2026-11-23T12:00:00.000+01:00",
        "repeated_frames": 0,
    }


def test_bytes_that_are_no_frame_stay_where_they_stood(tmp_path):
    parts = packed([hello(), samples(0), samples(12)])
    data = b"rubbish" + parts[0] + b"\xa5?" + parts[1][:40] + parts[2]
    recorder = recorded(tmp_path, [data])
    assert joined(recorder.paths) == data


def test_a_name_that_is_taken_is_left_alone(tmp_path):
    first = recorded(tmp_path, packed([hello(), samples(0)]))
    before = first.paths[0].read_bytes()
    second = recorded(tmp_path, packed([hello(), samples(600)]))
    third = recorded(tmp_path, packed([hello(), samples(1200)]))
    assert first.paths[0].read_bytes() == before
    names = [recorder.paths[0].name for recorder in (second, third)]
    assert names == [f"2026-11-23_6465766963652d31_7_{k}.tlcap" for k in (2, 3)]


def test_a_file_that_exists_and_a_folder_that_does_not_are_told_at_once(tmp_path):
    (tmp_path / "a.tlcap").write_bytes(b"mine")
    with pytest.raises(InputError, match="File exists"):
        Recorder(tmp_path / "a.tlcap", HEADER)
    with pytest.raises(InputError, match="No such folder"):
        Recorder(tmp_path / "none" / "a.tlcap", HEADER)
    with pytest.raises(InputError, match="a folder, or the name of a new file"):
        Recorder(tmp_path / "none" / "deeper", HEADER)
    with pytest.raises(InputError, match="neither a folder nor a name"):
        Recorder(tmp_path / "monday.csv", HEADER)
    assert (tmp_path / "a.tlcap").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.tlcap"]


@pytest.mark.parametrize("name", ["out", "monday.tlcap"])
def test_a_restarted_device_gets_a_file_of_its_own(tmp_path, name):
    parts = packed([hello(7), samples(6000)]) + packed([hello(8), samples(60)])
    recorder = recorded(tmp_path / name, parts)
    first, second = recorder.paths
    if name == "monday.tlcap":
        assert (first.name, second.name) == ("monday.tlcap", "monday_2.tlcap")
    assert [read_frames(path)[0]["boot_id"] for path in recorder.paths] == [7, 8]
    assert read_frames(second)[0]["follows"] == first.name
    assert read_frames(second)[1] == b"".join(parts[2:])
    assert [check(path).verdict for path in recorder.paths] == ["whole", "whole"]


def test_a_hello_that_comes_again_after_a_lost_link_goes_on_in_the_same_file(tmp_path):
    parts = packed([hello(), samples(0)]) + packed([hello(), samples(600)])
    assert joined([recorded(tmp_path, parts).paths[0]]) == b"".join(parts)


def test_what_comes_before_anybody_says_hello_is_not_lost(tmp_path):
    early = packed([samples(0), hello(), samples(12)])
    assert joined(recorded(tmp_path / "a", early).paths) == b"".join(early)
    nobody = packed([samples(0)])
    [path] = recorded(tmp_path / "b", nobody).paths
    assert (path.name, read_frames(path)[1]) == ("2026-11-23_unknown_0.tlcap", b"".join(nobody))


# ---- midnight


@pytest.fixture(scope="module")
def desk_frames(tmp_path_factory):
    """What a device streams in eight minutes at a desk: its own decisions beside the samples."""
    path = tmp_path_factory.mktemp("desk") / "desk.tlcap"
    recording = simulate_desk_hour(duration_s=480.0, seed=3).recording
    write_capture(path, to_counts(recording, gravity(recording, mode="online")))
    return split(read_frames(path)[1])


def test_at_local_midnight_a_new_file_begins_that_replays_alone(tmp_path, desk_frames):
    clock = Clock(datetime(2026, 11, 23, 23, 56, tzinfo=BERLIN))
    prescription = wire.unpack_frame(desk_frames[0], 0)[2][6]
    rows = tuple(enumerate(params.defaults().values()))
    settings = wire.pack_frame(frames.SETTINGS, 0, (0, prescription), rows)
    anchor = wire.pack_frame(frames.TIME_ANCHOR, 0, (1, 10, 1_800_000_000, 0, 50, 60))
    hello_frame, calibration, *rest = desk_frames
    sent = [hello_frame, settings, anchor, calibration, *rest]
    for k, frame in enumerate(sent):  # number them anew
        buffer = bytearray(frame)
        wire.seal(buffer, frame[1], len(frame) - wire.OVERHEAD, 65500 + k)
        sent[k] = bytes(buffer)
    with Recorder(tmp_path, HEADER, now=clock) as recorder:
        for k, frame in enumerate(sent):
            clock.now = datetime(2026, 11, 23, 23, 56, tzinfo=BERLIN) + timedelta(
                seconds=480 * k / len(sent)
            )
            recorder.write(frame)
    assert [path.name[:10] for path in recorder.paths] == ["2026-11-23", "2026-11-24"]
    first, second = recorder.paths
    head = read_frames(second)[0]
    assert (head["repeated_frames"], head["follows"]) == (4, first.name)
    assert head["started"] == "2026-11-24T00:00:00.000+01:00"
    # Nothing lost, nothing twice but what is repeated.
    parts = split(read_frames(second)[1])
    assert split(read_frames(first)[1]) + parts[4:] == sent
    kinds = [type(event) for event in read_capture(second).events[:4]]
    assert kinds == [Hello, TimeAnchor, SettingsFrame, Calibration]
    for path in recorder.paths:
        assert check(path).verdict == "whole"
    analysis, mirror = analyze_capture(second, strict=True)
    assert mirror.neutral is not None
    assert analysis.wear.uncalibrated_s == 0
    assert mirror.compare().is_identical, mirror.compare().differences[:3]
    whole = mirror_of(read_capture(first)).compare()
    assert whole.is_identical, whole.differences[:3]
    assert whole.blocks + mirror.compare().blocks >= 4700


def recorded_over_midnight(folder, sent, midnight_s):
    """Record so that the sample of that second is the first of the new day."""
    clock = Clock(datetime(2026, 11, 23, 23, 50, tzinfo=BERLIN))
    with Recorder(folder, HEADER, now=clock) as recorder:
        for frame in sent:
            if frame[1] == frames.SAMPLES and wire.unpack_frame(frame, 0)[2][0] == 60 * midnight_s:
                clock.now += timedelta(minutes=10)
            recorder.write(frame)
    return recorder.paths


def slouching():
    """Give four minutes of somebody made-up who breathes, and slouches from 30 s to 210 s."""
    time_s = np.arange(0, 240, 1 / 60)
    deg = np.interp(time_s, [30, 32, 208, 210], [0, 20, 20, 0]) + 0.5 * np.sin(1.6 * time_s)
    up = np.stack([np.cos(np.radians(deg)), 0 * deg, -np.sin(np.radians(deg))], 1)
    gyr = np.stack([0 * deg, np.gradient(deg) * 60 / 0.035, 0 * deg], 1)
    return np.concatenate([gyr, up * 4098, up * 16393], 1).astype(np.int16)


@pytest.mark.parametrize("midnight_s", [5, 45, 130, 239])
def test_files_of_one_boot_replay_as_if_there_were_no_midnight(tmp_path, midnight_s):
    one = tmp_path / "one.tlcap"
    write_capture(one, slouching())
    whole, mirror = analyze_capture(one)
    assert [episode.start_s < 130 < episode.end_s for episode in whole.episodes] == [True]
    sent = split(read_frames(one)[1])
    first, second = recorded_over_midnight(tmp_path / "days", sent, midnight_s)
    both, again = analyze_capture(first, second, strict=True)
    assert (both.episodes, both.cues, both.wear) == (whole.episodes, whole.cues, whole.wear)
    assert again.compare() == mirror.compare()
    assert again.compare().is_identical
    alone = analyze_capture(second)[1].compare()
    assert bool(alone.differences) == (30 < midnight_s < 210)


def test_the_command_replays_them_together_and_only_captures(tmp_path, run):
    write_capture(tmp_path / "one.tlcap", slouching())
    sent = split(read_frames(tmp_path / "one.tlcap")[1])
    paths = recorded_over_midnight(tmp_path / "days", sent, 130)
    code, out, _ = run("replay", *paths, "--json")
    assert code == 0
    assert json.loads(out)["device"]["is_identical"] is True
    for option in (("--speed", "9"), ("--set", "slouch_hold_s=9")):
        assert "Found 2 files" in complaint(run("replay", *paths, *option))


def test_files_that_do_not_go_on_where_another_ends_are_refused(tmp_path):
    again = packed([hello(), samples(0), hello(8), samples(0)])
    first, restarted = recorded(tmp_path / "days", again).paths
    [other] = recorded(tmp_path / "other", packed([hello(), samples(0)])).paths
    for further in (restarted, other, first):
        with pytest.raises(InputError, match="goes on where"):
            read_capture(first, further)


def test_midnight_is_the_local_one_and_a_single_file_does_not_mind_it(tmp_path):
    parts = packed([hello(), samples(0), samples(12)])
    clock = Clock(datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC).astimezone(BERLIN))
    with (
        Recorder(tmp_path, HEADER, now=clock) as by_day,
        Recorder(tmp_path / "one.tlcap", HEADER, now=clock) as single,
    ):
        for recorder in (by_day, single):
            recorder.write(parts[0] + parts[1])
        clock.now += timedelta(seconds=1)
        for recorder in (by_day, single):
            recorder.write(parts[2])
    assert [path.name[:10] for path in by_day.paths] == ["2026-11-23", "2026-11-24"]
    assert joined(single.paths) == b"".join(parts)


# ---- the disk


def test_what_was_written_is_on_the_disk_soon_without_further_data(tmp_path, monkeypatch):
    synced = threading.Semaphore(0)
    sizes = []

    def fsync(handle, real=os.fsync):
        real(handle)
        sizes.append(os.fstat(handle).st_size)
        synced.release()

    monkeypatch.setattr(os, "fsync", fsync)
    parts = packed([hello(), samples(0)])
    with Recorder(tmp_path / "a.tlcap", HEADER, on_disk_s=0.01) as recorder:
        recorder.write(b"".join(parts))
        for _ in range(3):  # the header, the folder, and the frames
            assert synced.acquire(timeout=60)
        assert sizes[-1] == recorder.size_bytes == (tmp_path / "a.tlcap").stat().st_size


def test_a_slow_disk_holds_up_nobody_and_what_does_not_fit_is_counted(tmp_path, monkeypatch):
    is_fast = threading.Event()
    parts = packed([hello(), *map(samples, range(0, 1200, 12))])
    recorder = Recorder(tmp_path, HEADER, now=Clock(), most_waiting_bytes=5000)
    write = recorder._files.write
    monkeypatch.setattr(
        recorder._files, "write", lambda data, now: is_fast.wait(60) and write(data, now)
    )
    for part in parts:
        recorder.write(part)  # returns, although nothing is written
    assert recorder.size_bytes == 0
    is_fast.set()
    recorder.close()
    kept = joined(recorder.paths)
    assert len(kept) + recorder.overflowed_bytes == sum(map(len, parts))
    assert 4700 < len(kept) <= 5000
    assert kept == b"".join(parts)[: len(kept)]


def test_a_failure_in_the_thread_comes_out_where_the_data_comes_in(tmp_path, monkeypatch):
    recorder = Recorder(tmp_path, HEADER, now=Clock())

    def broken(data, now):
        raise KeyError("mine")

    monkeypatch.setattr(recorder._files, "write", broken)
    recorder.write(b"?")
    recorder._thread.join(60)
    with pytest.raises(TrunklineError, match=r"Found KeyError\('mine'\)") as failure:
        recorder.write(b"?")
    assert isinstance(failure.value.__cause__, KeyError)
    recorder.close()  # it has been told
