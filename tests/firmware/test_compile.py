"""`make mpy`: every firmware file compiles for the board, and for another 32-bit chip."""

import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.simulator import firmware_path

sys.path.append(str(firmware_path()))

import compile as compiler

REPOSITORY = Path(__file__).resolve().parents[2]


def test_build_makes_what_the_board_needs_within_the_budget():
    done = subprocess.run(
        [sys.executable, "firmware/compile.py"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    made = REPOSITORY / "build" / "mpy" / "xiao_esp32s3"
    names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {"main.py", "app.mpy", "board.mpy", "ble/link.mpy", "lib/posturecore/wire.mpy"} <= names
    assert not [name for name in names if "sim" in name or "compile" in name]
    total = sum((made / name).stat().st_size for name in names)
    assert f"{total}  bytes of" in done.stdout


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_every_file_compiles_for_32_bits(tmp_path, architecture):
    sizes, complaints = compiler.build(firmware_path(), tmp_path / "out", architecture)
    assert complaints == []
    imported = {"app", "sampler", "storage", "drivers/lsm6dsv16x", "lib/posturecore/decide"}
    assert {f"{name}.mpy" for name in imported} <= set(sizes)


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
    (firmware / "main.py").write_text("import bad\n")
    (firmware / "bad.py").write_text(source)
    sizes, complaints = compiler.build(firmware, tmp_path / "out")
    assert list(sizes) == ["main.py"]
    assert len(complaints) == 1
    assert complaints[0].startswith("Found bad.py not to compile for xtensawin")


def test_firmware_past_its_budget_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(compiler, "BUDGET_BYTES", 1000)
    assert compiler.main() == 1
    assert "expected at most 1000" in capsys.readouterr().err
