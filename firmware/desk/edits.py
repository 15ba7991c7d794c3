"""Changes to a source text, at nodes of its tree, that move no line."""

import ast


class Edits:
    """Collects replacements, none inside another, and applies them all at once."""

    def __init__(self, text: str) -> None:
        self._lines = text.encode().split(b"\n")
        self._changes: dict[tuple[int, int], tuple[int, int, bytes]] = {}

    def replace(self, node: ast.stmt | ast.expr, by: str) -> None:
        """Put other text, of one line, in a node's place, and keep the count of lines."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        line, column = node.lineno, node.col_offset
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
            line, column = node.decorator_list[0].lineno, 0
        self._changes[line - 1, column] = (node.end_lineno - 1, node.end_col_offset, by.encode())

    def rename(self, node: ast.Name | ast.arg, name: str, by: str) -> None:
        """Put another name in the place of a name, or of an argument's, which may be annotated."""
        line, column = node.lineno - 1, node.col_offset
        self._changes[line, column] = (line, column + len(name.encode()), by.encode())

    def applied(self) -> str:
        """Return the text with every change."""
        lines = list(self._lines)
        for (first, column), (last, end, by) in sorted(self._changes.items(), reverse=True):
            before, after = lines[first][:column], lines[last][end:]
            if first == last:
                lines[first] = before + by + after
                continue
            lines[first : last + 1] = [before + by, *[b""] * (last - first - 1), after]
        return "\n".join(line.decode() for line in lines)
