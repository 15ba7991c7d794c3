"""`trunkline demo`: the main job end to end, without hardware."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import clock, err, escape, out, print_analysis
from trunkline.errors import InputError, ProtocolError

if TYPE_CHECKING:
    from trunkline.demo import Played

_MADE = ("real.tape", "real.tlcap", "simulated.tape", "simulated.tlcap", "report.html")
_DATABASE = "trunkline.db"
_LEAST_MINUTES, _MOST_MINUTES = 0.5, 600.0


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")] = Path(
        "demo-out"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated wearer.")] = 1,
    minutes: Annotated[float, typer.Option(help="Of simulated desk work.")] = 60.0,
) -> None:
    """Run the whole product on a virtual board, and write a report.

    A real lower-back recording and a simulated hour go through the firmware, Bluetooth, the
    decisions on both ends, the database and the page.

    Example:  trunkline demo
    """
    started_s = time.monotonic()
    _check_minutes(minutes)  # before anything of the last demo goes
    _make_room(output)
    # Imported here: --help and the other commands must not wait for them.
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from trunkline.demo import run_demo
    from trunkline.demo_results import save, write_page

    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
        console=err.console,
    ) as progress:
        task = progress.add_task("demo", total=None, at="")

        def tell(sentence: str) -> None:
            progress.console.print(f"  {escape(sentence)}", soft_wrap=True)

        def advance(at_ms: float, total_ms: float) -> None:
            at = f"{clock(at_ms / 1000)} of {clock(total_ms / 1000)}"
            progress.update(task, description="streaming", completed=at_ms, total=total_ms, at=at)

        played = run_demo(output, seed, minutes * 60, tell, advance)
        tell("saving episodes, writing the report")
        wearer = save(output / _DATABASE, played)
        page = write_page(output / "report.html", played, wearer)
    _print_results(played)
    out.print(f"\n[bold]Report:[/] {escape(str(page))}   ({time.monotonic() - started_s:.0f} s)")
    if not all(each.comparison.is_identical for each in played):
        first = next(each for each in played if not each.comparison.is_identical)
        raise ProtocolError(f"Device and host differ: {first.comparison}.")


def _print_results(played: Sequence["Played"]) -> None:
    from trunkline.demo_results import facts, motor_runs

    for each in played:
        print_analysis(each.analysis)
        difference = each.difference_deg
        out.print(
            f"host's own filter beside the device's gravity: rms {difference['rms']}°, "
            f"p95 {difference['p95']}°, max {difference['max']}°",
            soft_wrap=True,
        )
    out.print()
    for each in played:
        runs = ", ".join(
            f"{clock(at_s)} {duration_ms} ms" for at_s, duration_ms in motor_runs(each.motor_log)
        )
        out.print(f"virtual motor, {each.part.key} part: {runs}", soft_wrap=True)
    for label, value in facts(played):
        out.print(f"{label}: {escape(value)}", soft_wrap=True)


def _check_minutes(minutes: float) -> None:
    if not _LEAST_MINUTES <= minutes <= _MOST_MINUTES:
        raise InputError(
            found=f"--minutes {minutes:g}",
            expected=f"{_LEAST_MINUTES:g} to {_MOST_MINUTES:g} minutes of desk work",
            hint="--minutes 5 for a quick look",
        )


def _make_room(folder: Path) -> None:
    if (folder / _DATABASE).exists() and not (folder / "flash").is_dir():
        raise InputError(
            found=f"{folder / _DATABASE}, which no demo has made",
            expected="a new folder, or that of an earlier demo",
            hint="--output with another folder",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _MADE:
            (folder / name).unlink(missing_ok=True)
        for old in (*folder.glob(_DATABASE + "*"), *folder.glob("flash/*.json")):
            old.unlink()
    except OSError as error:
        raise InputError(
            found=f"{folder}: {error.strerror}",
            expected="a folder that can be written",
            hint="--output with another folder",
        ) from error
