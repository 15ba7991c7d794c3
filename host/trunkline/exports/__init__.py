"""Write a recording to files that other programs open, and that `load` reads back equal."""

from collections.abc import Callable
from pathlib import Path

from trunkline.errors import InputError
from trunkline.exports.csv import write_csv
from trunkline.exports.npz import write_npz
from trunkline.exports.parquet import write_parquet
from trunkline.recording import Recording

__all__ = ["EXPORTS", "export", "write_csv", "write_npz", "write_parquet"]

# By the name that the command takes and the suffix that stands for it.
EXPORTS: dict[str, tuple[str, Callable[[Recording, Path], tuple[Path, ...]]]] = {
    "parquet": (".parquet", write_parquet),
    "csv": (".csv", write_csv),
    "npz": (".npz", write_npz),
}


def export(recording: Recording, path: Path | str, to: str | None = None) -> tuple[Path, ...]:
    """Write a recording to a new file.

    Args:
        recording: What to write.
        path: Where; nothing is overwritten.
        to: A name in `EXPORTS`; None: by the path's suffix.

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
            hint=f"a name that ends in {', '.join(kinds)}, or --to {next(iter(EXPORTS))}",
        )
    return EXPORTS[kind][1](recording, file)
