"""Read a MATLAB file (version 7 or older): the names of arrays are those of an `.npz`.

scipy reads it, in a process of its own: scipy 1.17 crashes on some damaged files, and takes all
memory for others that are a kilobyte. A damaged file must cost one sentence, not the program.
"""

import contextlib
import io
import os
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
_DAMAGED, _TOO_NEW, _TOO_LARGE = 1, 3, 4
_MARK = "_"  # before each name handed over: numpy.savez has arguments of its own, as `file`
# What a file may take to be read, where a process can be kept to it (Linux). [D]: compressed
# arrays are seldom under a tenth of themselves, and are held three times over.
_ROOM_BYTES, _ROOM_PER_BYTE = 256 << 20, 32


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

    code, packed = in_own_process(path)
    if code == _TOO_NEW:
        raise InputError(
            found=f"{path.name!r} of MATLAB's version 7.3",
            expected="version 7 or older",
            hint="save('file.mat', '-v7') in MATLAB",
        )
    if code == _TOO_LARGE:
        raise InputError(
            found=f"{path.name!r}, which asks for more memory than a file of its size needs",
            expected="a whole MATLAB file",
            hint="copy it again, or save('file.mat', '-v6') in MATLAB",
        )
    if code != 0:
        raise InputError(
            found=f"{path.name!r}, which is no whole MATLAB file",
            expected="a .mat file with plain arrays",
            hint="copy or save it again",
        )
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        return {name.removeprefix(_MARK): archive[name] for name in archive.files}


def in_own_process(path: Path) -> tuple[int, bytes]:
    """Give the exit code of a process that reads a file, below 0 if it died, and its .npz."""
    command = [sys.executable, "-m", __name__, str(path)]
    # Threads for linear algebra would take room that is counted.
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=False, env=env)
    return done.returncode, done.stdout


def _plain_arrays(path: str) -> dict[str, NDArray[Any]]:
    from scipy.io import loadmat

    values = loadmat(path, appendmat=False, simplify_cells=True)
    named = {name: value for name, value in values.items() if not name.startswith("__")}
    if len(named) == 1 and isinstance(only := next(iter(named.values())), dict):
        named = only
    arrays = {name: np.asarray(value) for name, value in named.items()}
    return {name: array for name, array in arrays.items() if array.dtype.kind in _PLAIN}


def hand_over(path: str) -> int:
    """Write a file's arrays to stdout as an .npz; return the exit code."""
    from scipy.io.matlab import MatReadError

    _limit_memory(Path(path))
    try:
        arrays = _plain_arrays(path)
    except NotImplementedError:
        return _TOO_NEW
    except MemoryError:
        return _TOO_LARGE
    except (
        MatReadError,
        *(OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, NameError),
        *(ArithmeticError, struct.error, zlib.error),
    ):  # all that scipy raises on damaged bytes
        return _DAMAGED
    marked = {_MARK + name: array for name, array in arrays.items()}
    np.savez(sys.stdout.buffer, **marked)  # type: ignore[arg-type] # its stub wants allow_pickle
    return 0


def _limit_memory(path: Path) -> None:
    """Let this process grow by what a file of that size may need; only Linux can."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    import resource

    room = _ROOM_BYTES + _ROOM_PER_BYTE * path.stat().st_size
    limit = pages * resource.getpagesize() + room
    with contextlib.suppress(ValueError):  # somebody has set a tighter one
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    sys.exit(hand_over(sys.argv[1]))
