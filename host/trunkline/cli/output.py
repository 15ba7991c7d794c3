"""What every command prints with: results on stdout, everything else on stderr."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trunkline.decide.analysis import Analysis, Episode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


class _Output:
    """A rich console, made when something is first said: JSON need not wait for rich."""

    def __init__(self, *, is_error: bool = False) -> None:
        self._is_error = is_error

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        return Console(stderr=self._is_error, highlight=False)

    def print(self, *objects: Any, soft_wrap: bool = False, markup: bool = True) -> None:
        self.console.print(*objects, soft_wrap=soft_wrap, markup=markup)


out = _Output()
err = _Output(is_error=True)


def escape(text: str) -> str:
    """Write text so that its brackets are printed, not taken for styles."""
    from rich.markup import escape as escaped

    return escaped(text)


def complain(sentence: str) -> None:
    """Say what went wrong."""
    err.print(f"[bold red]trunkline:[/] {escape(sentence)}", soft_wrap=True)


def warn(sentences: tuple[str, ...]) -> None:
    """Say what the reader of the results should know."""
    for sentence in sentences:
        err.print(f"[yellow]warning:[/] {escape(sentence)}", soft_wrap=True)


def print_json(value: Mapping[str, Any] | list[dict[str, Any]]) -> None:
    """Print plain values as JSON on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def clock(seconds: float) -> str:
    """Write seconds as h:mm:ss, or m:ss below an hour."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


_ORIGIN = {
    True: "[yellow]SIMULATED[/]",
    False: "[green]recorded[/]",
    None: "[yellow]origin unknown[/]",
}


def print_analysis(analysis: Analysis) -> None:
    """Print what was found as short tables."""
    kind = _ORIGIN[analysis.is_simulated]
    out.print(f"\n[bold]{escape(analysis.name)}[/] ({kind}, {analysis.placement})")
    out.print(f"neutral pose: {escape(analysis.neutral_source)}", soft_wrap=True)
    wear = analysis.wear
    parts = (
        ("off body", wear.off_body_s),
        ("uncalibrated", wear.uncalibrated_s),
        ("unknown", wear.unknown_s),
        ("lost", wear.lost_s),
    )
    others = "".join(f", {name} {clock(part_s)}" for name, part_s in parts if part_s)
    out.print(f"{clock(wear.total_s)} in all: worn {clock(wear.worn_s)}{others}", soft_wrap=True)
    if analysis.episodes or analysis.bends:
        out.print(_episodes(analysis))
    else:
        out.print("no prolonged slouch, no bend")
    rises = len(analysis.rises)
    sits = len(analysis.transitions) - rises
    out.print(f"sit-to-stands: {rises}, stand-to-sits: {sits} (what one sensor can tell of them)")
    outcomes = analysis.cue_outcomes
    out.print(f"cues: {outcomes['felt']} felt, {outcomes.total() - outcomes['felt']} held back")


def _episodes(analysis: Analysis) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("at", "what"):
        table.add_column(name)
    for name in ("lasted", "peak", "mean", "fastest"):
        table.add_column(name, justify="right")
    table.add_column("style")
    rows = sorted((*analysis.episodes, *analysis.bends), key=lambda row: row.start_s)
    for row in rows:
        what = row.kind + (" (held)" if row.is_held else "") + (" (cut)" if row.is_cut else "")
        rate = f"{row.peak_rate_deg_s:.0f}°/s" if row.kind == "bend" else ""
        table.add_row(
            clock(row.start_s),
            what,
            f"{row.duration_s:.1f} s",
            f"{row.peak_deg:.0f}°",
            f"{row.mean_deg:.0f}°",
            rate,
            "" if row.kind == "slouch" else _style(row),
        )
    return table


def _style(bend: Episode) -> str:
    return bend.style if bend.style == "unknown" else f"{bend.style} ({bend.confidence_pct} %)"
