"""The tables of a report as CSV for a spreadsheet, and beside them what each column means.

    FOLDER/  stretches.csv  episodes.csv  cues.csv  minutes.csv  dictionary.json

Times are the wearer's, with their offset from UTC, and empty where nothing dates the stretch.
"""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from trunkline.decide.analysis import Cue, Episode
from trunkline.errors import InputError
from trunkline.exports.output import new_file
from trunkline.recordings.columns import Column
from trunkline.report.page import ReportPage, ReportSection

FORMAT = "trunkline results 1"
DICTIONARY = "dictionary.json"
_FORMULAS = ("=", "+", "-", "@")  # what a spreadsheet would reckon out

_STRETCH = Column("stretch", "", "Number of the stretch of wear, as in stretches.csv.")
_TIME = Column("time", "", "Wall clock of the wearer, ISO 8601; empty: time unknown.")
_FLAG = "1: yes, 0: no."
TABLES: Mapping[str, tuple[Column, ...]] = {
    "stretches": (
        _STRETCH,
        _TIME,
        Column("uncertainty_s", "s", "How far all times of the stretch may be off."),
        Column("name", "", "Its heading in the report."),
        Column("is_simulated", "", f"Whether nobody wore the sensor; {_FLAG} Empty: not known."),
        Column("placement", "", "Where the sensor sat: C7, T4, T12 or L5."),
        Column("total_s", "s", "From its first moment to its last."),
        Column("worn_s", "s", "Judged as worn."),
        Column("off_body_s", "s", "Judged as lying somewhere."),
        Column("unknown_s", "s", "Not to be told."),
        Column("uncalibrated_s", "s", "Before a neutral pose was known."),
        Column("lost_s", "s", "Samples missing: the device did not have them."),
        Column("charging_s", "s", "On the charger."),
        Column("link_lost_s", "s", "Samples missing: the link did not bring them."),
    ),
    "episodes": (
        _STRETCH,
        _TIME,
        Column("start_s", "s", "Start, from the stretch's first moment."),
        Column("duration_s", "s", "How long it lasted."),
        Column("kind", "", "slouch or bend."),
        Column("context", "", "What the wearer was doing."),
        Column("peak_deg", "deg", "Largest offset from neutral; of a bend, its peak flexion."),
        Column("mean_deg", "deg", "Mean offset from neutral."),
        Column("peak_rate_deg_s", "deg/s", "Fastest change of inclination; 0 for a slouch."),
        Column("mean_rate_deg_s", "deg/s", "Mean change of inclination; 0 for a slouch."),
        Column("twist_deg", "deg", "Range of heading within a bend; empty: not told."),
        Column("drop_m", "m", "How far the sensor went down in a bend; empty: not told."),
        Column("style", "", "stoop-like, squat-like, mixed or unknown; never a judgement."),
        Column(
            "confidence_pct", "%", "How sure the style is; of a slouch, the share of blocks over."
        ),
        Column("is_held", "", f"Whether a bend lasted long; {_FLAG}"),
        Column("is_cut", "", f"Whether a gap, new settings or the end ended it; {_FLAG}"),
        Column("prescription", "", "The settings it was judged by, 8 hex digits."),
    ),
    "cues": (
        _STRETCH,
        _TIME,
        Column("at_s", "s", "When it was asked for, from the stretch's first moment."),
        Column("reason", "", "What it was for."),
        Column("pattern", "", "The vibration pattern."),
        Column("outcome", "", "felt, or why it was held back."),
        Column("is_wrong", "", f"Whether the wearer marked it as wrong; {_FLAG}"),
    ),
    "minutes": (
        _STRETCH,
        _TIME,
        Column("start_s", "s", "Start, from the stretch's first moment."),
        Column("flexion_deg", "deg", "Mean forward flexion from neutral while worn."),
        Column("worn_s", "s", "How much of the minute that is."),
    ),
}


def write_tables(folder: Path, page: ReportPage) -> tuple[Path, ...]:
    """Write the tables of a report into a new folder and return every file.

    Raises:
        InputError: The folder exists or cannot be made.
        TrunklineError: The disk takes no more.
    """
    with new_tables(folder, page) as files:
        return files


@contextmanager
def new_tables(folder: Path, page: ReportPage) -> Iterator[tuple[Path, ...]]:
    """Write the tables as `write_tables` does; behind a block that fails the folder is gone.

    Raises:
        InputError: The folder exists or cannot be made.
        TrunklineError: The disk takes no more.
    """
    try:
        folder.mkdir()
    except OSError as error:
        raise InputError(
            found=f"{str(folder)!r}: {error.strerror}",
            expected="a new folder in one that can be written",
            hint="choose another name",
        ) from error
    try:
        yield _fill(folder, page)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fill(folder: Path, page: ReportPage) -> tuple[Path, ...]:
    numbered = list(enumerate(page.sections, 1))
    for name in TABLES:
        with new_file(folder / f"{name}.csv") as place:
            rows = (row for k, section in numbered for row in _ROWS[name](k, section))
            _write(place, name, rows)
    with new_file(folder / DICTIONARY) as place:
        text = json.dumps(_dictionary(page), indent=2, ensure_ascii=False)
        place.write_text(text + "\n", encoding="utf-8")
    return tuple(sorted(folder.iterdir()))


def _write(place: Path, name: str, rows: Iterator[Mapping[str, Any]]) -> None:
    columns = [column.name for column in TABLES[name]]
    # With a byte order mark: without, Excel reads another alphabet.
    with place.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row[column]) for column in columns] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return "'" + value
    return "" if value is None else value


def _dictionary(page: ReportPage) -> dict[str, Any]:
    from trunkline import __version__

    return {
        "format": FORMAT,
        "written_by": f"trunkline {__version__}",
        "wearer": page.wearer,
        "period": page.period,
        "tables": {
            f"{name}.csv": {
                column: {"unit": unit, "meaning": meaning} for column, unit, meaning in columns
            }
            for name, columns in TABLES.items()
        },
    }


def _time(section: ReportSection, at_s: float) -> str:
    if section.start is None:
        return ""
    moment = section.start.astimezone(UTC) + timedelta(seconds=at_s)  # the wall clock may jump
    return moment.astimezone(section.start.tzinfo).isoformat(timespec="seconds")


def _stretches(number: int, section: ReportSection) -> Iterator[Mapping[str, Any]]:
    analysis = section.analysis
    yield vars(analysis.wear) | {
        "stretch": number,
        "time": _time(section, 0.0),
        "uncertainty_s": section.uncertainty_s,
        "name": section.heading,
        "is_simulated": analysis.is_simulated,
        "placement": analysis.placement,
    }


def _episodes(number: int, section: ReportSection) -> Iterator[Mapping[str, Any]]:
    found: list[Episode] = [*section.analysis.episodes, *section.analysis.bends]
    for each in sorted(found, key=lambda episode: episode.start_s):
        more = {"duration_s": round(each.duration_s, 3), "time": _time(section, each.start_s)}
        yield vars(each) | more | {"stretch": number}


def _cues(number: int, section: ReportSection) -> Iterator[Mapping[str, Any]]:
    cues: tuple[Cue, ...] = section.analysis.cues
    for each in cues:
        yield vars(each) | {"stretch": number, "time": _time(section, each.at_s)}


def _minutes(number: int, section: ReportSection) -> Iterator[Mapping[str, Any]]:
    for start_s, flexion_deg, worn_s in section.analysis.timeline.minutes():
        yield {
            "stretch": number,
            "time": _time(section, start_s),
            "start_s": start_s,
            "flexion_deg": flexion_deg,
            "worn_s": worn_s,
        }


_ROWS = {
    "stretches": _stretches,
    "episodes": _episodes,
    "cues": _cues,
    "minutes": _minutes,
}
