"""The posture timeline: flexion over time, and below it what the wearer was doing.

  angle │   ┌S1┐        B1      S1, B1 … are the lines of the tables below the figure
        │ ──┴──┴─ ─ ─ ─ ┴ ─
  cues  │    ▼      ▽           felt, held back
walking │         ▬▬▬
        └───────────────── time
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from posturecore import context
from posturecore.params import PLACEMENTS, SLOUCH_SIGN
from trunkline.decide.analysis import Analysis, Episode
from trunkline.report import palette, svg, wording
from trunkline.report.envelope import envelope, runs

Motor = tuple[tuple[float, int], ...]

LANES = {
    context.STILL: "upright, still",
    context.WALKING: "walking",
    context.BENDING: "bending",
    context.CHANGING: "changing",
    context.RECLINED: "reclined",
    context.LYING: "lying",
    context.OFF_BODY: "off body",
    context.VIBRATING: "own motor",
    context.UNKNOWN: "not known",
}
# The only lane in which slouching is judged is solid; the others are hatched.
_JUDGED = context.STILL
_TICK_STEPS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_FONT_PT = 9.5
_LANE_IN = 0.21
_TRACE_IN = 2.7
_RULES: dict[Any, object] = {  # matplotlib types the keys differently from version to version
    "svg.fonttype": "none",
    "font.size": _FONT_PT,
    "font.family": "DejaVu Sans",  # for measuring only; the page's own font is shown
    "axes.linewidth": 0.8,
    "axes.edgecolor": palette.MUTED,
    "axes.labelcolor": palette.INK,
    "text.color": palette.INK,
    "xtick.color": palette.MUTED,
    "ytick.color": palette.MUTED,
    "xtick.labelcolor": palette.INK,
    "ytick.labelcolor": palette.INK,
    "hatch.linewidth": 0.6,
}


Look = tuple[str, str, str, str]  # letter, colour, tint, hatch
_SLOUCHES: Look = ("S", palette.SLOUCH, palette.SLOUCH_TINT, "////")
_BENDS: Look = ("B", palette.BEND, palette.BEND_TINT, r"\\\\")


def timeline_svg(analysis: Analysis, motor: Motor, key: str, width_in: float) -> str:
    """Draw the posture timeline as an inline SVG element.

    Args:
        analysis: What was found.
        motor: (at_s, duration_ms) of each run of the motor; empty leaves its lane out.
        key: Different for each figure of a page.
        width_in: 9 for a screen or paper, 3.7 for a phone.
    """
    bins = round(width_in * 80)
    with rc_context({**_RULES, "svg.hashsalt": key}):
        lanes = list(_lanes(analysis, motor, bins))
        lanes_in = _LANE_IN * (len(lanes) + 0.4)
        height_in = _TRACE_IN + lanes_in + 0.85
        figure = Figure(figsize=(width_in, height_in))
        left_in = 1.02
        box = {"left": left_in / width_in, "right": 1 - 0.42 / width_in}
        box |= {"top": 1 - 0.2 / height_in, "bottom": 0.52 / height_in}
        trace, strip = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (_TRACE_IN, lanes_in), **box}
        )
        figure.subplots_adjust(hspace=0.08)
        _draw_trace(trace, analysis, bins, width_in)
        _draw_lanes(strip, lanes, analysis, width_in)
        return svg.element(figure, key, f"Posture timeline of {analysis.name}", describe(analysis))


def describe(analysis: Analysis) -> str:
    """Say in words what the timeline shows."""
    felt = sum(cue.is_felt for cue in analysis.cues)
    known = analysis.timeline.flexion_deg[np.isfinite(analysis.timeline.flexion_deg)]
    angles = (
        f"Flexion runs from {wording.degrees(known.min())} to {wording.degrees(known.max())}"
        if len(known)
        else "No flexion is known"
    )
    return (
        f"{angles} over {wording.span(analysis.wear.total_s)}, with "
        f"{wording.count(len(analysis.episodes), 'prolonged slouch', 'prolonged slouches')}, "
        f"{wording.count(len(analysis.bends), 'bend')}, {wording.count(felt, 'cue')} felt and "
        f"{wording.count(len(analysis.cues) - felt, 'cue')} held back. "
        "The tables below give every one of them with its time."
    )


def _draw_trace(axes: Axes, analysis: Analysis, bins: int, width_in: float) -> None:
    timeline = analysis.timeline
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.set_ylabel("flexion from neutral")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°".replace("-", "−")))
    axes.grid(axis="y", color=palette.RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(0, color=palette.MUTED, linewidth=0.8)
    if len(timeline.flexion_deg):
        shown = envelope(timeline.flexion_deg, timeline.block_s, bins)
        axes.fill_between(
            shown.time_s, shown.low, shown.high, color=palette.LANE, alpha=0.7, linewidth=0.4
        )
        axes.plot(shown.time_s, shown.mean, color=palette.TRACE, linewidth=0.9)
    _draw_slouch_line(axes, analysis)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))  # room for S1, B1 …
    gap_s = max(analysis.wear.total_s, 1.0) / width_in * 0.3
    _shade(axes, analysis.episodes, _SLOUCHES, 0.985, gap_s)
    _shade(axes, analysis.bends, _BENDS, 0.905, gap_s)


def _draw_slouch_line(axes: Axes, analysis: Analysis) -> None:
    """Draw where a slouch starts; its angle stands beside the axes, where it hides nothing."""
    entry_deg = slouch_line_deg(analysis)
    axes.axhline(entry_deg, color=palette.SLOUCH, linewidth=1.1, linestyle=(0, (5, 3)))
    axes.annotate(
        f"{entry_deg:g}°".replace("-", "−"),
        (1, entry_deg),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=palette.SLOUCH,
        fontweight="bold",
        annotation_clip=False,
    )


def slouch_line_deg(analysis: Analysis) -> float:
    """Give the flexion at which a slouch starts; negative where a slouch tips backward."""
    sign = SLOUCH_SIGN[PLACEMENTS.index(analysis.placement)]
    return sign * analysis.settings["slouch_entry_cdeg"] / 100


def _shade(
    axes: Axes, episodes: tuple[Episode, ...], look: Look, height: float, gap_s: float
) -> None:
    """Shade episodes and name them, but no two names over each other."""
    letter, colour, tint, hatch = look
    free_from_s = -gap_s
    for number, episode in enumerate(episodes, 1):
        span_s = (episode.start_s, episode.end_s)
        axes.axvspan(*span_s, facecolor=tint, edgecolor="none", zorder=0)
        axes.axvspan(
            *span_s, facecolor="none", edgecolor=colour, alpha=0.3, hatch=hatch, lw=0, zorder=0.1
        )
        middle_s = sum(span_s) / 2
        if middle_s < free_from_s:
            continue
        free_from_s = middle_s + gap_s
        axes.text(
            middle_s,
            height,
            f"{letter}{number}",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            color=colour,
            fontweight="bold",
            bbox={"facecolor": tint, "edgecolor": "none", "pad": 1.5},
        )


Lane = tuple[str, str, list[tuple[float, float]]]


def _lanes(analysis: Analysis, motor: Motor, bins: int) -> Iterator[Lane]:
    """Give (name, look, [(start_s, length_s)]) of each lane that is not empty."""
    felt = [(cue.at_s, 0.0) for cue in analysis.cues if cue.is_felt]
    held = [(cue.at_s, 0.0) for cue in analysis.cues if not cue.is_felt]
    moved = [(at_s, duration_ms / 1000) for at_s, duration_ms in motor]
    if felt:
        yield "cue felt", "felt", felt
    if held:
        yield "held back", "held", held
    if moved:
        yield "motor ran", "motor", moved
    timeline = analysis.timeline
    for code, name in LANES.items():
        stretches = runs(timeline.context == code, timeline.block_s, bins)
        if stretches:
            yield name, "judged" if code == _JUDGED else "gated", stretches


def _draw_lanes(axes: Axes, lanes: list[Lane], analysis: Analysis, width_in: float) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_ylim(len(lanes) - 0.4, -0.8)
    axes.set_yticks(range(len(lanes)), [name for name, _, _ in lanes])
    axes.tick_params(axis="y", length=0)
    for row, (_, look, stretches) in enumerate(lanes):
        axes.axhline(row, color=palette.RULE, linewidth=0.6, zorder=0)
        _draw_lane(axes, row, look, stretches)
    total_s = max(analysis.wear.total_s, analysis.timeline.block_s)
    axes.set_xlim(0, total_s)
    most_ticks = width_in * 1.3
    step_s = next((step for step in _TICK_STEPS_S if total_s / step <= most_ticks), 28800)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: _tick(at_s, total_s)))
    unit = "h:min" if total_s >= 3600 else "min:s"
    axes.set_xlabel(f"time from the first sample ({unit})")


def _draw_lane(axes: Axes, row: int, look: str, stretches: list[tuple[float, float]]) -> None:
    if look in ("felt", "held"):
        fill = palette.CUE if look == "felt" else palette.PAPER
        at_s = [start_s for start_s, _ in stretches]
        axes.plot(
            at_s, [row] * len(at_s), "v", color=palette.CUE, markerfacecolor=fill, markersize=6.5
        )
    elif look == "motor":
        at_s = [start_s for start_s, _ in stretches]
        axes.plot(at_s, [row] * len(at_s), "|", color=palette.CUE, markersize=9)
    else:
        filled = palette.LANE if look == "judged" else palette.WASH
        axes.broken_barh(
            stretches,
            (row - 0.3, 0.6),
            facecolor=filled,
            edgecolor=palette.LANE,
            linewidth=0.7,
            hatch=None if look == "judged" else "////",
        )


def _tick(at_s: float, total_s: float) -> str:
    minutes, seconds = divmod(round(at_s), 60)
    if total_s >= 3600:
        return f"{minutes // 60}:{minutes % 60:02d}"
    return f"{minutes}:{seconds:02d}"
