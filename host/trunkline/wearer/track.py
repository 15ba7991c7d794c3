"""One motion over time, as a sum of smooth pieces, read a window at a time.

A track holds an angle in radians, a position in metres or a speed. Pieces may overlap: they add
up. Nothing is computed before a window is read, so a day needs little memory.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline.wearer.jet import Jet

FloatArray = NDArray[np.float64]
Signal = Callable[[FloatArray], Jet]


@dataclass(frozen=True)
class _Step:
    start_s: float
    duration_s: float
    change: float
    ease_s: float | None

    def jet(self, since_s: FloatArray) -> Jet:
        x = Jet(since_s, np.ones_like(since_s), np.zeros_like(since_s))
        if self.ease_s is None:
            return _minimum_jerk(x * (1.0 / self.duration_s)) * self.change
        speed = self.change / (self.duration_s - self.ease_s)
        return _glide(x, self.duration_s, self.ease_s) * speed


@dataclass(frozen=True)
class _Swing:
    start_s: float
    end_s: float
    ramp_s: float
    signal: Signal

    def jet(self, time_s: FloatArray) -> Jet:
        one, zero = np.ones_like(time_s), np.zeros_like(time_s)
        grow = _minimum_jerk(Jet((time_s - self.start_s) / self.ramp_s, one / self.ramp_s, zero))
        fade = _minimum_jerk(Jet((self.end_s - time_s) / self.ramp_s, -one / self.ramp_s, zero))
        return grow * fade * self.signal(time_s)


class Track:
    """Add steps, swings and signals, then read windows."""

    def __init__(self, start: float = 0.0) -> None:
        """Stay at `start` until something is added."""
        self._start = start
        self._steps: list[_Step] = []
        self._swings: list[_Swing] = []
        self._signals: list[tuple[Signal, Track | None]] = []

    def step(
        self, start_s: float, duration_s: float, change: float, ease_s: float | None = None
    ) -> None:
        """Move by `change` from `start_s` on, and stay there.

        With `ease_s` the speed is constant but for that long at either end; without, the movement
        has minimum jerk (Flash and Hogan 1985): fastest in the middle, 1.875 times the mean rate.
        """
        if change:
            self._steps.append(_Step(start_s, duration_s, change, ease_s))

    def swing(self, start_s: float, end_s: float, signal: Signal, ramp_s: float = 1.0) -> None:
        """Follow a signal in [start_s, end_s), growing and fading over `ramp_s`."""
        ramp_s = min(ramp_s, (end_s - start_s) / 2.0)
        self._swings.append(_Swing(start_s, end_s, ramp_s, signal))

    def always(self, signal: Signal, gate: "Track | None" = None) -> None:
        """Follow a signal all the time, times the gate's value; a gate starts at 1."""
        self._signals.append((signal, gate))

    @property
    def is_still(self) -> bool:
        """Tell whether nothing was added."""
        return not (self._steps or self._swings or self._signals)

    def read(self, time_s: FloatArray) -> Jet:
        """Sum all pieces at these moments, in seconds, increasing."""
        first_s, last_s = float(time_s[0]), float(time_s[-1])
        settled = self._start
        total = np.zeros((3, len(time_s)))
        for step in self._steps:
            if step.start_s + step.duration_s <= first_s:
                settled += step.change
            elif step.start_s < last_s:
                self._move(step, time_s, total)
        for swing in self._swings:
            if swing.start_s < last_s and swing.end_s > first_s:
                first, end = np.searchsorted(time_s, (swing.start_s, swing.end_s))
                _add(total[:, first:end], swing.jet(time_s[first:end]))
        for signal, gate in self._signals:
            jet = signal(time_s)
            _add(total, jet if gate is None or gate.is_still else jet * gate.read(time_s))
        return Jet(total[0] + settled, total[1], total[2])

    @staticmethod
    def _move(step: _Step, time_s: FloatArray, total: FloatArray) -> None:
        end_s = step.start_s + step.duration_s
        first, end = np.searchsorted(time_s, (step.start_s, end_s))
        _add(total[:, first:end], step.jet(time_s[first:end] - step.start_s))
        total[0, end:] += step.change


def _add(total: FloatArray, jet: Jet) -> None:
    total[0] += jet.value
    total[1] += jet.rate
    total[2] += jet.acceleration


def _minimum_jerk(x: Jet) -> Jet:
    p = np.clip(x.value, 0.0, 1.0)
    value = p**3 * (10.0 + p * (6.0 * p - 15.0))
    return x.of(value, 30.0 * (p * (1.0 - p)) ** 2, 60.0 * p * (1.0 - p) * (1.0 - 2.0 * p))


def _glide(x: Jet, duration_s: float, ease_s: float) -> Jet:
    """Travel at speed 1 with smooth ends: the integral of two smoothsteps 3p² − 2p³."""
    value, slope, bend = np.zeros((3, len(x.value)))
    for start_s, sign in ((0.0, 1.0), (duration_s - ease_s, -1.0)):
        since_s = x.value - start_s
        p = np.clip(since_s / ease_s, 0.0, 1.0)
        value += sign * (ease_s * (p**3 - p**4 / 2.0) + np.maximum(since_s - ease_s, 0.0))
        slope += sign * p * p * (3.0 - 2.0 * p)
        bend += sign * 6.0 * p * (1.0 - p) / ease_s
    return x.of(value, slope, bend)
