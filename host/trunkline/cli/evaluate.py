"""`trunkline evaluate`: every detector against simulated truth, and against the real clips."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import err, out, print_json
from trunkline.errors import InputError

if TYPE_CHECKING:
    from trunkline.evaluate import Table

_TOLD = ("claims", "slouches", "false_cases", "slips", "bends", "transitions", "clips")


def evaluate(
    seeds: Annotated[
        int, typer.Option(min=1, max=20, help="How many days of each case; 20: the whole corpus.")
    ] = 2,
    scenarios: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Cases that begin so, comma between.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=1.0, help="Longest time of a day.")] = 45.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for validation.md and its pictures."),
    ] = None,
    clips: Annotated[
        Path | None, typer.Option(help="Folder with the skdh_lumbar clips (.npz).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; 1: none beside this one.")] = max(
        1, os.cpu_count() or 1
    ),
    budget: Annotated[
        float, typer.Option(metavar="MINUTES", help="Begin no further seed after this long.")
    ] = 30.0,
) -> None:
    """Evaluate every detector on the simulated corpus, and on real clips.

    Example:  trunkline evaluate --seeds 1 --scenarios warehouse,in_bag

    Example:  trunkline evaluate --seeds 20 -o docs
    """
    if output is not None and not output.is_dir():
        raise InputError(
            found=f"no folder {str(output)!r}",
            expected="one that exists",
            hint=f"mkdir {output}",
        )
    # Not imported for the other commands: matplotlib and the wearer take their time.
    from trunkline import evaluate as by
    from trunkline.evaluate import clips as real
    from trunkline.evaluate import page

    names = None if scenarios is None else [part.strip() for part in scenarios.split(",")]
    cases, of_clips = by.pick(names), real.table(clips)
    evaluation = by.evaluate(
        cases,
        by.choose_seeds(seeds),
        minutes,
        workers=workers,
        budget_s=60 * budget,
        progress=lambda done, wanted: err.print(f"{done} of {wanted} runs"),
    )
    tables = [*by.tables_of(evaluation), of_clips]
    if output is not None:
        page.write(evaluation, tables, output, _command(seeds, scenarios, minutes, clips))
    if as_json:
        print_json(page.as_json(evaluation, tables))
    else:
        _print(by.provenance(evaluation), tables)


def _print(told: str, tables: list["Table"]) -> None:
    from rich.table import Table as Shown

    out.print(f"[yellow]SIMULATED[/] {told}", soft_wrap=True)
    for table in tables:
        if table.name in _TOLD:
            shown = Shown(*table.head, box=None, pad_edge=False, header_style="bold")
            for cells in table.rows:
                shown.add_row(*cells)
            out.print(f"\n[bold]{table.name.replace('_', ' ')}[/]")
            out.print(shown, markup=False)


def _command(seeds: int, scenarios: str | None, minutes: float, clips: Path | None) -> str:
    told = ["trunkline evaluate", f"--seeds {seeds}"]
    told += [f"--scenarios '{scenarios}'"] if scenarios else []
    told += [f"--minutes {minutes:g}"] if minutes != 45 else []
    told += ["--clips CLIPS"] if clips else []
    return " ".join([*told, "-o docs"])
