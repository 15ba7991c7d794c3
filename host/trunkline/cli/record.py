"""`trunkline record`: everything a device says, to files that survive crashes."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.output import clock, err, escape, out, print_json
from trunkline.errors import InputError

if TYPE_CHECKING:
    from trunkline.captures.recorder import Recorder
    from trunkline.captures.tally import Count, Tally
    from trunkline.device.session import Session

_SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_REFRESH_HZ = 2


def record(
    where: Annotated[
        str, typer.Argument(help="ble:NAME or ble:ADDRESS, usb:PORT, sim:, or a recording.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FOLDER|FILE", help="A folder (a file a day), or a .tlcap."
        ),
    ] = Path("."),
    length: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="Keep 90s, 30min, 8h or 2d.")
    ] = None,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="10 blocks a second, not samples: no replay of it.")
    ] = False,
    speed: Annotated[
        float | None, typer.Option(help="Seconds of a virtual board, or of a file, a second.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Record all that a device streams; Ctrl-C ends it, and all that came is kept.

    A folder gets a file for each local day and each start of the device.
    No file is ever overwritten, and each can be replayed alone.
    A crash, kill -9 or a power cut loses at most the last second.

    Example:  trunkline record sim: -o recordings --for 10s --speed 20

    Example:  trunkline record "ble:Trunkline 3F2A" -o recordings --for 8h

    Example:  trunkline record usb:/dev/ttyACM0 -o monday.tlcap
    """
    length_s = _seconds(length)
    import asyncio  # here, as all that works with it: the other commands need not wait for it

    from trunkline.captures.recorder import Recorder
    from trunkline.captures.tally import Tally
    from trunkline.device.connecting import connect
    from trunkline.device.record import record as record_from

    session, tally = connect(where, speed=_pace(where, speed, length_s)), Tally()
    header = header_of(where)
    recorder = Recorder(output, header)
    tell_simulated(where, header)
    try:
        with recorder, _progress(session, recorder, tally):
            work = record_from(
                session,
                recorder,
                tally,
                _say,
                length_s=length_s,
                speed=speed or 1.0,
                samples=not blocks,
                blocks=blocks,
            )
            asyncio.run(work)
    finally:
        _summarise(recorder, tally, as_json)


def _pace(where: str, speed: float | None, length_s: float | None) -> float | None:
    """Play a part of a capture at a pace: frame by frame, so that it ends behind the right one."""
    from trunkline.captures.capture import SUFFIX
    from trunkline.device.connecting import FASTEST

    is_part = where.endswith(SUFFIX) and length_s is not None
    return FASTEST if is_part and speed is None else speed


def header_of(where: str) -> Mapping[str, Any]:
    """Say what a capture from there is; a copy of a simulation is still one."""
    from trunkline.captures.capture import SUFFIX, read_frames
    from trunkline.device.connecting import is_recording
    from trunkline.readers import load

    if where.endswith(SUFFIX):
        header = read_frames(where)[0]
        if header is not None:
            return header
    if is_recording(where):
        is_simulated = load(where).is_simulated
        return {"source": where} | ({} if is_simulated is None else {"is_simulated": is_simulated})
    return {"source": where, "is_simulated": where.startswith("sim:")}


def tell_simulated(where: str, header: Mapping[str, Any]) -> bool:
    """Say so if nobody wears what is there; return whether that is so."""
    is_simulated = header.get("is_simulated") is True
    if is_simulated:
        what = "a virtual board" if where.startswith("sim:") else "nobody wore this"
        err.print(f"[yellow]SIMULATED[/]: {what}")
    return is_simulated


def _say(sentence: str) -> None:
    err.print(escape(sentence), soft_wrap=True)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|d|)", text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not 0 < seconds < math.inf:
        raise InputError(
            found=f"--for {text}", expected="a time above 0 in s, min, h or d", hint="--for 8h"
        )
    return seconds


@contextmanager
def _progress(session: "Session", recorder: "Recorder", tally: "Tally") -> Iterator[None]:
    """Show one line that is kept up to date, where somebody is there to see it."""
    if not err.console.is_terminal:
        yield
        return
    from rich.live import Live

    with Live(
        get_renderable=lambda: _line(session.is_lost, recorder, tally),
        console=err.console,
        refresh_per_second=_REFRESH_HZ,
        transient=True,
    ):
        yield


def _line(is_away: bool, recorder: "Recorder", tally: "Tally") -> str:
    if not tally.stream_s and not recorder.size_bytes:
        return "[dim]connecting ...[/]"
    free = recorder.free_bytes
    count, unit = _counted(tally)
    parts = [
        clock(tally.stream_s),
        f"{count.came:,} {unit}",
        f"[red]lost {count.lost:,}[/]" if count.lost else "lost 0",
        _size(recorder.size_bytes),
    ]
    if free is not None:
        parts.append(f"{_size(free)} free")
    if tally.battery_mv is not None:
        parts.append(f"battery {tally.battery_mv / 1000:.2f} V")
    if is_away:
        parts.append("[red]link lost[/]")
    return "  ".join(parts)


def _counted(tally: "Tally") -> tuple["Count", str]:
    """Choose what was recorded: blocks only where no sample came."""
    if tally.blocks.came and not tally.samples.came:
        return tally.blocks, "blocks"
    return tally.samples, "samples"


def _size(size_bytes: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.3g} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.3g} GB"


def _summarise(recorder: "Recorder", tally: "Tally", as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "files": [str(path) for path in recorder.paths],
                "bytes": recorder.size_bytes,
                "samples": tally.samples.came,
                "lost_samples": tally.samples.lost,
                "blocks": tally.blocks.came,
                "lost_blocks": tally.blocks.lost,
                "stream_s": round(tally.stream_s, 3),
                "lost_frames": tally.lost_frames,
                "lost_links": tally.lost_links,
                "overflowed_bytes": recorder.overflowed_bytes,
            }
        )
        return
    count, unit = _counted(tally)
    out.print(
        f"{clock(tally.stream_s)} recorded: {count.came:,} {unit}, {count.lost:,} "
        f"lost, {tally.lost_frames:,} frames missing, {_size(recorder.size_bytes)}",
        soft_wrap=True,
    )
    if recorder.overflowed_bytes:
        err.print(
            f"[yellow]warning:[/] the disk was too slow: {recorder.overflowed_bytes} bytes were "
            "left out",
            soft_wrap=True,
        )
    for path in recorder.paths:
        out.print(escape(str(path)), soft_wrap=True)
