"""The two application folders: which one starts, how often that failed, and whether it is whole.

    /boot.py /main.py /slots.py   the loader; an update over the link never touches it
    /a/ /b/                       an application each: its modules, lib/ and manifest.json
    /slot.json                    [folder, 1 while on trial, starts since a good minute, 1 undone]

A manifest is a line of JSON for the whole and one for each file, so that no more than a line of it
is ever in memory; it is written last, so a folder without one is no application:

    {"version": "0.1", "files": 2}
    ["app.mpy", 7324, "sha256 in hex"]
    ["lib/posturecore/wire.mpy", 2120, "..."]
"""

import json
import os
import sys
from binascii import hexlify
from hashlib import sha256

FOLDERS = ("a", "b")
MANIFEST = "manifest.json"
MOST_FAILED = 3  # starts in a row before something else is tried
MOST_LINE = 200  # bytes of a manifest's line
_STATE = "slot.json"
_PIECE = 1024
_MOST_FILES = 200
_MOST_FILE_BYTES = 100_000
_PATH = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"


class Start:
    """What the loader decided: `folder` is "" when there is none, `failed` counts in a row."""

    def __init__(self, folder, is_safe, failed, was_undone):
        self.folder = folder
        self.is_safe = is_safe
        self.failed = failed
        self.was_undone = was_undone


class Slots:
    """The folders below `root`. Nothing here raises for what is damaged, missing or full."""

    def __init__(self, root):
        self.root = root.rstrip("/") + "/"
        self.folder, self.is_trial, self.starts, self.was_undone = self._load()

    @property
    def other(self):
        """The folder that does not start."""
        return beside(self.folder)

    def start(self):
        """Count a start and choose what starts; call it once, before the application.

        Three failed starts of a folder on trial, or of one that is no longer whole, give way to
        the other folder. Of a proven one they lead to safe mode: three tries of its own, three of
        the other folder's, and so on.
        """
        if not self._has_application(self.folder):
            if not self._has_application(self.other):
                return Start("", False, 0, False)
            self._undo()
        failed = self.starts
        if failed and failed % MOST_FAILED == 0 and self._should_undo():
            self._undo()
        folder = self.folder
        is_safe = self.starts >= MOST_FAILED
        if is_safe and self.starts // MOST_FAILED % 2 == 0 and self._has_application(self.other):
            folder = self.other
        self.starts += 1
        self._save()
        return Start(folder, is_safe, failed, self.was_undone)

    def enter(self, folder):
        """Let `import` look into a folder first."""
        sys.path[:0] = [self.root + folder, self.root + folder + "/lib"]

    def confirm(self):
        """The application ran well for a minute: it is proven and has not failed."""
        if self.starts or self.is_trial or self.was_undone:
            self.starts, self.is_trial, self.was_undone = 0, False, False
            self._save()

    def retry(self):
        """Safe mode ran well for a minute: let the next start try the application once."""
        if self.starts >= MOST_FAILED:
            self.starts = MOST_FAILED - 1
            self._save()

    def forgive(self):
        """Do not count this start: the device goes off or restarts because it was told to."""
        self.starts = max(0, self.starts - 1)
        self._save()

    def switch(self, folder):
        """Let a folder start from now on, on trial; raises OSError and changes nothing."""
        state = self.folder, self.is_trial, self.starts, self.was_undone
        self.folder, self.is_trial, self.starts, self.was_undone = folder, True, 0, False
        try:
            self._write()
        except OSError:
            self.folder, self.is_trial, self.starts, self.was_undone = state
            raise

    def _should_undo(self):
        if self.is_trial:
            return self._has_application(self.other)
        return not self.is_whole(self.folder) and self.is_whole(self.other)

    def _undo(self):
        self.folder, self.is_trial, self.starts, self.was_undone = self.other, False, 0, True
        self._save()

    # ---- a folder

    def is_whole(self, folder):
        """Tell whether every file of the manifest is there with its size and hash."""
        return last(self.checking(folder))

    def checking(self, folder, manifest=MANIFEST):
        """Do what `is_whole` does in short steps: yields None, and at last the verdict."""
        path = self.root + folder + "/"
        try:
            with open(path + manifest, "rb") as lines:
                for name, size, digest in rows(lines):
                    yield None
                    found = None
                    for found in _hashing(path + name):  # noqa: B007 - the last one counts
                        yield None
                    if found != (size, digest):
                        raise ValueError(name)
            yield True
        except (OSError, ValueError):
            yield False

    def _has_application(self, folder):
        try:
            with open(self.root + folder + "/" + MANIFEST, "rb") as file:
                header(file.readline())
        except (OSError, ValueError):
            return False
        return True

    # ---- what is remembered

    def _load(self):
        try:
            with open(self.root + _STATE) as file:
                folder, is_trial, starts, was_undone = json.load(file)
            if folder in FOLDERS and isinstance(starts, int) and starts >= 0:
                return folder, bool(is_trial), starts, bool(was_undone)
        except (OSError, ValueError, TypeError):
            pass
        return FOLDERS[not self._has_application(FOLDERS[0])], False, 0, False

    def _save(self):
        try:
            self._write()
        except OSError:  # no room in flash: a device that starts is worth more
            pass

    def _write(self):
        path = self.root + _STATE
        with open(path + ".new", "w") as file:
            state = [self.folder, int(self.is_trial), self.starts, int(self.was_undone)]
            json.dump(state, file)
        os.rename(path + ".new", path)


def beside(folder):
    """Return the other of the two folders."""
    return FOLDERS[folder == FOLDERS[0]]


def last(steps):
    """Run what is done in short steps to its end; return what it yields last."""
    found = None
    for found in steps:  # noqa: B007
        pass
    return found


def header(line):
    """Read a manifest's first line: (version, number of files); raises ValueError."""
    document = json.loads(line)
    try:
        version, files = document["version"], document["files"]
    except (KeyError, TypeError):
        raise ValueError("a manifest without version and files")
    if not isinstance(version, str) or not isinstance(files, int) or not 0 < files <= _MOST_FILES:
        raise ValueError("a manifest of {} files".format(files))
    return version, files


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


def _hashing(path):
    """Yield None for every piece of a file, and at last (its size, its sha256 in hex)."""
    buffer = bytearray(_PIECE)
    view, digest, size = memoryview(buffer), sha256(), 0
    with open(path, "rb") as file:
        count = file.readinto(buffer)
        while count:
            digest.update(view[:count])
            size += count
            yield None
            count = file.readinto(buffer)
    yield size, hexlify(digest.digest()).decode()
