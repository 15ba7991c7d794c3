"""Options that several commands share: how to read a file, settings, a neutral pose."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.captures.capture import SUFFIX
from trunkline.captures.captured import analyze_capture
from trunkline.decide.analysis import Analysis
from trunkline.decide.mirror import Mirror
from trunkline.decide.replay import analyze
from trunkline.errors import InputError
from trunkline.readers import load
from trunkline.recordings.recording import Recording

File = Annotated[
    Path,
    typer.Argument(
        help="A recording: a capture (.tlcap), .npz, .csv, .parquet, .mat, .cwa, a BIDS folder."
    ),
]
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="A recording: a capture (.tlcap), .npz, .csv, .parquet, .mat, .cwa, a BIDS folder. "
        "Or the captures of one boot, in order.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a damaged file (exit code 2).")]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting; see `trunkline settings`."),
]
Neutral = Annotated[
    str | None,
    typer.Option(metavar="X,Y,Z", help="The upright pose: the accelerometer's reading in it."),
]
Placement = Annotated[str | None, typer.Option(help="C7, T4, T12 or L5.")]
Axes = Annotated[
    str | None, typer.Option(help="Where x, y, z point as worn, such as SRA: up, right, forward.")
]
Rate = Annotated[float | None, typer.Option(metavar="HZ", help="Samples a second.")]
Acc = Annotated[
    str | None, typer.Option(metavar="COLUMNS", help="CSV: acceleration columns, ax,ay,az.")
]
AccUnit = Annotated[str | None, typer.Option(help="CSV: m/s2, g or mg.")]
Gyr = Annotated[
    str | None, typer.Option(metavar="COLUMNS", help="CSV: angular rate columns; '' for none.")
]
GyrUnit = Annotated[str | None, typer.Option(help="CSV: rad/s, deg/s or mdeg/s.")]
Time = Annotated[str | None, typer.Option(metavar="COLUMN", help="CSV: time column.")]
TimeUnit = Annotated[str | None, typer.Option(help="CSV: s, ms, us or datetime.")]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME|FILE", help="CSV of a known program; docs/files.md."),
]
TrackedPoint = Annotated[
    str | None, typer.Option(metavar="NAME", help="BIDS: which of several tracked points.")
]


def reading(**given: Any) -> dict[str, Any]:
    """Collect the options of `load` that were given."""
    for name in ("acc", "gyr"):
        if given.get(name) is not None:
            given[name] = tuple(part.strip() for part in given[name].split(",") if part.strip())
    return {name: value for name, value in given.items() if value is not None}


def parse_settings(pairs: Sequence[str] | None) -> dict[str, int]:
    """Read NAME=VALUE pairs.

    Raises:
        InputError: Not such a pair.
    """
    settings = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        try:
            if not equals:
                raise ValueError
            settings[name.strip()] = int(value)
        except ValueError:
            raise InputError(
                found=f"--set {pair}",
                expected="NAME=VALUE with a whole number",
                hint="--set slouch_hold_s=30, and `trunkline settings` for the names",
            ) from None
    return settings


def parse_neutral(text: str | None) -> tuple[float, ...] | None:
    """Read three numbers.

    Raises:
        InputError: Not three numbers.
    """
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
        if len(numbers) != 3:
            raise ValueError
    except ValueError:
        raise InputError(
            found=f"--neutral {text}",
            expected="three numbers with commas",
            hint="--neutral 0.98,0.02,-0.15",
        ) from None
    return numbers


def examine(
    path: Path,
    options: dict[str, Any],
    *further: Path,
    strict: bool,
    pairs: Sequence[str] | None,
    neutral: str | None,
) -> tuple[Analysis, Mirror | None]:
    """Analyse a file; a capture is decided as its device did unless other settings are asked for.

    `further` are captures of the same boot that go on where it ends.

    Returns:
        What was found, and for a capture judged as its device did, the mirror to compare with.
    """
    settings = parse_settings(pairs)
    pose = parse_neutral(neutral)
    if path.suffix == SUFFIX and not settings and pose is None and not options:
        return analyze_capture(path, *further, strict=strict)
    recording: Recording = load(alone([path, *further]), strict=strict, **options)
    return analyze(recording, settings, pose_of(recording, pose)), None


def alone(files: Sequence[Path]) -> Path:
    """Give the only file.

    Raises:
        InputError: There are several.
    """
    if len(files) > 1:
        raise InputError(
            found=f"{len(files)} files",
            expected="one; several only of captures, decided as their device did",
            hint="leave out the other options, or give one file",
        )
    return files[0]


def pose_of(recording: Recording, given: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Give the upright pose to judge by: the one given, or the one that the file tells."""
    if given is None and "neutral_up" in recording.extras:
        return tuple(float(value) for value in recording.extras["neutral_up"])
    return given
