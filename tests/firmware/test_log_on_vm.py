"""The log on the real littlefs2: a power cut anywhere costs nothing that was safe."""

import os
import subprocess
import sys

import pytest

from tests.firmware.test_on_vm import RUN_VM, SCRIPTS
from trunkline.simulator import firmware_path

SOAK = "TRUNKLINE_SOAK"


def run_with_heap(script, *arguments, timeout_s=100):
    folder = firmware_path()
    path = [folder / "boards" / "sim", folder, folder / "lib"]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    command = [sys.executable, "-c", RUN_VM, "-X", "heapsize=16m", str(SCRIPTS / script)]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(("story", "stride"), [("burst", 41), ("room", 97)])
def test_power_cut_costs_nothing_that_was_safe(story, stride):
    printed = run_with_heap("cuts.py", story, stride, stride // 2)
    assert printed[-1] == "OK", "\n".join(printed)
    assert int(printed[1].split()[0]) > 500


@pytest.mark.skipif(SOAK not in os.environ, reason=f"minutes long; `make soak` sets {SOAK}=1")
@pytest.mark.parametrize("story", ["burst", "room"])
def test_power_cut_at_every_byte_and_erase_costs_nothing_that_was_safe(story):
    printed = run_with_heap("cuts.py", story, 1, 0, timeout_s=1200)
    assert printed[-1] == "OK", "\n".join(printed)
    print("\n".join(printed))


def test_log_fits_its_heap_and_minutes_take_none():
    printed = run_with_heap("log_heap.py")
    assert printed[-1] == "OK", "\n".join(printed)


def test_flash_of_the_cuts_refuses_to_program_twice():
    printed = run_with_heap("norflash_check.py")
    assert printed[-1] == "OK", "\n".join(printed)
