"""`trunkline check`: what is whole in a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import clock, escape, out, print_json
from trunkline.errors import InputError

if TYPE_CHECKING:
    from trunkline.captures.damage import Damage
    from trunkline.readers.checking import Findings
    from trunkline.recordings.quality import Intervals

_MOST_PLACES = 5
_EXIT_CODES = {"whole": 0, "damaged": 1, "unreadable": 2}
_COLOURS = {"whole": "green", "damaged": "yellow", "unreadable": "red"}
_KINDS = {
    "damaged": "bytes damaged",
    "cut": "bytes cut short at the end",
    "missing": "frames missing",
    "late": "frames late",
    "repeated": "frames doubled, or numbered anew",
    "unknown": "frames of an unknown kind",
    "malformed": "frames that do not fit their table",
}


def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Captures, folders of captures, or any recording."),
    ],
    repair: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Copy the whole frames of one capture to a new file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one list.")] = False,
) -> None:
    """Say what is whole in files: from when to when, what is damaged or missing, and where.

    Exit code 0: all is whole, or the repaired file is written.
    1: something is damaged or missing, the rest can be used.
    2: a file cannot be read at all.

    Example:  trunkline check monday.tlcap

    Example:  trunkline check monday.tlcap --repair mended.tlcap

    Example:  trunkline check recordings --json
    """
    # Imported here: the other commands need not wait for it.
    from trunkline.readers import checking

    if repair is not None:
        if len(files) != 1:
            raise InputError(
                found=f"{len(files)} files to repair to one",
                expected="one file",
                hint="repair them one by one",
            )
        mended = checking.repair(files[0], repair)
        _print([mended], as_json)
        return
    findings = [checking.check(file) for given in files for file in _files_in(given)]
    _print(findings, as_json)
    raise typer.Exit(max(_EXIT_CODES[one.verdict] for one in findings))


def _files_in(given: Path) -> list[Path]:
    """Give the captures in a folder that `record` filled; else what was given."""
    from trunkline.captures.capture import SUFFIX

    return (sorted(given.glob("*" + SUFFIX)) if given.is_dir() else []) or [given]


def _print(findings: "Sequence[Findings]", as_json: bool) -> None:
    if as_json:
        print_json([one.to_json() for one in findings])
        return
    for one in findings:
        out.print(f"[bold]{escape(one.path)}[/]: {_verdict(one)}", soft_wrap=True)
        for line in _lines(one):
            out.print("  " + escape(line), soft_wrap=True)


def _verdict(one: "Findings") -> str:
    rest = " (the rest can be used)" if one.verdict == "damaged" else ""
    return f"[{_COLOURS[one.verdict]}]{one.verdict}[/]{rest}"


def _lines(one: "Findings") -> list[str]:
    if one.verdict == "unreadable":
        return [one.what]
    origin = {True: "SIMULATED", False: "recorded", None: "origin unknown"}[one.is_simulated]
    unit = "samples" if one.whole_bytes is None else f"frames, {one.whole_bytes} bytes"
    lines = [f"{one.what} ({origin})", f"{one.frames} {unit} whole; {_when(one)}"]
    if one.quality is not None and one.quality.intervals is not None:
        lines.append(_jitter(one.quality.intervals))
    lines += [_places(kind, one.damages) for kind in _KINDS if _of(kind, one.damages)]
    if one.gaps:
        lost_s = sum(gap.lost_s for gap in one.gaps)
        where = [f"{gap.lost_s:g} s at {clock(gap.at_s)} ({gap.cause})" for gap in one.gaps]
        lines.append(f"samples missing: {lost_s:g} s: {_some(where)}")
    if not one.damages:  # else they say the same in other words
        lines += one.warnings
    return lines


def _jitter(intervals: "Intervals") -> str:
    return (
        f"a sample every {intervals.median_ms:.4g} ms: the middle half within "
        f"{intervals.iqr_ms:.2f} ms, all within {intervals.max_deviation_ms:.2f} ms of it"
    )


def _when(one: "Findings") -> str:
    lasts = f"{clock(one.duration_s)} of samples"
    if one.start_utc is None:
        return f"{lasts}, at an unknown time"
    end = f" to {one.end_utc:%Y-%m-%d %H:%M:%S}" if one.end_utc else ""
    return f"{lasts}, {one.start_utc:%Y-%m-%d %H:%M:%S}{end} UTC"


def _of(kind: str, damages: "Sequence[Damage]") -> "list[Damage]":
    return [damage for damage in damages if damage.kind == kind]


def _places(kind: str, damages: "Sequence[Damage]") -> str:
    here = _of(kind, damages)
    where = [f"{damage.count} at byte {damage.offset}" for damage in here]
    return f"{_KINDS[kind]}: {sum(damage.count for damage in here)}: {_some(where)}"


def _some(where: Sequence[str]) -> str:
    rest = len(where) - _MOST_PLACES
    return ", ".join(where[:_MOST_PLACES]) + (f" and {rest} more" if rest > 0 else "")
