"""`make mpy`: every firmware file compiles for the board, and for another 32-bit chip."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.simulator import firmware_path
from trunkline.simulator.vm import vm_command

sys.path.append(str(firmware_path()))

import compile as compiler
from slots import Slots

REPOSITORY = Path(__file__).resolve().parents[2]


def test_build_makes_what_the_board_needs_within_the_budget():
    done = subprocess.run(
        [sys.executable, "firmware/compile.py"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    made = REPOSITORY / "build" / "mpy" / "xiao_esp32s3"
    names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    at_root = {name for name in names if "/" not in name}
    assert at_root == {"boot.py", "main.py", "slots.py", "manifest.py", "slot.json"}
    wanted = {"app.mpy", "board.mpy", "ble/link.mpy", "lib/posturecore/wire.mpy", "manifest.json"}
    assert {f"a/{name}" for name in wanted} <= names
    desk = ("sim", "compile", "desk")
    assert not [name for name in names if any(word in name for word in desk)]
    total = sum((made / name).stat().st_size for name in names if not name.endswith(".json"))
    assert f"{total}  bytes of" in done.stdout


def test_what_is_built_is_whole_as_the_device_checks_it(tmp_path):
    compiler.build(firmware_path(), tmp_path / "flash", "x64", board=None)
    slots = Slots(str(tmp_path / "flash"))
    assert slots.is_whole("a")
    start = slots.start()
    assert (start.folder, start.is_safe, start.failed) == ("a", False, 0)


def test_what_goes_on_the_board_decides_the_same(vm, tmp_path):
    """Every golden vector, computed on the VMs by the compiled modules."""
    scripts = ("tests/micropython/check_vectors.py", "tests/vectors/synthetic.py")
    readers = tuple((REPOSITORY / script).read_text("utf-8") for script in scripts)
    made = compiler.build(firmware_path(), tmp_path, "x64", board=None, readers=readers)
    assert made.complaints == []
    path = [str(tmp_path / "a" / "lib"), "tests/vectors"]
    done = subprocess.run(
        [*vm_command(vm), scripts[0]],
        cwd=REPOSITORY,
        env={**os.environ, "MICROPYPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout + done.stderr == "OK\n"


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_every_file_compiles_for_32_bits(tmp_path, architecture):
    made = compiler.build(firmware_path(), tmp_path / "out", architecture)
    assert made.complaints == []
    names = ["app", "sampler", "storage/documents", "drivers/lsm6dsv16x", "lib/posturecore/decide"]
    assert {f"a/{name}.mpy" for name in names} <= set(made.sizes)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(:\n", id="syntax"),
        pytest.param(
            "import micropython\n@micropython.viper\ndef f() -> int:\n    x: int = 1 << 31\n"
            "    x = x + (1 << 40)\n    return x\n",
            id="a-constant-of-more-than-32-bits",
        ),
    ],
)
def test_file_that_does_not_compile_is_named(tmp_path, source):
    firmware = tmp_path / "firmware"
    (firmware / "boards" / "xiao_esp32s3").mkdir(parents=True)
    (firmware / "main.py").write_text("import bad\nbad.f()\n")
    (firmware / "bad.py").write_text(source)
    made = compiler.build(firmware, tmp_path / "out")
    assert list(made.sizes) == ["main.py"]
    assert len(made.complaints) == 1
    assert made.complaints[0].startswith("Found bad.py not to compile for xtensawin")


def test_firmware_past_its_budget_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(compiler, "BUDGET_BYTES", 1000)
    assert compiler.main([]) == 1
    assert "expected at most 1000" in capsys.readouterr().err


def test_what_it_does_not_know_is_refused(capsys):
    assert compiler.main(["--line"]) == 2
    assert "Found --line; expected nothing or --lines" in capsys.readouterr().err


@pytest.mark.parametrize(("has_lines", "line"), [(False, 1), (True, 4)])
def test_traceback_names_lines_where_the_build_kept_them(vm, tmp_path, has_lines, line):
    text = "def f():\n\n\n    raise ValueError\n"
    complaint = compiler.compile_one(text, tmp_path / "m.mpy", "m", "x64", has_lines)
    assert complaint == ""
    script = tmp_path / "run.py"
    script.write_text("import m\nm.f()\n")
    environment = {**os.environ, "MICROPYPATH": str(tmp_path), **vm}
    done = subprocess.run(
        [*vm_command(environment), str(script)], env=environment, capture_output=True, text=True
    )
    assert f'File "m", line {line}, in f' in done.stdout + done.stderr


def test_file_past_its_budget_is_an_error():
    (complaint,) = compiler.over_budget(
        {"a/app.mpy": compiler.FILE_BUDGET_BYTES + 1, "x.py": 4000}
    )
    assert complaint.startswith(f"Found a/app.mpy of {compiler.FILE_BUDGET_BYTES + 1} bytes")
