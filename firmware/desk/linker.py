"""Fit the modules to each other for the board, so that they take less of its memory.

No line moves, so a traceback still names the line.

1. A whole number with a name stands as a number where it is used, in every module.
2. What the core works out when it is imported stands there worked out.
3. What nobody uses any more is left out: names of fields, units, meanings, what only hosts need.

A name is used if any other module names it: nothing may be looked up by a name made at run time.
"""

import ast
from copy import copy

from desk.constants import SAFE_CALLS, bound_names, is_core, source_of, with_values
from desk.edits import Edits


def linked(texts: dict[str, str], readers: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the modules' texts, fitted to each other.

    Args:
        texts: Source by dotted name, `posturecore.wire`.
        readers: Sources that use these modules and are not changed: what they name is kept.
    """
    return _without_unused(with_values(texts), readers)


class _Mentions:
    """What one module says of others, and of itself."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.imported: set[tuple[str, str]] = set()  # (module, name)
        self.whole: set[str] = set()  # modules that may be meant by a name
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.names.add(node.id)
            elif isinstance(node, ast.Attribute):
                self.attributes.add(node.attr)
            elif isinstance(node, ast.Import):
                self.whole |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                self.imported |= {(source_of(node), alias.name) for alias in node.names}
        self.whole |= {f"{source}.{name}" for source, name in self.imported}

    def of(self, module: str) -> set[str]:
        """Return the names of another module that this one uses, or may use."""
        used = {name for source, name in self.imported if source == module}
        return used | self.attributes if module in self.whole else used


def _without_unused(texts: dict[str, str], readers: tuple[str, ...]) -> dict[str, str]:
    mentions = {name: _Mentions(text) for name, text in texts.items()}
    others = [*mentions.values(), *map(_Mentions, readers)]
    while True:
        changed = {}
        for name, own in mentions.items():
            used = own.names.union(*[other.of(name) for other in others])
            if (text := _shaken(name, texts[name], own.tree, used)) != texts[name]:
                changed[name] = text
        if not changed:
            return texts
        texts = {**texts, **changed}
        mentions.update({name: _Mentions(text) for name, text in changed.items()})
        others = [*mentions.values(), *others[len(mentions) :]]


def _shaken(name: str, text: str, tree: ast.Module, used: set[str]) -> str:
    edits = Edits(text)
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            kept = [alias for alias in statement.names if _bound(alias) in used]
            if len(kept) < len(statement.names):
                less = copy(statement)
                less.names = kept
                edits.replace(statement, ast.unparse(less) if kept else "")
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            if statement.name not in used:
                edits.replace(statement, "")
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and _may_go(name, statement, used):
            edits.replace(statement, "")
    return edits.applied()


def _may_go(name: str, statement: ast.Assign | ast.AnnAssign, used: set[str]) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) > 1 or not (names := bound_names(targets[0])) or used & set(names):
        return False
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    harmless = (*SAFE_CALLS, "const", "index")
    return is_core(name) or all(
        getattr(call.func, "id", getattr(call.func, "attr", "")) in harmless for call in calls
    )


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]
