"""`trunkline report`: one page about a recording."""

from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli import inputs
from trunkline.cli.output import escape, out, warn


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
) -> None:
    """Write one self-contained page about a recording: timeline, episodes, cues, wear time.

    Example:  trunkline report day.npz -o day.html
    """
    # Imported here: the other commands need not wait for the drawing library.
    from trunkline.pages import recording_page
    from trunkline.report import write_report

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
    page = write_report(output, recording_page(analysis))
    out.print(escape(str(page)), soft_wrap=True)
