"""Captures survive crashes, damage and full disks; what is whole in them is used."""

import random
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posturecore import frames, wire
from trunkline import InputError, load
from trunkline.captures.capture import CaptureWriter, read_capture, read_frames
from trunkline.captures.captured import analyze_capture
from trunkline.protocol.events import Ack, Fault, SamplesRun

HEADER = {"source": "a test", "is_simulated": True}


def ack(sequence):
    return wire.pack_frame(frames.ACK, sequence, (frames.STREAM, sequence & 0xFFFF, 0))


def written(path, data, header=HEADER):
    with CaptureWriter(path, header) as capture:
        capture.write(data)
    return path


def test_what_is_written_is_read(tmp_path):
    path = written(tmp_path / "a.tlcap", b"".join(map(ack, range(5))))
    capture = read_capture(path, strict=True)
    assert capture.header == HEADER
    assert [event.sequence for event in capture.events] == [0, 1, 2, 3, 4]
    assert capture.warnings == ()


def test_a_file_that_exists_is_never_overwritten(tmp_path):
    path = written(tmp_path / "a.tlcap", ack(0))
    before = path.read_bytes()
    with pytest.raises(InputError, match="File exists"):
        CaptureWriter(path, HEADER)
    assert path.read_bytes() == before


def test_a_folder_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="No such file or directory"):
        CaptureWriter(tmp_path / "none" / "a.tlcap", HEADER)


def test_closing_twice_is_fine(tmp_path):
    capture = CaptureWriter(tmp_path / "a.tlcap", HEADER)
    capture.close()
    capture.close()


WRITER = """
import sys
from posturecore import frames, wire
from trunkline.captures.capture import CaptureWriter

capture = CaptureWriter(sys.argv[1], {"source": "killed"})
print("writing", flush=True)
samples = ((0, 0, 0, 4098, 0, 0, 16393, 0, 0),) * 12
for k in range(10**9):
    capture.write(wire.pack_frame(frames.SAMPLES, k & 0xFFFF, (k * 12, 0), samples))
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_leaves_every_whole_frame(tmp_path, seed):
    path = tmp_path / "killed.tlcap"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    with writer:
        assert writer.stdout.readline() == b"writing\n"
        time.sleep(random.Random(seed).uniform(0.01, 0.15))
        writer.kill()
    header, data = read_frames(path)
    assert header == {"source": "killed"}
    capture = read_capture(path)
    runs = [event for event in capture.events if isinstance(event, SamplesRun)]
    samples = [frame for run in runs for frame in run.frames()]
    size = 12 * 18 + 5 + wire.OVERHEAD
    assert len(samples) == len(data) // size
    assert [event.sample_index for event in samples] == [12 * k for k in range(len(samples))]
    assert len(capture.warnings) == (len(data) % size > 0)


FULL_DISK = """
import resource, signal, sys
from trunkline.captures.capture import CaptureWriter
from trunkline.errors import TrunklineError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))
capture = CaptureWriter(sys.argv[1], {})
try:
    for _ in range(1000):
        capture.write(b"x" * 100)
except TrunklineError as error:
    print(error)
try:
    capture.close()
except TrunklineError:
    print("said again")
"""


def test_a_full_disk_is_one_sentence_and_keeps_what_was_written(tmp_path):
    path = tmp_path / "full.tlcap"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == (
        f"Found {path}: File too large; expected room for the capture; "
        "try: free some space and record to a new file."
    )
    assert lines[1:] in ([], ["said again"])
    assert path.stat().st_size > 30000


def test_a_cut_end_costs_the_last_frame_only(tmp_path):
    path = written(tmp_path / "a.tlcap", b"".join(map(ack, range(5)))[:-3])
    capture = read_capture(path)
    assert [e.sequence for e in capture.events if isinstance(e, Ack)] == [0, 1, 2, 3]
    assert capture.warnings == ("a.tlcap: the last frame is cut short (11 bytes).",)


def test_damage_in_the_middle_costs_the_frames_it_is_in(tmp_path):
    data = bytearray(b"".join(map(ack, range(5))))
    data[len(ack(0)) * 2 + 7] ^= 0x10
    capture = read_capture(written(tmp_path / "a.tlcap", bytes(data)))
    assert [e.sequence for e in capture.events if isinstance(e, Ack)] == [0, 1, 3, 4]
    assert capture.warnings == (
        "a.tlcap: damaged bytes, skipped: 14 (places: 1).",
        "a.tlcap: frames that never came: 1 (places: 1).",
    )


@pytest.mark.parametrize("cut", [3, 5], ids=["cut", "damaged"])
def test_strict_refuses_a_file_with_any_fault(tmp_path, cut):
    data = b"".join(map(ack, range(3)))
    data = data[:-cut] if cut == 3 else data[:cut] + b"?" + data[cut + 1 :]
    path = written(tmp_path / "a.tlcap", data)
    with pytest.raises(InputError, match="as --strict asks") as refusal:
        read_capture(path, strict=True)
    assert ".;" not in str(refusal.value)
    assert read_capture(path).events


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"TLCAP 1 {broken\n", id="no JSON"),
        pytest.param(b"TLCAP 1 [1]\n", id="no object"),
        pytest.param(b"TLCAP 1 " + b"[" * 60000 + b"\n", id="too deep"),
        pytest.param(b"TLCAP 1 \xff\xfe\n", id="no text"),
        pytest.param(b"TLXAP 1 {}\n", id="another magic"),
        pytest.param(b"", id="none"),
    ],
)
def test_a_damaged_header_costs_no_frame(tmp_path, line):
    path = tmp_path / "a.tlcap"
    path.write_bytes(line + b"".join(map(ack, range(3))))
    capture = read_capture(path)
    assert [e.sequence for e in capture.events if isinstance(e, Ack)] == [0, 1, 2]
    assert "is_simulated" not in capture.header
    assert capture.warnings[0] == (
        "a.tlcap: the header is damaged; whether a person wore it is not known."
    )
    with pytest.raises(InputError, match="header is damaged"):
        read_capture(path, strict=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "expected a capture", id="empty"),
        pytest.param(b"\x00" * 5000, "expected a capture", id="zeros"),
        pytest.param(b"time,ax,ay,az\n1,2,3,4\n", "expected a capture", id="a table"),
        pytest.param(b"TLCAP 1 {}\n", "without a single whole frame", id="only a header"),
        pytest.param(b"TLCAP 1 {}\n\xa5\x10\xff", "without a single whole frame", id="no frame"),
    ],
)
def test_what_holds_no_frame_is_refused_in_one_sentence(tmp_path, data, words):
    path = tmp_path / "a.tlcap"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as refusal:
        read_capture(path)
    assert "\n" not in str(refusal.value)


def test_a_folder_is_no_capture(tmp_path):
    with pytest.raises(InputError, match="can be read"):
        read_capture(tmp_path)


def test_a_capture_without_samples_says_so(tmp_path):
    path = written(tmp_path / "a.tlcap", ack(0))
    for read in (load, analyze_capture):
        with pytest.raises(InputError, match="without samples"):
            read(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([*frames.FRAMES, 0x7E]), st.binary(max_size=234))))
def test_whole_frames_of_nonsense_never_raise_anything_unexpected(tmp_path, contents):
    data = b""
    for sequence, (frame, payload) in enumerate(contents):
        buffer = bytearray(len(payload) + wire.OVERHEAD)
        buffer[wire.HEADER : wire.HEADER + len(payload)] = payload
        wire.seal(buffer, frame, len(payload), sequence)
        data += buffer
    path = tmp_path / "nonsense.tlcap"
    path.write_bytes(b"TLCAP 1 {}\n" + data)
    refusals = []
    for use in (lambda: str(analyze_capture(path)[1].compare()), lambda: load(path)):
        try:
            assert use()
        except InputError as error:
            refusals.append(str(error))
    assert all("\n" not in refusal for refusal in refusals)


def test_a_fault_is_an_event_like_any_other(tmp_path):
    path = written(tmp_path / "a.tlcap", ack(0) + ack(5))
    assert [type(event) for event in read_capture(path).events] == [Ack, Fault, Ack]


def hello(rate_mhz, version=frames.VERSION):
    values = (version, 0, 1, 6, rate_mhz, 1, 0, b"device01", 0)
    return wire.pack_frame(frames.HELLO, 0, values)


def status(sequence, uptime_ms, sample_index):
    values = (1, uptime_ms, sample_index, 0, 3900, 1, 1, 0, 0, 0, 0, 0, 0, 0)
    return wire.pack_frame(frames.STATUS, sequence, values)


@pytest.mark.parametrize(("rate_mhz", "is_off"), [(60000, False), (61500, False), (50000, True)])
def test_a_stated_rate_is_held_against_the_devices_own_clock(tmp_path, rate_mhz, is_off):
    data = hello(rate_mhz) + status(1, 1000, 60) + status(2, 61000, 3660)
    path = written(tmp_path / "a.tlcap", data)
    warnings = read_capture(path).warnings
    assert bool(warnings) == is_off
    if is_off:
        assert "states 50 Hz but sampled at 60.0 Hz" in warnings[0]
        with pytest.raises(InputError):
            read_capture(path, strict=True)


@pytest.mark.parametrize("rate_mhz", [0, 24_000, 1_000_001])
def test_a_rate_that_no_device_has_makes_its_frame_malformed(tmp_path, rate_mhz):
    path = written(tmp_path / "a.tlcap", hello(rate_mhz) + ack(1))
    assert "do not fit their table" in read_capture(path).warnings[0]


def test_a_capture_in_another_protocol_is_refused(tmp_path):
    path = written(tmp_path / "a.tlcap", hello(60000, version=9))
    with pytest.raises(InputError, match="protocol 9"):
        read_capture(path)
