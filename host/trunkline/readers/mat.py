"""Read a MATLAB file (version 7 or older): the names of arrays are those of an `.npz`."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.npz import read_arrays
from trunkline.recording import Recording

_PLAIN = "fiubU"


def read_mat(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read arrays, or the fields of the one struct that a file holds.

    Args:
        path: The file.
        strict: Refuse rows whose time does not go forward.
        options: Win over what the file says.

    Raises:
        InputError: Not such a file, of version 7.3, or without what is needed.
    """
    return read_arrays(path, _arrays(path), strict, options)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        values = loadmat(str(path), appendmat=False, simplify_cells=True)
    except NotImplementedError as error:
        raise InputError(
            found=f"{path.name!r} of MATLAB's version 7.3",
            expected="version 7 or older",
            hint="save('file.mat', '-v7') in MATLAB",
        ) from error
    except (
        MatReadError,
        *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError),
        *(OverflowError, MemoryError, struct.error, zlib.error),
    ) as error:  # all that scipy raises on damaged bytes
        raise InputError(
            found=f"{path.name!r}, which is no whole MATLAB file",
            expected="a .mat file with plain arrays",
            hint="copy or save it again",
        ) from error
    named = {name: value for name, value in values.items() if not name.startswith("__")}
    if len(named) == 1 and isinstance(only := next(iter(named.values())), dict):
        named = only
    arrays = {name: np.asarray(value) for name, value in named.items()}
    return {name: array for name, array in arrays.items() if array.dtype.kind in _PLAIN}
