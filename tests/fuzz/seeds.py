"""Write the corpus that fuzzing starts from: `python -m tests.fuzz.seeds`."""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse

from posturecore import flash, frames, wire
from tests.fuzz import mat_damage
from trunkline import __version__
from trunkline.exports import export
from trunkline.recordings.gaps import Gap
from trunkline.recordings.recording import Recording

HERE = Path(__file__).parent
_VECTORS = HERE.parent / "vectors" / "frames.json"
_AXIVITY = HERE.parent / "host" / "recordings" / "axivity_ax3.cwa"
_HEADER = b'TLCAP 1 {"device": "c0de", "is_simulated": true, "source": "seed"}\n'
_PART = b"\x00\xff\x00\xff"


def _frames() -> list[bytes]:
    return [bytes.fromhex(vector["hex"]) for vector in json.loads(_VECTORS.read_text())]


def _stream(count: int = 6) -> bytes:
    """A short conversation: hello, samples without a hole, a hole, decisions."""
    sent = [wire.pack_frame(frames.HELLO, 0, (1, 0, 1, 6, 60000, 1, 7, bytes(8), 0))]
    for k in range(count):
        sample = (10, -20, 30, 4098, 5, -6, 16393, 7, k)
        index = 6 * (k + 2 * (k > 3))
        sent.append(wire.pack_frame(frames.SAMPLES, k + 1, (index, k & 1), (sample,) * 6))
    sent.append(wire.pack_frame(frames.DECISIONS, count + 1, (0,), ((100, -100, 3, 0),) * 4))
    return b"".join(sent)


def _log() -> bytes:
    kept = [wire.pack_frame(frames.CUE, 65534 + k & 0xFFFF, (k, 0, 1, 0)) for k in range(4)]
    start = wire.pack_frame(flash.LOG_FROM, 0, (65534, 65540))
    jump = wire.pack_frame(flash.LOG_FROM, 1, (65539, 65540))
    return start + b"".join(kept) + jump + wire.pack_frame(frames.CUE, 3, (9, 0, 1, 0))


def _csv(separator: str, header: str, rows: int = 40) -> bytes:
    lines = ["# rate_hz: 50", "# axes: SRA", separator.join(header.split())]
    for k in range(rows):
        values = (k * 0.02, 9.8, 0.1, 0.01 * k, 0.5, -0.5, 0.1)[: len(header.split())]
        lines.append(separator.join(f"{value:g}" for value in values))
    return "\n".join(lines).encode()


def _npy(array: object) -> bytes:
    packed = io.BytesIO()
    np.save(packed, np.asarray(array))
    return packed.getvalue()


def _mat(arrays: dict[str, object], **options: str) -> bytes:
    packed = io.BytesIO()
    scipy.io.savemat(packed, arrays, **options)
    data = packed.getvalue()
    # Its first line tells the system and the time.
    return data if options else b"MATLAB 5.0 MAT-file".ljust(116) + data[116:]


def _mats() -> list[bytes]:
    acc = np.tile([1.0, 0.02, -0.1], (20, 1))
    arrays = {"fs": 50.0, "acc_g": acc, "placement": "L5", "time": np.arange(20) / 50}
    cells = np.empty(2, dtype=object)
    cells[:] = "a", acc[:2]
    others = {
        "cells": cells,
        "sparse": scipy.sparse.csc_matrix(np.eye(3)),
        "complex": np.eye(2) * 1j,
        "is_simulated": True,
        "acc_g": (acc * 100).astype(np.int16),
    }
    plain = _mat(arrays)
    return [
        plain,
        _mat({"session": {**arrays, "notes": {"who": "nobody"}}}),
        _mat(others),
        _mat({"fs": 50.0, "acc_g": acc}, format="4"),
        mat_damage.compressed_all(plain),
    ]


def _written(*suffixes: str) -> bytes:
    """Give an export as its files, in order, each a part."""
    acc = np.tile([9.8, 0.1, 0.2], (12, 1))
    gaps = (Gap(6, 0.5),)
    recording = Recording.from_arrays(60.0, acc, acc * 0.01, name="seed", gaps=gaps)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "a.csv" if suffixes[0] == ".csv" else "a")
        files = export(recording, target)
        parts = [next(file for file in files if file.name.endswith(s)) for s in suffixes]
        whole = _PART.join(part.read_bytes() for part in parts)
    return whole.replace(f"trunkline {__version__}".encode(), b"trunkline 0")  # as it changes


def seeds() -> dict[str, list[bytes]]:
    """Give the corpus of every target."""
    known, stream = _frames(), _stream()
    full = "time acc_x acc_y acc_z gyr_x gyr_y gyr_z"
    acc = np.tile([9.8, 0.1, 0.2], (30, 1))
    arrays = [acc, acc * 0.01, 60.0, np.arange(30) / 60, "2026-11-22T09:00:00+00:00", "T4", True]
    archive = io.BytesIO()
    np.savez(archive, acc_m_s2=acc, rate_hz=60.0)
    stored = [frame for frame in known if frame[1] in range(0x20, 0x30)]
    return {
        "decode": [*known[::3], stream, stream[:-7], stream[3:], stream * 2],
        "read_log": [_log(), _log()[:-5], b"".join(stored[::3]), _log() * 2],
        "capture": [_HEADER + stream, stream, _HEADER + b"".join(known[::7]), _HEADER[:-9]],
        "csv": [
            _csv(",", full),
            _csv(";", "timestamp_ms ax_g ay_g az_g"),
            _csv("\t", "acc_x acc_y acc_z"),
            _csv(",", full)[:-30] + b"\n1,nan,,x\n",
        ],
        "described": [_written(".csv", ".json")],
        "bids": [
            _written("_motion.tsv", "_channels.tsv", "_motion.json", "_channels.json"),
            _written("_motion.tsv", "_channels.tsv"),
        ],
        "npz": [
            _PART.join(map(_npy, arrays)),
            _PART.join(map(_npy, [acc.astype(np.float32), acc, 50.0])),
            archive.getvalue(),
        ],
        # A header of 1024 bytes, and blocks of 512.
        "cwa": [_AXIVITY.read_bytes()[:4096], _AXIVITY.read_bytes()[:1536]],
        "mat": _mats(),
    }


def main() -> None:
    """Write them all."""
    for target, some in seeds().items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for k, data in enumerate(some):
            (folder / f"seed_{k:02}").write_bytes(data)


if __name__ == "__main__":
    main()
