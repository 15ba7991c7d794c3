"""From runs to figures: sensitivity, specificity, delay, rates, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posturecore.context import CONTEXTS, OFF_BODY
from trunkline.evaluate.intervals import FloatArray, Interval, bootstrap, hanley, poisson, wilson
from trunkline.evaluate.outcome import Counts, Lift, Outcome, Slouched
from trunkline.evaluate.truth import NEVER

# By its leak, the dose rule never counts what is less than this over the angle.
DOSE_LEAST_DEG = 8.0
FORBIDDEN = tuple(CONTEXTS[code] for code in NEVER)
_OFF_BODY = CONTEXTS[OFF_BODY]
ON_BACK = tuple(name for name in CONTEXTS if name != _OFF_BODY)


@dataclass(frozen=True)
class Figure:
    """Hold a measured figure with its 95 % interval; NaN where there was nothing to measure."""

    value: float
    interval: Interval

    @property
    def is_known(self) -> bool:
        """Tell whether there was anything to measure."""
        return bool(np.isfinite(self.value))


def due(runs: Sequence[Outcome]) -> list[Slouched]:
    """List the slouches that the rule of their case must find."""
    return [
        slouch
        for run in runs
        for slouch in run.slouched
        if run.rule != "dose" or slouch.over_deg >= DOSE_LEAST_DEG
    ]


def sensitivity(slouches: Sequence[Slouched]) -> Figure:
    """Give the share of slouches that were found."""
    return share(sum(each.delay_s is not None for each in slouches), len(slouches))


def share(hits: int, trials: int) -> Figure:
    """Give a share with its Wilson interval."""
    return Figure(hits / trials if trials else float("nan"), wilson(hits, trials))


def specificity(runs: Sequence[Outcome]) -> Figure:
    """Give the share of worn minutes without a slouch that had no alert."""
    quiet = sum(run.quiet_minutes for run in runs)
    return share(quiet - sum(run.alerted_minutes for run in runs), quiet)


def delays_s(slouches: Sequence[Slouched]) -> FloatArray:
    """Give how long after they were due new slouches were found."""
    return np.array([s.delay_s for s in slouches if s.delay_s is not None and not s.was_on])


def hours(runs: Sequence[Outcome], *contexts: str) -> float:
    """Sum the hours in some true contexts; none named: all that were worn."""
    wanted = contexts or ON_BACK
    return sum(run.hours[name] for run in runs for name in wanted)


def false_alerts(runs: Sequence[Outcome], *contexts: str) -> int:
    """Count the false alerts in some true contexts; none named: all."""
    alerts = (alert for run in runs for alert in run.false_alerts)
    return sum(not contexts or alert.context in contexts for alert in alerts)


def false_rate(runs: Sequence[Outcome], *contexts: str) -> Figure:
    """Give false alerts per hour in some true contexts; none named: all, per worn hour."""
    count, time_h = false_alerts(runs, *contexts), hours(runs, *contexts)
    return Figure(count / time_h if time_h else float("nan"), poisson(count, time_h))


def slips_told(runs: Sequence[Outcome]) -> Figure:
    """Give the share of runs with a case that slipped far in which a slip was told."""
    slipped = [run for run in runs if run.slipped_s is not None]
    return share(sum(run.slip_told_s is not None for run in slipped), len(slipped))


def false_slips(runs: Sequence[Outcome]) -> Figure:
    """Give how often a slip was told in eight worn hours of runs that had none."""
    count, days = sum(run.slip_told_s is not None for run in runs), hours(runs) / 8.0
    return Figure(count / days if days else float("nan"), poisson(count, days))


def bend_f1(runs: Sequence[Outcome]) -> Figure:
    """Give F1 of bends; its interval draws runs anew."""
    return _f1_of([run.bends for run in runs])


def transition_f1(runs: Sequence[Outcome], kind: str) -> Figure:
    """Give F1 of one kind of transition; its interval draws runs anew."""
    return _f1_of([run.transitions[kind] for run in runs])


def _f1_of(found_missed_false: Sequence[Counts]) -> Figure:
    counts = np.array(found_missed_false, dtype=np.float64).reshape(-1, 3)
    if not counts.sum():
        return Figure(float("nan"), (0.0, 1.0))
    return Figure(_f1(counts.sum(axis=0)), bootstrap(counts, _f1))


def _f1(sums: FloatArray) -> float:
    found, missed, false = sums
    whole = 2 * found + missed + false
    return float(2 * found / whole) if whole else float("nan")


def lifts(runs: Sequence[Outcome]) -> list[Lift]:
    """List all stoops and squats."""
    return [lift for run in runs for lift in run.lifts]


def auc(among: Sequence[Lift]) -> Figure:
    """Give the chance that a stoop scores above a squat; ties count half."""
    stoops = np.array([lift.score for lift in among if lift.kind == "stoop"])
    squats = np.sort([lift.score for lift in among if lift.kind == "squat"])
    if not len(stoops) or not len(squats):
        return Figure(float("nan"), (0.0, 1.0))
    below = np.searchsorted(squats, stoops, "left") + np.searchsorted(squats, stoops, "right")
    value = float(below.mean() / 2 / len(squats))
    return Figure(value, hanley(value, len(stoops), len(squats)))


def context_shares(runs: Sequence[Outcome], name: str) -> tuple[Figure, Figure]:
    """Give sensitivity and specificity of a context by the second; intervals draw runs anew."""
    counts = np.array([run.seconds[name] for run in runs], dtype=np.float64).reshape(-1, 4)
    if not counts[:, :2].sum():
        return Figure(float("nan"), (0.0, 1.0)), Figure(float("nan"), (0.0, 1.0))
    sums = counts.sum(axis=0)
    return (
        Figure(_hit(sums), bootstrap(counts, _hit)),
        Figure(_passed(sums), bootstrap(counts, _passed)),
    )


def _hit(sums: FloatArray) -> float:
    return float(sums[0] / (sums[0] + sums[1])) if sums[0] + sums[1] else float("nan")


def _passed(sums: FloatArray) -> float:
    return float(sums[3] / (sums[2] + sums[3])) if sums[2] + sums[3] else float("nan")


def context_delays_s(runs: Sequence[Outcome], name: str) -> FloatArray:
    """Give how long into each bout of ten seconds or more it was first called so."""
    return np.array([delay for run in runs for delay in run.context_delays_s[name]])


def angle_rmse_deg(runs: Sequence[Outcome], name: str) -> float:
    """Give the root mean square error of flexion in a true context."""
    count = sum(run.blocks[name] for run in runs)
    return float(np.sqrt(sum(run.squares_deg2[name] for run in runs) / count)) if count else np.nan
