"""`trunkline simulate`: a simulated wearer's day as a recording."""

from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.output import escape, out
from trunkline.errors import InputError


def _list_and_leave(wanted: bool) -> None:
    if not wanted:
        return
    from rich.table import Table

    from trunkline.wearer import Scenario, scenario_names

    table = Table("scenario", "minutes", "what it is about", box=None)
    for name in scenario_names():
        scenario = Scenario.shipped(name)
        table.add_row(name, f"{scenario.minutes:g}", scenario.title)
    out.print(table)
    raise typer.Exit


def simulate(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .npz.")],
    scenario: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="One of --list, or a .toml file.")
    ] = "desk_hour",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same day.")] = 1,
    placement: Annotated[str, typer.Option(help="C7, T4, T12 or L5.")] = "T4",
    rate: Annotated[float, typer.Option(metavar="HZ", help="Samples a second.")] = 60.0,
    minutes: Annotated[
        float | None, typer.Option(help="How long; as the scenario says if not given.")
    ] = None,
    _: Annotated[
        bool,
        typer.Option(
            "--list", callback=_list_and_leave, is_eager=True, help="Name the scenarios."
        ),
    ] = False,
) -> None:
    """Simulate a wearer's day from a scenario, with its exact truth.

    Example:  trunkline simulate -o hour.npz --seed 7 && trunkline replay hour.npz
    """
    # Imported here: the other commands need not wait for it.
    from trunkline.wearer import Scenario
    from trunkline.wearer import simulate as perform

    if output.suffix != ".npz" or not output.parent.is_dir():
        raise InputError(
            found=f"--output {output}",
            expected="a name ending in .npz in a folder that exists",
            hint="-o hour.npz",
        )
    is_file = scenario.endswith(".toml")
    script = Scenario.load(scenario) if is_file else Scenario.shipped(scenario)
    day = perform(script, seed, rate, placement, None if minutes is None else minutes * 60)
    try:
        day.save(output)
    except OSError as error:
        raise InputError(
            found=f"{output}: {error.strerror}",
            expected="a file that can be written",
            hint="choose another name",
        ) from error
    lasts_min = day.recording.duration_s / 60
    out.print(
        f"{escape(str(output))}: [yellow]SIMULATED[/] {escape(script.name)}, {lasts_min:g} min at "
        f"{rate:g} Hz, {placement}, seed {seed}; "
        f"{len(day.truth.of_kind('slouch'))} slouches in truth",
        soft_wrap=True,
    )
