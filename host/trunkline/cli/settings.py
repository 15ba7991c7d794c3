"""`trunkline settings`: the table of parameters."""

from typing import Annotated

import typer

from posturecore import params
from trunkline.cli.output import escape, out, print_json


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every setting of the prescription: default, range, unit, meaning and source.

    Example:  trunkline settings
    """
    columns = ("name", "default", "low", "high", "unit", "meaning", "source")
    if as_json:
        rows = [dict(zip(columns, row, strict=True)) for row in params.PARAMS]
        print_json({"settings": rows})
        return
    # Two lines a setting: five columns do not fit a terminal of 80.
    for name, default, low, high, unit, meaning, source in params.PARAMS:
        limits = f"{low} to {high}" + (f", in {unit}" if unit else "")
        out.print(f"[bold]{name}[/] = {default}  ({limits})", soft_wrap=True)
        out.print(f"    {meaning} [dim]({escape(source)})[/]", soft_wrap=True)
    out.print("[dim]\\[D]: our engineering default, no standard behind it.[/]")
