"""Cut the power in an update on real littlefs2, at the n-th write to flash; prints "OK" at last.

Arguments: the first cut, the step between cuts. A cut tears the write it hits: a program leaves
half of its bytes, an erase half of its block. The update is sent, checked, and unpacked by the
next start; then once more in safe mode, which unpacks at once.
"""

import gc
import json
import os
import sys
from binascii import hexlify
from hashlib import sha256

import vfs

from posturecore import frames
from slots import Slots
from update import CHECKED, Update

_BLOCK, _BLOCKS = 4096, 96
_PIECE = 224
FIRST, STEP = int(sys.argv[1]), int(sys.argv[2])


class PowerCut(Exception):
    pass


class Flash:
    """A block device in memory that dies at a write, and works again after `revive`."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (_BLOCK * _BLOCKS))
        self.writes = 0
        self.cut_at = None

    def _dies(self):
        is_over = self.cut_at is not None and self.writes >= self.cut_at
        self.writes += 1
        return is_over

    def readblocks(self, block, buffer, offset=0):
        start = block * _BLOCK + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * _BLOCK + offset
        if self._dies():
            if self.writes == self.cut_at + 1:
                half = len(buffer) // 2
                self.data[start : start + half] = buffer[:half]
            return -5
        self.data[start : start + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if operation == 4:
            return _BLOCKS
        if operation == 5:
            return _BLOCK
        if operation == 6:
            if self._dies():
                if self.writes == self.cut_at + 1:
                    start = argument * _BLOCK
                    self.data[start : start + _BLOCK // 2] = b"\xff" * (_BLOCK // 2)
                return -5
            self.data[argument * _BLOCK : (argument + 1) * _BLOCK] = b"\xff" * _BLOCK
        return 0


def contents(mark):
    made = [("app.mpy", 4700), ("device.mpy", 40), ("lib/wire.mpy", 900)]
    return [(name, ((mark + name) * 600)[:size].encode()) for name, size in made]


def manifest(files):
    lines = [json.dumps({"version": "0.1", "files": len(files)})]
    for name, data in files:
        lines.append(json.dumps([name, len(data), hexlify(sha256(data).digest()).decode()]))
    return ("\n".join(lines) + "\n").encode()


def install(folder, files):
    os.mkdir(folder)
    os.mkdir(folder + "/lib")
    written = list(files)
    written.append(("manifest.json", manifest(files)))
    for name, data in written:
        with open(folder + "/" + name, "wb") as file:
            file.write(data)


OLD, NEW = contents("old "), contents("new ")
BUNDLE = manifest(NEW) + b"".join([data for _, data in NEW])
DIGEST = sha256(BUNDLE).digest()


def mount(flash):
    vfs.mount(vfs.VfsLfs2(flash, progsize=256, readsize=256, lookahead=32), "/flash")


def start(is_safe=False):
    """Start as the loader does; return the slots, what starts, an update and what it says."""
    slots = Slots("/flash")
    chosen = slots.start()
    said = []
    update = Update(slots, chosen.folder, is_safe)
    if update.is_waiting and not is_safe and update.unpack():
        return start()
    update.connect(lambda _, v: said.append(v), lambda *fault: None)
    return slots, chosen, update, said


def take(update, said):
    """Send an update as a host would; return whether it was checked."""
    code = update.begin((len(BUNDLE), DIGEST), ())
    if code != frames.ACK_DONE:
        return False
    for at in range(said[-1][0], len(BUNDLE), _PIECE):
        piece = BUNDLE[at : at + _PIECE]
        update.data((at, piece + bytes(_PIECE - len(piece))), ())
    if update.end((DIGEST,), ()) != frames.ACK_DONE:
        return False
    for _ in range(300):
        update.tend()
    return said[-1][2] == CHECKED


def is_installed(folder, files):
    for name, data in files:
        with open("/flash/" + folder + "/" + name, "rb") as file:
            if file.read() != data:
                return False
    return True


def cut(pristine, cut_at, is_safe):
    """Run an update into a cut, and what follows it; return whether the power went."""
    flash = Flash()
    flash.data[:] = pristine
    mount(flash)
    flash.writes, flash.cut_at = 0, cut_at
    try:
        _, _, update, said = start(is_safe)
        if take(update, said):
            start()
    except OSError:  # what the application answers with "failed"
        pass
    was_cut = flash.writes > cut_at
    vfs.umount("/flash")
    flash.cut_at = None
    mount(flash)
    slots, chosen, update, said = start()
    assert chosen.folder in ("a", "b"), chosen.folder
    assert not chosen.is_safe
    assert slots.is_whole(chosen.folder), "not whole"
    if chosen.folder == "a":
        assert is_installed("a", OLD), "a was touched"
        assert take(update, said), "cannot go on"
        assert start()[1].folder == "b", "not unpacked"
    assert is_installed("b", NEW)
    vfs.umount("/flash")
    return was_cut


def main():
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash, progsize=256, readsize=256, lookahead=32)
    mount(flash)
    install("/flash/a", OLD)
    vfs.umount("/flash")
    pristine = bytes(flash.data)
    cuts = 0
    for is_safe in (False, True):
        at = FIRST
        while cut(pristine, at, is_safe):
            gc.collect()
            at += STEP
            cuts += 1
    print(cuts, "cuts, the last before write", at)
    print("OK")


main()
