"""Read Motion-BIDS: an exported recording as it was, another dataset by its channels.

Rules:
- Metadata is inherited as BIDS says: a `_motion.json` nearer to the data wins.
- One sensor is read: where several points are tracked, `tracked_point` names one.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.captures.capture import SUFFIX as CAPTURE_SUFFIX
from trunkline.errors import InputError
from trunkline.exports.bids import DESCRIPTION_KEY
from trunkline.readers.described import check_description, read_whole
from trunkline.readers.mapping import CsvMapping, Roles
from trunkline.recordings.columns import OPTIONS, check_options, from_columns, origin
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import PLACEMENTS, Recording

SUFFIX = "_motion.tsv"
_ACC_UNITS = {"m/s^2": "m/s2", "m/s²": "m/s2", "m/s2": "m/s2", "g": "g"}
_GYR_UNITS = {"rad/s": "rad/s", "deg/s": "deg/s", "°/s": "deg/s"}

Channel = dict[str, str]


def read_bids(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a `_motion.tsv`, or a dataset's folder that holds one.

    Args:
        path: The file or folder.
        strict: Refuse rows whose time does not go forward.
        options: `placement`, `axes`, `name`, `source`, and `tracked_point`.

    Raises:
        InputError: Several recordings or points, or channels that are not there.
    """
    file = _only(path) if path.is_dir() else path
    channels = _channels(file)
    sidecar = _inherited(file)
    description = check_description(sidecar.get(DESCRIPTION_KEY), file.name)
    names = [channel["name"] for channel in channels]
    if description is not None:
        whole = read_whole(file, description, names, "\t")
        if whole is not None:
            return from_columns(whole, description, options, file=file.name)
    columns, damaged = _columns(file, names)
    check_options(options, (*OPTIONS, "tracked_point"), file.name)
    recording = _by_channels(file, channels, sidecar, columns, damaged, strict, options)
    return replace(recording, is_simulated=origin(description or {}))


def _only(folder: Path) -> Path:
    found = sorted(folder.rglob("*" + SUFFIX))
    if len(found) == 1:
        return found[0]
    captures = sorted(folder.glob("*" + CAPTURE_SUFFIX))
    if captures and not found:
        raise InputError(
            found=f"the folder {str(folder)!r} with {len(captures)} captures",
            expected="one recording",
            hint=f"name one of them: {str(captures[0])!r}",
        )
    names = ", ".join(str(file.relative_to(folder)) for file in found[:5])
    raise InputError(
        found=f"{len(found)} recordings in {str(folder)!r}" + (f": {names}" if names else ""),
        expected=f"one file that ends in {SUFFIX}",
        hint="name the file" if found else "name a Motion-BIDS dataset",
    )


def _beside(file: Path, kind: str) -> Path:
    return file.with_name(file.name.removesuffix(SUFFIX) + kind)


def _channels(file: Path) -> list[Channel]:
    beside = _beside(file, "_channels.tsv")
    try:
        with beside.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text, delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            found=f"no {beside.name} that can be read",
            expected="the channels beside the samples, as Motion-BIDS asks",
            hint="copy the whole dataset",
        ) from error
    needed = ("name", "component", "type", "tracked_point", "units")
    if not rows or any(row.get(key) is None for row in rows for key in needed):
        raise InputError(
            found=f"{beside.name} that is not whole",
            expected="a row a channel with " + ", ".join(needed),
            hint="copy the dataset again",
        )
    return [{key: str(value) for key, value in row.items() if key} for row in rows]


def _inherited(file: Path) -> dict[str, Any]:
    """Merge the `_motion.json` files that hold for a recording, the nearest last."""
    entities = set(file.name.removesuffix(SUFFIX).split("_"))
    said: dict[str, Any] = {}
    for folder in [file.parent, *file.parents[1:4]][::-1]:
        for sidecar in sorted(folder.glob("*motion.json"), key=lambda path: len(path.name)):
            own = sidecar.name.removesuffix("motion.json").rstrip("_")
            if set(own.split("_")) - {""} <= entities:
                said |= _json(sidecar)
    return said


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        return said
    raise InputError(
        found=f"{path.name}, which is no JSON object",
        expected="metadata as BIDS asks",
        hint="copy the dataset again",
    )


def _columns(file: Path, names: list[str]) -> tuple[dict[str, NDArray[np.float64]], int]:
    """Read every whole row; return the columns, and how many rows are not whole."""
    lines = (
        file.read_text(encoding="utf-8-sig", errors="replace").replace("n/a", "nan").split("\n")
    )
    lines = [line for line in lines if line.strip()]
    rows = []
    for line in lines:
        cells = line.split("\t")
        try:
            rows.append([float(cell) for cell in cells] if len(cells) == len(names) else None)
        except ValueError:
            rows.append(None)
    whole = [row for row in rows if row is not None]
    if not whole:
        raise InputError(
            found=f"no row of {len(names)} numbers in {file.name!r}",
            expected="a number a channel, with tabs between",
            hint="copy the dataset again",
        )
    table = np.array(whole)
    return {name: table[:, k] for k, name in enumerate(names)}, len(rows) - len(whole)


def _by_channels(
    file: Path,
    channels: list[Channel],
    sidecar: Mapping[str, Any],
    columns: Mapping[str, NDArray[np.float64]],
    damaged: int,
    strict: bool,
    options: Mapping[str, Any],
) -> Recording:
    point = _point(file, channels, options.get("tracked_point"))
    acc, acc_unit = _vector(file, channels, "ACCEL", point, _ACC_UNITS)
    gyr, gyr_unit = _vector(file, channels, "GYRO", point, _GYR_UNITS)
    times = [row["name"] for row in channels if row["type"] == "LATENCY" and row["units"] == "s"]
    rate = sidecar.get("SamplingFrequencyEffective", sidecar.get("SamplingFrequency"))
    mapping = CsvMapping(
        time=times[0] if times else "",
        time_unit="s",
        acc=acc,
        acc_unit=acc_unit,
        gyr=gyr,
        gyr_unit=gyr_unit,
        rate_hz=float(rate) if isinstance(rate, int | float) else None,
        placement=options.get("placement", point if point in PLACEMENTS else None),
        axes=options.get("axes", _axes(file, channels, acc)),
        name=options.get("name", file.name.removesuffix(SUFFIX)),
        source=options.get("source"),
    )
    roles = Roles(file.name, [row["name"] for row in channels], mapping)
    warnings = (f"{damaged} damaged rows were left out",) if damaged else ()
    quality = Quality(damaged_rows=damaged, warnings=warnings)
    return roles.recording(columns, quality, strict=strict)


def _point(file: Path, channels: list[Channel], wanted: str | None) -> str:
    points = sorted({row["tracked_point"] for row in channels if row["type"] == "ACCEL"})
    if wanted in points:
        return str(wanted)
    if wanted is None and len(points) == 1:
        return points[0]
    raise InputError(
        found=f"{file.name} with acceleration at {', '.join(points) or 'no point'}"
        + (f", and tracked_point {wanted!r}" if wanted else ""),
        expected="one point with ACCEL channels",
        hint="--tracked-point NAME, or load(path, tracked_point=NAME)",
    )


def _vector(
    file: Path, channels: list[Channel], kind: str, point: str, units: Mapping[str, str]
) -> tuple[tuple[str, ...], str | None]:
    """Give the names of three channels and their unit; none if there is no such sensor."""
    found = {
        row["component"].lower(): row
        for row in channels
        if row["type"] == kind and row["tracked_point"] == point
    }
    if not found and kind == "GYRO":
        return (), None
    unit = {row["units"] for row in found.values()}
    if set(found) != set("xyz") or len(unit) != 1 or not unit <= set(units):
        raise InputError(
            found=f"{kind} channels {', '.join(sorted(found))} in {', '.join(sorted(unit))} "
            f"in {file.name}",
            expected=f"x, y and z in one of {', '.join(units)}",
            hint="check the dataset's _channels.tsv",
        )
    return tuple(found[axis]["name"] for axis in "xyz"), units[unit.pop()]


def _axes(file: Path, channels: list[Channel], acc: tuple[str, ...]) -> str | None:
    beside = _beside(file, "_channels.json")
    frame = next(row.get("reference_frame") for row in channels if row["name"] == acc[0])
    if not beside.is_file():
        return None
    axes: Any = _json(beside)
    for key in ("reference_frame", "Levels", frame, "SpatialAxes"):
        axes = axes.get(key) if isinstance(axes, dict) else None
    return axes if isinstance(axes, str) and "_" not in axes else None
