"""Twenty trials of BROAD (Laidig 2021, doi 10.3390/data6070072, CC BY 4.0), and their score.

Score: root mean square of the inclination error over the movement phases, averaged over trials.
Every second trial, by number, is the half that parameters may be tuned on; the others are not
looked at while tuning. The filter's parameters are VQF's published ones and the simulated days';
none was fitted to single trials.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trunkline.decide.counts import average_to

from .motion import FloatArray, error_deg

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("TRUNKLINE_DATA", DEFAULT_DATA)) / "broad"
MISSING = f"BROAD skipped: no trials in {FOLDER}; set TRUNKLINE_DATA to the folder above broad/."


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial in SI units; `up` is the optical truth and may hold not-a-number."""

    name: str
    rate_hz: float
    gyr: FloatArray
    acc: FloatArray
    up: FloatArray
    is_moving: NDArray[np.bool_]

    def rmse_deg(self, up: FloatArray) -> float:
        """Score an estimate."""
        return float(np.sqrt(np.nanmean(error_deg(up, self.up)[self.is_moving] ** 2)))

    def at_rate(self, rate_hz: float) -> "Trial":
        """Bring the trial to another rate by area averaging; truth at each interval's end."""
        averaged = average_to(np.hstack([self.gyr, self.acc]), self.rate_hz, rate_hz)
        at = (np.arange(len(averaged)) + 1) * self.rate_hz / rate_hz - 1
        at = np.clip(at, 0, len(self.up) - 1.001)
        low = at.astype(int)
        part = (at - low)[:, None]
        up = self.up[low] * (1 - part) + self.up[low + 1] * part
        gyr, acc = (np.ascontiguousarray(half) for half in np.hsplit(averaged, 2))
        moving = self.is_moving[np.rint(at).astype(int)]
        return Trial(self.name, rate_hz, gyr, acc, up, moving)


def trials() -> list[Trial]:
    """Load the trials there are, by number."""
    found = []
    for file in sorted(FOLDER.glob("*.npz")):
        data = np.load(file)
        w, x, y, z = data["opt_quat_wxyz"].astype(np.float64).T
        up = np.stack([2 * (x * z - w * y), 2 * (w * x + y * z), 1 - 2 * (x * x + y * y)], axis=1)
        found.append(
            Trial(
                name=file.stem,
                rate_hz=float(data["rate_hz"]),
                gyr=np.ascontiguousarray(data["gyr_rad_s"], dtype=np.float64),
                acc=np.ascontiguousarray(data["acc_m_s2"], dtype=np.float64),
                up=up,
                is_moving=data["movement"],
            )
        )
    return found
