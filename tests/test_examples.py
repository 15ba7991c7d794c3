"""Every command and Python block of README, quickstart and API runs, in order, as written."""

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
# Not run: what needs make, a real device, or is the frame of a drawing.
NOT_HERE = (
    *("make ", "source "),
    *('trunkline monitor "ble:', "trunkline monitor usb:"),
    *('trunkline record "ble:', "trunkline record usb:"),
    *("trunkline scan", "trunkline pair", "trunkline doctor ble:"),
)


def walk_csv(path):
    rows = ["t,ax,ay,az,gx,gy,gz"]
    rows += [f"{k / 50:.2f},0.98,0.01,-0.15,0.1,-0.2,0.1" for k in range(1000)]
    path.write_text("\n".join(rows) + "\n")


def run_command(line, folder):
    words = shlex.split(line.partition(" > ")[0])
    assert words[0].endswith("trunkline"), line
    result = subprocess.run(
        [sys.executable, "-m", "trunkline", *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"


def run_python(code, folder):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, f"{code}\n{result.stderr}"


def commands(text):
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if "trunkline" in line and not line.startswith(NOT_HERE)]


@pytest.mark.parametrize(
    ("name", "least"),
    [("README.md", 5), ("docs/quickstart.md", 5), ("docs/files.md", 5), ("docs/api.md", 3)],
)
def test_examples_run_as_written(name, least, tmp_path):
    shown = (ROOT / name).read_text(encoding="utf-8")
    for module in ("pandas", "polars", "duckdb"):
        if f"import {module}" in shown and find_spec(module) is None:
            pytest.skip(f"no {module}: pip install 'trunkline[dev]' brings it")
    walk_csv(tmp_path / "walk.csv")
    ran = 0
    for language, text in BLOCK.findall(shown):
        if language == "python":
            run_python(text, tmp_path)
            ran += 1
        elif language == "":
            for line in commands(text):
                run_command(line, tmp_path)
                ran += 1
    assert ran >= least, f"{name} shows fewer examples than it should"


def test_readme_names_the_commands_that_ci_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    assert "make check test" in ci
