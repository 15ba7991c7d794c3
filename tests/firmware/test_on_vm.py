"""The firmware's modules on the real MicroPython virtual machine, without a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.simulator import firmware_path

SCRIPTS = Path(__file__).parent / "scripts"
RUN_VM = "import sys, micropython_unix as vm; sys.exit(vm.main())"


def run_on_vm(script: str, *arguments: str) -> list[str]:
    """Run a script as the virtual board would; return what it printed."""
    folder = firmware_path()
    path = [folder / "boards" / "sim", folder, folder / "lib"]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    done = subprocess.run(
        [sys.executable, "-c", RUN_VM, str(SCRIPTS / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_module_imports():
    printed = run_on_vm("imports.py", str(firmware_path()))
    assert printed[-1] == "OK"
    assert int(printed[-2].split()[0]) >= 25


def test_update_survives_a_power_cut_at_every_write_to_littlefs():
    printed = run_on_vm("update_cuts.py", "0", "1")
    assert printed[-1] == "OK"
    assert int(printed[-2].split()[0]) >= 40


@pytest.mark.parametrize("sensor", ["lsm6dsv16x", "mpu6050"])
def test_samples_allocate_nothing(sensor):
    printed = run_on_vm("heap.py", sensor)
    assert printed[-1] == "OK", printed
    assert printed[0].startswith("0 bytes for 2000 samples")
