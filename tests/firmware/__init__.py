"""Tests of the firmware, which is put on the path; the VM has it there from the start."""

import sys

if sys.implementation.name == "cpython":
    from trunkline.simulator import firmware_path

    sys.path.insert(0, str(firmware_path()))
    sys.path.insert(0, str(firmware_path() / "boards" / "sim"))
