"""Blocks and deciders as tests want them: a sensor worn straight, at an angle given in degrees."""

import math

from posturecore.blocks import MOTOR
from posturecore.decide import Decider
from posturecore.frames import CUE, EPISODE
from posturecore.params import complete

RATE_MHZ = 60000
UPRIGHT = (16393, 0, 0)


def up_counts(flexion_deg: float, lateral_deg: float = 0) -> tuple[int, int, int]:
    """Return gravity in counts, by the formulas of docs/frames-and-units.md."""
    flexion, lateral = math.radians(flexion_deg), math.radians(lateral_deg)
    level = 16393 * math.cos(lateral)
    x, z = level * math.cos(flexion), -level * math.sin(flexion)
    return round(x), round(-16393 * math.sin(lateral)), round(z)


def block(
    flexion_deg: float = 0,
    lateral_deg: float = 0,
    *,
    jolt_mg: float = 0,
    turn_dps: float = 0,
    flags: int = 0,
) -> tuple[int, ...]:
    """Return one block; `jolt_mg` is acceleration along the spine beside gravity."""
    up = up_counts(flexion_deg, lateral_deg)
    acc = [round(value / 4) for value in up]
    acc[0] += round(jolt_mg * 4.098)
    gyr = (0, 0, round(turn_dps / 0.035))
    return gyr + tuple(acc) + up + (0, 0, 0, 0, 0, 0, flags)


def walking(count: int, flexion_deg: float = 0) -> list[tuple[int, ...]]:
    """Two steps a second: a push of two blocks, then three of falling; no second like the last."""
    return [
        block(flexion_deg, jolt_mg=(-140 if i % 5 < 3 else 210) + 3 * (i // 10 % 2))
        for i in range(count)
    ]


def breathing(
    count: int, flexion_deg: float = 0, amplitude_mg: float = 4
) -> list[tuple[int, ...]]:
    """A still wearer: four seconds a breath."""
    return [
        block(flexion_deg, jolt_mg=amplitude_mg * math.sin(2 * math.pi * i / 40))
        for i in range(count)
    ]


def without_gravity(count: int) -> list[tuple[int, ...]]:
    return [(0,) * 16] * count


def shaken_by_motor(count: int, flexion_deg: float = 0) -> list[tuple[int, ...]]:
    return [
        block(flexion_deg, jolt_mg=300 * (-1) ** i, turn_dps=50, flags=MOTOR) for i in range(count)
    ]


class Worn:
    """A decider with its neutral pose set, and everything it ever said."""

    def __init__(self, is_calibrated: bool = True, rate_mhz: int = RATE_MHZ, **settings: int):
        self.decider = Decider(complete(settings), rate_mhz)
        self.said: list[tuple[int, tuple[int, ...]]] = []
        self.contexts: list[int] = []
        if is_calibrated:
            self.decider.set_neutral(UPRIGHT)

    def feel(self, blocks: list[tuple[int, ...]]) -> "Worn":
        for one in blocks:
            self.said += self.decider.block(one)
            self.contexts.append(self.decider.context)
        return self

    def hold(self, flexion_deg: float, count: int, jolt_mg: float = 0, **more: float) -> "Worn":
        """Hold a posture, and breathe."""
        for _ in range(count):
            breath_mg = 4 * math.sin(2 * math.pi * self.decider.at / 40)
            self.feel([block(flexion_deg, jolt_mg=jolt_mg + breath_mg, **more)])
        return self

    def gap(self, count: int) -> "Worn":
        self.said += self.decider.gap(count)
        return self

    def configure(self, **settings: int) -> "Worn":
        self.said += self.decider.configure(complete(settings))
        return self

    def set_neutral(self, up: tuple[int, int, int]) -> "Worn":
        self.said += self.decider.set_neutral(up)
        return self

    def finish(self) -> "Worn":
        self.said += self.decider.finish()
        return self

    def episodes(self, kind: int) -> list[tuple[int, ...]]:
        return [values for frame, values in self.said if frame == EPISODE and values[0] == kind]

    @property
    def cues(self) -> list[tuple[int, ...]]:
        return [values for frame, values in self.said if frame == CUE]
