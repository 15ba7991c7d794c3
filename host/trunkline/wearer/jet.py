"""A motion with its first and second derivative in time, carried through arithmetic exactly.

Rates and accelerations of a simulated body are derived, never differenced: a sum or a product of
jets is a jet, by the chain rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """Hold a value and its derivatives at the same moments, each (N,).

    Attributes:
        value: An angle in radians, a length in metres, or a factor.
        rate: Its change a second.
        acceleration: The rate's change a second.
    """

    value: FloatArray
    rate: FloatArray
    acceleration: FloatArray

    @classmethod
    def still(cls, value: float, count: int) -> "Jet":
        """Stay at one value for `count` moments."""
        return cls(np.full(count, value), np.zeros(count), np.zeros(count))

    def __add__(self, other: "Jet") -> "Jet":
        """Add two motions."""
        return Jet(
            self.value + other.value,
            self.rate + other.rate,
            self.acceleration + other.acceleration,
        )

    def __sub__(self, other: "Jet") -> "Jet":
        """Subtract a motion."""
        return self + other * -1.0

    def __mul__(self, other: "Jet | float") -> "Jet":
        """Multiply two motions, or scale one."""
        if not isinstance(other, Jet):
            return Jet(self.value * other, self.rate * other, self.acceleration * other)
        bend = self.acceleration * other.value + self.value * other.acceleration
        bend += 2.0 * self.rate * other.rate
        rate = self.rate * other.value + self.value * other.rate
        return Jet(self.value * other.value, rate, bend)

    def of(self, value: FloatArray, slope: FloatArray, bend: FloatArray) -> "Jet":
        """Apply a function, given its value and its first two derivatives here."""
        acceleration = bend * self.rate**2 + slope * self.acceleration
        return Jet(value, slope * self.rate, acceleration)

    def sine_cosine(self) -> tuple["Jet", "Jet"]:
        """Take the sine and the cosine of an angle in radians."""
        sine, cosine = np.sin(self.value), np.cos(self.value)
        return self.of(sine, cosine, -sine), self.of(cosine, -sine, -cosine)

    def harmonics(self, amplitudes: Mapping[int, complex]) -> "Jet":
        """Sum Re(amplitude · exp(i · n · angle)) over n, where this jet is the angle."""
        turn = np.exp(1j * self.value)
        value, slope, bend = np.zeros((3, len(turn)))
        power, reached = np.ones_like(turn), 0
        for order in sorted(amplitudes):
            while reached < order:
                power = power * turn
                reached += 1
            swing = amplitudes[order] * power
            value += swing.real
            slope -= order * swing.imag
            bend -= order**2 * swing.real
        return self.of(value, slope, bend)
