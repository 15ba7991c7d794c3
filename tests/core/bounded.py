"""posturecore with every arithmetic result checked: an intermediate beyond ±2**30 raises.

The sources are loaded a second time, as `bounded_core`, with each operation wrapped. Nothing else
changes, so what runs is the code that ships. wire.py and params.py are left as they are: crc and
32-bit fields belong to the per-frame path.
"""

import ast
import importlib
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path

import posturecore

NAME = "bounded_core"
FOLDER = Path(posturecore.__file__).parent
FREE = ("wire", "params")


class TooWide(ArithmeticError):
    """Names the file, the line and the value."""


class Peak:
    """The largest intermediate so far."""

    value = 0


def bounded(value: object, where: str) -> object:
    """Let a result pass that a 31-bit small integer holds."""
    if isinstance(value, int):
        if not -(2**30) <= value < 2**30:
            raise TooWide(f"{where}: {value}")
        Peak.value = max(Peak.value, abs(value))
    return value


class _Wrap(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self._name = name

    def _call(self, node: ast.expr) -> ast.expr:
        where = ast.Constant(f"{self._name}.py:{node.lineno}")
        call = ast.Call(ast.Name("__bounded__", ast.Load()), [node, where], [])
        return ast.copy_location(call, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return self._call(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return self._call(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        self.generic_visit(node)
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        check = ast.Expr(self._call(ast.copy_location(target, node)))
        return [node, ast.copy_location(check, node)]


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str):  # no cache: the real package's bytecode lies there
        name = fullname.rpartition(".")[2]
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        if name not in FREE:
            tree = ast.fix_missing_locations(_Wrap(name).visit(tree))
        return compile(tree, self.path, "exec")

    def exec_module(self, module) -> None:
        module.__bounded__ = bounded
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package != NAME:
            return None
        file = FOLDER / f"{name or '__init__'}.py"
        folders = None if name else [str(FOLDER)]
        loader = _Loader(fullname, str(file))
        return spec_from_file_location(
            fullname, file, loader=loader, submodule_search_locations=folders
        )


def load(name: str):
    """Return a module of the bounded copy."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    return importlib.import_module(f"{NAME}.{name}")
