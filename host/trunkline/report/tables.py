"""What stands in the tables of the page, as text: one line for each thing that was found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from posturecore import context, params
from trunkline.decide.analysis import Analysis, Episode, Wear
from trunkline.decide.timeline import Timeline
from trunkline.errors import InputError
from trunkline.report import wording
from trunkline.report.figure import LANES, Motor, slouch_line_deg

_CONTEXT_NAMES = {name: LANES[code] for code, name in enumerate(context.CONTEXTS)} | {
    "uncalibrated": "not calibrated",
    "lost": "samples lost",
    "charging": "charging",
    "link-lost": "lost on the link",
}
_SETTING_NAMES = {
    "lying_cdeg": "lying angle",
    "lying_s": "lying time",
    "reclined_cdeg": "reclined angle",
    "calibration_s": "calibration time",
    "bend_min_ms": "shortest bend",
    "bend_held_s": "held bend",
}
_BLOCK_S = 0.05  # parts may miss their sum by half a nominal block, no more


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        caption: What it shows.
        heads: Column heads.
        rows: Lines, as wide as the heads.
        empty: What to say instead when there is no line.
        numeric: Columns that are set to the right.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bar:
    """One line of a table with bars.

    Attributes:
        name: What is counted.
        seconds: Seconds to the tenth, as text.
        duration: The same, as people say it.
        percent: Share to the tenth, as text.
        share: Share of the whole, 0 to 1: the length of the bar.
        is_main: Whether the bar is solid; the others are hatched.
    """

    name: str
    seconds: str
    duration: str
    percent: str
    share: float
    is_main: bool


@dataclass(frozen=True)
class Setting:
    """One setting of the prescription, as text; `default` is empty when it is the default."""

    name: str
    value: str
    default: str
    meaning: str


def slouch_table(analysis: Analysis) -> Table:
    """List the prolonged slouches."""
    rows = tuple(
        (
            f"S{number}",
            wording.clock(episode.start_s),
            wording.span(episode.duration_s),
            wording.degrees(episode.peak_deg),
            wording.degrees(episode.mean_deg),
            _main_context(analysis.timeline, episode),
            _notes(episode),
        )
        for number, episode in enumerate(analysis.episodes, 1)
    )
    heads = ("", "start", "lasted", "peak offset", "mean offset", "context", "notes")
    empty = "No prolonged slouch."
    return _without_empty_notes(Table("Prolonged slouches", heads, rows, empty, (1, 2, 3, 4)))


def bend_table(analysis: Analysis) -> Table:
    """List the bends."""
    rows = tuple(
        (
            f"B{number}",
            wording.clock(bend.start_s),
            wording.span(bend.duration_s),
            wording.degrees(bend.peak_deg),
            wording.degrees(bend.mean_deg),
            f"{bend.peak_rate_deg_s:.0f}°/s",
            _style(bend),
            _main_context(analysis.timeline, bend),
            _notes(bend),
        )
        for number, bend in enumerate(analysis.bends, 1)
    )
    heads = ("", "start", "lasted", "peak", "mean", "fastest", "like", "context", "notes")
    empty = "No bend deep enough to be logged."
    return _without_empty_notes(Table("Bends", heads, rows, empty, (1, 2, 3, 4, 5)))


def _style(bend: Episode) -> str:
    if bend.style == "unknown":
        return "not known"
    return f"{bend.style.removesuffix('-like')} ({bend.confidence_pct} %)"


def _without_empty_notes(table: Table) -> Table:
    if any(row[-1] for row in table.rows):
        return table
    return replace(table, heads=table.heads[:-1], rows=tuple(row[:-1] for row in table.rows))


def _main_context(timeline: Timeline, episode: Episode) -> str:
    codes = timeline.context[episode.start_block : episode.end_block]
    if not (codes != context.UNKNOWN).any():  # a device's log has no timeline, but says this
        return _CONTEXT_NAMES.get(episode.context, "not known")
    return LANES[int(np.bincount(codes).argmax())]


def _notes(episode: Episode) -> str:
    notes = []
    if episode.is_held:
        notes.append("held")
    if episode.is_cut:
        notes.append("cut: it ended with a gap, new settings or the end of the recording")
    return "; ".join(notes)


def angle_bars(timeline: Timeline) -> tuple[Bar, ...]:
    """Say how long the trunk was in each band of flexion."""
    return _bars(timeline.angle_bands_s(), main=())


def wear_bars(wear: Wear) -> tuple[Bar, ...]:
    """Say where the time went; the lines add up to the total as they are printed.

    Raises:
        InputError: The parts do not add up.
    """
    total = sum(wear.by_context_s.values())
    if abs(total - wear.total_s) > _BLOCK_S:
        raise InputError(
            found=f"wear of {wear.total_s:g} s whose parts add up to {total:g} s",
            expected="parts that add up to the total",
            hint="a ledger made by trunkline.decide.analysis.Wear.from_ledger",
        )
    named_s = {_CONTEXT_NAMES[name]: value for name, value in wear.by_context_s.items()}
    return _bars(named_s, main=(LANES[context.STILL],))


def total_bar(bars: Iterable[Bar]) -> Bar:
    """Add up the lines of a table as a reader would: from the printed numbers."""
    seconds = sum(float(bar.seconds.replace(" ", "")) for bar in bars)
    return Bar("Sum", _seconds(seconds), wording.span(seconds), "100.0 %", 1.0, False)


def _bars(parts_s: Mapping[str, float], main: tuple[str, ...]) -> tuple[Bar, ...]:
    shown = {name: value for name, value in parts_s.items() if value > 0}
    total = sum(shown.values())
    if total == 0:
        return ()
    seconds = wording.apportion(tuple(shown.values()), 0.1)
    percent = wording.apportion([100 * value / total for value in shown.values()], 0.1)
    return tuple(
        Bar(
            name=name,
            seconds=_seconds(value),
            duration=wording.span(value),
            percent=f"{share:.1f} %",
            share=parts_s[name] / total,
            is_main=name in main,
        )
        for name, value, share in zip(shown, seconds, percent, strict=True)
    )


def _seconds(value: float) -> str:
    return f"{value:,.1f}".replace(",", " ")


def setting_rows(settings: Mapping[str, int]) -> tuple[Setting, ...]:
    """Give every setting in the order of the prescription."""
    rows = []
    for name, default, _, _, unit, meaning, _ in params.PARAMS:
        value = settings[name]
        rows.append(
            Setting(
                name=_setting_name(name),
                value=_setting(name, value, unit),
                default="" if value == default else _setting(name, default, unit),
                meaning=meaning,
            )
        )
    return tuple(rows)


def _setting(name: str, value: int, unit: str) -> str:
    if name == "placement":
        return params.PLACEMENTS[value]
    if name == "slouch_rule":
        return ("hold time", "dose")[value]
    if name == "hip_to_sensor_mm" and value == 0:
        return "reckoned"
    if name == "programme_start_day":
        return str(date(1970, 1, 1) + timedelta(value)) if value else "none"
    if unit == "min of day":
        return f"{value // 60}:{value % 60:02d}"
    return wording.setting(value, unit)


def near_neutral_share(analysis: Analysis) -> float | None:
    """Give the share of upright, still time nearer to neutral than a slouch; None: none."""
    timeline = analysis.timeline
    line_deg = slouch_line_deg(analysis)
    judged = (timeline.context == context.STILL) & np.isfinite(timeline.flexion_deg)
    flexion_deg = timeline.flexion_deg[judged]
    if len(flexion_deg) == 0:
        return None
    return float(np.mean(flexion_deg < line_deg if line_deg > 0 else flexion_deg > line_deg))


def rise_sentence(analysis: Analysis) -> str:
    """Say how often the wearer stood up and sat down, and how sure that is; "": not judged."""
    if analysis.neutral is None or not analysis.timeline.is_momentary:
        return ""
    rises = len(analysis.rises)
    rate = analysis.rises_per_worn_hour
    often = "" if rate is None or not rises else f" ({rate:g} per worn hour)"
    return (
        f"Found {wording.count(rises, 'sit-to-stand')}{often} and "
        f"{wording.count(len(analysis.transitions) - rises, 'stand-to-sit')}, told from how the "
        "hips go up and down: one sensor misses some, and may take a long squat for a seat."
    )


def motor_sentence(motor: Motor) -> str:
    """Say how often and how long the motor ran."""
    total_s = sum(duration_ms for _, duration_ms in motor) / 1000
    times = wording.count(len(motor), "time")
    return f"The virtual motor ran {times}, {wording.span(total_s)} in all."


def _setting_name(name: str) -> str:
    if name in _SETTING_NAMES:
        return _SETTING_NAMES[name]
    for unit in ("_cdeg_s", "_cdeg", "_ms", "_mm", "_cm", "_min", "_pct", "_s"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")
