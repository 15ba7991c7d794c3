"""`trunkline sync`: a device's log into the store."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.output import clock, err, escape, out, warn
from trunkline.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from trunkline.clocks.host_clock import ClockFinding
    from trunkline.device.session import Session
    from trunkline.store import Store
    from trunkline.sync.report import Progress, SyncReport

_GIVE_UP_S = 60.0  # how long a lost link is sought [D]
STORE = Path(typer.get_app_dir("trunkline")) / "wear.sqlite"


def sync(
    where: Annotated[str, typer.Argument(help="ble:NAME or ble:ADDRESS, usb:PORT, or sim:.")],
    store: Annotated[
        str, typer.Option(metavar="PATH", help="The database: a file, made if it is not there.")
    ] = str(STORE),
    wearer: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Whose the new days are, as w-7f3k2q. Without it: the device's wearer before, "
            "else the only one, else a new one.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a new wearer, as Europe/Zurich: days begin at its midnight. "
            "Without it: this computer's.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="What came, as one JSON object.")
    ] = False,
) -> None:
    """Bring what a device has logged into a database, and let it forget what is there.

    Cut at any moment, the next sync goes on where this one stopped: nothing is lost, nothing
    comes twice. What the device has no record of is listed, with the reason.

    Example:  trunkline sync "ble:Trunkline 3F2A"

    Example:  trunkline sync usb:/dev/ttyACM0 --store clinic.sqlite --wearer w-7f3k2q
    """
    # Imported here: the other commands need not wait for these.
    import asyncio

    from trunkline.store import Store

    if store == str(STORE):
        STORE.parent.mkdir(parents=True, exist_ok=True)
    session, zone = _session(where), time_zone or local_zone()
    with Store.open(store) as database:
        report = asyncio.run(_bring(session, database, wearer, zone))
    if as_json:
        print(json.dumps(_plain(report), indent=2))
    else:
        _print(report, store)


def _session(where: str) -> "Session":
    from trunkline.device.connecting import connect
    from trunkline.device.reconnect import Reconnect

    # It tells the time itself: where the clock is in doubt it asks.
    session = connect(where, reconnect=Reconnect(give_up_s=_GIVE_UP_S), set_time=False)
    if not session.takes_commands:
        raise InputError(
            found=f"{where}, which has no log",
            expected="a device",
            hint="`trunkline replay` shows a capture",
        )
    return session


def local_zone() -> str:
    """Name this computer's time zone; UTC where it does not tell."""
    from zoneinfo import ZoneInfo

    told = os.environ.get("TZ") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return str(ZoneInfo(told))
    except (KeyError, ValueError, OSError):  # no such zone is a KeyError
        return "UTC"


async def _bring(
    session: "Session", store: "Store", wearer: str | None, zone: str
) -> "SyncReport":
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from trunkline.protocol.events import Event, LinkBack, LinkLost
    from trunkline.sync.into_store import sync as bring

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[so_far]}"),
        TimeElapsedColumn(),
        console=err.console,
        transient=True,
    ) as bar:
        task = bar.add_task("connecting", total=None, so_far="")

        def note(event: Event) -> None:
            if isinstance(event, LinkLost | LinkBack):
                is_lost = isinstance(event, LinkLost)
                bar.update(task, description="link lost" if is_lost else "syncing")

        session.listeners.append(note)
        async with session:

            def show(progress: "Progress") -> None:
                so_far = f"{progress.records} of {progress.total} records{_pace(progress)}"
                done, total = progress.records, progress.total
                bar.update(task, description="syncing", total=total, completed=done, so_far=so_far)

            async def confirm(finding: "ClockFinding") -> bool:
                return await _ask(bar, finding)

            return await bring(
                session,
                store,
                wearer_id=wearer,
                time_zone=zone,
                on_progress=show,
                confirm_clock=confirm,
            )


def _pace(progress: "Progress") -> str:
    if not progress.seconds or progress.left_s is None:
        return ""
    rate_kb_s = progress.bytes / progress.seconds / 1000
    return f", {rate_kb_s:.1f} kB/s, {clock(progress.left_s)} left"


async def _ask(bar: "Bar", finding: "ClockFinding") -> bool:
    """Ask whoever sits here; where nobody does, the clock is not used."""
    import asyncio

    if not sys.stdin.isatty():
        return False
    bar.stop()
    err.print(escape(finding.sentence), soft_wrap=True)
    answer = await asyncio.to_thread(
        typer.confirm, "Is this computer's clock right?", False, err=True
    )
    bar.start()
    return answer


def _print(report: "SyncReport", store: str) -> None:
    rate = f", {report.rate_bytes_s / 1000:.1f} kB/s" if report.records_new else ""
    out.print(
        f"{report.records_new} new records ({report.bytes / 1000:.1f} kB{rate}) of wearer "
        f"[bold]{report.wearer_id}[/] in {escape(store)}, {report.records_here} in all.",
        soft_wrap=True,
    )
    if report.days:
        out.print("Days: " + ", ".join(day.isoformat() for day in report.days), soft_wrap=True)
    elif report.records_new:
        out.print("Days: " + ("time unknown" if report.sessions else "no wear logged yet"))
    for gap in report.gaps:
        out.print(
            f"Missing: {gap.count} of the records {gap.first} to {gap.end - 1}: {gap.why}.",
            soft_wrap=True,
        )
    if not report.gaps:
        out.print("Nothing is missing.")
    warn(_warnings(report))


def _warnings(report: "SyncReport") -> tuple[str, ...]:
    found = []
    if report.is_simulated:
        found.append("SIMULATED: a virtual board; nobody wore it.")
    if report.clock_doubt:
        found.append(f"The device was not told the time. {report.clock_doubt}")
    if report.life > 1:
        found.append("The device's flash was erased since its first sync; what came before stays.")
    if report.unknown_records:
        found.append(
            f"{report.unknown_records} records are of kinds that this version cannot read; they "
            "are kept as they are."
        )
    return tuple(found)


def _plain(report: "SyncReport") -> dict[str, Any]:
    return asdict(report) | {
        "days": [day.isoformat() for day in report.days],
        "rate_bytes_s": round(report.rate_bytes_s, 1),
        "seconds": round(report.seconds, 3),
    }
