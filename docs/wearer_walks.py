"""Real walks of two lower-back clips, their simulated twins, and what is compared of both."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trunkline.wearer import Scenario, simulate
from trunkline.wearer.gait import step_rate_hz

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TRUNKLINE_DATA", ROOT.parent / "shared" / "data")) / "back"
G = 9.80665
# The skdh sensor hung upside down and faced the back: x down, y right, z backward.
SKDH_TO_SRA = np.diag([-1.0, 1.0, -1.0])
SKDH_WALKS_S = ((4.5, 9.0), (9.5, 14.5), (18.0, 22.0), (25.0, 29.0), (32.0, 36.0), (38.0, 42.0))


class Walk(NamedTuple):
    """Hold one walk in the sensor frame: g and deg/s."""

    name: str
    rate_hz: float
    acc_g: np.ndarray
    gyr_dps: np.ndarray
    impact: float
    is_template: bool


def real_walks() -> list[Walk]:
    """Read the walks of both lower-back clips."""
    gentle = np.load(DATA / "mobgap_HA001_Test11_lowerback.npz")
    walks = []
    for number, (start_s, end_s) in enumerate(gentle["walking_start_end_s"], 1):
        rows = slice(int(start_s * 100), int(end_s * 100))
        acc, gyr = gentle["acc_g"][rows], gentle["gyr_deg_s"][rows]
        walks.append(Walk(f"mobgap {number}", 100.0, acc, gyr, 0.0, number == 1))
    brisk = np.load(DATA / "skdh_lumbar_gait.npz")
    for number, (start_s, end_s) in enumerate(SKDH_WALKS_S, 1):
        rows = slice(int(start_s * 128), int(end_s * 128))
        acc, gyr = brisk["accel"][rows] @ SKDH_TO_SRA, brisk["gyro"][rows] @ SKDH_TO_SRA
        is_template = number in (1, 2, 4, 5)
        walks.append(Walk(f"skdh {number}", 128.0, acc, np.degrees(gyr), 1.0, is_template))
    return walks


def twin_of(real: Walk) -> Walk:
    """Walk straight on for 40 s at a real walk's step rate, and cut off the ends."""
    rate_hz, step_hz, impact = real.rate_hz, step_hz_of(real), real.impact
    speed_m_s = step_hz**2 / step_rate_hz(1.0) ** 2
    scenario = Scenario.parse(
        f"minutes = 1\n[[act]]\ndo = 'walking'\nlasts_s = 40\nturn_every_s = 60\n"
        f"speed_m_s = {speed_m_s}\nimpact = {impact}\nbounce = 1\nflexion_deg = 0\n"
    )
    day = simulate(scenario, 1, rate_hz, "L5")
    walk = day.truth.of_kind("walking")[0]
    rows = slice(int((walk.start_s + 4) * rate_hz), int((walk.end_s - 4) * rate_hz))
    acc, gyr = day.recording.acc_m_s2[rows] / G, np.degrees(day.recording.gyr_rad_s[rows])
    return Walk("simulated", rate_hz, acc, gyr, impact, False)


def spectrum(values: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Average amplitude spectra, per root hertz, of windows of 2.5 s that overlap by half."""
    length = min(int(2.5 * rate_hz), len(values))
    window = np.hanning(length)
    powers = []
    for first in range(0, len(values) - length + 1, length // 2):
        part = values[first : first + length]
        powers.append(np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2)
    density = 2.0 * np.mean(powers, axis=0) / (rate_hz * (window**2).sum())
    return np.fft.rfftfreq(length, 1.0 / rate_hz), np.sqrt(density)


def step_hz_of(walk: Walk) -> float:
    """Find the step rate: the strongest vertical frequency between 1.2 and 2.4 Hz."""
    vertical = walk.acc_g[:, 0] - walk.acc_g[:, 0].mean()
    length = 1 << 14
    power = np.abs(np.fft.rfft(vertical * np.hanning(len(vertical)), length))
    hz = np.fft.rfftfreq(length, 1.0 / walk.rate_hz)
    is_near = (hz > 1.2) & (hz < 2.4)
    return float(hz[is_near][power[is_near].argmax()])


def numbers(walk: Walk) -> list[float]:
    """Give the rms of the three accelerations in g and of the three rates in deg/s.

    The share of the vertical power above the second harmonic comes last: how hard the heel hits.
    """
    hz, density = spectrum(walk.acc_g[:, 0], walk.rate_hz)
    power = density**2
    is_hard = (hz > 2.5 * step_hz_of(walk)) & (hz < 20.0)
    is_any = (hz > 0.5) & (hz < 20.0)
    hard = float(power[is_hard].sum() / power[is_any].sum())
    return [*walk.acc_g.std(axis=0), *walk.gyr_dps.std(axis=0), hard]
