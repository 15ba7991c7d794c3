"""A recording as named columns and a description: what every export holds and reads back.

Rules:
- A column is one number a sample, in SI units; its name ends in its unit.
- The description says the rest as plain values: rate, placement, axes, origin, gaps, quality. Rate
  and gaps are exact there; `time_s` is for people and other programs.
- What comes back is equal: same floats, same gaps, same quality.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import Intervals, Quality
from trunkline.recordings.recording import Recording

FORMAT = "trunkline recording 1"
KEY = "trunkline"
OPTIONS = ("placement", "axes", "name", "source")

Array = NDArray[Any]


class Column(NamedTuple):
    """One column: its unit, and what it holds.

    Attributes:
        name: As in the file.
        unit: As people write it; "": a plain number.
        meaning: One sentence.
    """

    name: str
    unit: str
    meaning: str


TIME = Column("time_s", "s", "Time since sample 0, gaps included.")
ACC = tuple(
    Column(f"acc_{axis}_m_s2", "m/s^2", f"Specific force along the sensor's {axis}; up at rest.")
    for axis in "xyz"
)
GYR = tuple(
    Column(f"gyr_{axis}_rad_s", "rad/s", f"Angular rate about the sensor's {axis}, right-handed.")
    for axis in "xyz"
)
_EXTRA = "extra_"
_NUMBERS, _TEXTS = "fiub", "U"
_MOST_BYTES = 1 << 30  # of one array beside the samples; ten times what a day's truth takes
_WIDEST = 8  # bytes: wider numbers are the machine's own


def dictionary_path(path: Path) -> Path:
    """Tell where the data dictionary of an exported CSV stands: the same name, `.json`."""
    return path.with_suffix(".json")


def to_columns(recording: Recording) -> dict[str, Array]:
    """Give a recording's samples as columns, the numbers of its extras among them."""
    columns = {TIME.name: times_s(recording)}
    columns |= {column.name: recording.acc_m_s2[:, k] for k, column in enumerate(ACC)}
    if recording.gyr_rad_s is not None:
        columns |= {column.name: recording.gyr_rad_s[:, k] for k, column in enumerate(GYR)}
    for name, values in recording.extras.items():
        parts = _as_columns(name, values, recording.sample_count)
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        columns |= {part: native.reshape(len(values), -1)[:, k] for k, part in enumerate(parts)}
    return columns


def times_s(recording: Recording) -> NDArray[np.float64]:
    """Give the time of each sample since sample 0, gaps included, in seconds."""
    times: NDArray[np.float64] = np.arange(recording.sample_count) / recording.rate_hz
    for gap in recording.gaps:
        times[gap.at :] += gap.lost_s
    return times


def explained(recording: Recording) -> tuple[Column, ...]:
    """Say what the columns of a recording hold, in order."""
    sensors = ACC if recording.gyr_rad_s is None else (*ACC, *GYR)
    extras = tuple(
        Column(part, "", f"Of the array {name!r} that the recording carries along.")
        for name, values in recording.extras.items()
        for part in _as_columns(name, values, recording.sample_count)
    )
    return (TIME, *sensors, *extras)


def to_description(recording: Recording) -> dict[str, Any]:
    """Give all but the columns as plain values, ready for JSON."""
    from trunkline import __version__

    start = recording.start_utc
    return {
        "format": FORMAT,
        "written_by": f"trunkline {__version__}",
        "name": recording.name,
        "source": recording.source,
        "is_simulated": recording.is_simulated,
        "start_utc": None if start is None else start.isoformat(),
        "rate_hz": recording.rate_hz,
        "sample_count": recording.sample_count,
        "placement": recording.placement,
        "axes": recording.axes,
        "gaps": [[gap.at, gap.lost_s] for gap in recording.gaps],
        "quality": asdict(recording.quality),
        "columns": {
            name: {"unit": unit, "meaning": meaning}
            for name, unit, meaning in explained(recording)
        },
        "extras": {
            name: _extra(name, values, recording.sample_count)
            for name, values in recording.extras.items()
            if _is_plain(values)
        },
        "left_out": [name for name, values in recording.extras.items() if not _is_plain(values)],
    }


def from_columns(
    columns: Mapping[str, Array],
    description: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    file: str,
) -> Recording:
    """Make the recording again.

    Args:
        columns: As `to_columns` gives them; further ones are ignored.
        description: As `to_description` gives it.
        options: Of `OPTIONS`; they win over the description.
        file: Its name, for sentences.

    Raises:
        InputError: Columns that are missing, a description that is not whole, unknown options.
    """
    check_options(options, OPTIONS, file)
    missing = [column.name for column in ACC if column.name not in columns]
    if missing:
        raise InputError(
            found=f"{file} without the column {missing[0]}",
            expected="the columns " + ", ".join(column.name for column in ACC),
            hint="export the recording again",
        )
    has_gyr = all(column.name in columns for column in GYR)
    try:
        start = description["start_utc"]
        said: dict[str, Any] = {
            "rate_hz": float(description["rate_hz"]),
            "name": str(description["name"]),
            "source": str(description["source"]),
            "is_simulated": origin(description),
            "start_utc": None if start is None else datetime.fromisoformat(start),
            "placement": str(description["placement"]),
            "axes": str(description["axes"]),
            "gaps": tuple(Gap(int(at), float(lost_s)) for at, lost_s in description["gaps"]),
            "quality": _quality(description["quality"]),
            "extras": {
                str(name): _array(said, columns) for name, said in description["extras"].items()
            },
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            found=f"{file} with a description that is not whole ({error!r})",
            expected="what trunkline wrote beside the samples",
            hint="export the recording again",
        ) from error
    return Recording.from_arrays(
        acc_m_s2=np.column_stack([columns[column.name] for column in ACC]),
        gyr_rad_s=np.column_stack([columns[column.name] for column in GYR]) if has_gyr else None,
        **(said | {name: str(value) for name, value in options.items()}),
    )


def check_options(options: Mapping[str, Any], known: tuple[str, ...], file: str) -> None:
    """Refuse options that mean nothing for a file.

    Raises:
        InputError: An option that is not known.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InputError(
            found=f"option {unknown[0]!r} for {file}, which says its columns, units and rate",
            expected="one of " + ", ".join(known),
            hint="leave it out",
        )


def _as_columns(name: str, values: Array, count: int) -> tuple[str, ...]:
    """Name the columns of an extra; none if it is not one number, or three, a sample."""
    is_number = values.dtype.kind in _NUMBERS and _is_plain(values)
    if not is_number or values.shape not in ((count,), (count, 3)):
        return ()
    stem = _EXTRA + name
    return (stem,) if values.ndim == 1 else tuple(f"{stem}_{axis}" for axis in "xyz")


def _is_plain(values: Array) -> bool:
    kind, width = values.dtype.kind, values.dtype.itemsize
    return kind in _TEXTS or (kind in _NUMBERS and width <= _WIDEST)


def _extra(name: str, values: Array, count: int) -> dict[str, Any]:
    parts = _as_columns(name, values, count)
    kept = {"columns": list(parts)} if parts else {"values": _listed(values)}
    return {"dtype": values.dtype.str, "shape": list(values.shape), **kept}


def _listed(values: Array) -> Any:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    # JSON has no word for these, and numpy reads them from text.
    listed = values.astype(object)
    is_odd = np.logical_not(np.isfinite(values))
    listed[is_odd] = [str(value) for value in values[is_odd].tolist()]
    return listed.tolist()


def _array(said: Mapping[str, Any], columns: Mapping[str, Array]) -> Array:
    dtype, shape = np.dtype(said["dtype"]), tuple(said["shape"])
    if dtype.kind not in _NUMBERS + _TEXTS or dtype.itemsize * math.prod(shape) > _MOST_BYTES:
        raise ValueError(f"an array of {dtype} and shape {shape}")
    if "columns" not in said:
        return np.array(said["values"], dtype=dtype).reshape(shape)
    joined = np.column_stack([columns[name] for name in said["columns"]])
    return joined.astype(dtype).reshape(shape)


def _quality(said: Mapping[str, Any]) -> Quality:
    values = {field.name: said[field.name] for field in fields(Quality)}
    stuck, warnings = (tuple(map(str, values.pop(name))) for name in ("stuck_axes", "warnings"))
    intervals = values.pop("intervals")
    if not all(value is None or isinstance(value, int | float) for value in values.values()):
        raise ValueError("a count of quality that is no number")
    return Quality(
        **values,
        stuck_axes=stuck,
        warnings=warnings,
        intervals=None if intervals is None else Intervals(**intervals),
    )


def origin(description: Mapping[str, Any]) -> bool | None:
    """Tell whether a recording is simulated, as its description says; None: it does not say."""
    said = description.get("is_simulated")
    return said if isinstance(said, bool) else None
