"""New files, whole or not at all: written beside their place, and moved there when done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trunkline.errors import InputError, TrunklineError


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a place to write to; behind the block the file stands at `path`, or nothing does.

    Raises:
        InputError: The path is taken, or its folder cannot be written.
        TrunklineError: The disk takes no more.
    """
    if path.exists():
        raise InputError(
            found=f"{str(path)!r}, which exists",
            expected="a new file: nothing is overwritten",
            hint="choose another name",
        )
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb"):
            pass  # to know before the work, not after it
    except OSError as error:
        raise InputError(
            found=f"{str(path)!r}: {error.strerror}",
            expected="a folder that can be written",
            hint="make the folder, or choose another",
        ) from error
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise TrunklineError(
            f"Found {str(path)!r}: {error.strerror or error}; expected room for the file; "
            "try: free some space and export again."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
