"""`trunkline doctor`: what may be wrong, and what to do about it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import err, escape, out, print_json

if TYPE_CHECKING:
    from trunkline.doctor import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    where: Annotated[
        str,
        typer.Argument(
            help="ble: (the bonded device), ble:NAME, usb:PORT or sim:. Nothing: this computer."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at this computer and at a device, and say what to do about what is wrong.

    Python and extras, adapter, permissions, disk; then the device's firmware, clock, log, battery,
    calibration and faults. Nothing is changed but that the device is told the time. Press its
    button first, or it may take a minute to be heard. Exit code 1 if something fails.

    Example:  trunkline doctor

    Example:  trunkline doctor ble:

    Example:  trunkline doctor usb:/dev/ttyACM0 --json
    """
    import asyncio
    import time

    from trunkline.doctor import examine

    if where.startswith("sim:"):
        err.print("[yellow]SIMULATED[/]: a virtual board")
    elif not as_json:
        err.print("Looking ...")
    checks = asyncio.run(examine(where, lambda: time.time_ns() // 1_000_000))
    if as_json:
        rows = [asdict(check) for check in checks]
        print_json({"is_simulated": where.startswith("sim:"), "checks": rows})
    else:
        _print(checks)
    if any(check.level == "fail" for check in checks):
        raise typer.Exit(1)


def _print(checks: "tuple[Check, ...]") -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        colour = _COLOURS[check.level]
        line = f"[{colour}]{check.level:<4}[/]  {check.name:<{width}}  {escape(check.sentence)}"
        out.print(line, soft_wrap=True)
        if check.remedy:
            out.print(f"{'':{width + 8}}[bold]{escape(check.remedy)}[/]", soft_wrap=True)
