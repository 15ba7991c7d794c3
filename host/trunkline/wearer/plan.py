"""From a scenario to moments: which activity, when and how large, drawn by the seed."""

from collections.abc import Iterator, Mapping

import numpy as np

from trunkline.wearer.activities import VOCABULARY, Range
from trunkline.wearer.moment import Moment
from trunkline.wearer.scenario import Act, Scenario

# How restlessness spreads: standard deviations of a fidget and limits of a settled posture.
_FIDGET_DEG = (2.5, 2.0, 5.0)
_SETTLED_DEG = ((-3.0, 5.0), (-3.0, 3.0))
_RESTLESS_S = (1.5, 6.0)
# Holding one of these, a wearer still fidgets.
_HELD = ("slouch", "lean_back")

Span = tuple[float, float]
Values = dict[str, float]


def draw(ranges: Mapping[str, Range], rng: np.random.Generator) -> Values:
    """Draw every size, in the order of the scenario."""
    return {key: float(rng.uniform(low, high)) for key, (low, high) in ranges.items()}


def acts(scenario: Scenario, duration_s: float, rng: np.random.Generator) -> list[Moment]:
    """Draw what the scenario tells, up to the first thing that does not end in time."""
    moments: list[Moment] = []
    before: dict[str, Values] = {}
    now_s = scenario.still_s
    for act in _in_order(scenario, rng):
        now_s += float(rng.uniform(*act.after_s))
        activity = VOCABULARY[act.do]
        drawn = draw(act.sizes, rng)
        if activity.undoes is not None:
            drawn = before.get(activity.undoes, {}) | drawn
        before[act.do] = drawn
        moment = Moment(act.do, now_s, activity.timing(drawn), drawn)
        if moment.end_s > duration_s:
            break
        moments.append(moment)
        now_s = moment.end_s
    return moments


def _in_order(scenario: Scenario, rng: np.random.Generator) -> Iterator[Act]:
    while True:
        for act in scenario.acts:
            for _ in range(int(rng.integers(int(act.times[0]), int(act.times[1]) + 1))):
                yield act
        if not scenario.repeat or not scenario.acts:
            return


def restlessness(
    moments: list[Moment], start: str, duration_s: float, wearer: Values, rng: np.random.Generator
) -> Iterator[Moment]:
    """Draw shifts and fidgets for the time that is spent sitting without an event."""
    shifts, fidgets = wearer["shifts_per_15min"] / 900.0, wearer["fidgets_per_15min"] / 900.0
    settled = {"flexion_deg": 0.0, "lateral_deg": 0.0}
    for start_s, end_s in _free_sitting(moments, start, duration_s):
        for at_s, takes_s in _arrivals(shifts + fidgets, start_s, end_s, _RESTLESS_S, rng):
            if rng.random() * (shifts + fidgets) < shifts:
                yield _shift(at_s, takes_s, settled, rng)
            else:
                yield _fidget(at_s, takes_s, rng)
    for moment in moments:
        if moment.kind in _HELD and wearer["restless_in_holds"]:
            held_from_s = moment.start_s + moment.timing.onset_s
            held_to_s = moment.end_s - moment.timing.return_s
            often = fidgets * wearer["restless_in_holds"]
            for at_s, takes_s in _arrivals(often, held_from_s, held_to_s, _RESTLESS_S, rng):
                yield _fidget(at_s, takes_s, rng)


def buzzes(
    moments: list[Moment], duration_s: float, motor: Mapping[str, Range], rng: np.random.Generator
) -> Iterator[Moment]:
    """Draw the motor's runs for the time in which the case is worn."""
    sizes = VOCABULARY["motor_buzz"].sizes | {
        key: value for key, value in motor.items() if key != "buzzes_per_h"
    }
    often = float(rng.uniform(*motor["buzzes_per_h"])) / 3600.0
    off = list(_off(moments, duration_s))
    for at_s, _ in _arrivals(often, 0.0, duration_s, sizes["lasts_s"], rng):
        drawn = draw(sizes, rng)
        moment = Moment("motor_buzz", at_s, VOCABULARY["motor_buzz"].timing(drawn), drawn)
        is_worn = all(moment.end_s <= start_s or at_s >= end_s for start_s, end_s in off)
        if is_worn and moment.end_s <= duration_s:
            yield moment


def _arrivals(
    per_s: float, start_s: float, end_s: float, lasts_s: Range, rng: np.random.Generator
) -> Iterator[Span]:
    """Draw when something random happens, and for how long: never two at a time."""
    while per_s > 0.0:
        start_s += float(rng.exponential(1.0 / per_s))
        takes_s = float(rng.uniform(*lasts_s))
        if start_s + takes_s > end_s:
            return
        yield start_s, takes_s
        start_s += takes_s


def _shift(at_s: float, takes_s: float, settled: Values, rng: np.random.Generator) -> Moment:
    drawn = {"lasts_s": takes_s}
    for key, (low, high) in zip(tuple(settled), _SETTLED_DEG, strict=True):
        goal = float(rng.uniform(low, high))
        drawn[key], settled[key] = goal - settled[key], goal
    return Moment("shift", at_s, VOCABULARY["shift"].timing(drawn), drawn)


def _fidget(at_s: float, takes_s: float, rng: np.random.Generator) -> Moment:
    flexion, lateral, twist = (float(x) for x in rng.normal(0.0, _FIDGET_DEG))
    drawn = {"flexion_deg": flexion, "lateral_deg": lateral, "twist_deg": twist}
    drawn["lasts_s"] = takes_s
    return Moment("fidget", at_s, VOCABULARY["fidget"].timing(drawn), drawn)


def _free_sitting(moments: list[Moment], start: str, duration_s: float) -> Iterator[Span]:
    free_from_s = 0.0 if start == "sitting" else None
    for moment in moments:
        if moment.kind in ("typing", "rest"):
            continue  # a wearer fidgets through these
        if free_from_s is not None:
            yield free_from_s, moment.start_s
        leads_to = VOCABULARY[moment.kind].leads_to
        if leads_to == "sitting" or (leads_to is None and free_from_s is not None):
            free_from_s = moment.end_s
        else:
            free_from_s = None
    if free_from_s is not None:
        yield free_from_s, duration_s


def _off(moments: list[Moment], duration_s: float) -> Iterator[Span]:
    off_from_s: float | None = None
    for moment in moments:
        if moment.kind == "take_off":
            off_from_s = moment.start_s
        elif moment.kind == "put_on" and off_from_s is not None:
            yield off_from_s, moment.end_s
            off_from_s = None
    if off_from_s is not None:
        yield off_from_s, duration_s
