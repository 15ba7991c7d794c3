"""The two application folders: which one starts, and how often that failed.

    /boot.py /main.py /slots.py /manifest.py    the loader; no update over the link touches it
    /a/ /b/       an application each: its modules, lib/ and manifest.json
    /slot.json    [folder, 1 while on trial, starts since a good minute, 1 undone]

A folder without a manifest is no application. Whether one is whole is asked only after failed
starts: what that needs is in manifest.py, and takes no memory before.
"""

import json
import os
import sys

FOLDERS = ("a", "b")
MANIFEST = "manifest.json"
MOST_FAILED = 3  # starts in a row before something else is tried
_STATE = "slot.json"
_MOST_FILES = 200


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
        """Let a folder start from now on, on trial; what it raises has changed nothing."""
        state = self.folder, self.is_trial, self.starts, self.was_undone
        self.folder, self.is_trial, self.starts, self.was_undone = folder, True, 0, False
        try:
            self._write()
        except (OSError, MemoryError):
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
        from manifest import is_whole

        return is_whole(self.root + folder)

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
