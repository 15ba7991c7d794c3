"""Write an evaluation down: the marked tables of a page, its pictures, or plain values."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from trunkline.errors import InputError
from trunkline.evaluate import figure
from trunkline.evaluate.pool import Evaluation
from trunkline.evaluate.summary import Figure
from trunkline.evaluate.tables import Table, claims_of, provenance

PAGE = "validation.md"
_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def as_json(evaluation: Evaluation, tables: Sequence[Table]) -> dict[str, Any]:
    """Give claims, tables and provenance as plain values."""
    return {
        "provenance": provenance(evaluation),
        "seeds": list(evaluation.seeds),
        "claims": [
            {
                "what": claim.what,
                "limit": claim.limit,
                "is_least": claim.is_least,
                "is_met": claim.is_met if claim.is_measured else None,
                "found": _plain(claim.found),
                "held_out": _plain(claim.held_out),
            }
            for claim in claims_of(evaluation)
        ],
        "tables": {table.name: asdict(table) for table in tables},
    }


def _plain(figure_: Figure) -> dict[str, float | None] | None:
    if not figure_.is_known:
        return None
    low, high = figure_.interval
    return {"value": figure_.value, "low": low, "high": high if np.isfinite(high) else None}


def refreshed(text: str, tables: Sequence[Table], command: str) -> str:
    """Return a page with every marked table of ours written anew; other marks stay."""
    known = {table.name: table.as_markdown() for table in tables} | {"provenance": command + "\n"}

    def fill(mark: re.Match[str]) -> str:
        return mark[1] + known[mark[2]] + mark[3] if mark[2] in known else mark[0]

    return _MARKED.sub(fill, text)


def blank(tables: Sequence[Table]) -> str:
    """Return a page with nothing but marks, for a folder without one."""
    names = ["provenance", *(table.name for table in tables)]
    marks = "".join(f"\n<!-- table: {name} -->\n<!-- end -->\n" for name in names)
    return f"# Evaluation\n{marks}"


def write(evaluation: Evaluation, tables: Sequence[Table], folder: Path, command: str) -> None:
    """Write `validation.md` and `img/validation-*.png` into a folder.

    Raises:
        InputError: It is no folder that can be written.
    """
    page = folder / PAGE
    told = f"`{command}`: {provenance(evaluation)}"
    try:
        (folder / "img").mkdir(exist_ok=True, parents=True)
        text = page.read_text("utf-8") if page.exists() else blank(tables)
        page.write_text(refreshed(text, tables, told), "utf-8")
        figure.detectors(evaluation).savefig(folder / "img" / "validation-detectors.png", dpi=110)
        figure.false_alerts(evaluation).savefig(folder / "img" / "validation-alerts.png", dpi=110)
    except OSError as error:
        raise InputError(
            found=f"{folder}: {error.strerror}",
            expected="a folder that can be written",
            hint="-o results",
        ) from error
