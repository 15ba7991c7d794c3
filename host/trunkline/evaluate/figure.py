"""The pictures of an evaluation: how the detectors did, and the worst run of false alerts."""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posturecore.context import CONTEXTS, OFF_BODY
from trunkline.evaluate import summary
from trunkline.evaluate.corpus import FIRM
from trunkline.evaluate.outcome import Outcome
from trunkline.evaluate.pool import Evaluation
from trunkline.evaluate.score import run_day
from trunkline.evaluate.truth import BLOCKS_PER_S, Blocks, runs
from trunkline.report import palette

_OFF_BODY = CONTEXTS[OFF_BODY]
_EDGES_DEG = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
_BEFORE_S, _AFTER_S = 300.0, 600.0
_TINTS = {
    "walking": "#c9d8e6",
    "bending": palette.BEND_TINT,
    "reclined": "#e5e0f0",
    "lying": "#d8d0e8",
    "off-body": "#e6e6e6",
    "changing": "#f4efd8",
}


def detectors(evaluation: Evaluation) -> Figure:
    """Draw what was found of slouches, how late, where it was wrong, and the lifts' scores."""
    figure = Figure(figsize=(11, 7.2), layout="constrained")
    axes = figure.subplots(2, 2)
    _found(axes[0, 0], evaluation)
    _delays(axes[0, 1], evaluation)
    _wrong(axes[1, 0], evaluation)
    _scores(axes[1, 1], evaluation)
    figure.suptitle("SIMULATED: no evidence of what real backs do", color=palette.SIMULATED)
    return figure


def _found(axes: Axes, evaluation: Evaluation) -> None:
    slouches = summary.due([run for run in evaluation.outcomes if run.rule == "default"])
    middles: list[int] = []
    values: list[float] = []
    bars: list[list[float]] = []
    counts: list[str] = []
    for low, high in pairwise(_EDGES_DEG):
        some = [each for each in slouches if low <= each.over_deg < high]
        if not some:
            continue
        found = summary.sensitivity(some)
        middles.append(len(values))
        values.append(found.value)
        bars.append([found.value - found.interval[0], found.interval[1] - found.value])
        counts.append(f"{low:g}–{high:g}°\nn={len(some)}")
    if values:
        axes.errorbar(middles, values, np.array(bars).T, fmt="o", color=palette.SLOUCH, capsize=4)
    axes.axhline(0.98, color=palette.MUTED, linestyle="--", linewidth=1)
    axes.set_xticks(middles, counts)
    axes.set(title="Slouches found, by mean angle over 12°", ylabel="share, Wilson 95 %")


def _delays(axes: Axes, evaluation: Evaluation) -> None:
    slouches = summary.due([run for run in evaluation.outcomes if run.rule == "default"])
    delays = summary.delays_s(slouches)
    if len(delays):
        axes.hist(np.clip(delays, -10, 60), bins=list(range(-10, 61)), color=palette.SLOUCH)
    axes.set_yscale("symlog", linthresh=10)
    axes.set(title="Delay after a minute over 12° (clipped)", xlabel="s", ylabel="slouches")


def _wrong(axes: Axes, evaluation: Evaluation) -> None:
    among = [run for run in evaluation.outcomes if run.rule == "default"]
    names = [name for name in CONTEXTS[1:] if summary.hours(among, name) > 0]
    for at, name in enumerate(names):
        rate = summary.false_rate(among, name)
        low, high = rate.interval
        axes.plot([low, high], [at, at], color=palette.MUTED, linewidth=2)
        axes.plot(rate.value, at, "o", color=palette.SLOUCH)
        count = summary.false_alerts(among, name)
        axes.annotate(f"  {count} in {summary.hours(among, name):.1f} h", (high, at), va="center")
    axes.axvline(0.1, color=palette.MUTED, linestyle="--", linewidth=1)
    axes.set_xscale("symlog", linthresh=0.01)
    axes.set_xlim(left=0)
    axes.set_xlim(right=1000)
    axes.set_yticks(range(len(names)), names)
    axes.set(title="False slouch alerts, 12° for 60 s", xlabel="per hour, Poisson 95 %")


def _scores(axes: Axes, evaluation: Evaluation) -> None:
    cases = {case.name: case for case in evaluation.cases}
    rows = []
    for words, is_firm in (("firm", True), ("soft, crooked", False)):
        for kind in ("stoop", "squat"):
            scores = [
                lift.score
                for run in evaluation.outcomes
                if cases[run.case].describes_lifts and (cases[run.case].tissue == FIRM) == is_firm
                for lift in run.lifts
                if lift.kind == kind
            ]
            rows.append((f"{kind}, {words}", scores, kind))
    bins = np.linspace(-1, 1, 41)
    for at, (_, scores, kind) in enumerate(rows):
        counts = np.histogram(scores, bins)[0] / max(len(scores), 1)
        colour = palette.BEND if kind == "stoop" else palette.SLOUCH
        axes.bar(bins[:-1], counts, 0.05, bottom=at, align="edge", color=colour)
    axes.set_yticks(range(len(rows)), [f"{words}\nn={len(scores)}" for words, scores, _ in rows])
    axes.set(title="What lifts were called", xlabel="squat-like  −1 … 0 not told … 1  stoop-like")


def false_alerts(evaluation: Evaluation) -> Figure:
    """Draw the runs with the most false alerts on the back and off it, around the first one."""
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    panels = figure.subplots(2, 1)
    for axes, is_worn in zip(panels, (True, False), strict=True):
        words = "on the back" if is_worn else "off the body"
        default = [run for run in evaluation.outcomes if run.rule == "default"]
        counts = [_count(run, is_worn) for run in default]
        axes.set_title(f"No false alert {words}")
        if any(counts):
            run = default[int(np.argmax(counts))]
            _story(axes, evaluation, run)
            axes.set_title(f"SIMULATED: {run.case}, seed {run.seed}: most alerts {words}")
    return figure


def _count(run: Outcome, is_worn: bool) -> int:
    return sum((alert.context != _OFF_BODY) == is_worn for alert in run.false_alerts)


def _story(axes: Axes, evaluation: Evaluation, run: Outcome) -> None:
    case = next(case for case in evaluation.cases if case.name == run.case)
    day, analysis = run_day(case, run.seed, evaluation.minutes)
    blocks = Blocks.of(day)
    at_s = run.false_alerts[0].at_s
    first, last = (int((at_s + by) * BLOCKS_PER_S) for by in (-_BEFORE_S, _AFTER_S))
    rows = slice(max(0, first), min(last, len(blocks.context), len(analysis.timeline.context)))
    time_s = np.arange(rows.start, rows.stop) / BLOCKS_PER_S
    for name, tint in _TINTS.items():
        for number, span in enumerate(runs(blocks.context[rows] == CONTEXTS.index(name))):
            low, high = ((rows.start + edge) / BLOCKS_PER_S for edge in span)
            axes.axvspan(low, high, color=tint, label=name if number == 0 else None)
    axes.plot(time_s, blocks.flexion_deg[rows], color=palette.MUTED, label="in truth")
    seen_deg = analysis.timeline.flexion_deg[rows]
    axes.plot(time_s, seen_deg, color=palette.SLOUCH, label="as measured", linewidth=0.8)
    for number, alert in enumerate(a for a in run.false_alerts if a.at_s <= time_s[-1]):
        axes.axvline(alert.at_s, color=palette.URGENT, label=None if number else "false alert")
    axes.axhline(analysis.settings["slouch_entry_cdeg"] / 100, color=palette.MUTED, linestyle="--")
    axes.set(xlabel="s", ylabel="flexion (°)", ylim=(-40, 90), xlim=(time_s[0], time_s[-1]))
    axes.legend(loc="upper right", ncols=5, fontsize=8)
