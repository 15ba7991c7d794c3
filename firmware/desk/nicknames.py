"""Give private names short ones on the board, the same few in every module.

MicroPython keeps each different name once, in 20 to 30 bytes of its memory. Private names are half
of all, and mean nothing outside their module, or of the modules whose classes inherit from one
another; nor does an argument's name that no call writes out. Lines stay: where the build keeps
their numbers, a traceback names the true module and line, and a short function.
"""

import ast
import io
import tokenize
from itertools import count
from string import ascii_lowercase

from desk.constants import source_of
from desk.edits import Edits


def nicknamed(texts: dict[str, str], readers: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the modules' texts, by dotted name, with short names; `readers` call them, too."""
    trees = {name: ast.parse(text) for name, text in texts.items()}
    foreign = {name for tree in trees.values() for name in _foreign(tree, texts)}
    short = {}
    for family in _families(trees):
        own = set().union(*[_private(texts[name]) for name in family]) - foreign
        _check(family, [trees[name] for name in family])
        nicknames = _nicknames(own, taken=foreign)
        for name in family:
            short[name] = _renamed(texts[name], nicknames)
    written_out = {
        node.arg
        for text in (*texts.values(), *readers)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg
    }
    return {name: _with_short_arguments(short[name], written_out) for name in texts}


def is_private(name: str) -> bool:
    """Tell whether a name begins with one underscore."""
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _nicknames(names: set[str], taken: set[str]) -> dict[str, str]:
    free = (f"_{number:x}" for number in count() if f"_{number:x}" not in taken)
    return dict(zip(sorted(names), free, strict=False))


def _foreign(tree: ast.Module, texts: dict[str, str]) -> list[str]:
    """Return private names that come from outside: they stay."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name not in texts]
        elif isinstance(node, ast.ImportFrom) and source_of(node) not in texts:
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.keyword) and node.arg:
            found.append(node.arg)
    return list(filter(is_private, found))


def _families(trees: dict[str, ast.Module]) -> list[list[str]]:
    """Part the modules so that no class inherits, and no private name is imported, across."""
    family = {name: [name] for name in trees}
    for name, tree in trees.items():
        bases = {
            base.id
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if isinstance(base, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or source_of(node) not in trees:
                continue
            if any((alias.asname or alias.name) in bases or is_private(alias.name)
                   for alias in node.names):  # fmt: skip
                ours, theirs = family[name], family[source_of(node)]
                if ours is not theirs:
                    ours += theirs
                    family.update(dict.fromkeys(theirs, ours))
    return list({id(members): members for members in family.values()}.values())


def _private(text: str) -> set[str]:
    return {token.string for token in _tokens(text) if _is_private_token(token)}


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _is_private_token(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.NAME and is_private(token.string)


def _renamed(text: str, nicknames: dict[str, str]) -> str:
    lines = text.split("\n")
    for token in reversed(_tokens(text)):
        if _is_private_token(token) and token.string in nicknames:
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            lines[row - 1] = line[:start] + nicknames[token.string] + line[end:]
    return "\n".join(lines)


def _check(family: list[str], trees: list[ast.Module]) -> None:
    """Refuse a private name of something that is not from here: the short one would not be it."""
    bound = set()
    nodes = [node for tree in trees for node in ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            bound.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    for node in nodes:
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in bound:
            raise ValueError(
                f"Found .{node.attr} in {' and '.join(family)}, which nothing there has; expected "
                "private names to be used where they are made; make it public."
            )


def _with_short_arguments(text: str, written_out: set[str]) -> str:
    """Rename the arguments of functions that have no other function inside."""
    edits, tree = Edits(text), ast.parse(text)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or _has_inner(function):
            continue
        here = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        free = [letter for letter in ascii_lowercase if letter not in here]
        every = [argument.arg for argument in function.args.args]
        short = {
            name: free[place]
            for place, name in enumerate(every)
            if len(name) > 1 and name != "self" and name not in written_out
        }
        for node in ast.walk(function):
            if isinstance(node, ast.arg) and node.arg in short:
                edits.rename(node, node.arg, short[node.arg])
            elif isinstance(node, ast.Name) and node.id in short:
                edits.rename(node, node.id, short[node.id])
    return edits.applied()


def _has_inner(function: ast.FunctionDef) -> bool:
    inner = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.JoinedStr, ast.Global)
    return any(isinstance(node, inner) for node in ast.walk(function) if node is not function)
