"""Load a recording from a file or a BIDS folder; each kind of file has one reader in `READERS`.

Rules:
- What is damaged is left out and counted, and the rest is used; with `strict` it is refused.
- What is wrong but usable becomes a sentence in `recording.quality.warnings`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from trunkline.captures.capture import SUFFIX
from trunkline.errors import InputError
from trunkline.readers.mapping import CsvMapping
from trunkline.recordings.recording import Recording

__all__ = ["READERS", "CsvMapping", "Reader", "load"]

Reader = Callable[[Path, bool, Mapping[str, Any]], Recording]


def _when_needed(module: str, name: str) -> Reader:
    """Import a reader with the first file of its kind: the others cost nothing."""

    def read(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
        reader: Reader = getattr(import_module(module), name)
        return reader(path, strict, options)

    return read


_read_bids = _when_needed("trunkline.readers.bids", "read_bids")
_read_csv = _when_needed("trunkline.readers.csv", "read_csv")


def _read_tsv(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read the samples of a BIDS dataset; any other .tsv is a CSV with tabs."""
    is_bids = path.name.endswith("_motion.tsv")
    return (_read_bids if is_bids else _read_csv)(path, strict, options)


READERS: dict[str, Reader] = {
    ".npz": _when_needed("trunkline.readers.npz", "read_npz"),
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".mat": _when_needed("trunkline.readers.mat", "read_mat"),
    ".cwa": _when_needed("trunkline.readers.cwa", "read_cwa"),
    ".parquet": _when_needed("trunkline.readers.parquet", "read_parquet"),
    SUFFIX: _when_needed("trunkline.captures.captured", "read_recording"),
}


def load(path: str | Path, *, strict: bool = False, **options: Any) -> Recording:
    """Read a recording from a file.

    Args:
        path: A file of a kind in `READERS`; docs/files.md tells of each.
        strict: Refuse damaged rows instead of leaving them out.
        options: `placement`, `axes`, `name`, `source` and `rate_hz`; for tables (CSV, Parquet) the
            fields of `CsvMapping`, or `mapping=CsvMapping(...)`.

    Raises:
        InputError: No such file, an unknown kind, or nothing in it that can be used.
    """
    file = Path(path)
    if not file.exists():
        raise InputError(
            found=f"no file {str(file)!r}", expected="a recording", hint="check the path"
        )
    reader = _read_bids if file.is_dir() else READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(
            found=f"a file {file.name!r}",
            expected="one that ends in " + ", ".join(sorted(READERS)),
            hint="export the recording as CSV with a header line",
        )
    recording = reader(file, strict, options)
    if strict and recording.quality.faults:
        raise InputError(
            found=f"{file.name}: {recording.quality.faults[0]}",
            expected="a file without faults, as --strict asks",
            hint="leave out --strict to use the whole part",
        )
    return recording
