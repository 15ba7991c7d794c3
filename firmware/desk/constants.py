"""Write what is known beforehand into the modules: numbers for names, and the core worked out.

The core is run for that: its contract allows no I/O and no clock. Other modules are not; of them
whole numbers are known that can be reckoned from others.
"""

import ast
import builtins
import types

from desk.edits import Edits

CORE = "posturecore"
SAFE_CALLS = ("range", "len", "tuple", "min", "max", "bytes", "dict", "list")


def with_values(texts: dict[str, str]) -> dict[str, str]:
    """Return the modules' texts, by dotted name, with what their names stand for."""
    values = _values(texts)
    numbers = {name: _numbers(text, values[name]) for name, text in texts.items()}
    texts = {name: _with_numbers(text, numbers[name], numbers) for name, text in texts.items()}
    for name in filter(is_core, texts):
        texts[name] = _worked_out(texts[name], values[name])
    return texts


def is_core(name: str) -> bool:
    """Tell whether a dotted name is of the core."""
    return name.split(".")[0] == CORE


def source_of(node: ast.ImportFrom) -> str:
    """Return the dotted name that a `from` import names; only the core's are relative."""
    return ".".join(part for part in (CORE if node.level else "", node.module) if part)


# ---- what names stand for


def _values(texts: dict[str, str]) -> dict[str, dict[str, object]]:
    values: dict[str, dict[str, object]] = {}
    for name in sorted(texts, key=lambda name: not is_core(name)):
        _value(name, texts, values)
    return values


def _value(
    name: str, texts: dict[str, str], values: dict[str, dict[str, object]]
) -> dict[str, object]:
    """Work out a module: the core by running it, others line by line as far as it goes."""
    if name in values:
        return values[name]
    values[name] = space = {}

    def find(wanted: str, *arguments: object) -> object:
        of, level = (arguments[2] or ()), arguments[3]
        path = ".".join(part for part in (CORE if level else "", wanted) if part)
        if path not in texts:
            if is_core(name):
                return builtins.__import__(wanted)
            raise ImportError(path)
        found = types.SimpleNamespace(**_value(path, texts, values))
        for child in of:
            if f"{path}.{child}" in texts:
                inner = _value(f"{path}.{child}", texts, values)
                setattr(found, child, types.SimpleNamespace(**inner))
        return found

    known = {name: getattr(builtins, name) for name in SAFE_CALLS}
    space["__builtins__"] = {**(vars(builtins) if is_core(name) else known), "__import__": find}
    space["__name__"] = name
    space["const"] = lambda value: value
    for statement in ast.parse(texts[name]).body:
        code = compile(ast.Module([statement], []), name, "exec")
        if is_core(name):
            exec(code, space)
        elif isinstance(statement, ast.ImportFrom | ast.Assign):
            try:
                exec(code, space)
            except Exception:  # it needs the board: known only there
                continue
    return space


def _numbers(text: str, space: dict[str, object]) -> dict[str, int]:
    """Return a module's names that mean one whole number for good."""
    tree = ast.parse(text)
    stored = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            stored += 2 * node.names
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = (
                statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            )
            for name in bound_names(targets[0]):
                value = space.get(name)
                if type(value) is int and stored.count(name) == 1:
                    found[name] = value
    return found


def bound_names(target: ast.expr) -> list[str]:
    """Return the names that an assignment binds."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]


# ---- numbers for names


class _Numbering(ast.NodeVisitor):
    """Notes every use of a name that means a number, where no local name hides it."""

    def __init__(
        self, edits: Edits, numbers: dict[str, int], modules: dict[str, dict[str, int]]
    ) -> None:
        self._edits = edits
        self._numbers = numbers
        self._modules = modules
        self._hidden: list[set[str]] = [set()]

    def visit_Name(self, node: ast.Name) -> None:
        is_known = isinstance(node.ctx, ast.Load) and node.id in self._numbers
        if is_known and not self._is_hidden(node.id):
            self._edits.replace(node, _literal(self._numbers[node.id]))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            known = self._modules.get(node.value.id, {})
            if node.attr in known and not self._is_hidden(node.value.id):
                self._edits.replace(node, _literal(known[node.attr]))
                return
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        self._inside(node, node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in node.args.defaults:
            self.visit(default)
        self._inside(node, [node.body])

    def _inside(self, node: ast.AST, body: list[ast.stmt] | list[ast.expr]) -> None:
        self._hidden.append(_locals(node))
        for part in body:
            self.visit(part)
        self._hidden.pop()

    def _is_hidden(self, name: str) -> bool:
        return any(name in names for names in self._hidden)


def _locals(scope: ast.AST) -> set[str]:
    """Return every name that a function or class may bind: rather too many than too few."""
    found = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _literal(value: int) -> str:
    return str(value) if value >= 0 else f"({value})"


def _with_numbers(
    text: str, numbers: dict[str, int], all_numbers: dict[str, dict[str, int]]
) -> str:
    tree, edits = ast.parse(text), Edits(text)
    numbers, modules = dict(numbers), {}
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            source = source_of(statement)
            for alias in statement.names:
                here, inner = alias.asname or alias.name, f"{source}.{alias.name}"
                if inner in all_numbers:
                    modules[here] = all_numbers[inner]
                elif alias.name in all_numbers.get(source, {}):
                    numbers[here] = all_numbers[source][alias.name]
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                modules[alias.asname or alias.name] = all_numbers.get(alias.name, {})
    _Numbering(edits, numbers, modules).visit(tree)
    return edits.applied()


# ---- what the core works out


def _worked_out(text: str, space: dict[str, object]) -> str:
    edits = Edits(text)
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        value = space[statement.targets[0].id]
        if not _is_written_out(statement.value) and _is_plain(value):
            edits.replace(statement.value, repr(value))
    return edits.applied()


def _is_written_out(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, [*value, *value.values()]))
    return isinstance(value, int | str | bytes | None)
