"""MATLAB files read as the product reads them, a process each, at a fuzzer's rate.

    python -m tests.fuzz.mat_server         a line in: a file; a line out: how its reading ended

One process has Python and scipy loaded and forks for every file. A fork does what the product's
own process does, and whatever a damaged file does to it, the next one is as new.
"""

import atexit
import functools
import os
import resource
import signal
import subprocess
import sys
import traceback
import zlib
from pathlib import Path
from typing import Any

from trunkline.readers import mat

PLACES = 256
_HUNG_S = 5  # of the processor's time, whatever else the machine does
_UNEXPECTED = 70  # it raised what the product does not know of


class MatServer:
    """Starts the process at once, and ends it with this one.

    Attributes:
        place: Where scipy gave the last file up, a number below PLACES; 0: nowhere.
        has_hung: Whether it was still reading the last one after `_HUNG_S`.
    """

    def __init__(self) -> None:
        self.place, self.has_hung = 0, False
        command = [sys.executable, "-m", __name__]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        atexit.register(self._process.communicate)

    def read(self, path: Path) -> tuple[int, bytes]:
        """Read a file, as `mat.in_own_process`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(path, file=self._process.stdin, flush=True)
        code, self.place = map(int, self._process.stdout.readline().split())
        self.has_hung = code == -signal.SIGXCPU
        if code == _UNEXPECTED:
            raise AssertionError(f"{path.name} raised, see stderr, what {mat.__name__} misses")
        handed_over = _handed_over(str(path))
        packed = handed_over.read_bytes()
        handed_over.unlink()
        return code, packed


@functools.cache
def server() -> MatServer:
    """Give the one server of this process."""
    return MatServer()


def _handed_over(path: str) -> Path:
    return Path(path + ".npz")


def _place(error: Exception) -> int:
    """Number the line that raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return 1 + zlib.crc32(f"{last.filename}:{last.lineno}".encode()) % (PLACES - 1)


def _read(path: str, told: int) -> int:
    """Read a file, in a fork; tell where scipy gives it up in one byte."""
    import scipy.io

    loadmat = scipy.io.loadmat

    def telling(*args: Any, **options: Any) -> Any:
        try:
            return loadmat(*args, **options)
        except Exception as error:
            os.write(told, bytes([_place(error)]))
            raise

    scipy.io.loadmat = telling
    os.dup2(os.open(_handed_over(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    resource.setrlimit(resource.RLIMIT_CPU, (_HUNG_S, _HUNG_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = mat.hand_over(path)
    sys.stdout.flush()
    return code


def _fork(path: str) -> tuple[int, int]:
    """Read a file in a fork; give its exit code and the place."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        code = _UNEXPECTED
        try:
            code = _read(path, told)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(told)
    place = os.read(heard, 1)
    os.close(heard)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int.from_bytes(place)


def main() -> None:
    """Serve until stdin ends."""
    import scipy.io  # noqa: F401 - once for all

    for line in sys.stdin:
        print(*_fork(line.rstrip("\n")), flush=True)


if __name__ == "__main__":
    main()
