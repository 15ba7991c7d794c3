"""`trunkline pair`: bond with a device, once."""

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import err, escape, out, print_json
from trunkline.errors import BluetoothError, InputError

if TYPE_CHECKING:
    from trunkline.device.pairing import Pairing
    from trunkline.transports.bonded import BondedDevices

Ask = Callable[[], Awaitable[int | None]]
_LISTEN_S = 3.0
_SCANS = 20  # a minute: as long as the device takes a new host
_TRIES = 3
_DIGITS = 6


def pair(
    where: Annotated[
        str, typer.Argument(help="ble:NAME or ble:ADDRESS, ble: to choose, sim: to try it.")
    ] = "ble:",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget ble:NAME instead of pairing.")
    ] = False,
) -> None:
    """Bond with a device: it asks once for the passkey on its label, then never again.

    Hold its button until it buzzes five times (3 s): for a minute it takes a new host. On Linux
    the passkey is asked for here, and may come through a pipe; macOS and Windows ask by
    themselves, Windows in its Bluetooth settings only. No passkey is ever stored. From then on
    `ble:` alone is this device.

    Example:  trunkline pair

    Example:  trunkline pair "ble:Trunkline 3F2A" < passkey.txt

    Example:  trunkline pair sim:
    """
    name = where.removeprefix("ble:")
    if (where != "sim:" and name == where) or (forget and not name):
        raise InputError(
            found=where, expected="ble:, ble:NAME, ble:ADDRESS or sim:", hint="trunkline pair"
        )
    if forget:
        _forget(name)
        return
    import asyncio

    answers: list[int | None] = []

    async def ask() -> int | None:
        answers.append(await _ask_passkey())
        return answers[-1]

    work = _pair_simulated(ask) if where == "sim:" else _pair(name, ask)
    try:
        done = asyncio.run(work)
    except BluetoothError:
        if answers and answers[-1] is None:
            raise _untyped() from None
        raise
    if as_json:
        print_json({"is_simulated": where == "sim:", **asdict(done)})
        return
    where_to = "gone with the virtual air" if where == "sim:" else "`ble:` alone now names it"
    out.print(f"[bold]{escape(done.device.name)}[/] is bonded; {where_to}.", soft_wrap=True)
    if not done.has_buzzed:
        out.print("It did not buzz now; `trunkline doctor ble:` says how it is.", soft_wrap=True)
    if done.time_not_set:
        out.print(escape(done.time_not_set), soft_wrap=True)


async def _pair(name: str, ask: Ask) -> "Pairing":
    from trunkline.device.pairing import pair, system_dialog
    from trunkline.transports.bonded import bonded_devices

    err.print("Hold the device's button until it buzzes five times (3 s).", soft_wrap=True)
    memory = bonded_devices()
    return await pair(name or await _choose(memory), memory, system_dialog(ask))


async def _pair_simulated(ask: Ask) -> "Pairing":
    import tempfile
    from contextlib import nullcontext
    from pathlib import Path

    from trunkline.device.pairing import pair
    from trunkline.simulator.table import PASSKEY, board_on_table, hold_button
    from trunkline.transports.bonded import BondedDevices

    err.print("[yellow]SIMULATED[/]: a virtual board on the virtual air")
    with tempfile.TemporaryDirectory() as folder:
        memory = BondedDevices(Path(folder) / "devices.json")
        async with board_on_table(Path(folder), ask) as board:
            err.print("Its button is held for 3 s, and it buzzes five times.")
            await hold_button(board)
            name = await _choose(memory)
            err.print(f"Its label says {PASSKEY:06}.")
            done = await pair(name, memory, nullcontext())
            await board.play(board.time_ms + 3000)
            return done


async def _choose(memory: "BondedDevices") -> str:
    """Look for devices for a minute at most; with several, ask which one."""
    from trunkline.errors import LinkError
    from trunkline.transports.scanning import scan

    for _ in range(_SCANS):
        err.print("Looking for devices ...")
        heard = await scan(_LISTEN_S, memory)
        if len(heard) == 1:
            return heard[0].address
        if heard:
            lines = [f"{each.name or each.address} ({each.rssi_dbm} dBm)" for each in heard]
            return heard[_pick(lines)].address
    raise LinkError(
        "Found no device within a minute; expected one that advertises; try holding its button "
        "until it buzzes five times, bringing it closer, and again."
    )


def _pick(lines: list[str]) -> int:
    for number, line in enumerate(lines, 1):
        err.print(f"  {number}  {escape(line)}")
    err.print(f"Which one? 1 to {len(lines)}: ")
    answer = _read_line()
    if answer.isdecimal() and 1 <= int(answer) <= len(lines):
        return int(answer) - 1
    raise InputError(
        found=f"{len(lines)} devices, and the answer {answer!r}",
        expected=f"a number from 1 to {len(lines)}",
        hint="trunkline pair ble:NAME",
    )


async def _ask_passkey() -> int | None:
    """Ask for six digits; None: nobody types any."""
    for _ in range(_TRIES):
        err.print("The passkey on the device's label, six digits: ")
        text = (await _from_thread(_read_line)).replace(" ", "")
        if text.isdecimal() and len(text) == _DIGITS:
            return int(text)
        if not text:
            break
        err.print("That is not six digits.")
    return None


def _untyped() -> InputError:
    return InputError(
        found="no passkey",
        expected="the six digits on the device's label",
        hint="typing them when they are asked for, or `trunkline pair < passkey.txt`",
    )


def _read_line() -> str:
    """Read a line; not through `sys.stdin`, whose lock a thread that waits would keep at exit."""
    line = bytearray()
    if sys.__stdin__ is None:  # closed; its number may be another file's by now
        return ""
    while not line.endswith(b"\n"):
        piece = os.read(sys.__stdin__.fileno(), 1)
        if not piece:
            break
        line += piece
    return line.decode(errors="replace").strip()


async def _from_thread(read: Callable[[], str]) -> str:
    """Wait for a line in a thread that the program's end need not wait for."""
    import asyncio
    import threading

    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def told(line: str) -> None:
        if not answer.done():
            answer.set_result(line)

    def wait() -> None:
        line = read()
        if not loop.is_closed():
            loop.call_soon_threadsafe(told, line)

    threading.Thread(target=wait, daemon=True).start()
    return await answer


def _forget(name: str) -> None:
    from trunkline.transports.bonded import bonded_devices

    if not bonded_devices().forget(name):
        raise InputError(
            found=f"no bonded device {name}",
            expected="the name, address or id of one",
            hint="trunkline scan",
        )
    out.print(
        f"{escape(name)} is forgotten. The system still has its keys: remove it in the Bluetooth "
        "settings, too.",
        soft_wrap=True,
    )
