"""Read a MATLAB file (version 7 or older): the names of arrays are those of an `.npz`.

scipy reads it, in a process of its own: scipy 1.17 crashes on some damaged files, and a damaged
file must cost one sentence, not the program.
"""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.npz import read_arrays
from trunkline.recordings.recording import Recording

_PLAIN = "fiubU"
_TOO_NEW = 3


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
    import scipy  # noqa: F401 - without it, say here which extra is missing

    command = [sys.executable, "-m", __name__, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == _TOO_NEW:
        raise InputError(
            found=f"{path.name!r} of MATLAB's version 7.3",
            expected="version 7 or older",
            hint="save('file.mat', '-v7') in MATLAB",
        )
    if done.returncode != 0:
        raise InputError(
            found=f"{path.name!r}, which is no whole MATLAB file",
            expected="a .mat file with plain arrays",
            hint="copy or save it again",
        )
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _plain_arrays(path: str) -> dict[str, NDArray[Any]]:
    from scipy.io import loadmat

    values = loadmat(path, appendmat=False, simplify_cells=True)
    named = {name: value for name, value in values.items() if not name.startswith("__")}
    if len(named) == 1 and isinstance(only := next(iter(named.values())), dict):
        named = only
    arrays = {name: np.asarray(value) for name, value in named.items()}
    return {name: array for name, array in arrays.items() if array.dtype.kind in _PLAIN}


def _hand_over(path: str) -> int:
    """Write a file's arrays to stdout as an .npz; return the exit code."""
    from scipy.io.matlab import MatReadError

    try:
        arrays = _plain_arrays(path)
    except NotImplementedError:
        return _TOO_NEW
    except (
        MatReadError,
        *(OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, NameError),
        *(ArithmeticError, MemoryError, struct.error, zlib.error),
    ):  # all that scipy raises on damaged bytes
        return 1
    np.savez(sys.stdout.buffer, **arrays)  # type: ignore[arg-type] # its stub wants allow_pickle
    return 0


if __name__ == "__main__":
    sys.exit(_hand_over(sys.argv[1]))
