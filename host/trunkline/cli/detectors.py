"""`trunkline detectors`: which plug-in detectors are installed; and how their results are told."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.output import clock, complain, err, escape, out, print_json
from trunkline.decide.analysis import Analysis
from trunkline.decide.mirror import Mirror
from trunkline.errors import DetectorError

if TYPE_CHECKING:
    from trunkline.decide.detected import Detected
    from trunkline.decide.detectors import Found, Plugin

Named = Annotated[
    list[str] | None,
    typer.Option("--detector", metavar="NAME", help="Also ask this one of `trunkline detectors`."),
]


def detectors(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the detectors that other packages bring, and whether each can be used.

    Example:  trunkline detectors

    Example:  trunkline replay day.npz --detector leaning
    """
    from trunkline.decide.detectors import installed

    found = [(plugin, _problem(plugin)) for plugin in installed()]
    if as_json:
        rows = [
            {
                "detector": plugin.name,
                "package": plugin.package,
                "version": plugin.version,
                "failure": problem and str(problem),
            }
            for plugin, problem in found
        ]
        print_json({"detectors": rows})
        return
    for plugin, problem in found:
        out.print(f"[bold]{escape(plugin.name)}[/]  {escape(plugin.package)} {plugin.version}")
        if problem is not None:
            complain(str(problem))
    if not found:
        err.print("none is installed; docs/detectors.md shows how one is made", soft_wrap=True)


def _problem(plugin: "Plugin") -> DetectorError | None:
    try:
        plugin.load()
    except DetectorError as error:
        return error
    return None


def check(names: Sequence[str] | None) -> None:
    """Refuse names that are not installed, before anything takes time.

    Raises:
        InputError: There is one.
    """
    if names:
        from trunkline.decide.detectors import named

        for name in names:
            named(name)


def ask(
    names: Sequence[str] | None,
    analysis: Analysis,
    mirror: Mirror | None,
    path: Path,
    options: dict[str, Any],
) -> tuple["Detected", ...]:
    """Ask detectors by name about a file that has been analysed."""
    if not names:
        return ()
    from trunkline.decide.detected import run_all
    from trunkline.decide.detectors import named
    from trunkline.readers import load

    plugins = [named(name) for name in dict.fromkeys(names)]
    return run_all(plugins, analysis, mirror or load(path, **options))


def tell(results: Sequence["Detected"], block_s: float) -> None:
    """Print what each found, apart from the device's decisions."""
    for result in results:
        label = f"{result.detector} ({result.package} {result.version})"
        if result.failure is None:
            out.print(f"[bold]{escape(label)}[/], a plug-in: {len(result.found)} found")
        for each in result.found:
            out.print(f"  {found_words(each, block_s)}", soft_wrap=True)


def complain_of(results: Sequence["Detected"]) -> None:
    """Say which detectors failed, when all else is told; exits with 1 if one did."""
    failures = [result.failure for result in results if result.failure is not None]
    for failure in failures:
        complain(str(failure))
    if failures:
        raise typer.Exit(1)


def found_words(each: "Found", block_s: float) -> str:
    """Say one thing that was found."""
    lasted_s = (each.end_block - each.start_block) * block_s
    numbers = "".join(f", {name} {value:g}" for name, value in each.values.items())
    return escape(f"{clock(each.start_block * block_s)} {each.kind}, {lasted_s:.1f} s{numbers}")
