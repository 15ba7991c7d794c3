"""Fit the modules to each other for the board, so that they take less of its memory.

No line moves: where the build keeps their numbers, a traceback still names the line.

1. A whole number with a name stands as a number where it is used, in every module.
2. What the core works out when it is imported stands there worked out.
3. What nobody uses any more is left out: names of fields, units, meanings, what only hosts need,
   methods, too.
4. Errors have no words: nobody reads them on a board, and the line they come from has them.

A name is used if any other module names it: nothing may be looked up by a name made at run time,
and no method may be there for the interpreter to call, but for those with two underscores.
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
    texts = {name: _without_words(text) for name, text in texts.items()}
    return _without_unused(with_values(texts), readers)


def _without_words(text: str) -> str:
    """Empty the sentences of the errors that a module raises."""
    edits = Edits(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for argument in filter(_is_sentence, node.exc.args):
                edits.replace(argument, '""')
    return edits.applied()


def _is_sentence(node: ast.expr) -> bool:
    """Tell whether it is words, or words with values put in."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "format" and _is_sentence(node.func.value)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class _Mentions:
    """What one module says of others, and of itself."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.imported: set[tuple[str, str]] = set()  # (module, name)
        self.whole: set[str] = set()  # modules that may be meant by a name
        self.said: set[str] = set()  # by what may be a method
        self._listen(self.tree, "")
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

    def _listen(self, node: ast.AST, inside: str) -> None:
        """Note every name said, but for a method's by methods of that name: they hand it on."""
        for child in ast.iter_child_nodes(node):
            name = getattr(child, "attr", getattr(child, "id", getattr(child, "value", "")))
            if isinstance(name, str) and name != inside:
                self.said.add(name)
            self._listen(child, child.name if isinstance(child, ast.FunctionDef) else inside)

    def of(self, module: str) -> set[str]:
        """Return the names of another module that this one uses, or may use."""
        used = {name for source, name in self.imported if source == module}
        return used | self.attributes if module in self.whole else used


def _without_unused(texts: dict[str, str], readers: tuple[str, ...]) -> dict[str, str]:
    mentions = {name: _Mentions(text) for name, text in texts.items()}
    others = [*mentions.values(), *map(_Mentions, readers)]
    while True:
        changed = {}
        said = set().union(*[other.said for other in others])
        for name, own in mentions.items():
            used = own.names.union(*[other.of(name) for other in others])
            if (text := _shaken(name, texts[name], own.tree, used, said)) != texts[name]:
                changed[name] = text
        if not changed:
            return texts
        texts = {**texts, **changed}
        mentions.update({name: _Mentions(text) for name, text in changed.items()})
        others = [*mentions.values(), *others[len(mentions) :]]


def _shaken(name: str, text: str, tree: ast.Module, used: set[str], said: set[str]) -> str:
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
            elif isinstance(statement, ast.ClassDef):
                for method in _unsaid(statement, said):
                    edits.replace(method, "")
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and _may_go(name, statement, used):
            edits.replace(statement, "")
    return edits.applied()


def _unsaid(owner: ast.ClassDef, said: set[str]) -> list[ast.FunctionDef]:
    """Return the methods that nobody names; a class keeps something in it."""
    methods = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
    unsaid = [m for m in methods if m.name not in said and not m.name.startswith("__")]
    return unsaid if len(unsaid) < len(owner.body) else []


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
