"""Each unit test of the firmware a second time, on the MicroPython VMs.

A file of this folder is run by pytest as usual, and once more by one process of each VM for the
whole file; there each test function is an item `test_name[vm64]`. What pytest's features are
there says tests/micropython/stand_ins/pytest.py.
"""

import ast
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, VM32, chosen_vm32
from trunkline.simulator import firmware_path
from trunkline.simulator.vm import vm_command

MICROPYTHON = ROOT / "tests/micropython"
VMS = ("vm64", "vm32") if VM32.exists() else ("vm64",)
OPTIONS = ["-X", "heapsize=16m"]
SOAK = bool(os.environ.get("TRUNKLINE_SOAK"))
LONGEST_S = 600 if SOAK else 120

# What CPython alone runs, and why.
DESK = "it tests what runs on a desk"
PROCESSES = "it starts VMs of its own"
CPYTHON_ONLY = {
    "test_linker.py": DESK,
    "test_compile.py": DESK,
    "test_modules.py": DESK,
    "test_boot.py": "it stands in for `machine`, which the VM has",
    "test_xiao_board.py": "it stands in for `machine` and `esp32`",
    "test_both_imus.py": "it compares by numpy",
    "test_log_model.py": "a machine of Hypothesis",
    "test_on_vm.py": PROCESSES,
    "test_coached_on_vm.py": PROCESSES,
    "test_log_on_vm.py": PROCESSES,
    "test_ports_on_vm.py": PROCESSES,
    "test_console.py": PROCESSES,
    "test_imu_board.py": PROCESSES,
    "test_interrupt.py": PROCESSES,
    "test_memory.py": PROCESSES,
}


@pytest.hookimpl(trylast=True)  # after the same tests on CPython, which say more
def pytest_collect_file(file_path, parent):
    if file_path.match("test_*.py") and file_path.name not in CPYTHON_ONLY:
        return VmFile.from_parent(parent, path=file_path)
    return None


def functions_in(path):
    """Give the functions of a file as they stand in it, by name."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def runs_on_vm(function):
    marks = [ast.unparse(decorator) for decorator in function.decorator_list]
    left_out = ("pytest.mark.cpython",) + (() if SOAK else ("pytest.mark.long_on_vm",))
    return function.name.startswith("test_") and not any(
        mark.startswith(left_out) for mark in marks
    )


class VmFile(pytest.File):
    """A file of tests for the VMs; each runs it when its first test is asked for."""

    def collect(self):
        self.functions = functions_in(self.path)
        self._names = [name for name, node in self.functions.items() if runs_on_vm(node)]
        self._results = {}
        for name in self._names:
            for vm in VMS:
                yield VmTest.from_parent(self, name=f"{name}[{vm}]", test=name, vm=vm)

    def results(self, vm):
        """Give {name: [[id, error] of each row that failed]}, and what else was printed."""
        if vm not in self._results:
            with tempfile.TemporaryDirectory() as folder:
                self._results[vm] = sorted_out(self._run(vm, Path(folder)))
        return self._results[vm]

    def _run(self, vm, folder):
        arguments = {
            name: [argument.arg for argument in node.args.args]
            for name, node in self.functions.items()
        }
        (folder / "tests").write_text(json.dumps([self._names, arguments]))
        firmware = firmware_path()
        path = [MICROPYTHON / "stand_ins", firmware / "boards/sim", firmware, firmware / "lib"]
        environment = {
            **os.environ,
            "MICROPYPATH": ":".join([*map(str, path), str(ROOT), ".frozen"]),
            **({} if vm == VMS[0] else chosen_vm32()),
        }
        module = ".".join(self.path.relative_to(ROOT).with_suffix("").parts)
        script = [str(MICROPYTHON / "run_units.py"), module, str(folder)]
        command = [*vm_command(environment), *OPTIONS, *script]
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            done = subprocess.run(command, env=environment, timeout=LONGEST_S, **both)
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"") + b"\nIt took too long."
        return done.stdout


def sorted_out(output):
    """Give what failed of each test that has come to its end, and the last of all else printed."""
    failed, printed = {}, []
    for line in output.decode(errors="replace").splitlines():
        if line.startswith('["test_'):
            name, rows = json.loads(line)
            failed[name] = rows
        else:
            printed.append(line)
    return failed, "\n".join(printed[-40:])


class VmTest(pytest.Item):
    """One test function on one VM, with all its rows of arguments."""

    def __init__(self, *, test, vm, **options):
        super().__init__(**options)
        self.test, self.vm = test, vm

    def runtest(self):
        results, printed = self.parent.results(self.vm)
        if self.test not in results:
            raise VmError(f"It did not come to its end on {self.vm}.\n{printed}")
        failed = [f"{row_id}\n{error}" for row_id, error in results[self.test]]
        if failed:
            raise VmError("\n".join([f"On {self.vm}:", *failed, printed]))

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, VmError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.parent.functions[self.test].lineno - 1, self.name


class VmError(Exception):
    """What the VM said of a test that failed."""
