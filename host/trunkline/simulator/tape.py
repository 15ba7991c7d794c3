"""Write the motion a virtual board plays: a tape of int16 rows.

The layout, and its reader, are in firmware/boards/sim/tape.py.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trunkline.errors import InputError

_HEADER = "<4sBII"
_MAGIC = b"TLTP"
_VERSION = 1


def write_tape(
    path: str | Path,
    gyr: npt.ArrayLike,
    acc: npt.ArrayLike,
    gravity: npt.ArrayLike,
    rate_hz: float = 60.0,
) -> Path:
    """Write a tape for `VirtualBoard` to play.

    Args:
        path: File to write.
        gyr: (N, 3) int16, 35 mdps/LSB, sensor frame (x up, y right, z forward).
        acc: (N, 3) int16, 0.244 mg/LSB; upright at rest reads (4098, 0, 0).
        gravity: (N, 3) int16, 0.061 mg/LSB, points up; upright reads (16393, 0, 0).
        rate_hz: Rows a second of nominal chip time, at least 1.

    Returns:
        The path written.

    Raises:
        InputError: An array is not (N, 3) of int16, lengths differ, there is no row, or the file
            cannot be written.
    """
    columns = [_checked(name, array) for name, array in _named(gyr, acc, gravity)]
    lengths = sorted({len(column) for column in columns})
    if len(lengths) > 1 or not lengths[0]:
        raise InputError(
            found=f"gyr, acc and gravity of {lengths} rows",
            expected="the same number of rows, at least one",
            hint="cut the arrays to one length",
        )
    if not 1 <= rate_hz <= 8000:
        raise InputError(
            found=f"a tape rate of {rate_hz} Hz", expected="1 to 8000 Hz", hint="rate_hz=60.0"
        )
    rows = np.hstack(columns).astype("<i2")
    header = struct.pack(_HEADER, _MAGIC, _VERSION, round(rate_hz * 1000), len(rows))
    target = Path(path)
    try:
        target.write_bytes(header + rows.tobytes())
    except OSError as error:
        raise InputError(
            found=f"{target}: {error.strerror}",
            expected=f"room for a tape of {len(header) + rows.nbytes} bytes",
            hint="free some space, or write it elsewhere",
        ) from error
    return target


def tape_s(path: Path) -> float:
    """Tell how long a tape plays, in seconds of nominal chip time.

    Raises:
        InputError: Not a tape.
    """
    try:
        with path.open("rb") as file:
            head = file.read(struct.calcsize(_HEADER))
        magic, version, rate_mhz, rows = struct.unpack(_HEADER, head)
    except (OSError, struct.error) as error:
        found = getattr(error, "strerror", None) or "too short"
        raise _no_tape(path, found) from None
    if (magic, version) != (_MAGIC, _VERSION) or not rate_mhz or not rows:
        raise _no_tape(path, f"starting with {head!r}")
    return float(rows * 1000 / rate_mhz)


def _no_tape(path: Path, found: str) -> InputError:
    return InputError(
        found=f"{path}: {found}",
        expected="a tape of motion for the virtual board",
        hint="write one with trunkline.simulator.write_tape",
    )


def _named(
    gyr: npt.ArrayLike, acc: npt.ArrayLike, gravity: npt.ArrayLike
) -> list[tuple[str, npt.ArrayLike]]:
    return [("gyr", gyr), ("acc", acc), ("gravity", gravity)]


def _checked(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    array = np.asarray(values)
    fits = array.dtype.kind in "iu" and (
        not array.size or (array.min() >= -32768 and array.max() <= 32767)
    )
    if array.ndim != 2 or array.shape[1] != 3 or not fits:
        raise InputError(
            found=f"{name} of shape {array.shape} and type {array.dtype}",
            expected="(N, 3) whole numbers within int16",
            hint="scale to device counts, round, clip and convert with .astype('int16')",
        )
    return array
