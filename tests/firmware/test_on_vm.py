"""The firmware's modules on the real MicroPython virtual machines, without a host."""

import os
import subprocess
from pathlib import Path

import pytest

from trunkline.simulator import firmware_path
from trunkline.simulator.vm import vm_command

SCRIPTS = Path(__file__).parent / "scripts"


def run_on_vm(vm, script, *arguments, options=(), timeout_s=60):
    """Run a script as the virtual board would, on the `vm` of conftest; return its lines."""
    folder = firmware_path()
    path = [folder / "boards" / "sim", folder, folder / "lib"]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"]), **vm}
    done = subprocess.run(
        [*vm_command(environment), *options, str(SCRIPTS / script), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_module_imports(vm):
    printed = run_on_vm(vm, "imports.py", firmware_path())
    assert printed[-1] == "OK"
    assert int(printed[-2].split()[0]) >= 25


def test_update_survives_a_power_cut_at_every_write_to_littlefs(vm):
    printed = run_on_vm(vm, "update_cuts.py", 0, 1, options=("-X", "heapsize=4m"))
    assert printed[-1] == "OK"
    assert int(printed[-2].split()[0]) >= 80


@pytest.mark.parametrize("sensor", ["lsm6dsv16x", "mpu6050"])
def test_samples_allocate_nothing(vm, sensor):
    printed = run_on_vm(vm, "heap.py", sensor)
    assert printed[-1] == "OK", printed
    assert printed[0].startswith("0 bytes for 2000 samples")
