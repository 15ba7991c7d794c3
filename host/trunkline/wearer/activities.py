"""The words of a scenario: each activity with its sizes, when it may happen, what it is called.

A range is (low, high); what a scenario leaves out is drawn from the ranges here. Sizes without a
source in a comment are engineering figures. Flexion is that of the upper back (T4), forward
positive; other placements see of it what `spine` says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from trunkline.wearer import moment, perform
from trunkline.wearer.body import Body

Range = tuple[float, float]
Performance = Callable[[Body, moment.Moment, np.random.Generator], None]

STATES = ("standing", "sitting", "lying", "off")
_WORN_UPRIGHT = ("standing", "sitting")
# What the decisions should call each state, and each activity while it moves and while it holds.
STATE_CONTEXT = {
    "standing": "upright-still",
    "sitting": "upright-still",
    "lying": "lying",
    "off": "off-body",
}


@dataclass(frozen=True)
class Activity:
    """Describe one word.

    Attributes:
        perform: Adds it to a body.
        timing: Splits its time.
        needs: States in which it may begin.
        sizes: Its keys, with the range each is drawn from.
        track: Which posture its flexion is, for what a placement sees of it.
        leads_to: The state after it; None: as before.
        undoes: The activity whose sizes it takes back.
        moving: The context while it moves; None: that of the state.
        holding: The context while it holds; None: that of the state.
    """

    perform: Performance
    timing: Callable[[moment.Drawn], moment.Timing]
    needs: tuple[str, ...]
    sizes: dict[str, Range] = field(default_factory=dict)
    track: str = "bow"
    leads_to: str | None = None
    undoes: str | None = None
    moving: str | None = "changing"
    holding: str | None = None


def _gait(low_deg: float, high_deg: float, **sizes: Range) -> dict[str, Range]:
    usual = {"lasts_s": (60.0, 120.0), "impact": (0.0, 1.0), "bounce": (0.85, 1.15)}
    return usual | {"flexion_deg": (low_deg, high_deg), "lateral_deg": (0.0, 0.0)} | sizes


def _lift(low_deg: float, high_deg: float, low_s: float, high_s: float, **more: Range) -> Activity:
    usual: dict[str, Range] = {"lateral_deg": (-3.0, 3.0), "twist_deg": (-4.0, 4.0)}
    sizes = usual | {"flexion_deg": (low_deg, high_deg), "lasts_s": (low_s, high_s)} | more
    return Activity(
        perform.bend,
        moment.halves,
        ("standing",),
        sizes,
        moving="bending",
        holding="bending",
    )


def _there_and_back(what: Performance, move: Range, hold: Range, **sizes: Range) -> Activity:
    timed = {"onset_s": move, "hold_s": hold, "return_s": move}
    return Activity(what, moment.held, _WORN_UPRIGHT, timed | sizes)


def _bent(move: Range, hold: Range, **sizes: Range) -> Activity:
    both = "bending"
    act = _there_and_back(perform.busy_bend, move, hold, **sizes)
    return replace(act, moving=both, holding=both)


def _same(
    what: Performance, needs: tuple[str, ...], context: str | None, **sizes: Range
) -> Activity:
    """Describe what goes on all the time in one context."""
    return Activity(what, moment.whole, needs, sizes, moving=context, holding=context)


def _change(
    what: Performance,
    needs: tuple[str, ...],
    leads_to: str,
    undoes: str | None = None,
    **sizes: Range,
) -> Activity:
    return Activity(what, moment.once, needs, sizes, "bow", leads_to, undoes)


VOCABULARY: dict[str, Activity] = {
    # Postures.
    "slouch": Activity(
        perform.slump,
        moment.glided,
        _WORN_UPRIGHT,
        {
            # At T4 17.8 to 29.9 (IMU Sitting Postures Dataset).
            **{"flexion_deg": (18.0, 25.0), "rate_dps": (0.3, 2.0)},
            **{"hold_s": (90.0, 240.0), "return_s": (1.5, 3.0)},
        },
        "slouch",
    ),
    "short_lean": replace(
        _there_and_back(perform.curl, (1.0, 2.0), (6.0, 13.0), flexion_deg=(18.0, 25.0)),
        track="slouch",
    ),
    "lean_back": replace(
        _there_and_back(perform.bend, (2.0, 3.0), (50.0, 90.0), flexion_deg=(-15.0, -10.0)),
        holding="reclined",
    ),
    "lean_aside": _there_and_back(
        perform.bend, (1.5, 3.0), (5.0, 60.0), lateral_deg=(-12.0, 12.0)
    ),
    "reach": _there_and_back(
        perform.bend,
        (0.8, 1.5),
        (0.3, 2.0),
        flexion_deg=(10.0, 30.0),
        lateral_deg=(-8.0, 8.0),
        twist_deg=(-25.0, 25.0),
    ),
    "tie_shoes": _bent((1.2, 2.5), (4.0, 12.0), flexion_deg=(65.0, 95.0), drop_m=(0.0, 0.05)),
    # Lifts: stoop 5.9 ± 1.1 s, squat 4.9 ± 0.7 s, freestyle 4.6 ± 0.7 s (von Arx
    # 2021, abstract); angles and drops are engineering figures.
    "stoop": _lift(70.0, 90.0, 4.8, 7.0, drop_m=(0.0, 0.05)),
    "squat": _lift(30.0, 45.0, 4.2, 5.6, drop_m=(0.35, 0.5)),
    "mixed_lift": _lift(45.0, 65.0, 3.9, 5.3, drop_m=(0.12, 0.25)),
    "twisting_lift": _lift(
        40.0, 75.0, 3.9, 6.0, drop_m=(0.0, 0.2), twist_deg=(25.0, 50.0), lateral_deg=(-15.0, 15.0)
    ),
    # Exercises.
    "forward_bend": _bent((1.5, 3.0), (1.0, 4.0), flexion_deg=(60.0, 95.0)),
    "back_extension": replace(
        _there_and_back(perform.bend, (1.0, 2.0), (1.0, 3.0), flexion_deg=(-25.0, -12.0)),
        holding="reclined",
    ),
    "side_bend": _there_and_back(perform.bend, (1.0, 2.5), (1.0, 3.0), lateral_deg=(18.0, 30.0)),
    "trunk_turn": _there_and_back(perform.bend, (0.8, 2.0), (0.5, 2.0), twist_deg=(25.0, 45.0)),
    "sit_to_stand": Activity(
        perform.sit_to_stand,
        moment.held,
        ("sitting",),
        {
            **{"onset_s": (1.5, 2.8), "hold_s": (1.0, 4.0), "return_s": (1.6, 3.0)},
            **{"flexion_deg": (25.0, 45.0), "drop_m": (0.42, 0.48)},
        },
    ),
    # Restlessness.
    "fidget": Activity(
        perform.fidget,
        moment.halves,
        _WORN_UPRIGHT,
        {
            **{"lasts_s": (1.5, 6.0), "flexion_deg": (-4.0, 4.0)},
            **{"lateral_deg": (-3.0, 3.0), "twist_deg": (-8.0, 8.0)},
        },
        "slouch",
    ),
    "shift": Activity(
        perform.shift,
        moment.once,
        _WORN_UPRIGHT,
        {"lasts_s": (1.5, 6.0), "flexion_deg": (-3.0, 3.0), "lateral_deg": (-3.0, 3.0)},
        "slouch",
    ),
    "typing": _same(
        perform.type_on, _WORN_UPRIGHT, None, lasts_s=(150.0, 300.0), flexion_deg=(0.0, 0.0)
    ),
    "rest": _same(perform.rest, STATES, None, lasts_s=(10.0, 60.0)),
    # Changes of state.
    "sit_down": _change(
        perform.sit_down,
        ("standing",),
        "sitting",
        lasts_s=(1.6, 2.6),
        flexion_deg=(25.0, 40.0),
        drop_m=(0.42, 0.48),
        pelvis_deg=(0.0, 0.0),
    ),
    "stand_up": _change(
        perform.stand_up,
        ("sitting",),
        "standing",
        "sit_down",
        lasts_s=(1.5, 2.5),
        flexion_deg=(25.0, 40.0),
    ),
    "lie_down": _change(
        perform.lay,
        ("standing",),
        "lying",
        lasts_s=(4.0, 7.0),
        tilt_deg=(-90.0, -75.0),
        roll_deg=(-20.0, 20.0),
        drop_m=(0.4, 0.6),
    ),
    "get_up": _change(perform.raise_again, ("lying",), "standing", "lie_down", lasts_s=(4.0, 7.0)),
    "take_off": _change(
        perform.take_off,
        ("standing",),
        "off",
        lasts_s=(3.0, 6.0),
        tilt_deg=(-90.0, -88.0),
        roll_deg=(-1.0, 1.0),
        drop_m=(0.1, 0.5),
    ),
    "put_on": _change(perform.put_on, ("off",), "standing", "take_off", lasts_s=(3.0, 6.0)),
    # On foot.
    "walking": _same(
        perform.walk,
        ("standing",),
        "walking",
        **_gait(1.0, 5.0, speed_m_s=(1.0, 1.45), turn_every_s=(20.0, 40.0)),
    ),
    "carrying": _same(
        perform.walk,
        ("standing",),
        "walking",
        **_gait(-4.0, 4.0, speed_m_s=(0.9, 1.3), turn_every_s=(15.0, 30.0)),
    ),
    "stairs_up": _same(
        perform.climb,
        ("standing",),
        "walking",
        **_gait(6.0, 14.0, lasts_s=(8.0, 25.0), step_hz=(1.4, 1.8), direction=(1.0, 1.0)),
    ),
    "stairs_down": _same(
        perform.climb,
        ("standing",),
        "walking",
        **_gait(0.0, 4.0, lasts_s=(8.0, 25.0), step_hz=(1.6, 2.1), direction=(-1.0, -1.0)),
    ),
    # In a car, on a back or in a bag: a seat's vibration on roads, m/s² rms; comfortable speeds in
    # town.
    "driving": _same(
        perform.drive,
        ("sitting", "off"),
        None,
        lasts_s=(300.0, 900.0),
        shaking_m_s2=(0.25, 0.6),
        shaking_hz=(3.5, 6.0),
        speed_m_s=(7.0, 14.0),
        stop_every_s=(30.0, 120.0),
    ),
    # Not on a back.
    "in_bag": _same(
        perform.carry_in_bag, ("off",), "off-body", lasts_s=(120.0, 600.0), speed_m_s=(0.9, 1.4)
    ),
    "on_chair": _same(
        perform.ride_chair, ("off",), "off-body", lasts_s=(300.0, 900.0), turn_every_s=(15.0, 60.0)
    ),
    # The case itself.
    "strap_slip": Activity(
        perform.slip,
        moment.once,
        _WORN_UPRIGHT,
        {
            **{"lasts_s": (1.0, 3.0), "flexion_deg": (-12.0, 12.0)},
            **{"lateral_deg": (-8.0, 8.0), "yaw_deg": (-8.0, 8.0)},
        },
        "case",
    ),
    "motor_buzz": _same(
        perform.buzz,
        ("standing", "sitting", "lying"),
        "vibrating",
        lasts_s=(0.2, 0.55),
        peak_mg=(150.0, 400.0),
        motor_hz=(150.0, 190.0),
    ),
}
# The label of a sample in `Truth.activity` is an index into this.
ACTIVITIES = (*STATES, *VOCABULARY)
