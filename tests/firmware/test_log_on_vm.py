"""The log on the real littlefs2: a power cut anywhere costs nothing that was safe."""

import os

import pytest

from tests.firmware.test_on_vm import run_on_vm

SOAK = "TRUNKLINE_SOAK"


def run_with_heap(vm, script, *arguments, timeout_s=100):
    options = ("-X", "heapsize=16m")
    return run_on_vm(vm, script, *arguments, options=options, timeout_s=timeout_s)


@pytest.mark.parametrize(("story", "stride"), [("burst", 41), ("room", 97)])
def test_power_cut_costs_nothing_that_was_safe(vm, story, stride):
    printed = run_with_heap(vm, "cuts.py", story, stride, stride // 2)
    assert printed[-1] == "OK", "\n".join(printed)
    assert int(printed[1].split()[0]) > 500


@pytest.mark.skipif(SOAK not in os.environ, reason=f"minutes long; `make soak` sets {SOAK}=1")
@pytest.mark.parametrize("story", ["burst", "room"])
def test_power_cut_at_every_byte_and_erase_costs_nothing_that_was_safe(vm, story):
    printed = run_with_heap(vm, "cuts.py", story, 1, 0, timeout_s=1200)
    assert printed[-1] == "OK", "\n".join(printed)
    print("\n".join(printed))


def test_log_fits_its_heap_and_minutes_take_none(vm):
    printed = run_with_heap(vm, "log_heap.py")
    assert printed[-1] == "OK", "\n".join(printed)


def test_flash_of_the_cuts_refuses_to_program_twice(vm):
    printed = run_with_heap(vm, "norflash_check.py")
    assert printed[-1] == "OK", "\n".join(printed)
