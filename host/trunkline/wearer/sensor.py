"""The errors of a real IMU and of its seat on skin: noise, bias, gain, axes, range, wobble."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline.recordings.units import STANDARD_GRAVITY_M_S2

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Imu:
    """Describe an IMU's errors; the defaults are an LSM6DSV16X at 8 g and 1000 deg/s, calibrated.

    Noise densities are recalled from its data sheet, not measured; the scales are the device's.
    Constant errors are drawn for each axis from a normal distribution of the given size.

    Attributes:
        acc_noise_ug_sqrt_hz: Accelerometer noise density in µg/√Hz.
        gyr_noise_mdps_sqrt_hz: Gyroscope noise density in mdeg/s/√Hz.
        acc_bias_mg: Standard deviation of each axis's constant bias, in mg.
        gyr_bias_dps: Likewise, in deg/s.
        gyr_walk_dps_sqrt_h: How far the bias wanders in an hour, in deg/s (grows with √time).
        gain_error_pct: Standard deviation of each axis's gain, in per cent.
        misalignment_deg: Standard deviation of each axis's direction, in degrees.
        acc_scale_g: One count of the accelerometer, in g.
        gyr_scale_dps: One count of the gyroscope, in deg/s.
    """

    acc_noise_ug_sqrt_hz: float = 60.0
    gyr_noise_mdps_sqrt_hz: float = 2.8
    acc_bias_mg: float = 0.0
    gyr_bias_dps: float = 0.3
    gyr_walk_dps_sqrt_h: float = 0.1
    gain_error_pct: float = 0.0
    misalignment_deg: float = 0.0
    acc_scale_g: float = 0.000244
    gyr_scale_dps: float = 0.035

    def measure(
        self, force_m_s2: FloatArray, rate_rad_s: FloatArray, rate_hz: float, seed: int
    ) -> tuple[FloatArray, FloatArray]:
        """Turn what a perfect sensor feels into what this one reports.

        Args:
            force_m_s2: (N, 3) specific force.
            rate_rad_s: (N, 3) angular rate.
            rate_hz: Samples a second.
            seed: The same seed gives the same errors.

        Returns:
            Acceleration in m/s² and angular rate in rad/s, each a whole number of counts.
        """
        rng = np.random.default_rng(seed)
        shape = force_m_s2.shape
        root_band = math.sqrt(rate_hz / 2.0)  # noise up to half the rate
        acc_g = force_m_s2 @ (self._axes(rng) / STANDARD_GRAVITY_M_S2)
        acc_g += rng.standard_normal(3) * (self.acc_bias_mg * 1e-3)
        acc_g += rng.standard_normal(shape, np.float32) * np.float32(
            self.acc_noise_ug_sqrt_hz * 1e-6 * root_band
        )
        gyr_dps = rate_rad_s @ (self._axes(rng) * (180.0 / math.pi))
        gyr_dps += rng.standard_normal(shape, np.float32) * np.float32(
            self.gyr_noise_mdps_sqrt_hz * 1e-3 * root_band
        )
        walk = rng.standard_normal(shape, np.float32).cumsum(axis=0, dtype=np.float64)
        walk *= self.gyr_walk_dps_sqrt_h / math.sqrt(3600 * rate_hz)
        gyr_dps += walk + rng.standard_normal(3) * self.gyr_bias_dps
        acc = _counts(acc_g, self.acc_scale_g)
        acc *= self.acc_scale_g * STANDARD_GRAVITY_M_S2
        gyr = _counts(gyr_dps, self.gyr_scale_dps)
        gyr *= math.radians(self.gyr_scale_dps)
        return acc, gyr

    def _axes(self, rng: np.random.Generator) -> FloatArray:
        """Draw what an axis of the world is worth on each axis of the chip, (3, 3)."""
        axes = np.eye(3) + rng.standard_normal((3, 3)) * math.sin(
            math.radians(self.misalignment_deg)
        )
        gains = 1.0 + rng.standard_normal(3) * self.gain_error_pct / 100.0
        np.fill_diagonal(axes, gains)
        return axes


@dataclass(frozen=True)
class Tissue:
    """Describe how the case wobbles on skin: a damped spring, pushed by what the spine does.

    Attributes:
        tilt_deg_per_g: How far the case tips for a slow push of 1 g across it; 0: it sits firmly.
        resonance_hz: Where it rings.
        damping: Its damping ratio, above 0.
    """

    tilt_deg_per_g: float = 0.0
    resonance_hz: float = 8.0
    damping: float = 0.4

    def wobble(
        self, force_m_s2: FloatArray, rate_rad_s: FloatArray, up: FloatArray, rate_hz: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Tip the case by what pushes it, about its two axes across the spine.

        Args:
            force_m_s2: (N, 3) specific force on the spine, in the case's axes.
            rate_rad_s: (N, 3) angular rate.
            up: (N, 3) the unit vector that points up.
            rate_hz: Samples a second.

        Returns:
            All three as the case has them.
        """
        if self.tilt_deg_per_g == 0.0:
            return force_m_s2, rate_rad_s, up
        push_g = force_m_s2 / STANDARD_GRAVITY_M_S2 - up
        answer = self._answer(rate_hz) * math.radians(self.tilt_deg_per_g)
        count = len(up)
        # A push forward leaves the case behind: it tips back, a positive turn about y.
        tips = [np.convolve(push_g[:, axis], answer)[:count] for axis in (2, 1)]
        turn = np.stack([np.zeros(count), tips[0], -tips[1]], axis=1)
        change = np.gradient(turn, 1.0 / rate_hz, axis=0)
        rate = _turned(rate_rad_s, turn) + change - 0.5 * np.cross(turn, change)
        return _turned(force_m_s2, turn), rate, _turned(up, turn)

    def _answer(self, rate_hz: float) -> FloatArray:
        # The impulse response of a damped spring, until it is a thousandth.
        omega = 2.0 * math.pi * self.resonance_hz
        fall = self.damping * omega
        ringing = omega * math.sqrt(max(1.0 - self.damping**2, 1e-6))
        time_s = np.arange(math.ceil(7.0 / fall * rate_hz) + 1) / rate_hz
        ring = np.exp(-fall * time_s) * np.sin(ringing * time_s)
        answer: FloatArray = ring / ring.sum()
        return answer


def _turned(vectors: FloatArray, turn: FloatArray) -> FloatArray:
    """See vectors from a frame that has turned by a small rotation vector (Rodrigues)."""
    angle = np.linalg.norm(turn, axis=1)[:, None]
    axis = turn / np.maximum(angle, 1e-12)
    along = (axis * vectors).sum(axis=1)[:, None]
    seen: FloatArray = vectors * np.cos(angle) - np.cross(axis, vectors) * np.sin(angle)
    seen += axis * along * (1.0 - np.cos(angle))
    return seen


def _counts(values: FloatArray, scale: float) -> FloatArray:
    return np.clip(np.rint(values / scale), -32768.0, 32767.0)
