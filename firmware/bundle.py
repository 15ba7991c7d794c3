"""A bundle in flash, unpacked into an application folder in short steps.

Every function that yields is one of short steps: between two of them the firmware does its work.
"""

import os

from manifest import MOST_LINE, checking, row, rows
from slots import MANIFEST, header
from update import BUNDLE, remove, size_of

_NEW_MANIFEST = "manifest.new"
_FOLDER = 0x4000  # in what the file system says of an entry
_ENTRY = ("device.mpy", "device.py")  # an application has one of them


def unpack(slots, folder, buffer):
    """Write the bundle's files to a folder, check them and switch to it, in short steps.

    `buffer` is what they pass through. Raises ValueError for a bundle that is none, OSError when
    flash does not take it.
    """
    target = slots.root + folder
    manifest_bytes = _check_manifest(slots.root + BUNDLE)
    yield
    remove(target + "/" + MANIFEST)  # first of all: what follows is no application
    yield from _clear(target)
    _make_folders(target + "/")
    with open(slots.root + BUNDLE, "rb") as lines, open(slots.root + BUNDLE, "rb") as data:
        data.seek(manifest_bytes)
        for name, size, _ in rows(lines):
            yield from _copy(data, size, target + "/" + name, buffer)
        lines.seek(0)
        yield from _copy(lines, manifest_bytes, target + "/" + _NEW_MANIFEST, buffer)
    verdict = None
    for verdict in checking(target, buffer, _NEW_MANIFEST):  # noqa: B007 - the last one counts
        yield
    if not verdict:
        raise ValueError("files that are not as the manifest says")
    os.rename(target + "/" + _NEW_MANIFEST, target + "/" + MANIFEST)
    slots.switch(folder)


def _check_manifest(path):
    """Return the bytes of a bundle's manifest; raises ValueError when the parts do not fit."""
    expected, last, has_entry = 0, "", False
    with open(path, "rb") as lines:
        _, files = header(_line(lines))
        for _ in range(files):
            name, size, _ = row(_line(lines))
            if name <= last:  # in order none is there twice, and none need be remembered
                raise ValueError("a manifest out of order")
            last = name
            has_entry = has_entry or name in _ENTRY
            expected += size
        manifest_bytes = lines.tell()
    if not has_entry or manifest_bytes + expected != size_of(path):
        raise ValueError("a bundle whose manifest does not fit it")
    return manifest_bytes


def _line(lines):
    line = lines.readline(MOST_LINE)
    if line[-1:] != b"\n":
        raise ValueError("a manifest with a line without an end")
    return line


def _copy(source, size, path, buffer):
    _make_folders(path)
    with open(path, "wb") as file:
        while size:
            count = source.readinto(memoryview(buffer)[: min(size, len(buffer))])
            if not count:
                raise ValueError("a bundle that ends too early")
            file.write(memoryview(buffer)[:count])
            size -= count
            yield


def _make_folders(path):
    parts = path.split("/")[:-1]
    for k in range(1, len(parts) + 1):
        folder = "/".join(parts[:k])
        if folder and not _is_folder(folder):
            os.mkdir(folder)


def _clear(folder):
    """Remove everything in a folder, one by one: their names are too many to be held at once."""
    if not _is_folder(folder):
        return
    path = folder
    while True:
        entry = _last(path)
        if entry is None:
            if path == folder:
                return
            os.rmdir(path)
            path = path[: path.rindex("/")]
        elif entry[1] & _FOLDER:
            path += "/" + entry[0]
            continue
        else:
            os.remove(path + "/" + entry[0])
        yield


def _last(folder):
    entry = None
    for entry in os.ilistdir(folder):  # noqa: B007 - to its end, or the folder stays open
        pass
    return entry


def _is_folder(path):
    try:
        return bool(os.stat(path)[0] & _FOLDER)
    except OSError:
        return False
