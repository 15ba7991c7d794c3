"""`trunkline convert`: a recording as a file that other programs open."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import inputs
from trunkline.cli.output import err, escape, out, print_json, warn
from trunkline.errors import InputError


def convert(
    file: inputs.File,
    output: Annotated[Path, typer.Argument(help="What to write; it must not exist yet.")],
    to: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="parquet, csv, npz or bids; else by OUTPUT's suffix."),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="BIDS: a pseudonym of letters and digits; 01 if not given.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="BIDS: likewise, if there are several.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="BIDS: what the wearer did, one word.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
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
    """Convert a recording to Parquet, CSV, .npz or Motion-BIDS, which read back equal.

    Example:  trunkline convert monday.tlcap monday.parquet

    Example:  trunkline convert monday.tlcap dataset --to bids --subject 07 --session 1
    """
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
    labels = _labels(output, to, {"subject": subject, "session": session, "task": task})
    _convert(file, options | {"strict": strict}, output, to, labels, as_json)


def _convert(
    file: Path,
    options: dict[str, Any],
    output: Path,
    to: str | None,
    labels: dict[str, str],
    as_json: bool,
) -> None:
    # Imported here: the other commands need not wait for it.
    from trunkline.exports import export
    from trunkline.readers import load
    from trunkline.recordings.columns import to_description
    from trunkline.recordings.quality_summary import quality_summary

    with err.console.status(f"converting {escape(file.name)}"):
        recording = load(file, **options)
        written = export(recording, output, to, **labels)
    warn(recording.quality.warnings)
    left_out = ", ".join(to_description(recording)["left_out"])
    if left_out:
        warn((f"left out, as no plain numbers: {left_out}",))
    if as_json:
        summary = quality_summary(recording).to_json()
        print_json({"written": [str(path) for path in written], "quality": summary})
        return
    for path in written:
        out.print(escape(str(path)), soft_wrap=True)


def _labels(output: Path, to: str | None, given: dict[str, str | None]) -> dict[str, str]:
    labels = {name: label for name, label in given.items() if label is not None}
    is_bids = to == "bids" or (to is None and not output.suffix)
    if labels and not is_bids:
        name, label = next(iter(labels.items()))
        raise InputError(
            found=f"--{name} {label} for {output.name!r}",
            expected="a BIDS dataset, which has subjects, sessions and tasks",
            hint="--to bids and a folder",
        )
    return labels
