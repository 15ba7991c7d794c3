"""Read arrays from an .npz: rate, acceleration and angular rate under plain names."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.described import check_description
from trunkline.readers.time_column import SECONDS, TimeColumn, guess_time_unit, read_time_column
from trunkline.recordings.columns import ACC, GYR, KEY, Column, from_columns
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import Recording
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2

T = TypeVar("T")

# Names of arrays in an .npz, with what brings them to SI units. `accel` and `gyro` are those of
# scikit-digital-health: g and rad/s.
_RATE_KEYS = ("rate_hz", "fs")
_ACC_KEYS = {
    "acc_m_s2": 1.0,
    "acc_g": STANDARD_GRAVITY_M_S2,
    "accel": STANDARD_GRAVITY_M_S2,
}
_GYR_KEYS = {"gyr_rad_s": 1.0, "gyr_deg_s": np.pi / 180.0, "gyro": 1.0}
_TEXT_KEYS = ("placement", "axes", "name", "source")
_NPZ_OPTIONS = {"rate_hz", *_TEXT_KEYS}


def read_npz(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a numpy archive: a rate or a time, an acceleration, and perhaps a rate of turn.

    Args:
        path: The file.
        strict: Refuse rows whose time does not go forward.
        options: Win over what the file says.

    Raises:
        InputError: Not an archive, or without what is needed.
    """
    arrays = _arrays(path)
    if KEY in arrays:
        exported = _exported(path, arrays, options)
        if exported is not None:
            return exported
    return read_arrays(path, arrays, strict, options)


def read_arrays(
    path: Path, arrays: dict[str, NDArray[Any]], strict: bool, options: Mapping[str, Any]
) -> Recording:
    """Make a recording of named arrays, from whatever kind of file.

    Args:
        path: Where they come from, for names and sentences.
        arrays: By name; those that are used are taken out.
        strict: Refuse rows whose time does not go forward.
        options: Win over what the file says.

    Raises:
        InputError: Without what is needed.
    """
    _check_options(path, options)
    names = set(arrays)
    acc = _vectors(arrays, _ACC_KEYS)
    gyr = _vectors(arrays, _GYR_KEYS)
    if acc is None:
        raise InputError(
            found=f"{path.name!r} with the arrays {', '.join(sorted(names)) or 'none'}",
            expected="an acceleration named " + ", ".join(_ACC_KEYS),
            hint="save it with numpy.savez(path, rate_hz=..., acc_m_s2=..., gyr_rad_s=...)",
        )
    text = {key: _one(_word, arrays.pop(key), key) for key in _TEXT_KEYS if key in arrays}
    text = {"name": path.stem, "source": path.name, **text}
    text |= {key: str(value) for key, value in options.items() if key in _TEXT_KEYS}
    stated = [_one(float, arrays.pop(key), key) for key in _RATE_KEYS if key in arrays]
    rate_hz = options.get("rate_hz", stated[0] if stated else None)
    simulated, start = arrays.pop("is_simulated", None), arrays.pop("start_utc", None)
    quality = Quality()
    gaps: tuple[Gap, ...] = ()
    if "time" in arrays:
        timeline = _time_column(arrays.pop("time"), len(acc), rate_hz, strict)
        rate_hz, quality, gaps = timeline.rate_hz, timeline.quality, timeline.gaps
        # Unequal lengths are for Recording to refuse, with its own sentence.
        if gyr is not None and len(gyr) == len(acc):
            gyr = gyr[timeline.is_kept]
        acc = acc[timeline.is_kept]
    if rate_hz is None:
        raise InputError(
            found=f"{path.name!r} without a rate",
            expected="rate_hz, fs or time beside the acceleration",
            hint="give the rate in samples a second",
        )
    return Recording.from_arrays(
        rate_hz,
        acc,
        gyr,
        is_simulated=None if simulated is None else _one(bool, simulated, "is_simulated"),
        quality=quality,
        start_utc=None if start is None else _one(_moment, start, "start_utc"),
        extras=arrays,
        gaps=gaps,
        **text,
    )


def _exported(
    path: Path, arrays: dict[str, NDArray[Any]], options: Mapping[str, Any]
) -> Recording | None:
    """Give an exported recording as it was; None: it is not described by us."""
    try:
        description = check_description(json.loads(str(arrays[KEY])), path.name)
    except (ValueError, RecursionError):
        return None
    if description is None:
        return None
    columns = _columns(arrays.get("acc_m_s2"), ACC) | _columns(arrays.get("gyr_rad_s"), GYR)
    listed = description.get("extras")
    names = [name for name in arrays if isinstance(listed, list) and name in listed]
    recording = from_columns(columns, {**description, "extras": {}}, options, file=path.name)
    return replace(recording, extras={name: arrays[name] for name in names})


def _columns(vectors: NDArray[Any] | None, columns: tuple[Column, ...]) -> dict[str, NDArray[Any]]:
    if vectors is None or vectors.ndim != 2 or vectors.shape[1] != len(columns):
        return {}
    return {column.name: vectors[:, k] for k, column in enumerate(columns)}


def _moment(written: NDArray[Any]) -> datetime:
    return datetime.fromisoformat(_word(written))


def _word(written: NDArray[Any]) -> str:
    text = str(written)
    text.upper()  # raises: numpy hands out numbers that are no characters
    return text


def _one(kind: Callable[[Any], T], value: NDArray[Any], key: str) -> T:
    try:
        return kind(value)
    except (TypeError, ValueError, SystemError):  # the last of a text that is none
        raise InputError(
            found=f"{key} of type {value.dtype} and shape {value.shape}",
            expected="one value (a date as 2026-11-22T09:00:00+00:00)",
            hint=f"save {key} as a single value",
        ) from None


def _check_options(path: Path, options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - _NPZ_OPTIONS)
    if unknown:
        raise InputError(
            found=f"option {unknown[0]!r} for {path.name!r}",
            expected="one of " + ", ".join(sorted(_NPZ_OPTIONS)),
            hint="column and unit options are for CSV files",
        )


def _time_column(
    time: NDArray[Any], count: int, rate_hz: float | None, strict: bool
) -> TimeColumn:
    if time.shape != (count,):
        raise InputError(
            found=f"a time of shape {time.shape} for {count} samples",
            expected="one time a sample",
            hint="cut both to the same samples",
        )
    time = _numbers(time, "time")
    time_s = time * SECONDS[guess_time_unit(time)]
    return read_time_column(time_s, rate_hz, Quality(), strict=strict)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here, because numpy leaves the file open when it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        if foreign := [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]:
            raise ValueError(f"{foreign[0]} is no array")
        return arrays
    # Damaged headers go through Python's own tokenizer and parser, zlib and zipfile: no list of
    # what these raise is complete.
    except Exception as error:
        raise InputError(
            found=f"{path.name!r}, which is no whole numpy archive",
            expected="an .npz file of plain arrays",
            hint="copy or export it again",
        ) from error


def _vectors(arrays: dict[str, NDArray[Any]], keys: Mapping[str, float]) -> NDArray[Any] | None:
    found = [key for key in keys if key in arrays]
    if len(found) > 1:
        raise InputError(
            found=f"{' and '.join(found)} in one file",
            expected="one of them",
            hint="leave out all but one",
        )
    if not found:
        return None
    values = arrays.pop(found[0])
    if values.ndim != 2:  # else Recording has a sentence for it
        raise InputError(
            found=f"{found[0]} of shape {values.shape}",
            expected="(N, 3): one row a sample",
            hint="save x, y and z as columns of one array",
        )
    return _numbers(values, found[0]) * keys[found[0]]


def _numbers(values: NDArray[Any], key: str) -> NDArray[np.float64]:
    if values.dtype.kind not in "fiu":
        raise InputError(
            found=f"{key} of type {values.dtype}",
            expected="numbers",
            hint=f"save {key} as an array of numbers",
        )
    return values.astype(np.float64)
