"""Walking as a back feels it: two real walks as harmonics of the stride, and all between them.

The harmonics were averaged, phase by phase, over the walks of two lower-back clips: one gentle
(Mobilise-D example data HA001 Test 11, first bout, Apache-2.0) and one brisk (lumbar gait clip of
scikit-digital-health, MIT). So a walk at L5 has the spectrum of these clips by construction, and
says nothing new about walking. How it is damped on the way up the trunk are engineering figures.
"""

import cmath
import math

import numpy as np

from trunkline.recordings.units import STANDARD_GRAVITY_M_S2
from trunkline.wearer.body import Body
from trunkline.wearer.jet import FloatArray, Jet
from trunkline.wearer.signals import Wander

Harmonics = dict[int, complex]

# Harmonic of the stride (2: every step): size and phase in radians. Accelerations in g, turning
# in deg/s, each about or along the sensor's axis.
_BRISK: dict[str, dict[int, tuple[float, float]]] = {
    "acc_x": {
        **{2: (0.32, 0.0), 4: (0.05, 2.43), 6: (0.165, 2.14), 8: (0.16, 1.26)},
        **{10: (0.143, 0.3), 12: (0.116, 0.28), 14: (0.036, 0.78), 16: (0.056, 1.75)},
    },
    "acc_y": {
        1: (0.04, 1.14),
        3: (0.105, -1.77),
        5: (0.1, -2.6),
        7: (0.056, 2.65),
        9: (0.042, 2.45),
    },
    "acc_z": {
        **{2: (0.235, 1.73), 4: (0.132, 2.08), 6: (0.137, 1.95), 8: (0.088, 2.5)},
        **{10: (0.054, 1.82), 12: (0.024, 1.74)},
    },
    "gyr_x": {1: (9.0, 1.55), 2: (7.0, 2.0), 3: (25.0, -3.0), 5: (6.0, -2.4), 9: (7.0, -0.45)},
    "gyr_y": {
        2: (12.0, 1.28),
        6: (5.0, -2.1),
        8: (15.6, -2.65),
        10: (11.0, 2.44),
        12: (11.5, 2.36),
    },
    "gyr_z": {1: (13.0, -2.42), 3: (39.0, 2.65), 5: (7.0, -3.0), 7: (10.5, 0.5)},
}
_GENTLE: dict[str, dict[int, tuple[float, float]]] = {
    "acc_x": {
        2: (0.211, 0.0),
        4: (0.072, 0.26),
        6: (0.101, -0.3),
        8: (0.017, -1.17),
        10: (0.028, 0.57),
    },
    "acc_y": {
        1: (0.067, 1.72),
        3: (0.087, -2.3),
        5: (0.047, 1.66),
        7: (0.029, -3.1),
        9: (0.036, 2.3),
    },
    "acc_z": {2: (0.154, 1.72), 4: (0.044, 1.58), 6: (0.023, 0.16)},
    "gyr_x": {1: (17.8, 0.6), 2: (6.6, 2.35), 3: (12.3, 2.75), 5: (5.5, -2.24), 7: (5.4, 1.77)},
    "gyr_y": {2: (13.6, 1.24), 4: (5.2, 2.05), 6: (6.3, -0.93)},
    "gyr_z": {3: (7.9, 1.56), 5: (3.9, -0.44), 7: (3.0, 2.8)},
}
# What these walks were done at: by the walk ratio, from their step rates of 1.69 and 1.78 Hz.
_TEMPLATE_SPEED_M_S = (1.10, 1.22)
# Step length over step rate, in m/(steps/min); 0.0064 is usual for adults (recalled).
_WALK_RATIO = 0.0064
# Accelerations grow with speed by about this power; an engineering figure.
_GROWTH = 1.3

# The share of each axis that reaches a placement, and how fast harmonics above the step fade.
_REACHING = {
    "L5": {"acc_x": 1.0, "acc_y": 1.0, "acc_z": 1.0, "gyr_x": 1.0, "gyr_y": 1.0, "gyr_z": 1.0},
    "T12": {"acc_x": 1.0, "acc_y": 0.9, "acc_z": 0.85, "gyr_x": 0.5, "gyr_y": 0.8, "gyr_z": 0.7},
    "T4": {"acc_x": 0.95, "acc_y": 0.8, "acc_z": 0.7, "gyr_x": -0.5, "gyr_y": 0.6, "gyr_z": 0.5},
    "C7": {"acc_x": 0.95, "acc_y": 0.75, "acc_z": 0.6, "gyr_x": -0.4, "gyr_y": 0.5, "gyr_z": 0.4},
}
_FADING = {"L5": 0.0, "T12": 0.03, "T4": 0.07, "C7": 0.09}


def step_rate_hz(speed_m_s: float) -> float:
    """Tell how often a walker of this speed steps, by the walk ratio."""
    return math.sqrt(speed_m_s / (60.0 * _WALK_RATIO))


def stride(
    body: Body,
    rng: np.random.Generator,
    start_s: float,
    end_s: float,
    step_hz: float,
    *,
    speed_m_s: float,
    impact: float,
    bounce: float = 1.0,
) -> None:
    """Let the body step in [start_s, end_s); its path and speed are not this function's affair.

    Args:
        body: Its hip and whole-trunk tracks are added to.
        rng: Draws how strides differ.
        start_s: First moment.
        end_s: Last moment.
        step_hz: Steps a second.
        speed_m_s: How fast, for the size of the accelerations.
        impact: 0: the gentle walk; 1: the brisk one; between and beyond by proportion.
        bounce: Factor on all of it.
    """
    template_m_s = _TEMPLATE_SPEED_M_S[0] * (1 - impact) + _TEMPLATE_SPEED_M_S[1] * impact
    size = bounce * (speed_m_s / template_m_s) ** _GROWTH
    felt = {axis: _felt(axis, impact, body.placement, size) for axis in _BRISK}
    omega = math.pi * step_hz  # of the stride
    turns = {
        "tilt": _integral(felt["gyr_y"], -omega),
        "roll": _integral(felt["gyr_z"], omega),
        "heading": _integral(felt["gyr_x"], omega),
    }
    swings = turns | {
        "up": _travel(felt["acc_x"], {}, omega, 0.0),
        "right": _travel(felt["acc_y"], turns["roll"], omega, body.lever_m),
        "forward": _travel(felt["acc_z"], turns["tilt"], omega, body.lever_m),
    }
    # Step by step the rate differs by some hundredths and the size by a tenth.
    drift = Wander(rng, 0.25, 1.2, start_s, end_s)
    depth = Wander(rng, 0.1, 1.0 / step_hz, start_s, end_s)
    first_rad = float(rng.uniform(0.0, 2.0 * math.pi))
    for name, amplitudes in swings.items():
        body[name].swing(start_s, end_s, _Strides(amplitudes, omega, first_rad, drift, depth), 1.5)
    _add_noise(body, rng, start_s, end_s, size, min(max(impact, 0.0), 1.5))


def _add_noise(
    body: Body, rng: np.random.Generator, start_s: float, end_s: float, size: float, impact: float
) -> None:
    """Add what is not the same in any two strides: below 6 Hz, above 10 Hz, and on the skin."""
    rough = math.exp(-16.0 * _FADING[body.placement])
    for name, slow_m_s2, hard_m_s2 in (
        ("up", 0.35, 1.0),
        ("right", 0.4, 0.6),
        ("forward", 0.4, 1.2),
    ):
        body[name].swing(
            start_s, end_s, Wander.shaking(rng, size * slow_m_s2, 6.0, start_s, end_s)
        )
        rms_m_s2 = size * rough * hard_m_s2 * (0.2 + 0.8 * impact)
        body[name].swing(start_s, end_s, Wander.shaking(rng, rms_m_s2, 22.0, start_s, end_s))
    for name, gentle_dps, brisk_dps in (("mount_flexion", 9.0, 26.0), ("mount_yaw", 3.0, 22.0)):
        rms = math.radians(gentle_dps + (brisk_dps - gentle_dps) * impact) * size * rough
        body[name].swing(start_s, end_s, Wander.turning(rng, rms, 7.0, start_s, end_s))


class _Strides:
    """A signal: harmonics of a stride whose rate and size wander."""

    def __init__(
        self, amplitudes: Harmonics, omega: float, first_rad: float, drift: Wander, depth: Wander
    ) -> None:
        self._amplitudes, self._omega, self._first_rad = amplitudes, omega, first_rad
        self._drift, self._depth = drift, depth

    def __call__(self, time_s: FloatArray) -> Jet:
        even = self._omega * time_s + self._first_rad
        angle = Jet(even, np.full_like(time_s, self._omega), np.zeros_like(time_s))
        size = self._depth(time_s) + Jet.still(1.0, len(time_s))
        return (angle + self._drift(time_s)).harmonics(self._amplitudes) * size


def _felt(axis: str, impact: float, placement: str, size: float) -> Harmonics:
    """Blend the two walks, and damp them as far up as the placement: m/s² and rad/s."""
    unit = STANDARD_GRAVITY_M_S2 if axis.startswith("acc") else math.pi / 180.0
    gentle, brisk = _GENTLE[axis], _BRISK[axis]
    blended: Harmonics = {}
    for order in gentle.keys() | brisk.keys():
        value = (1 - impact) * cmath.rect(*gentle.get(order, (0.0, 0.0)))
        value += impact * cmath.rect(*brisk.get(order, (0.0, 0.0)))
        fading = math.exp(-_FADING[placement] * max(order - 2, 0))
        blended[order] = value * unit * size * fading * _REACHING[placement][axis]
    return blended


def _integral(rates: Harmonics, omega: float) -> Harmonics:
    return {order: rate / (1j * order * omega) for order, rate in rates.items()}


def _travel(felt: Harmonics, leaning: Harmonics, omega: float, lever_m: float) -> Harmonics:
    """Find the hip's swing that makes the sensor feel this, leaning as it does.

    f = hip'' + lever · lean'' − g · lean, so the hip takes what the other two leave.
    """
    orders = felt.keys() | leaning.keys()
    return {
        order: -(felt.get(order, 0j) + STANDARD_GRAVITY_M_S2 * leaning.get(order, 0j))
        / (order * omega) ** 2
        - lever_m * leaning.get(order, 0j)
        for order in orders
    }
