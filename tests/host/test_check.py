"""`trunkline check` says what in a file is whole, where it is not, and copies the whole part."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posturecore import frames, wire
from trunkline import InputError, load
from trunkline.captures.capture import CaptureWriter, read_capture, read_frames
from trunkline.captures.damage import DamageDecoder
from trunkline.errors import TrunklineError
from trunkline.exports import export
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Fault
from trunkline.readers.checking import check, repair

from .terminal import complaint, rows, write_csv, write_npz

HEADER = {"source": "a test", "is_simulated": True}
STILL = ((0, 0, 0, 4098, 0, 0, 16393, 0, 0),) * 12
ANCHOR_UTC_S = 1_800_000_000  # 2027-01-15 08:00:00


def hello(boot_id=7):
    return frames.HELLO, (frames.VERSION, 0, 1, 6, 60000, boot_id, 0, b"device-1", 0), ()


def samples(index):
    return frames.SAMPLES, (index, 0), STILL


def status(uptime_ms, index):
    return frames.STATUS, (7, uptime_ms, index, 0, 3900, 1, 1, 0, 0, 0, 0, 0, 0, 0), ()


def anchor(device_ms):
    return frames.TIME_ANCHOR, (7, device_ms, ANCHOR_UTC_S, 500, 50, 0), ()


def packed(contents, first=0):
    return [
        wire.pack_frame(frame, (first + k) & 0xFFFF, values, items)
        for k, (frame, values, items) in enumerate(contents)
    ]


def minute():
    """A minute of samples: 1000 ms after boot is sample 60, and 08:00:00.5 by the host's clock."""
    return packed([hello(), anchor(1000), status(1000, 60), *map(samples, range(60, 3660, 12))])


def written(path, data, header=HEADER):
    with CaptureWriter(path, header) as capture:
        capture.write(data)
    return path


def head_size(path):
    return path.stat().st_size - len(read_frames(path)[1])


def test_whole_capture_is_told_with_its_device_and_times(tmp_path):
    parts = minute()
    found = check(written(tmp_path / "a.tlcap", b"".join(parts)))
    assert (found.verdict, found.is_simulated, found.damages, found.gaps) == (
        "whole",
        True,
        (),
        (),
    )
    assert found.frames == len(parts)
    assert found.whole_bytes == sum(map(len, parts))
    assert found.duration_s == 60.0
    assert found.what == "a capture from a test, device 6465766963652d31, boot 7"
    assert found.start_utc.isoformat() == "2027-01-15T08:00:00.500000+00:00"
    assert found.end_utc.isoformat() == "2027-01-15T08:01:00.500000+00:00"


def test_recording_of_a_capture_begins_when_the_capture_does(tmp_path):
    path = written(tmp_path / "a.tlcap", b"".join(minute()))
    assert load(path).start_utc == check(path).start_utc is not None
    export(load(path), tmp_path / "a.parquet")
    assert check(tmp_path / "a.parquet").start_utc == check(path).start_utc


def test_both_ends_are_dated_by_the_device_s_clock_not_by_the_rate_it_states(tmp_path):
    end_ms = 61_606  # 3600 samples at 59.4 Hz after 1000; it states 60
    parts = minute() + packed([status(end_ms, 3660)], first=303)
    found = check(written(tmp_path / "a.tlcap", b"".join(parts)))
    assert found.damages == ()
    assert found.start_utc.isoformat() == "2027-01-15T08:00:00.500000+00:00"
    assert found.end_utc.isoformat() == "2027-01-15T08:01:01.106000+00:00"


def test_capture_without_an_anchor_has_no_date(tmp_path):
    parts = [part for part in minute() if part[1] != frames.TIME_ANCHOR]
    assert load(written(tmp_path / "a.tlcap", b"".join(parts))).start_utc is None


def test_damage_is_told_with_its_place_and_what_it_cost(tmp_path):
    parts = minute()
    parts[100] = parts[100][:50] + b"????" + parts[100][54:]
    path = written(tmp_path / "a.tlcap", b"".join(parts))
    found = check(path)
    at = head_size(path) + sum(map(len, parts[:100]))
    assert found.verdict == "damaged"
    assert [(d.kind, d.offset, d.count) for d in found.damages] == [
        ("damaged", at, len(parts[100])),
        ("missing", at + len(parts[100]), 1),
    ]
    assert [(gap.at_s, gap.lost_s, gap.cause) for gap in found.gaps] == [(19.4, 0.2, "link")]
    assert found.frames == len(parts) - 1
    assert found.duration_s == 60.0


def test_missing_frames_are_told_where_the_next_one_stands(tmp_path):
    parts = minute()
    del parts[50:53]
    path = written(tmp_path / "a.tlcap", b"".join(parts))
    found = check(path)
    place = head_size(path) + sum(map(len, parts[:50]))
    assert [(d.kind, d.offset, d.count) for d in found.damages] == [("missing", place, 3)]
    assert found.verdict == "damaged"


def test_cut_tail_is_told_and_the_last_whole_moment_is_before_it(tmp_path):
    parts = minute()
    path = written(tmp_path / "a.tlcap", b"".join(parts)[:-9])
    found = check(path)
    cut = len(parts[-1]) - 9
    assert [(d.kind, d.offset, d.count) for d in found.damages] == [
        ("cut", path.stat().st_size - cut, cut)
    ]
    assert found.end_utc.isoformat() == "2027-01-15T08:01:00.300000+00:00"


def test_samples_that_the_device_never_had_are_a_gap_in_a_whole_file(tmp_path):
    path = written(tmp_path / "a.tlcap", b"".join(packed([hello(), samples(0), samples(72)])))
    found = check(path)
    assert found.verdict == "whole"
    assert [(gap.at_s, gap.lost_s, gap.cause) for gap in found.gaps] == [(0.2, 1.0, "device")]


def test_two_boots_in_one_file_are_no_gap(tmp_path):
    contents = [hello(7), samples(6000), hello(8), samples(600)]
    found = check(written(tmp_path / "a.tlcap", b"".join(packed(contents))))
    assert (found.verdict, found.gaps, found.duration_s) == ("whole", (), 0.4)
    assert found.what.endswith("boot 7, 8")


def test_damaged_header_counts_as_damage_from_the_first_byte(tmp_path):
    path = tmp_path / "a.tlcap"
    line = b"TLCAP 1 {broken\n"
    path.write_bytes(line + b"".join(minute()))
    found = check(path)
    assert [(d.kind, d.offset, d.count) for d in found.damages] == [("damaged", 0, len(line))]
    assert (found.verdict, found.is_simulated) == ("damaged", None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 3000,
        b"TLCAP 1 {}\n",
        b"TLCAP 1 {}\n" + wire.pack_frame(*hello()[:1], 0, (9, *hello()[1][1:])),
    ],
    ids=["empty", "zeros", "only a header", "another protocol"],
)
def test_what_cannot_be_read_is_said_in_the_readers_own_sentence(tmp_path, data):
    path = tmp_path / "a.tlcap"
    path.write_bytes(data)
    found = check(path)
    assert found.verdict == "unreadable"
    with pytest.raises(InputError) as refusal:
        read_capture(path)
    assert found.what == str(refusal.value)


damages = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "insert"]), st.floats(0, 1), st.integers(1, 300)),
    max_size=6,
)


def spoil(data, done):
    for kind, where, count in done:
        at = int(where * len(data))
        if kind == "flip":
            data[at : at + 1] = bytes(byte ^ 0x5A for byte in data[at : at + 1])
        elif kind == "cut":
            del data[at : at + count]
        else:
            data[at:at] = b"\xa5" + bytes(range(count % 256))
    return bytes(data)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages)
def test_any_damage_is_counted_as_the_decoder_counts_and_repair_keeps_every_whole_frame(
    tmp_path, done
):
    path, mended = tmp_path / "a.tlcap", tmp_path / "b.tlcap"
    for old in (path, mended):
        old.unlink(missing_ok=True)
    data = spoil(bytearray(b"".join(minute()[:40])), done)
    written(path, data)
    decoder = Decoder()
    decoder.receive_data(data)
    good = [event for event in decoder.finish() if not isinstance(event, Fault)]
    found = check(path)
    if not good:
        assert found.verdict == "unreadable"
        return
    placed = DamageDecoder(0)
    placed.receive_data(data)
    list(placed.finish())
    assert placed.counts == decoder.counts
    byte_counts = sum(d.count for d in found.damages if d.is_of_bytes)
    assert byte_counts == decoder.counts["damaged"] + decoder.counts["cut"]
    assert found.whole_bytes + byte_counts == len(data)
    after = repair(path, mended)
    assert not [damage for damage in after.damages if damage.is_of_bytes]
    assert (after.frames, after.duration_s) == (found.frames, found.duration_s)
    again = Decoder()
    again.receive_data(read_frames(mended)[1])
    assert [event for event in again.finish() if not isinstance(event, Fault)] == good


def test_repair_never_writes_over_a_file_and_leaves_the_damaged_one(tmp_path):
    path = written(tmp_path / "a.tlcap", b"".join(minute())[:-9])
    before = path.read_bytes()
    with pytest.raises(InputError, match="File exists"):
        repair(path, path)
    mended = repair(path, tmp_path / "b.tlcap")
    assert path.read_bytes() == before
    assert (mended.verdict, mended.is_simulated) == ("whole", True)
    assert read_capture(tmp_path / "b.tlcap").header["repaired_from"] == "a.tlcap"
    with pytest.raises(TrunklineError, match="two captures"):
        repair(tmp_path / "a.csv", tmp_path / "c.tlcap")


def test_other_recordings_are_told_by_their_reader(run):
    day = write_npz()
    table = write_csv(rows())
    holes = write_csv([*rows()[:500], "not,a,row,at,all,to,read", *rows()[600:]], name="holes.csv")
    code, out, _ = run("check", day, table, "--json")
    assert code == 0
    assert [one["verdict"] for one in json.loads(out)] == ["whole", "whole"]
    code, out, _ = run("check", holes)
    assert code == 1
    assert "holes.csv: damaged (the rest can be used)" in out
    assert "samples missing: 1 s: 1 s at 0:05 (unknown)" in out


def test_folder_of_motion_bids_is_called_so(run):
    assert run("convert", write_npz(), "dataset", "--to", "bids")[0] == 0
    code, out, _ = run("check", "dataset")
    assert code == 0
    assert "a recording, Motion-BIDS: " in out


def test_the_worst_file_decides_the_exit_code(run, demo_run):
    whole = demo_run.simulated.capture
    shutil.copy(whole, "cut.tlcap")
    with open("cut.tlcap", "r+b") as file:
        file.truncate(whole.stat().st_size - 5)
    assert run("check", whole)[0] == 0
    code, out, _ = run("check", whole, "cut.tlcap")
    assert code == 1
    assert "bytes cut short at the end" in out
    code, out, _ = run("check", whole, "cut.tlcap", "none.tlcap", "--json")
    assert code == 2
    assert [one["verdict"] for one in json.loads(out)] == ["whole", "damaged", "unreadable"]


def test_folder_of_captures_is_checked_and_no_recording(run, demo_run):
    Path("days").mkdir()
    for name in ("b.tlcap", "a.tlcap"):
        shutil.copy(demo_run.simulated.capture, Path("days", name))
    code, out, _ = run("check", "days", "--json")
    assert code == 0
    assert [one["path"] for one in json.loads(out)] == ["days/a.tlcap", "days/b.tlcap"]
    assert "name one of them: 'days/a.tlcap'" in complaint(run("replay", "days"))


def test_repaired_capture_replays_and_checks_as_whole(run, demo_run):
    data = bytearray(demo_run.real.capture.read_bytes())
    with open("cut.tlcap", "wb") as file:
        file.write(data[: len(data) * 2 // 3])
    assert run("check", "cut.tlcap", "--repair", "mended.tlcap")[0] == 0
    assert run("check", "mended.tlcap")[0] == 0
    assert run("replay", "mended.tlcap", "--strict")[0] == 0
    complaint(run("check", "cut.tlcap", "mended.tlcap", "--repair", "again.tlcap"))


def test_uneven_sampling_of_a_recording_is_told(tmp_path, capsys):
    at_ms = [20 * k + (3 if k % 5 == 0 else 0) for k in range(200)]
    rows = [f"{at},0.1,0.2,9.8" for at in at_ms]
    path = tmp_path / "uneven.csv"
    path.write_text("time_ms,acc_x,acc_y,acc_z\n" + "\n".join(rows))
    found = check(path)
    assert found.quality.intervals.median_ms == pytest.approx(20)
    assert found.quality.intervals.max_deviation_ms == pytest.approx(3)
    assert json.loads(json.dumps(found.to_json()))["quality"]["duplicate_rows"] == 0
