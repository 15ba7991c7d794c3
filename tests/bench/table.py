"""One table for everything that is measured: our figure, the peer's, the ratio, the limit."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        what: What was measured.
        unit: Unit of both figures.
        ours: Our figure.
        peer: The peer's; None: there is none.
        at_most: Our figure must not be above this; None: nothing is claimed.
        claim: The limit in words.
    """

    what: str
    unit: str
    ours: float
    peer: float | None = None
    at_most: float | None = None
    claim: str = ""

    @property
    def is_kept(self) -> bool:
        """Tell whether the claim holds."""
        return self.at_most is None or self.ours <= self.at_most


COLUMNS = ("what", "unit", "ours", "peer", "peer/ours", "claim", "")


def cells(row: Row) -> tuple[str, ...]:
    """Give a row as text; the ratio is how many times better or faster ours is."""
    ratio = f"{row.peer / row.ours:.2f}" if row.peer is not None and row.ours else ""
    peer = "" if row.peer is None else f"{row.peer:.3f}"
    verdict = "" if row.at_most is None else "kept" if row.is_kept else "BROKEN"
    return (row.what, row.unit, f"{row.ours:.3f}", peer, ratio, row.claim, verdict)


def as_markdown(rows: Iterable[Row]) -> str:
    """Give the table, its columns aligned."""
    lines = [COLUMNS, *(cells(row) for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(COLUMNS))]
    text = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
