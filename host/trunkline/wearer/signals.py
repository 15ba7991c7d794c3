"""Signals that a body's tracks follow: tones, breathing, and motion that wanders at random.

Rules: a signal is a function from moments in seconds to a `Jet`; it draws all its random numbers
when it is made, so it may be read in any windows and gives the same motion.
"""

import math

import numpy as np
from numpy.typing import NDArray

from trunkline.wearer.jet import Jet
from trunkline.wearer.track import Signal

FloatArray = NDArray[np.float64]

# Of independent knots with variance 1: a cubic spline's mean variance, and those of its first and
# second derivative with the knot interval as the unit of time: integrals of the basis.
_SPLINE_VARIANCE = 151.0 / 315.0
_RATE_VARIANCE = 2.0 / 3.0
_BEND_VARIANCE = 8.0 / 3.0


class Wander:
    """Move at random: a cubic B-spline whose knots are independent normal numbers.

    Its power falls off above 1 / (2 · knot_s); its second derivative is continuous.
    """

    def __init__(
        self, rng: np.random.Generator, rms: float, knot_s: float, start_s: float, end_s: float
    ) -> None:
        """Draw knots for [start_s, end_s]; the motion has about the root mean square `rms`."""
        count = math.ceil((end_s - start_s) / knot_s) + 5
        self._knots = rng.standard_normal(count) * (rms / math.sqrt(_SPLINE_VARIANCE))
        self._knot_s, self._start_s = knot_s, start_s

    @classmethod
    def shaking(
        cls, rng: np.random.Generator, rms: float, hz: float, start_s: float, end_s: float
    ) -> "Wander":
        """Shake with accelerations of about the root mean square `rms`, mostly below `hz`."""
        knot_s = 0.5 / hz
        size = rms * knot_s**2 * math.sqrt(_SPLINE_VARIANCE / _BEND_VARIANCE)
        return cls(rng, size, knot_s, start_s, end_s)

    @classmethod
    def turning(
        cls, rng: np.random.Generator, rms: float, hz: float, start_s: float, end_s: float
    ) -> "Wander":
        """Move with rates of about the root mean square `rms`, mostly below `hz`."""
        knot_s = 0.5 / hz
        size = rms * knot_s * math.sqrt(_SPLINE_VARIANCE / _RATE_VARIANCE)
        return cls(rng, size, knot_s, start_s, end_s)

    def __call__(self, time_s: FloatArray) -> Jet:
        """Read the motion."""
        at = (time_s - self._start_s) / self._knot_s
        first = np.clip(at.astype(np.intp), 0, len(self._knots) - 4)
        u = at - first
        v = 1.0 - u
        a, b, c, d = (self._knots[first + i] for i in range(4))
        value = (a * v**3 + b * (3 * u**3 - 6 * u**2 + 4) + c * (3 * v**3 - 6 * v**2 + 4)) / 6
        value += d * u**3 / 6
        rate = (-a * v * v + b * (3 * u * u - 4 * u) + c * (4 * v - 3 * v * v) + d * u * u) / 2
        bend = a * v + b * (3 * u - 2) + c * (3 * v - 2) + d * u
        return Jet(value, rate / self._knot_s, bend / self._knot_s**2)


def tone(amplitude: float, hz: float, phase_rad: float) -> Signal:
    """Swing at one frequency."""
    omega = 2.0 * math.pi * hz

    def read(time_s: FloatArray) -> Jet:
        angle = Jet(omega * time_s + phase_rad, np.full_like(time_s, omega), np.zeros_like(time_s))
        return angle.sine_cosine()[0] * amplitude

    return read


def breaths(
    rng: np.random.Generator, amplitude: float, breath_hz: float, duration_s: float
) -> Signal:
    """Swing as breathing does: no two breaths are of the same length or depth."""
    # A tenth of a turn of phase and a fifth of the depth wander from breath to breath.
    drift = Wander(rng, 0.6, 1.0 / breath_hz, 0.0, duration_s)
    depth = Wander(rng, 0.2, 2.0 / breath_hz, 0.0, duration_s)
    phase_rad = float(rng.uniform(0.0, 2.0 * math.pi))
    omega = 2.0 * math.pi * breath_hz

    def read(time_s: FloatArray) -> Jet:
        angle = Jet(omega * time_s + phase_rad, np.full_like(time_s, omega), np.zeros_like(time_s))
        size = depth(time_s) + Jet.still(1.0, len(time_s))
        return (angle + drift(time_s)).sine_cosine()[0] * size * amplitude

    return read


def spinning(
    rng: np.random.Generator, amplitude: float, hz: float, start_s: float, end_s: float
) -> Signal:
    """Swing as a small motor does: its speed hunts by some hertz, so no sampling freezes it."""
    omega = 2.0 * math.pi * hz
    hunting = Wander(rng, 1.0, 0.04, start_s, end_s)
    phase_rad = float(rng.uniform(0.0, 2.0 * math.pi))

    def read(time_s: FloatArray) -> Jet:
        even = omega * time_s + phase_rad
        angle = Jet(even, np.full_like(time_s, omega), np.zeros_like(time_s))
        return (angle + hunting(time_s)).sine_cosine()[0] * amplitude

    return read
