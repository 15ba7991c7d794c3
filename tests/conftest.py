"""What all tests share: patience for the slow first call, and examples that can be run again.

And which MicroPython they run on: the `vm` fixture, of two.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A shared machine is slow now and then: a deadline would fail tests that are right. The examples
# are the same in each run, so that what CI says of a change is about the change;
# TRUNKLINE_EXPLORE=1 looks for new ones.
settings.register_profile(
    "trunkline",
    deadline=None,
    derandomize=not os.environ.get("TRUNKLINE_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("trunkline")

ROOT = Path(__file__).resolve().parents[1]
VM32 = ROOT / "build/vm32/micropython"


@pytest.fixture(params=["64 bits", "32 bits"])
def vm(request):
    """Give the environment that chooses a MicroPython VM.

    The packaged one has wider integers and floats than an ESP32; the other one is like it.
    """
    return {} if request.param == "64 bits" else chosen_vm32()


@pytest.fixture
def vm32():
    """Give the environment that chooses the VM that is like an ESP32's."""
    return chosen_vm32()


def chosen_vm32():
    if not VM32.exists():
        pytest.skip("no 32-bit VM; on Debian, run: make vm32")
    return {"TRUNKLINE_SIM_VM": str(VM32)}
