"""`trunkline monitor`: what a device says, live."""

import json
import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from posturecore.context import CONTEXTS
from posturecore.flash import COACHINGS
from trunkline.analysis import Cue, Episode, block_seconds, name_at
from trunkline.capture import CaptureWriter
from trunkline.cli.output import clock, err, escape, out
from trunkline.cli.record import header_of
from trunkline.errors import InputError
from trunkline.events import (
    CueFrame,
    Decisions,
    EpisodeFrame,
    Event,
    Fault,
    Hello,
    LinkBack,
    LinkLost,
)
from trunkline.records import Coaching

if TYPE_CHECKING:
    from trunkline.session import Session

_STATES = ("good", "begun", "prolonged")


def monitor(
    where: Annotated[
        str,
        typer.Argument(
            help="ble:NAME or ble:ADDRESS, usb:PORT, sim: (a virtual board), or a capture."
        ),
    ],
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also record everything to a .tlcap.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Stop after this long; 0: at the end.")] = 0.0,
    speed: Annotated[
        float | None, typer.Option(help="Seconds of a virtual board, or of a file, a second.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show angle, context, episodes and cues as the device decides them.

    Example:  trunkline monitor sim: --speed 20

    Example:  trunkline monitor "ble:Trunkline 3F2A" --record monday.tlcap

    Example:  trunkline monitor usb:/dev/ttyACM0
    """
    if not 0 <= seconds < math.inf:
        raise InputError(
            found=f"--seconds {seconds:g}", expected="seconds of 0 or more", hint="--seconds 30"
        )
    from trunkline.connecting import connect  # here: the other commands need not wait for it

    session = connect(where, speed=speed)
    with ExitStack() as stack:
        if record is not None:
            session.capture = stack.enter_context(CaptureWriter(record, header_of(where)))
        if where.startswith("sim:"):
            err.print("[yellow]SIMULATED[/]: a virtual board")
        show(session, seconds, as_json)


def show(session: "Session", seconds: float, as_json: bool) -> None:
    """Open a session and show what comes, to its end or for so long; 0: to its end."""
    import asyncio

    asyncio.run(_watch(session, seconds, _Printer(as_json)))


async def _watch(session: "Session", seconds: float, printer: "_Printer") -> None:
    session.listeners.append(printer.take)
    async with session:
        if session.takes_commands:
            if printer.needs_neutral:
                await session.start_calibration()
                err.print("not calibrated: stand still and upright for a few seconds")
            await session.set_stream(samples=session.capture is not None, decisions=True)
        await session.wait_over(seconds or None)
    err.print(_totals(session.counts))


class _Printer:
    """Prints one line a second and one line an event."""

    def __init__(self, as_json: bool) -> None:
        self.needs_neutral = True
        self._as_json = as_json
        self._block_s = block_seconds(60000)

    def take(self, event: Event) -> None:
        """Print what an event says."""
        kind = type(event).__name__
        if isinstance(event, Hello):
            self._block_s = block_seconds(event.rate_mhz)
        elif kind == "Calibration":
            self.needs_neutral = False
        elif isinstance(event, Decisions):
            self._decisions(event)
        elif isinstance(event, EpisodeFrame):
            row = tuple(v for k, v in asdict(event).items() if k != "sequence")
            episode = Episode.from_row(row, self._block_s)
            self._say("episode", asdict(episode), _episode_words(episode))
        elif isinstance(event, CueFrame):
            row = tuple(v for k, v in asdict(event).items() if k != "sequence")
            cue = Cue.from_row(row, self._block_s)
            self._say("cue", asdict(cue), f"{cue.reason}, {cue.outcome}")
        elif isinstance(event, Coaching):
            coaching = name_at(COACHINGS, event.coaching)
            self._say("coaching", {"coaching": coaching}, coaching)
        elif isinstance(event, Fault):
            self._say("fault", asdict(event), event.detail)
        elif isinstance(event, LinkLost):
            self._say("link lost", asdict(event), event.reason)
        elif isinstance(event, LinkBack):
            self._say("link back", asdict(event), _back_words(event))

    def _decisions(self, event: Decisions) -> None:
        flexion_cdeg, lateral_cdeg, context, state = event.items[-1]
        at_s = (event.block_index + len(event.items)) * self._block_s
        now = {
            "at_s": round(at_s, 1),
            "flexion_deg": flexion_cdeg / 100,
            "lateral_deg": lateral_cdeg / 100,
            "context": name_at(CONTEXTS, context),
            "slouch_state": name_at(_STATES, state),
        }
        if self._as_json:
            self._say("now", now, "")
            return
        bar = "█" * max(0, min(30, round(flexion_cdeg / 200)))
        mark = name_at(" ·●", state)
        line = f"{clock(at_s):>8} {flexion_cdeg / 100:6.1f}° {mark} {now['context']:<14} {bar}"
        out.print(line.rstrip())

    def _say(self, what: str, values: dict[str, object], words: str) -> None:
        if self._as_json:
            print(json.dumps({"event": what, **values}), flush=True)
        else:
            out.print(f"[bold]{what}[/]: {escape(words)}", soft_wrap=True)


def _episode_words(episode: Episode) -> str:
    return (
        f"{episode.kind} at {clock(episode.start_s)}, {episode.duration_s:.1f} s, "
        f"peak {episode.peak_deg:.0f}°"
    )


def _back_words(event: LinkBack) -> str:
    missed = "" if event.missed_samples is None else f", {event.missed_samples} samples missed"
    return f"after {event.away_s:.0f} s{missed}"


def _totals(counts: Counter[str]) -> str:
    faults = ", ".join(f"{kind} {count}" for kind, count in counts.items() if kind != "good")
    return f"{counts['good']} frames; faults: {faults or 'none'}"
