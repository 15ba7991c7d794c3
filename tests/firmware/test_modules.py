"""What runs on the board imports what a board has: its own files, and the stock modules."""

import ast
import sys

import pytest

from trunkline.simulator import firmware_path

sys.path.append(str(firmware_path()))

import compile as compiler

# Built into MicroPython for the ESP32, and of use here: "MicroPython libraries" in
# docs.micropython.org, `machine`, `esp32` and `bluetooth` among them.
STOCK = frozenset(("array", "binascii", "bluetooth", "errno", "esp32", "gc", "hashlib", "io"))
STOCK |= {"json", "machine", "math", "micropython", "os", "random", "select", "struct", "sys"}
STOCK |= {"time"}
SOURCES = compiler.sources(firmware_path())
# On the board, /a and /a/lib are on the path.
OWN = frozenset(
    name.removesuffix(".py").removesuffix("/__init__").removeprefix("lib/").replace("/", ".")
    for name in SOURCES
)


def imports(path, name):
    """Give the modules that a file imports, at the top or anywhere inside."""
    package = name.removeprefix("lib/").split("/")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            inside = ".".join([*package, *filter(None, [node.module])])
            names = {f"{inside}.{alias.name}" for alias in node.names}
            yield from (names if node.module is None else {inside})
        elif isinstance(node, ast.ImportFrom):
            # `from posturecore import frames` means the module frames.
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & OWN
            yield from inner or {node.module}


@pytest.mark.parametrize("name", SOURCES)
def test_file_imports_only_what_the_board_has(name):
    strange = set(imports(SOURCES[name], name)) - OWN - STOCK
    assert strange == set()


def test_stock_modules_are_all_wanted():
    wanted = {module for name in SOURCES for module in imports(SOURCES[name], name)}
    assert {"machine", "esp32", "bluetooth", "struct", "binascii"} <= wanted
    assert len(SOURCES) > 50


@pytest.mark.parametrize(
    "line",
    ["import datetime", "from typing import Any", "def f():\n    import tempfile", "import chips"],
)
def test_module_that_no_board_has_is_found(tmp_path, line):
    (tmp_path / "bad.py").write_text(line)
    assert set(imports(tmp_path / "bad.py", "bad.py")) - OWN - STOCK
