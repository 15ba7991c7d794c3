"""A made-up wearer for the virtual board: a flexion curve in, tape and truth out."""

from pathlib import Path

import numpy as np

from trunkline.simulator import write_tape

RATE_HZ = 60
# (second, degrees of flexion): straight lines between.
FIVE_MINUTES = (
    (0, 0),
    (40, 0),
    (42, 22),  # a slouch
    (75, 22),
    (77, 0),
    (100, 0),
    (101.5, 75),  # a bend that earns a cue
    (102, 75),
    (103.5, 0),
    (150, 0),
    (152, 18),  # a slouch under the second prescription
    (190, 18),
    (192, 0),
    (240, 0),
    (241, 50),  # a bend too shallow for a cue
    (242.5, 0),
    (300, 0),
)
MOVING_S = (120, 130)  # a walk: shaken twice a second


def write_worn(path: Path, points=FIVE_MINUTES, moving_s=MOVING_S) -> Path:
    """Write the tape of a trunk that bends as the points say, and breathes."""
    t = np.arange(round(points[-1][0] * RATE_HZ)) / RATE_HZ
    flexion = np.radians(np.interp(t, *zip(*points, strict=True)))
    noise = np.random.default_rng(5)
    up = np.stack([np.cos(flexion), np.zeros_like(t), -np.sin(flexion)], axis=1)
    acc = up + 0.006 * np.sin(2 * np.pi * 0.25 * t)[:, None]
    rate_dps = -np.degrees(np.gradient(flexion, 1 / RATE_HZ))  # forward is a negative turn about y
    gyr = np.stack([0 * t, rate_dps, 0 * t], axis=1)
    moving = (t >= moving_s[0]) & (t < moving_s[1])
    step = np.sin(2 * np.pi * 2 * t) * moving
    acc[:, 0] += 0.4 * step
    gyr[:, 2] += 40 * step
    acc += noise.normal(0, 0.002, acc.shape)
    gyr += noise.normal(0, 0.1, gyr.shape)
    counts = (gyr / 0.035, acc * 4098, up * 16393)
    return write_tape(path, *[np.round(each).astype(np.int16) for each in counts])
