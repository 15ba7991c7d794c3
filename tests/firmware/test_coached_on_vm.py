"""Coaching on the MicroPython virtual machines: what it tells and plays is what CPython does."""

import os
import subprocess
import sys

from posturecore.calibrate import DONE
from posturecore.flash import COACHING, MARK
from posturecore.frames import CALIBRATION
from tests.firmware.test_on_vm import SCRIPTS, run_on_vm
from trunkline.simulator import firmware_path

SCRIPT = "coached.py"


def run_here(*arguments):
    folder = firmware_path()
    path = os.pathsep.join([str(folder), str(folder / "lib")])
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / SCRIPT), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_the_vm_coaches_as_cpython_does(vm, tmp_path):
    (tmp_path / "vm").mkdir()
    (tmp_path / "here").mkdir()
    printed = run_on_vm(vm, SCRIPT, tmp_path / "vm")
    assert printed == run_here(str(tmp_path / "here"))
    told = [line.split()[1] for line in printed if line.startswith("told")]
    assert told.count(str(COACHING)) == 2
    assert told.count(str(MARK)) == 1
    assert f"told {CALIBRATION} (0, {DONE}, 449, 16393, 0, 0, 0, 0, 0, 16384)" in printed
    assert [line for line in printed if line in ("pair", "off")] == ["pair", "off"]
    assert sum(line.startswith("motor") for line in printed) > 40
