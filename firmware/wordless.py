"""Take the words out of the core's tables for the board, which never says them; for compile.py.

A string with a space in it that stands in a row of a table (a tuple inside a tuple or dict) is for
people: a unit, a meaning, a remedy. It becomes "". Names, struct codes and flat lists of names
stay, and so does every line number.
"""

import ast


def wordless(source: str) -> str:
    """Return a module's source without the words of its tables."""
    lines = source.encode().split(b"\n")
    words = sorted(
        _words(ast.parse(source)), key=lambda node: -node.lineno * 1000 - node.col_offset
    )
    for node in words:
        assert node.end_lineno is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        lines[first] = before + b'""' + (after if first == last else b"")
        if first != last:
            lines[first + 1 : last] = [b""] * (last - first - 1)
            lines[last] = after
    return b"\n".join(lines).decode()


def _words(module: ast.Module) -> list[ast.Constant]:
    found = []
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for table in ast.walk(statement):
                if isinstance(table, ast.Tuple | ast.Dict | ast.List):
                    found += _rows(table)
    return list({id(node): node for node in found}.values())


def _rows(table: ast.Tuple | ast.Dict | ast.List) -> list[ast.Constant]:
    entries = table.values if isinstance(table, ast.Dict) else table.elts
    return [
        part
        for row in entries
        if isinstance(row, ast.Tuple)
        for part in row.elts
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
    ]
