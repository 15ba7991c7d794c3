"""The whole command, cold process and warm caches: `trunkline replay` of 8 h beside ten lines.

The ten lines load the same samples from .npy and only run vqf. The capture holds what a device
streams beside the samples too: its decisions, episodes, cues and status.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trunkline.decide.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S, UP_COUNTS
from trunkline.recordings.recording import STANDARD_GRAVITY_M_S2

from .motion import desk
from .streamed import write_capture
from .table import Row

RATE_HZ, HOURS = 60.0, 8
ROUNDS = 5

TEN_LINES = """
import sys
import numpy as np
import vqf
counts = np.load(sys.argv[1])
gyr = np.ascontiguousarray(counts[:, 0:3] * np.radians(0.035))
acc = np.ascontiguousarray(counts[:, 3:6] * (0.000244 * 9.80665))
quat = vqf.VQF(1 / 60).updateBatch(gyr, acc)["quat6D"]
w, x, y, z = quat.T
up = np.stack([2 * (x * z - w * y), 2 * (w * x + y * z), 1 - 2 * (x * x + y * y)], axis=1)
print(len(up))
"""


def day_counts() -> NDArray[np.int16]:
    """Give 8 h of a desk as a device at 60 Hz samples it: gyr, acc, up in counts."""
    gyr, acc, up = desk(3600.0, RATE_HZ)
    counts = np.hstack([gyr * GYR_COUNTS_PER_RAD_S, acc * ACC_COUNTS_PER_M_S2, up * UP_COUNTS])
    return np.tile(np.rint(counts).astype(np.int16), (HOURS, 1))


def wall_s(commands: list[list[str]], rounds: int) -> list[float]:
    """Give the shortest wall time of each process, run by turns: a busy machine is busy for all.

    The first, uncounted round warms the caches, that of Python's own compiler included.
    """
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    best = [float("inf")] * len(commands)
    for k in range(rounds + 1):
        for which, command in enumerate(commands):
            started = time.perf_counter()
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment
            )
            took_s = time.perf_counter() - started
            if done.returncode:
                said = done.stderr[-400:]
                raise RuntimeError(f"{command[:4]} ended with {done.returncode}: {said}")
            if k:
                best[which] = min(best[which], took_s)
    return best


def cold_s(command: list[str], cache: Path) -> float:
    """Give the wall time of the first run after installing: nothing compiled yet."""
    started = time.perf_counter()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    subprocess.run(command, capture_output=True, check=True, env=environment)
    return time.perf_counter() - started


def of_replay() -> Iterator[Row]:
    """Compare `trunkline replay` of a capture, and of raw arrays, with the ten lines."""
    replay = [sys.executable, "-m", "trunkline", "replay", "--json"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = day_counts()
        write_capture(folder / "day.tlcap", counts)
        np.save(folder / "day.npy", counts)
        np.savez(
            folder / "day.npz",
            rate_hz=RATE_HZ,
            acc_m_s2=counts[:, 3:6] * (0.000244 * STANDARD_GRAVITY_M_S2),
            gyr_rad_s=counts[:, 0:3] * np.radians(0.035),
        )
        (folder / "ten.py").write_text(TEN_LINES, "utf-8")
        ten = [sys.executable, str(folder / "ten.py"), str(folder / "day.npy")]
        ours = [[*replay, str(folder / name)] for name in ("day.tlcap", "day.npz")]
        peer, capture, raw = wall_s([ten, *ours], ROUNDS)
        claim = "1.2 x ten lines"
        yield Row("trunkline replay, 8 h capture", "s", capture, peer, 1.2 * peer, claim)
        yield Row("trunkline replay, 8 h raw .npz, filtered", "s", raw, peer)
        first = cold_s([*replay, str(folder / "day.npz")], folder / "cache")
        yield Row("the same .npz, cold compile", "s", first)
        imports = [
            [sys.executable, "-c", f"import {name}"]
            for name in ("trunkline.filter.gravity", "vqf")
        ]
        start, peer = wall_s(imports, ROUNDS)
        yield Row("start-up: import alone", "s", start, peer)
