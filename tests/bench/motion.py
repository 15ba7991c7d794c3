"""Motions whose truth is known to the last bit: slow leans, breathing, a day at a desk."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

G = 9.80665
# LSM6DSV16X data sheet: 60 µg/√Hz and 2.8 mdps/√Hz.
ACC_NOISE_M_S2 = 60e-6 * G
GYR_NOISE_RAD_S = float(np.radians(2.8e-3))
SPEEDS_DPS = (0.3, 0.5, 1.0, 1.5, 1.9)
# FILTER.md's simulated bias, and 1 deg/s in each of two directions of the lean's axis.
SMALL_BIAS_DPS = (0.3, -0.2, 0.1)
UNIT_BIASES_DPS = ((0.577, 0.577, 0.577), (0.577, -0.577, 0.577))


def sensed(
    up: FloatArray, gyr: FloatArray, rate_hz: float, bias_dps=(0.0, 0.0, 0.0), seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Give (gyr, acc) as a sensor with noise and bias reads them."""
    rng = np.random.default_rng(seed)
    spread = np.sqrt(rate_hz / 2)
    acc = up * G + rng.normal(0, ACC_NOISE_M_S2 * spread, up.shape)
    noisy = gyr + np.radians(bias_dps) + rng.normal(0, GYR_NOISE_RAD_S * spread, up.shape)
    return noisy, acc


def flexing(theta_rad: FloatArray, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """Give (up, gyr) of a trunk that flexes forward by theta: a negative turn about y."""
    zero = np.zeros_like(theta_rad)
    up = np.stack([np.cos(theta_rad), zero, -np.sin(theta_rad)], axis=1)
    step = np.diff(theta_rad, prepend=theta_rad[0]) * rate_hz
    return up, np.stack([zero, -step, zero], axis=1)


def lean(
    speed_dps: float,
    rate_hz: float = 100.0,
    bias_dps=SMALL_BIAS_DPS,
    breath_mg: float = 0.0,
    rest_s: float = 60.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rest, lean to 30 degrees at one speed, hold half a minute; breathing pushes forward.

    Returns:
        gyr, acc and the true up; score from `rest_s` on.
    """
    time_s = np.arange(round(rate_hz * (rest_s + 30.0 + 30.0 / speed_dps))) / rate_hz
    up, gyr = flexing(np.radians(np.clip((time_s - rest_s) * speed_dps, 0.0, 30.0)), rate_hz)
    gyr, acc = sensed(up, gyr, rate_hz, bias_dps)
    acc[:, 2] += breath_mg / 1000 * G * np.sin(2 * np.pi * 0.25 * time_s)
    return gyr, acc, up


def desk(
    duration_s: float, rate_hz: float = 60.0, seed: int = 0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sit at a desk: upright first, then a new pose every minute, always breathing and swaying.

    Returns:
        gyr, acc and the true up.
    """
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    starts_s = np.arange(20.0, max(duration_s, 21.0), 60.0)
    sizes_deg = np.diff(rng.uniform(-8.0, 35.0, len(starts_s)), prepend=0.0)
    theta = 0.3 * np.sin(2 * np.pi * 0.25 * time_s) + 0.5 * np.sin(2 * np.pi * 0.07 * time_s)
    for start_s, size_deg in zip(starts_s, sizes_deg, strict=True):
        first, last = round(start_s * rate_hz), round((start_s + 1.5) * rate_hz)
        phase = np.clip((time_s[first:last] - start_s) / 1.5, 0.0, 1.0)
        theta[first:last] += size_deg * (3 - 2 * phase) * phase**2
        theta[last:] += size_deg
    up, gyr = flexing(np.radians(theta), rate_hz)
    gyr, acc = sensed(up, gyr, rate_hz, SMALL_BIAS_DPS, seed)
    return gyr, acc, up


def error_deg(up: FloatArray, truth: FloatArray) -> FloatArray:
    """Give the angle between two up vectors, sample by sample."""
    truth = truth / np.linalg.norm(truth, axis=1)[:, None]
    up = up / np.linalg.norm(up, axis=1)[:, None]
    sine = np.linalg.norm(np.cross(up, truth), axis=1)
    return np.degrees(np.arctan2(sine, (up * truth).sum(axis=1)))
