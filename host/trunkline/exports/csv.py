"""Write a recording as CSV, and beside it its data dictionary and description as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trunkline.exports.output import new_file
from trunkline.recordings.columns import Array, dictionary_path, to_columns, to_description
from trunkline.recordings.recording import Recording

_ROWS_AT_ONCE = 100_000


def write_csv(recording: Recording, path: Path) -> tuple[Path, ...]:
    """Write a CSV with a header line, and NAME.json, its data dictionary.

    Every number has as many digits as it takes to read the same number back.

    Raises:
        InputError: A path is taken or cannot be written.
        TrunklineError: The disk takes no more.
    """
    description = to_description(recording)
    beside = dictionary_path(path)
    with new_file(path) as place, new_file(beside) as beside_place:  # what was asked for first
        write_rows(place, to_columns(recording), ",", has_header=True)
        write_json(beside_place, description)
    return path, beside


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain values as JSON for people and programs."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_rows(
    path: Path, columns: Mapping[str, Array], separator: str, *, has_header: bool
) -> None:
    """Write columns of numbers as text, each number with the fewest digits that tell it."""
    arrays = [
        array.astype(np.uint8) if array.dtype.kind == "b" else array for array in columns.values()
    ]
    line = separator.join(["%r"] * len(arrays)) + "\n"
    with path.open("w", encoding="utf-8", newline="") as file:
        if has_header:
            file.write(separator.join(columns) + "\n")
        for first in range(0, len(arrays[0]), _ROWS_AT_ONCE):
            parts = [array[first : first + _ROWS_AT_ONCE].tolist() for array in arrays]
            file.writelines(line % row for row in zip(*parts, strict=True))
