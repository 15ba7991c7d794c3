"""What the page says about cues: when, why, felt or not, and whether the wearer agreed."""

import numpy as np

from trunkline.decide.analysis import Analysis, Cue
from trunkline.decide.timeline import Timeline
from trunkline.report import wording
from trunkline.report.figure import LANES
from trunkline.report.tables import Table


def cue_table(analysis: Analysis) -> Table:
    """List the cues, felt and held back."""
    rows = tuple(_cue_row(analysis.timeline, cue) for cue in analysis.cues)
    heads = ("at", "asked for by", "pattern", "outcome", "flexion then", "context then")
    return Table("Cues", heads, rows, "No cue was asked for.", (0, 4))


def _cue_row(timeline: Timeline, cue: Cue) -> tuple[str, ...]:
    flexion, then = "not known", _then(timeline, cue)
    if timeline.is_momentary and 0 <= cue.block < len(timeline.context):
        flexion_deg = float(timeline.flexion_deg[cue.block])
        flexion = "not known" if np.isnan(flexion_deg) else wording.degrees(flexion_deg)
    mark = "▼" if cue.is_felt else "▽"
    return (
        wording.clock(cue.at_s),
        cue.reason,
        cue.pattern,
        f"{mark} {cue.outcome}" + (", marked wrong" if cue.is_wrong else ""),
        flexion,
        then,
    )


def held_back(analysis: Analysis) -> str:
    """Say how many cues were held back, and why, the most frequent reason first."""
    outcomes = analysis.cue_outcomes
    del outcomes["felt"]
    names = {name: name.removeprefix("held back: ") for name in outcomes}
    why = ", ".join(f"{names[name]} ({count})" for name, count in outcomes.most_common())
    return f"{outcomes.total()} held back" + (f": {why}" if why else "")


def mark_tables(analysis: Analysis) -> tuple[Table, ...]:
    """Give the share of felt cues that the wearer marked as wrong, by context; none: no table."""
    felt = [cue for cue in analysis.cues if cue.is_felt and cue.reason in ("slouch", "bend")]
    if not any(cue.is_wrong for cue in felt):
        return ()
    counts: dict[str, list[int]] = {}
    for cue in felt:
        count = counts.setdefault(_then(analysis.timeline, cue), [0, 0])
        count[0] += 1
        count[1] += cue.is_wrong
    rows = tuple(
        (name, str(count), str(wrong), f"{100 * wrong / count:.0f} %")
        for name, (count, wrong) in counts.items()
    )
    heads = ("context then", "cues felt", "marked wrong", "share")
    return (Table("Cues marked as wrong by the wearer", heads, rows, "", (1, 2, 3)),)


def _then(timeline: Timeline, cue: Cue) -> str:
    if 0 <= cue.block < len(timeline.context):
        return LANES[int(timeline.context[cue.block])]
    return "not known"
