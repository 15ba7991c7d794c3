"""What must hold for any bytes; each target raises `Broken`, or what it should not raise.

A target takes bytes and returns nothing. They need no fuzzer: `tests/test_fuzz.py` gives them the
corpus, `tests/fuzz/__main__.py` lets a coverage-guided fuzzer look for more.
"""

import io
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

from posturecore import frames, wire
from tests.fuzz import mat_server
from trunkline.captures.capture import SUFFIX, read_capture
from trunkline.errors import InputError
from trunkline.protocol.decisions_run import DecisionsRun
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Decisions, Event, Fault, Samples, SamplesRun
from trunkline.protocol.frame_runs import RunDecoder
from trunkline.protocol.log import LogReader
from trunkline.readers import load
from trunkline.readers import mat as mat_reader
from trunkline.recordings.recording import Recording

# Numpy members of a made-up archive: their names, in the order of the parts of the input.
_MEMBERS = ("acc_m_s2", "gyr_rad_s", "rate_hz", "time", "start_utc", "placement", "is_simulated")
_PART = b"\x00\xff\x00\xff"
_MOST_ROWS_PER_BYTE = 1

# Numpy speaks of overflows and odd dates; what is judged is what comes out.
warnings.filterwarnings("ignore", category=RuntimeWarning)


class Broken(AssertionError):
    """A promise about any bytes is not kept."""


def decode(data: bytes) -> None:
    """Hold what a decoder promises: every byte is accounted for, in whatever pieces it came."""
    decoder, events = _decoded(Decoder(), [data])
    pieces = [data[at : at + size] for at, size in _cuts(data)]
    split_decoder, split = _decoded(Decoder(), pieces)
    if _joined(events) != _joined(split) or split_decoder.counts != decoder.counts:
        raise Broken("another split of the bytes gives other events")
    skipped = sum(decoder.counts[kind] for kind in ("damaged", "cut"))
    if skipped > len(data):
        raise Broken(f"{skipped} of {len(data)} bytes skipped")
    for event in events:
        if isinstance(event, Samples) and _frame_of(event) not in data:
            raise Broken(f"samples that nobody sent: {event}")
    _compare_runs(data)


def read_log(data: bytes) -> None:
    """Hold what a log's reader promises: numbers go up, and every record stands in the bytes."""
    reader = LogReader()
    records = [
        record for at, size in _cuts(data) for record in reader.receive_data(data[at:][:size])
    ]
    for record in records:
        if record.data not in data or wire.examine(record.data, 0, len(record.data))[0] < 0:
            raise Broken(f"a record that nobody sent: {record}")
        if record.number & 0xFFFF != record.data[4] | record.data[5] << 8:
            raise Broken(f"a record under another's number: {record}")
    if any(first >= end for first, end in (*reader.gaps, *reader.holes)):
        raise Broken(f"an empty gap: {reader.gaps}, {reader.holes}")


def capture(data: bytes) -> None:
    """Hold what reading a capture promises: what is in it, or one sentence."""
    with _file(data, SUFFIX) as path:
        try:
            events = read_capture(path).events
        except InputError:
            return
        if not any(not isinstance(event, Fault) for event in events):
            raise Broken("a capture of nothing was taken")
        _load(path, len(data))


def csv(data: bytes) -> None:
    """Hold what reading a CSV promises."""
    with _file(data, ".csv") as path:
        _load(path, data.count(b"\n") + data.count(b"\r") + len(data) // 3 + 1)


def described(data: bytes) -> None:
    """Hold what reading a CSV promises whose description stands beside it."""
    names = ("a.csv", "a.json")
    _load_beside(names, data)


def bids(data: bytes) -> None:
    """Hold what reading Motion-BIDS promises, of a dataset whose every file is damaged."""
    names = ("motion.tsv", "channels.tsv", "motion.json", "channels.json")
    _load_beside([f"sub-01_task-a_tracksys-imu_{name}" for name in names], data)


def npz(data: bytes) -> None:
    """Hold what reading an .npz promises; what is no archive becomes the members of one."""
    if not data.startswith(b"PK"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, part in zip(_MEMBERS, data.split(_PART), strict=False):
                archive.writestr(name + ".npy", part)
        data = packed.getvalue()
    with _file(data, ".npz") as path:
        _load(path, len(data))


def parquet(data: bytes) -> None:
    """Hold what reading a Parquet file promises; columns may be packed a thousandfold."""
    with _file(data, ".parquet") as path:
        _load(path, 1000 * len(data))


def cwa(data: bytes) -> None:
    """Hold what reading an Axivity file promises."""
    with _file(data, ".cwa") as path:
        _load(path, len(data))


def mat(data: bytes) -> None:
    """Hold what reading a MATLAB file promises; what is compressed may grow a thousandfold."""
    server = mat_server.server()
    with _file(data, ".mat") as path, patch.object(mat_reader, "in_own_process", server.read):
        _load(path, 1000 * len(data))
    if server.has_hung:
        raise Broken("reading does not end")


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (decode, read_log, capture, csv, described, bids, npz, parquet, cwa, mat)
}


def mend_checksums(data: bytes) -> bytes:
    """Give every frame in the bytes its right crc32: else a fuzzer never gets past it."""
    mended = bytearray(data)
    at = 0
    while (at := mended.find(wire.MAGIC, at)) >= 0:
        end = at + wire.HEADER + int.from_bytes(mended[at + 2 : at + 4], "little")
        if end - at <= wire.HEADER + wire.MAX_PAYLOAD and end + wire.TRAILER <= len(mended):
            mended[end : end + wire.TRAILER] = wire.crc32(bytes(mended[at:end])).to_bytes(
                wire.TRAILER, "little"
            )
            at = end + wire.TRAILER
        else:
            at += 1
    return bytes(mended)


def _decoded(decoder: Decoder, pieces: list[bytes]) -> tuple[Decoder, list[Event]]:
    events: list[Event] = []
    for piece in pieces:
        decoder.receive_data(piece)
        events += decoder.events()
    events += decoder.finish()
    return decoder, events


def _cuts(data: bytes) -> list[tuple[int, int]]:
    """Cut bytes into pieces of sizes that the bytes themselves choose."""
    cuts, at = [], 0
    while at < len(data):
        size = 1 + data[at] % 97
        cuts.append((at, size))
        at += size
    return cuts


def _joined(events: list[Event]) -> list[Event]:
    """Join neighbouring reports of damage: where they are cut depends on the pieces."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Fault) and event.kind == "damaged":
            count = event.count
            if isinstance(last, Fault) and last.kind == "damaged":
                count += joined.pop().count
            event = Fault("damaged", count, "")
        joined.append(event)
    return joined


def _frame_of(event: Samples) -> bytes:
    values = (event.sample_index, event.motor_blocks)
    return wire.pack_frame(frames.SAMPLES, event.sequence, values, event.items)


def _compare_runs(data: bytes) -> None:
    """The reader of whole captures must find what the decoder of a capture finds."""
    by_frame, events = _decoded(Decoder(is_capture=True), [data])
    counts = by_frame.counts
    decoder, runs = _decoded(RunDecoder(), [data])
    if decoder.counts != counts:
        raise Broken(f"runs count {decoder.counts}, frames {counts}")
    samples = [e for run in runs if isinstance(run, SamplesRun) for e in run.frames()]
    samples += [run for run in runs if isinstance(run, Samples)]
    if sorted(samples, key=_order) != sorted(_kind(events, Samples), key=_order):
        raise Broken("runs hold other samples")
    verdicts = sum(len(run.rows) for run in runs if isinstance(run, DecisionsRun))
    verdicts += sum(len(event.items) for event in _kind(runs, Decisions))
    if verdicts != sum(len(event.items) for event in _kind(events, Decisions)):
        raise Broken("runs hold other decisions")


def _kind(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def _order(event: Samples) -> tuple:
    return event.sequence, event.sample_index, event.motor_blocks, event.items


class _file:
    """A file in memory for one reading."""

    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else None

    def __init__(self, data: bytes, suffix: str) -> None:
        self._data, self._suffix = data, suffix

    def __enter__(self) -> Path:
        self._file = tempfile.NamedTemporaryFile(suffix=self._suffix, dir=self.folder)
        self._file.write(self._data)
        self._file.flush()
        return Path(self._file.name)

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def _load(path: Path, most_rows: int) -> None:
    try:
        recording = load(path)
    except InputError:
        return
    _check(recording, most_rows)


def _load_beside(names: Sequence[str], data: bytes) -> None:
    """Read the first of some files; they are the parts of the input, and stand in one folder."""
    with tempfile.TemporaryDirectory(dir=_file.folder) as folder:
        for name, part in zip(names, data.split(_PART), strict=False):
            Path(folder, name).write_bytes(part)
        # A line end of any kind begins a row.
        _load(Path(folder, names[0]), data.count(b"\n") + data.count(b"\r") + len(data) // 3 + 1)


def _check(recording: Recording, most_rows: int) -> None:
    """No sample may be invented, and none be no number."""
    if not np.isfinite(recording.acc_m_s2).all():
        raise Broken("an acceleration that is no number")
    if recording.gyr_rad_s is not None and not np.isfinite(recording.gyr_rad_s).all():
        raise Broken("an angular rate that is no number")
    if recording.gyr_rad_s is not None and len(recording.gyr_rad_s) != len(recording.acc_m_s2):
        raise Broken("unequal lengths")
    if len(recording.acc_m_s2) > most_rows * _MOST_ROWS_PER_BYTE:
        raise Broken(f"{len(recording.acc_m_s2)} samples from {most_rows} rows")
    if not 25 <= recording.rate_hz <= 1000:
        raise Broken(f"{recording.rate_hz} Hz")
