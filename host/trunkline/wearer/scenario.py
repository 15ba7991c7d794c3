"""A scenario: what a wearer does, in a TOML file that a person can read.

    title = "Half an hour at a desk"
    minutes = 30
    repeat = true                 # go through the acts again until the time is over
    [wearer]                      # also [fit], [imu], [motor]: see docs/wearer.md
    stature_m = [1.60, 1.85]      # drawn anew for each seed
    [[act]]
    do = "sit_down"
    [[act]]
    do = "slouch"
    after_s = [60, 120]           # quiet seconds before it
    flexion_deg = [18, 25]
    times = 3

A number stands for itself, [low, high] for a draw between the two. Units are part of the keys.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from trunkline.errors import InputError
from trunkline.wearer.activities import STATES, VOCABULARY, Range

TABLES: dict[str, dict[str, Range]] = {
    "wearer": {
        "stature_m": (1.75, 1.75),
        # Breathing tips the upper back by a third of a degree: 4 to 8 mg; below it, slow sway.
        "breath_per_min": (13.0, 17.0),
        "breath_deg": (0.3, 0.45),
        "sway_deg": (0.3, 0.3),
        # A quarter of a degree a second; a real back that stands still has 0.2 to 1 (mobgap clip).
        "tremor_deg": (0.03, 0.03),
        # Office workers: 9 shifts, 13 fidgets in 15 min (Davidson and Callaghan 2025, abstract).
        "shifts_per_15min": (9.0, 9.0),
        "fidgets_per_15min": (13.0, 13.0),
        # The share of fidgets that also come while a slouch or a lean is held.
        "restless_in_holds": (0.0, 0.0),
    },
    "fit": {
        "mount_flexion_deg": (0.0, 0.0),
        "mount_lateral_deg": (0.0, 0.0),
        "mount_yaw_deg": (0.0, 0.0),
        "tilt_deg_per_g": (0.0, 0.0),
        "resonance_hz": (8.0, 8.0),
        "damping": (0.4, 0.4),
    },
    "imu": {
        "acc_noise_ug_sqrt_hz": (60.0, 60.0),
        "gyr_noise_mdps_sqrt_hz": (2.8, 2.8),
        "acc_bias_mg": (0.0, 0.0),
        "gyr_bias_dps": (0.3, 0.3),
        "gyr_walk_dps_sqrt_h": (0.1, 0.1),
        "gain_error_pct": (0.0, 0.0),
        "misalignment_deg": (0.0, 0.0),
        "acc_scale_g": (0.000244, 0.000244),
        "gyr_scale_dps": (0.035, 0.035),
    },
    # Buzzes at random while the case is worn; 0 an hour: none.
    "motor": {"buzzes_per_h": (0.0, 0.0), "lasts_s": (0.2, 0.55), "peak_mg": (150.0, 400.0)},
}
_TOP = ("title", "minutes", "repeat", "start", "still_s", "act", *TABLES)

# What no body or chip does; keys that are not named here go by their unit, the last part.
_LIMITS: dict[str, Range] = {
    "stature_m": (1.0, 2.3),
    "drop_m": (-1.0, 1.0),
    "hold_s": (0.0, 86400.0),
    "after_s": (0.0, 86400.0),
    "still_s": (0.0, 86400.0),
    "turn_every_s": (1.0, 86400.0),
    "rate_dps": (0.02, 200.0),
    "speed_m_s": (0.3, 40.0),
    "step_hz": (0.5, 4.0),
    "damping": (0.05, 1.0),
    "direction": (-1.0, 1.0),
    "times": (1.0, 10000.0),
    "mount_yaw_deg": (-180.0, 180.0),
    "mount_flexion_deg": (-180.0, 180.0),
}
_UNIT_LIMITS: dict[str, Range] = {
    "deg": (-120.0, 120.0),
    "s": (0.1, 86400.0),
    "hz": (0.1, 500.0),
    "minutes": (1.0 / 3.0, 1440.0),
}


@dataclass(frozen=True)
class Act:
    """Hold one line of a scenario: an activity, and the ranges its sizes are drawn from."""

    do: str
    sizes: Mapping[str, Range]
    after_s: Range = (2.0, 5.0)
    times: Range = (1.0, 1.0)


@dataclass(frozen=True)
class Scenario:
    """Hold a checked scenario; make one with `load`, `shipped` or `parse`.

    Attributes:
        name: A short name: the file's.
        title: What it is about, in words.
        minutes: How long it lasts.
        acts: What happens, in order.
        repeat: True if the acts begin again until the time is over.
        start: The state at the first sample: standing or sitting.
        still_s: Upright and still seconds at the start, to calibrate by.
        wearer: Who wears it: ranges by key.
        fit: How the case sits.
        imu: The sensor's errors.
        motor: The case's own buzzes.
    """

    name: str
    title: str
    minutes: float
    acts: tuple[Act, ...]
    repeat: bool
    start: str
    still_s: float
    wearer: Mapping[str, Range]
    fit: Mapping[str, Range]
    imu: Mapping[str, Range]
    motor: Mapping[str, Range]

    @classmethod
    def load(cls, path: str | Path) -> "Scenario":
        """Read a scenario from a TOML file.

        Raises:
            InputError: No such file, no TOML, or an activity, key, unit or size that is not known.
        """
        file = Path(path)
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                found=f"no readable file {str(file)!r}",
                expected="a scenario in TOML",
                hint="`trunkline simulate --list` for those that are shipped",
            ) from error
        return cls.parse(text, file.stem)

    @classmethod
    def shipped(cls, name: str) -> "Scenario":
        """Read one of the scenarios that come with Trunkline.

        Raises:
            InputError: There is none of that name.
        """
        if name not in scenario_names():
            raise InputError(
                found=f"scenario {name!r}",
                expected="one of " + ", ".join(scenario_names()),
                hint="one of these names, or the path of a .toml file",
            )
        return cls.parse(_folder().joinpath(f"{name}.toml").read_text("utf-8"), name)

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> "Scenario":
        """Check a scenario's text.

        Raises:
            InputError: No TOML, or an activity, key, unit or size that is not known.
        """
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                found=f"{name}: {error}",
                expected="a TOML file",
                hint="compare with one from `trunkline simulate --list`",
            ) from error
        _check_keys(table, _TOP, name)
        rows = table.get("act", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _wrong(name, "act that is no list of tables", "[[act]] before each activity")
        acts = tuple(_act(row, f"{name}, act {i}") for i, row in enumerate(rows, 1))
        start, repeat = table.get("start", "standing"), table.get("repeat", False)
        if start not in ("standing", "sitting"):
            raise _wrong(name, f"start = {start!r}", "'standing' or 'sitting'")
        if not isinstance(repeat, bool):
            raise _wrong(name, f"repeat = {repeat!r}", "true or false")
        _check_states(acts, start, repeat, name)
        return cls(
            name,
            str(table.get("title", name)),
            _one(table.get("minutes", 60.0), "minutes", name),
            acts,
            repeat,
            start,
            _one(table.get("still_s", 10.0), "still_s", name),
            *(_table(table.get(part, {}), part, name) for part in TABLES),
        )


def scenario_names() -> tuple[str, ...]:
    """List the scenarios that come with Trunkline."""
    found = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name[: -len(".toml")] for name in found if name.endswith(".toml")))


def _folder() -> Any:
    return resources.files("trunkline.wearer").joinpath("scenarios")


def _act(row: dict[str, Any], where: str) -> Act:
    do = row.get("do")
    if do not in VOCABULARY:
        raise _wrong(where, f"do = {do!r}", "one of " + ", ".join(VOCABULARY))
    where = f"{where} ({do})"
    usual = VOCABULARY[do].sizes
    _check_keys(row, ("do", "after_s", "times", *usual), where)
    sizes = {key: _range(row.get(key, list(usual[key])), key, where) for key in usual}
    after_s = _range(row.get("after_s", [2.0, 5.0]), "after_s", where)
    times = _range(row.get("times", 1), "times", where)
    if not all(each.is_integer() for each in times):
        raise _wrong(where, f"times = {row['times']}", "whole numbers")
    return Act(do, sizes, after_s, times)


def _table(given: Any, part: str, name: str) -> dict[str, Range]:
    where = f"{name}, [{part}]"
    if not isinstance(given, dict):
        raise _wrong(where, f"{given!r}", "a table")
    _check_keys(given, tuple(TABLES[part]), where)
    usual = TABLES[part]
    return {key: _range(given.get(key, list(usual[key])), key, where) for key in usual}


def _one(value: Any, key: str, where: str) -> float:
    low, high = _range(value, key, where)
    if low != high:
        raise _wrong(where, f"{key} = {value}", "one number, for every seed the same")
    return low


def _range(value: Any, key: str, where: str) -> Range:
    pair = value if isinstance(value, list) else [value, value]
    is_numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in pair)
    if len(pair) != 2 or not is_numbers or not pair[0] <= pair[1]:
        raise _wrong(where, f"{key} = {value!r}", "a number, or [low, high] with low first")
    least, most = _LIMITS.get(key, _UNIT_LIMITS.get(key.rpartition("_")[2], (0.0, math.inf)))
    low, high = float(pair[0]), float(pair[1])
    if not (least <= low and high <= most and math.isfinite(high)):
        raise _wrong(where, f"{key} = {value}", f"{key} from {least:g} to {most:g}")
    return low, high


def _check_keys(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        if key in known:
            continue
        stem = key.partition("_")[0]
        near = [name for name in known if name.partition("_")[0] == stem]
        hint = f"{near[0]}: the unit is part of the key" if near else "see docs/wearer.md"
        raise InputError(
            found=f"the key {key!r} in {where}", expected="one of " + ", ".join(known), hint=hint
        )


def _check_states(acts: tuple[Act, ...], start: str, repeat: bool, name: str) -> None:
    state = start
    for _ in range(1 + repeat):
        for number, act in enumerate(acts, 1):
            activity = VOCABULARY[act.do]
            again = act.times[1] > 1 and activity.leads_to not in (None, *activity.needs)
            if state in activity.needs and not again:
                state = activity.leads_to or state
                continue
            found = "repeated" if state in activity.needs else f"while {state}"
            raise InputError(
                found=f"{act.do!r} {found} in {name}, act {number}",
                expected=f"it while {' or '.join(activity.needs)}",
                hint="an act before it that leads there, such as "
                + " or ".join(_ways_to(activity.needs)),
            )


def _ways_to(states: tuple[str, ...]) -> list[str]:
    ways = [name for name, each in VOCABULARY.items() if each.leads_to in states]
    return ways or list(STATES)


def _wrong(where: str, found: str, expected: str) -> InputError:
    return InputError(found=f"{found} in {where}", expected=expected, hint="see docs/wearer.md")
