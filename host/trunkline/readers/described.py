"""What stands beside an exported CSV: its description, and all its columns with it."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from trunkline.errors import InputError
from trunkline.recordings.columns import FORMAT, Array, dictionary_path

_FAMILY = FORMAT.rpartition(" ")[0]


def find_description(path: Path) -> dict[str, Any] | None:
    """Read the description beside an exported CSV; None: there is none of ours.

    Raises:
        InputError: It is of another version.
    """
    beside = dictionary_path(path)
    try:
        said = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return check_description(said, beside.name)


def check_description(said: Any, file: str) -> dict[str, Any] | None:
    """Give a description if it is ours.

    Raises:
        InputError: It is of another version.
    """
    format_ = said.get("format") if isinstance(said, dict) else None
    if format_ == FORMAT:
        return dict(said)
    if isinstance(format_, str) and format_.startswith(_FAMILY):
        raise InputError(
            found=f"{file} of the format {format_!r}",
            expected=repr(FORMAT),
            hint="read it with the version of trunkline that wrote it",
        )
    return None


def read_whole(
    path: Path,
    description: Mapping[str, Any],
    header: Sequence[str] | None = None,
    separator: str = ",",
) -> dict[str, Array] | None:
    """Read all columns of exported text as they were.

    Args:
        path: The file.
        description: What stands beside it.
        header: The names of its columns; None: its first line.
        separator: What stands between two numbers.

    Returns:
        The columns, or None if some row or number is damaged.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        names = list(header or file.readline().strip().split(separator))
        first = file.readline()
        if len(set(names)) != len(names) or not first.strip():
            return None
        try:
            table = np.loadtxt(
                chain([first], file),
                delimiter=separator,
                comments=None,
                ndmin=1,
                dtype=[(name, _dtype(name, description)) for name in names],
            )
        except (ValueError, TypeError, KeyError):
            return None
    if len(table) != description.get("sample_count"):
        return None
    return {name: table[name] for name in names}


def _dtype(column: str, description: Mapping[str, Any]) -> np.dtype[Any]:
    extras = description.get("extras")
    for said in extras.values() if isinstance(extras, dict) else ():
        if isinstance(said, dict) and column in said.get("columns", ()):
            dtype: np.dtype[Any] = np.dtype(said["dtype"])
            return dtype if dtype.kind in "fiu" else np.dtype(np.uint8)
    return np.dtype(np.float64)
