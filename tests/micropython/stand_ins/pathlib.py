"""As much of pathlib as the firmware's unit tests use, for MicroPython."""

import os

_FOLDER = 0x4000


class Path:
    def __init__(self, *parts):
        path = str(parts[0])
        for part in parts[1:]:
            path = path.rstrip("/") + "/" + str(part)
        self._path = path

    def __truediv__(self, part):
        return Path(self, part)

    def __str__(self):
        return self._path

    def __repr__(self):
        return "Path(%r)" % self._path

    def __eq__(self, other):
        return self._path == str(other)

    def __lt__(self, other):
        return self._path < str(other)

    def __hash__(self):
        return hash(self._path)

    @property
    def name(self):
        return self._path.rsplit("/", 1)[-1]

    @property
    def parent(self):
        return Path(self._path.rsplit("/", 1)[0] or "/")

    def as_posix(self):
        return self._path

    def relative_to(self, folder):
        start = str(folder).rstrip("/") + "/"
        if not self._path.startswith(start):
            raise ValueError("%s is not in %s" % (self._path, start))
        return Path(self._path[len(start) :])

    def open(self, mode="r"):
        return open(self._path, mode)

    def read_bytes(self):
        with open(self._path, "rb") as file:
            return file.read()

    def read_text(self, encoding="utf-8"):
        return self.read_bytes().decode()

    def write_bytes(self, data):
        with open(self._path, "wb") as file:
            return file.write(data)

    def write_text(self, text, encoding="utf-8"):
        return self.write_bytes(text.encode())

    def stat(self):
        return _Stat(os.stat(self._path))

    def exists(self):
        try:
            os.stat(self._path)
        except OSError:
            return False
        return True

    def is_dir(self):
        return self.exists() and bool(os.stat(self._path)[0] & _FOLDER)

    def is_file(self):
        return self.exists() and not self.is_dir()

    def mkdir(self, parents=False, exist_ok=False):
        if exist_ok and self.is_dir():
            return
        if parents and not self.parent.exists():
            self.parent.mkdir(parents=True, exist_ok=True)
        os.mkdir(self._path)

    def rmdir(self):
        os.rmdir(self._path)

    def unlink(self, missing_ok=False):
        if self.exists() or not missing_ok:
            os.remove(self._path)

    def rename(self, target):
        os.rename(self._path, str(target))

    def iterdir(self):
        return iter([self / name for name in os.listdir(self._path)])

    def glob(self, pattern):
        """Find what ends like "*.log"; other patterns are refused."""
        if pattern[:1] != "*" or set("*?[/") & set(pattern[1:]):
            raise ValueError("found %r; expected one like *.log" % pattern)
        return [path for path in self.iterdir() if path.name.endswith(pattern[1:])]

    def rglob(self, pattern):
        found = self.glob(pattern)
        for path in self.iterdir():
            if path.is_dir():
                found += path.rglob(pattern)
        return found


class _Stat:
    def __init__(self, row):
        self.st_size = row[6]
