"""`trunkline monitor`: what a device says, live: a screen, or lines where no terminal is."""

import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import err, escape, out
from trunkline.cli.record import header_of, tell_simulated
from trunkline.errors import InputError

if TYPE_CHECKING:
    from trunkline.device.session import Session


def monitor(
    where: Annotated[
        str,
        typer.Argument(
            help="ble:NAME or ble:ADDRESS, usb:PORT, sim: (a virtual board), or a recording."
        ),
    ],
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also record everything to a .tlcap.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Stop after this long; 0: at the end.")] = 0.0,
    speed: Annotated[
        float | None, typer.Option(help="Seconds of a virtual board, or of a file, a second.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines in place of the screen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show angle, context, episodes and cues as the device decides them.

    In a terminal it is a screen, which q ends.
    In a pipe, or with --plain, it is a line a second and one for each thing that happens.

    Example:  trunkline monitor sim: --speed 20

    Example:  trunkline monitor "ble:Trunkline 3F2A" --record monday.tlcap

    Example:  trunkline monitor usb:/dev/ttyACM0 --json | grep cue
    """
    if not 0 <= seconds < math.inf:
        raise InputError(
            found=f"--seconds {seconds:g}", expected="seconds of 0 or more", hint="--seconds 30"
        )
    from trunkline.captures.recorder import Recorder
    from trunkline.device.connecting import (
        connect,  # here: the other commands need not wait for it
    )

    session, header = connect(where, speed=speed), header_of(where)
    with ExitStack() as stack:
        if record is not None:
            session.capture = stack.enter_context(Recorder(record, header))
        origin = f"SIMULATED, {where}" if tell_simulated(where, header) else where
        is_screen = session.takes_commands or speed is not None
        show(session, origin, seconds=seconds, is_screen=is_screen and not plain, as_json=as_json)


def show(
    session: "Session", origin: str, *, seconds: float = 0.0, is_screen: bool, as_json: bool
) -> None:
    """Open a session and show what comes, to its end or for so long; 0: to its end."""
    import asyncio

    if is_screen and out.console.is_terminal and not as_json:
        asyncio.run(_on_screen(session, origin, seconds))
    else:
        asyncio.run(_in_lines(session, seconds, as_json))
    faults = ", ".join(f"{kind} {n}" for kind, n in session.counts.items() if kind != "good")
    err.print(f"{session.counts['good']} frames; faults: {faults or 'none'}")


async def _in_lines(session: "Session", seconds: float, as_json: bool) -> None:
    from trunkline.cli.lines import Lines

    session.listeners.append(Lines(as_json, lambda: session.rssi_dbm).take)
    async with session:
        if session.takes_commands and not await _begin(session):
            err.print("not calibrated: stand still and upright for a few seconds")
        await session.wait_over(seconds or None)


async def _on_screen(session: "Session", origin: str, seconds: float) -> None:
    from trunkline.cli.screen import Screen
    from trunkline.protocol.events import Event, TimeNotSet

    said: list[str] = []  # too long for the picture, and beneath it nobody would read it

    def hear(event: Event) -> None:
        if isinstance(event, TimeNotSet):
            said.append(event.reason)

    session.listeners.append(hear)
    try:
        await Screen(session, origin).show(_watch(session, seconds))
    finally:
        for sentence in said:
            err.print(escape(sentence), soft_wrap=True)


async def _watch(session: "Session", seconds: float) -> None:
    import asyncio

    from trunkline.cli.screen import ask_for_log

    async with session:
        if not session.takes_commands:
            await session.wait_over(seconds or None)
            return
        await _begin(session)
        asking = asyncio.create_task(ask_for_log(session))
        try:
            await session.wait_over(seconds or None)
        finally:
            asking.cancel()


async def _begin(session: "Session") -> bool:
    """Stream, and take the neutral pose if there is none; return whether there was."""
    is_calibrated = bool((await session.status()).is_calibrated)
    if not is_calibrated:
        await session.start_calibration()
    await session.set_stream(samples=session.capture is not None, decisions=True)
    return is_calibrated
