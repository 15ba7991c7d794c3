"""Write a recording to files that other programs open, and that `load` reads back equal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trunkline.errors import InputError
from trunkline.exports.bids import write_bids
from trunkline.exports.csv import write_csv
from trunkline.exports.npz import write_npz
from trunkline.exports.parquet import write_parquet
from trunkline.recordings.recording import Recording

__all__ = ["EXPORTS", "export", "write_bids", "write_csv", "write_npz", "write_parquet"]

# By the name that the command takes and the suffix that stands for it; BIDS is a folder.
EXPORTS: dict[str, tuple[str, Callable[..., tuple[Path, ...]]]] = {
    "parquet": (".parquet", write_parquet),
    "csv": (".csv", write_csv),
    "npz": (".npz", write_npz),
    "bids": ("", write_bids),
}


def export(
    recording: Recording, path: Path | str, to: str | None = None, **labels: Any
) -> tuple[Path, ...]:
    """Write a recording to a new file or folder.

    Args:
        recording: What to write.
        path: Where; nothing is overwritten.
        to: A name in `EXPORTS`; None: by the path's suffix, none for a BIDS folder.
        labels: For BIDS: `subject`, `session`, `task`.

    Returns:
        Every file that was written.

    Raises:
        InputError: An unknown kind, a path that is taken or cannot be written.
        TrunklineError: The disk takes no more; nothing half-written is left.
    """
    file = Path(path)
    kinds = {suffix: kind for kind, (suffix, _) in EXPORTS.items()}
    kind = to or kinds.get(file.suffix.lower())
    if kind not in EXPORTS:
        raise InputError(
            found=f"{to or file.name!r} to export to",
            expected="one of " + ", ".join(EXPORTS),
            hint="a name that ends in .parquet, .csv or .npz, or --to bids and a folder",
        )
    return EXPORTS[kind][1](recording, file, **labels)
