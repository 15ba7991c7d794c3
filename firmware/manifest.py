"""What an application consists of, and whether all of it is there. Part of the loader.

A manifest is a line of JSON for the whole and one for each file, so that no more than a line of it
is ever in memory; it is written last, so a folder without one is no application:

    {"version": "0.1", "files": 2}
    ["app.mpy", 7324, "sha256 in hex"]
    ["lib/posturecore/wire.mpy", 2120, "..."]
"""

import json
from binascii import hexlify
from hashlib import sha256

from slots import MANIFEST, header

MOST_LINE = 200  # bytes
_PIECE = 1024
_MOST_FILE_BYTES = 100_000
_PATH = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"


def is_whole(folder):
    """Tell whether every file of a folder's manifest is there with its size and hash."""
    found = None
    for found in checking(folder, bytearray(_PIECE)):  # noqa: B007 - the last one counts
        pass
    return found


def checking(folder, buffer, manifest=MANIFEST):
    """Do what `is_whole` does in short steps: yields None, and at last the verdict.

    `buffer` is what the files are read into.
    """
    try:
        with open(folder + "/" + manifest, "rb") as lines:
            for name, size, digest in rows(lines):
                yield None
                found = None
                for found in _hashing(folder + "/" + name, buffer):  # noqa: B007 - as above
                    yield None
                if found != (size, digest):
                    raise ValueError(name)
        yield True
    except (OSError, ValueError):
        yield False


def row(line):
    """Read a manifest's line: (path, size, sha256 in hex); raises ValueError."""
    try:
        name, size, digest = json.loads(line)
        is_good = 0 <= size <= _MOST_FILE_BYTES and len(digest) == 64 and _is_sane(name)
    except (AttributeError, TypeError):
        is_good = False
    if not is_good:
        raise ValueError("a manifest with a bad line")
    return name, size, digest


def rows(manifest):
    """Read the lines of an open manifest, one by one; raises ValueError."""
    _, files = header(manifest.readline(MOST_LINE))
    for _ in range(files):
        yield row(manifest.readline(MOST_LINE))


def _is_sane(name):
    parts = name.split("/")
    if name == MANIFEST or len(name) > 80 or len(parts) > 4:
        return False
    return all(part and part[0] != "." for part in parts) and all(c in _PATH for c in name)


def _hashing(path, buffer):
    """Yield None for every piece of a file, and at last (its size, its sha256 in hex)."""
    view, digest, size = memoryview(buffer), sha256(), 0
    with open(path, "rb") as file:
        count = file.readinto(buffer)
        while count:
            digest.update(view[:count])
            size += count
            yield None
            count = file.readinto(buffer)
    yield size, hexlify(digest.digest()).decode()
