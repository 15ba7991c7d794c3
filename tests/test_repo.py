"""Rules that every file keeps: posturecore's contract, sizes, exports, no private paths."""

import ast
import importlib
import json
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "firmware/lib/posturecore").glob("*.py"))
CODE = sorted(
    path
    for folder in ("firmware", "host", "hardware")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
HOST_ROOT = ROOT / "host/trunkline"
HOST = [path for path in CODE if path.is_relative_to(HOST_ROOT)]
# From what knows nobody to what knows all; CONTRIBUTING.md says what each is for.
LAYERS = (
    *("errors", "sources", "protocol", "recordings", "filter", "decide"),
    *("captures", "exports", "readers", "wearer", "examples", "report", "pages"),
    *("clocks", "store", "simulator", "transports", "device", "sync"),
    *("evaluate", "doctor", "demo", "demo_results", "cli"),
)
LONGEST_FILE, LONGEST_FUNCTION = 300, 60
TEXTS = (".py", ".md", ".toml", ".json", ".mjs", ".yml", ".yaml", ".cfg", ".txt", ".html", ".csv")
SKIPPED = {".git", ".venv", "node_modules", "__pycache__", "dist", "build", "demo-out"}


def name_of(path):
    return str(path.relative_to(ROOT))


def tree_of(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def each(files):
    return pytest.mark.parametrize("path", files, ids=name_of)


def functions(tree):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@each(CORE)
def test_posturecore_imports_struct_binascii_and_itself(path):
    siblings = {file.stem for file in CORE}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"struct", "binascii"}
        if isinstance(node, ast.ImportFrom):
            inside = {alias.name for alias in node.names} if node.module is None else {node.module}
            assert inside <= (siblings if node.level else {"struct", "binascii"})


@each(CORE)
def test_posturecore_counts_in_integers(path):
    for node in ast.walk(tree_of(path)):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float | complex), f"{where}: a float"
        if isinstance(node, ast.BinOp | ast.AugAssign):
            assert not isinstance(node.op, ast.Div), f"{where}: true division"
        if isinstance(node, ast.Name):
            assert node.id not in ("float", "round", "divmod", "pow"), f"{where}: {node.id}"


@each(CORE)
def test_posturecore_has_no_state_outside_its_objects(path):
    """A module's tables may be read; nothing may write to them, and nothing else stays behind."""
    tree = tree_of(path)
    outer = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in ast.walk(node)
        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
    }
    for function in functions(tree):
        for node in ast.walk(function):
            assert not isinstance(node, ast.Global | ast.Nonlocal), f"{function.name}: global"
            for name in written_into(node):
                assert name not in outer, f"{path.name}:{node.lineno}: writes into {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert not [part for part in node.body if isinstance(part, ast.Assign)], node.name
        if isinstance(node, ast.arguments):
            for default in node.defaults + node.kw_defaults:
                assert not isinstance(default, ast.List | ast.Dict | ast.Set)


def written_into(node):
    """Yield the names whose contents a node changes: name[i] =, name.x =, name.append()."""
    changing = {"append", "extend", "insert", "pop", "clear", "update", "setdefault", "remove"}
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(
        node.ctx, ast.Store | ast.Del
    ):
        node = node.value
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in changing
    ):
        node = node.func.value
    else:
        return
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


@each(CORE)
def test_posturecore_speaks_only_what_micropython_understands(path):
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Match | ast.TryStar | ast.With | ast.AsyncWith), path.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input", "eval", "exec"), path.name
            assert node.func.id != "zip" or not node.keywords, "zip(strict=) is CPython's"


@pytest.mark.parametrize("path", HOST, ids=name_of)
def test_host_modules_know_only_what_stands_below_them(path):
    package = path.relative_to(HOST_ROOT).parts[0].removesuffix(".py")
    if package.startswith("__"):
        return
    below = LAYERS[: LAYERS.index(package) + 1]
    for node in tree_of(path).body:  # what is imported when needed may stand above
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trunkline."):
            assert node.module.split(".")[1] in below, node.module


@each(CODE)
def test_files_are_short(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= LONGEST_FILE, f"{lines} lines; at most {LONGEST_FILE}: split by noun"


@each(CODE)
def test_functions_are_short(path):
    for function in functions(tree_of(path)):
        lines = function.end_lineno - function.lineno + 1
        assert lines <= LONGEST_FUNCTION, f"{function.name}: {lines} lines"


def test_what_trunkline_exports_is_there_and_all_of_it():
    trunkline = importlib.import_module("trunkline")
    exported = list(trunkline.__all__)
    assert len(set(exported)) == len(exported)
    assert [name for name in exported if not hasattr(trunkline, name)] == []
    public = {
        name
        for name, value in vars(trunkline).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    missing = public - set(exported) - {"annotations"}
    assert missing == set(), "public names outside __all__"


def every_text():
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.suffix in TEXTS and path.is_file() and not SKIPPED & set(path.parts)
    ]


def test_no_file_names_a_package_mirror_or_a_private_folder():
    """A lock file may pin versions and hashes; where packages come from is the user's affair."""
    forbidden = [
        "registry" + ".npmjs",
        "registry" + ".yarnpkg",
        "files.python" + "hosted",
        "pypi.org" + "/simple",
        "index" + "-url",
        "/work" + "/",
    ]
    found = [
        f"{name_of(path)}: {word}"
        for path in every_text()
        for text in [path.read_text("utf-8", errors="replace")]
        for word in forbidden
        if word in text
    ]
    assert found == []


def test_the_npm_lock_pins_one_package_and_no_address():
    folder = ROOT / "tests/micropython"
    wanted = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    assert lock[""]["dependencies"] == wanted
    for name, version in wanted.items():
        row = lock[f"node_modules/{name}"]
        assert row["version"] == version
        assert row["integrity"].startswith("sha512-")
        assert "resolved" not in row
