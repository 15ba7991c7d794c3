"""The trunk as a chain of segments: how a posture spreads over it, and what each placement sees.

The sensor's attitude at a placement is a mean of the two segments that meet near it; `SEEN` holds
the weights. A posture is known by what the four placements see of it; the segments' own angles
follow by solving. So the measured slouch comes out exactly, and a slouch bends the chain (pelvis
back, thorax forward) where a bow hinges it.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SEGMENTS = ("pelvis", "lumbar", "thoracic", "neck")
PLACEMENTS = ("L5", "T12", "T4", "C7")

# Rows: placements; columns: segments. Engineering figures; each row sums to 1.
SEEN = np.array(
    [
        [0.7, 0.3, 0.0, 0.0],
        [0.0, 0.5, 0.5, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.5, 0.5],
    ]
)

# Each segment's length by stature. The placements stand 0.06, 0.14, 0.25 and 0.29 of it above the
# hip axis: L5 and T4 as is usual for lever arms, the others in line with them; not measured.
LENGTH_BY_STATURE = np.array([0.06, 0.08, 0.11, 0.04])
LEVER_BY_STATURE = dict(zip(PLACEMENTS, np.cumsum(LENGTH_BY_STATURE).tolist(), strict=True))

# What L5, T12, T4 and C7 see of each posture, T4 as the unit. The slouch is measured: means of
# the IMU Sitting Postures Dataset (Ali and others 2026), in degrees. The rest are engineering
# figures: a bow folds the hips and the lower back, a sit tips the pelvis back.
SLOUCH_DEG = {"L5": -1.7, "T12": 14.5, "T4": 23.5, "C7": 20.9}
_POSTURES = {
    "slouch": [SLOUCH_DEG[name] / SLOUCH_DEG["T4"] for name in PLACEMENTS],
    "bow": [0.6, 0.85, 1.0, 1.0],
    "tilt": [1.0, 1.0, 1.0, 1.0],
    "pelvis": [1.0, 0.4, 0.15, 0.1],
    "breath": [0.5, 0.8, 1.0, 0.8],
    "side": [0.2, 0.6, 1.0, 1.0],
    "twist": [0.1, 0.6, 1.0, 1.0],
}
POSTURES = tuple(_POSTURES)


def seen_by(placement: str, posture: str) -> float:
    """Tell how much of a posture of 1 degree at T4 a placement sees."""
    return _POSTURES[posture][PLACEMENTS.index(placement)]


def segment_shares(posture: str) -> FloatArray:
    """Solve for the four segments' angles in a posture of 1 degree at T4 (the pelvis tilt: at L5).

    Returns:
        (4,), in the order of `SEGMENTS`.
    """
    shares: FloatArray = np.linalg.solve(SEEN, np.array(_POSTURES[posture]))
    return shares
