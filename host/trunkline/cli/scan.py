"""`trunkline scan`: which devices are near."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import err, escape, out, print_json
from trunkline.errors import InputError

if TYPE_CHECKING:
    from trunkline.transports.scanning import HeardDevice

_LONGEST_S = 600.0


def scan(
    where: Annotated[
        str, typer.Argument(help="ble: for the air around, sim: for a virtual board.")
    ] = "ble:",
    seconds: Annotated[float, typer.Option(help="How long to listen.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the devices that are heard: name, battery, signal, and whether they are bonded.

    Press the device's button first: it is then on the air for a minute. A worn device that is
    alone is for 2 s a minute, so `--seconds 65` hears it, too; one that is connected, here or
    elsewhere, is silent. Exit code 1 if nothing is heard.

    Example:  trunkline scan

    Example:  trunkline scan sim: --seconds 2
    """
    if where not in ("ble:", "sim:") or not 0 < seconds <= _LONGEST_S:
        raise InputError(
            found=f"{where} and --seconds {seconds:g}",
            expected=f"ble: or sim:, and more than 0 up to {_LONGEST_S:g} seconds",
            hint="trunkline scan --seconds 5",
        )
    import asyncio

    listen = _scan_simulated if where == "sim:" else _scan
    if not as_json:
        err.print(f"listening for {seconds:g} s")
    heard = asyncio.run(listen(seconds))
    if as_json:
        print_json({"is_simulated": where == "sim:", "devices": [asdict(each) for each in heard]})
    else:
        _print(heard)
    if not heard:
        raise typer.Exit(1)


async def _scan(seconds: float) -> "tuple[HeardDevice, ...]":
    from trunkline.transports.scanning import scan

    return await scan(seconds)


async def _scan_simulated(seconds: float) -> "tuple[HeardDevice, ...]":
    import tempfile
    from pathlib import Path

    from trunkline.simulator.table import board_on_table, press_button
    from trunkline.transports.bonded import BondedDevices
    from trunkline.transports.scanning import scan

    err.print("[yellow]SIMULATED[/]: a virtual board on the virtual air")
    with tempfile.TemporaryDirectory() as folder:
        async with board_on_table(Path(folder)) as board:
            await press_button(board)
            return await scan(seconds, BondedDevices(Path(folder) / "devices.json"))


def _print(heard: "tuple[HeardDevice, ...]") -> None:
    from rich.table import Table

    if not heard:
        out.print(
            "Heard no device. Press its button: it is then on the air for a minute, else 2 s a "
            "minute. Bring it closer, and disconnect it from other computers.",
            soft_wrap=True,
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("name", "address"):
        table.add_column(name)
    for name in ("battery", "signal"):
        table.add_column(name, justify="right")
    table.add_column("bonded")
    for device in heard:
        battery = "?" if device.battery_pct is None else f"{device.battery_pct} %"
        table.add_row(
            escape(device.name or "?"),
            escape(device.address),
            battery,
            f"{device.rssi_dbm} dBm",
            "yes" if device.is_bonded else "not with `trunkline pair`",
        )
    out.print(table)
