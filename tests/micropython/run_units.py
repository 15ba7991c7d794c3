"""Run one module of the firmware's unit tests on MicroPython.

run_units.py MODULE FOLDER: the file FOLDER/tests holds the names of the tests to run, and those of
each function's arguments, which MicroPython does not keep. Prints a JSON line for each test at its
end: [name, [[id, error] of each row of arguments that failed]].
"""

import io
import json
import os
import random
import sys
from pathlib import Path

import hypothesis
import pytest

BLOCK_BYTES, BLOCKS = 4096, 512
FLASH = "/flash"
GENERATOR = type((_ for _ in ()))


class Ram:
    """A device of blocks for littlefs."""

    ERASED = b"\xff" * BLOCK_BYTES

    def __init__(self):
        self._blocks = {}

    def readblocks(self, number, buffer, offset=0):
        block = memoryview(self._blocks.get(number, self.ERASED))
        buffer[:] = block[offset : offset + len(buffer)]

    def writeblocks(self, number, buffer, offset=0):
        self._blocks[number][offset : offset + len(buffer)] = buffer

    def ioctl(self, request, value):
        if request == 4:
            return BLOCKS
        if request == 5:
            return BLOCK_BYTES
        if request == 6:
            self._blocks[value] = bytearray(self.ERASED)
        return 0


class Folders:
    """New folders of the host, for what is too large for a flash."""

    def __init__(self, root):
        self._root, self._count = root, 0

    def mktemp(self, name):
        self._count += 1
        folder = Path(self._root, "%s%d" % (name, self._count))
        folder.mkdir()
        return folder


class Values:
    """What the fixtures of one test, or of the module, gave."""

    def __init__(self, arguments, folders, outer=None):
        self.made, self.last_steps = {}, []
        self._arguments, self.folders, self._outer = arguments, folders, outer

    def get(self, name):
        fixture = pytest.FIXTURES.get(name)
        if self._outer and (name == "tmp_path_factory" or (fixture and fixture.scope == "module")):
            return self._outer.get(name)
        if name not in self.made:
            self.made[name] = self._make(name, fixture)
        return self.made[name]

    def _make(self, name, fixture):
        if fixture:
            value = fixture.make(
                **{n: self.get(n) for n in self._arguments[fixture.make.__name__]}
            )
            if type(value) is not GENERATOR:
                return value
            self.last_steps.append(lambda: next(value, None))
            return next(value)
        if name == "tmp_path":
            return self._flash()
        if name == "tmp_path_factory":
            return self.folders
        if name == "monkeypatch":
            patch = pytest.MonkeyPatch()
            self.last_steps.append(patch.undo)
            return patch
        raise NameError("there is no fixture %s on the VM" % name)

    def _flash(self):
        """A littlefs of its own: what the device has."""
        device = Ram()
        os.VfsLfs2.mkfs(device)
        os.mount(os.VfsLfs2(device), FLASH)
        self.last_steps.append(lambda: os.umount(FLASH))
        return Path(FLASH)

    def end(self):
        """Take the last steps, last first, each of them whatever the others do."""
        if self.last_steps:
            try:
                self.last_steps.pop()()
            finally:
                self.end()


def call(test, row, arguments, module_values):
    values = Values(arguments, module_values.folders, module_values)
    names = arguments[test.function.__name__]
    strategies = test.strategies_of(names)
    try:
        given = dict(row)
        for name in names:
            if name not in given and name not in strategies:
                given[name] = values.get(name)
        for _ in range(hypothesis.EXAMPLES if strategies else 1):
            example = {name: one.draw() for name, one in strategies.items()}
            try:
                test.function(**dict(given, **example))
            except Exception:
                if example:
                    print(test.function.__name__, "was given", example)
                raise
    finally:
        values.end()


def told(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def failures(test, arguments, module_values):
    """Run a test with all its rows; return what failed."""
    failed = []
    for id, row in test.rows:
        random.seed(1)
        try:
            call(test, row, arguments, module_values)
        except BaseException as error:  # a power cut is no Exception
            failed.append([id, told(error)])
    return failed


def main(module, folder):
    with open(folder + "/tests") as file:
        names, arguments = json.load(file)
    module_values = Values(arguments, Folders(folder))
    tests = __import__(module, None, None, ("*",))
    for name in names:
        test = pytest.test_of(getattr(tests, name))
        print(json.dumps([name, failures(test, arguments, module_values)]))
    module_values.end()


main(*sys.argv[1:])
