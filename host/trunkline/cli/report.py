"""`trunkline report`: one page about a recording."""

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli import inputs
from trunkline.cli.output import escape, out, warn

if TYPE_CHECKING:
    from trunkline.report import ReportPage

_SQLITE = b"SQLite format 3\0"


def report(
    file: inputs.File,
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write.")] = Path(
        "report.html"
    ),
    set_: inputs.Setting = None,
    neutral: inputs.Neutral = None,
    placement: inputs.Placement = None,
    axes: inputs.Axes = None,
    rate: inputs.Rate = None,
    acc: inputs.Acc = None,
    acc_unit: inputs.AccUnit = None,
    gyr: inputs.Gyr = None,
    gyr_unit: inputs.GyrUnit = None,
    time: inputs.Time = None,
    time_unit: inputs.TimeUnit = None,
    profile: inputs.ProfileName = None,
    tracked_point: inputs.TrackedPoint = None,
    strict: inputs.Strict = False,
    wearer: Annotated[str | None, typer.Option(metavar="ID", help="Store: whose day.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Its tables as CSV for a spreadsheet, too."),
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Store: which; else the newest.")
    ] = None,
) -> None:
    """Write one self-contained page about a recording: timeline, episodes, cues, wear time.

    Of a store that `trunkline sync` has filled, the page is about one day of one wearer.

    Example:  trunkline report day.npz -o day.html

    Example:  trunkline report wear.sqlite --csv monday

    Example:  trunkline report wear.sqlite --day 2026-11-23 -o monday.html
    """
    # Imported here: the other commands need not wait for the drawing library.
    from trunkline.pages import recording_page

    if _is_store(file):
        _write(output, _day(file, wearer, day), csv)
        return
    options = inputs.reading(
        placement=placement,
        axes=axes,
        rate_hz=rate,
        acc=acc,
        acc_unit=acc_unit,
        gyr=gyr,
        gyr_unit=gyr_unit,
        time=time,
        time_unit=time_unit,
        profile=profile,
        tracked_point=tracked_point,
    )
    analysis, _ = inputs.examine(file, options, strict=strict, pairs=set_, neutral=neutral)
    warn(analysis.warnings)
    _write(output, recording_page(analysis), csv)


def _write(output: Path, page: "ReportPage", csv: Path | None) -> None:
    from trunkline.report import new_tables, write_report

    # The page last: it may replace one, and what fails before leaves that, and no folder.
    with nullcontext(()) if csv is None else new_tables(csv, page) as tables:
        write_report(output, page)
    for path in (output, *tables):
        out.print(escape(str(path)), soft_wrap=True)


def _is_store(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:  # whoever reads it as a recording says why
        return False


def _day(path: Path, wearer: str | None, day: datetime | None) -> "ReportPage":
    from trunkline.store import Store
    from trunkline.sync.day_page import day_page

    with Store.open(path) as store:
        return day_page(store, wearer, day.date() if day else None)
