"""A board's flash in a folder: applications, bundles, and a power cut at any step of a change.

littlefs commits a file when it is closed, and a rename, a removal or a new folder at once; so does
this. A cut is a step that does not happen, and nothing after it does.
"""

import builtins
import hashlib
import io
import json
import os

import bundle as bundle_module
import manifest as manifest_module
import slots as slots_module
import update as update_module

MODULES = (bundle_module, manifest_module, slots_module, update_module)


def entries(path):
    for name in sorted(os.listdir(path)):
        yield name, os.stat(path + "/" + name)[0], 0


if not hasattr(os, "ilistdir"):  # MicroPython alone has it
    os.ilistdir = entries


class PowerCut(BaseException):
    """Not an Exception: no firmware may catch it."""


class Flash:
    """Counts the steps that change flash, and cuts the power before step `cut_at`."""

    def __init__(self, cut_at=None):
        self.steps = 0
        self.full_from = None
        self._cut_at = cut_at

    def _step(self):
        if self._cut_at is not None and self.steps >= self._cut_at:
            raise PowerCut
        if self.full_from is not None and self.steps >= self.full_from:
            raise OSError(28, "no space")
        self.steps += 1

    def open(self, path, mode="r"):
        if mode in ("r", "rb"):
            return builtins.open(path, mode)
        if "a" not in mode:
            self._step()
            builtins.open(path, "wb").close()
        return _File(self, path, mode)

    def commit(self, path, data):
        self._step()
        with builtins.open(path, "ab") as file:
            file.write(data)

    def ilistdir(self, path):
        """The order that tests most: the manifest comes first, as what is last is removed."""
        return iter(sorted(entries(path), key=lambda entry: entry[0] != "manifest.json"))

    def __getattr__(self, name):
        if name not in ("remove", "rename", "mkdir", "rmdir"):
            return getattr(os, name)

        def change(*arguments):
            self._step()
            getattr(os, name)(*arguments)

        return change


class _File(io.IOBase):
    """A file whose bytes reach flash when it is closed."""

    def __init__(self, flash, path, mode):
        self._flash, self._path = flash, path
        self._data = io.BytesIO()

    def write(self, data):
        return self._data.write(data.encode() if isinstance(data, str) else data)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._flash.commit(self._path, self._data.getvalue())


def use(monkeypatch, flash):
    """Let the firmware's modules work on this flash."""
    for module in MODULES:
        monkeypatch.setattr(module, "os", flash, raising=False)
        monkeypatch.setattr(module, "open", flash.open, raising=False)


def files(mark, sizes=(5000, 10, 0, 700)):
    """Make an application's files; two of different marks have no file in common."""
    names = ("app.mpy", "device.mpy", "drivers/__init__.mpy", "lib/posturecore/wire.mpy")
    return {name: (f"{mark} {name} ".encode() * 400)[:size] for name, size in zip(names, sizes)}


def manifest(contents, version="0.1"):
    lines = [{"version": version, "files": len(contents)}]
    for name, data in sorted(contents.items()):
        lines.append([name, len(data), hashlib.sha256(data).digest().hex()])
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def bundle(contents, **changes):
    return manifest(contents, **changes) + b"".join(data for _, data in sorted(contents.items()))


def install(folder, contents):
    """Write an application as the cable does."""
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "manifest.json").write_bytes(manifest(contents))


def installed(folder):
    """Read an application back, without its manifest."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if path.name != "manifest.json"
    }
