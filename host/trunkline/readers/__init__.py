"""Load a recording from a file; each kind of file has one reader in `READERS`.

Rules:
- What is damaged is left out and counted, and the rest is used; with `strict` it is refused.
- What is wrong but usable becomes a sentence in `recording.quality.warnings`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trunkline.capture import SUFFIX
from trunkline.captured import read_recording
from trunkline.errors import InputError
from trunkline.readers.csv import CsvMapping, read_csv
from trunkline.readers.npz import read_npz
from trunkline.recording import Recording

__all__ = ["READERS", "CsvMapping", "Reader", "load"]

Reader = Callable[[Path, bool, Mapping[str, Any]], Recording]

READERS: dict[str, Reader] = {
    ".npz": read_npz,
    ".csv": read_csv,
    SUFFIX: read_recording,
}


def load(path: str | Path, *, strict: bool = False, **options: Any) -> Recording:
    """Read a recording from a file.

    Args:
        path: An `.npz` or `.csv` file, or a capture (`.tlcap`).
        strict: Refuse damaged rows instead of leaving them out.
        options: `placement`, `axes`, `name`, `source` and `rate_hz`; for CSV the fields of
            `CsvMapping`, or `mapping=CsvMapping(...)`.

    Raises:
        InputError: No such file, an unknown kind, or nothing in it that can be used.
    """
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(
            found=f"a file {file.name!r}",
            expected="one that ends in " + ", ".join(sorted(READERS)),
            hint="export the recording as CSV with a header line",
        )
    if not file.is_file():
        raise InputError(
            found=f"no file {str(file)!r}", expected="a recording", hint="check the path"
        )
    recording = reader(file, strict, options)
    if strict and recording.quality.faults:
        raise InputError(
            found=f"{file.name}: {recording.quality.faults[0]}",
            expected="a file without faults, as --strict asks",
            hint="leave out --strict to use the whole part",
        )
    return recording
