"""Draw docs/img/monitor.svg: the live view of a simulated wearer on the virtual board.

`--check` for CI compares the words and bars only: how rich draws them may differ between versions.
"""

import argparse
import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from posturecore import flash, frames
from posturecore.scales import UP_LSB_PER_G
from trunkline.cli.live import LivePicture
from trunkline.decide.counts import to_counts
from trunkline.device.live import Live, LiveView
from trunkline.device.session import Session
from trunkline.filter.gravity import gravity
from trunkline.protocol.records import LogStatus
from trunkline.simulator import write_tape
from trunkline.transports.simulated import SimulatedTransport
from trunkline.wearer import simulate_desk_hour

PICTURE = Path(__file__).resolve().parent / "img" / "monitor.svg"
# The desk hour's first slouch begins 335 s in; the board starts shortly before it.
FROM_S, LAST_MS, STEP_MS = 290, 130_000, 1000
COLUMNS, LINES = 80, 24
TEXTS = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)
PACE = re.compile(r"^[\d.]+/s")  # frames a second: some are this computer's own requests


async def watch(folder: Path) -> tuple[LiveView, int | None]:
    """Let the board live through the slouch; give what a live view then knows, and the RSSI."""
    recording = simulate_desk_hour(duration_s=520.0, seed=1).recording
    counts = to_counts(recording, gravity(recording, mode="online"))[FROM_S * 60 :]
    tape = write_tape(folder / "tape", counts[:, :3], counts[:, 3:6], counts[:, 6:])
    transport = SimulatedTransport(tape)
    live = Live(lambda: at_ms / 1000)
    at_ms = 0
    session = Session(transport)
    session.listeners.append(live.take)
    async with session:
        await session.set_stream(decisions=True)
        await session.set_neutral((UP_LSB_PER_G, 0, 0))
        while at_ms < LAST_MS:
            at_ms = await transport.board.play(at_ms + STEP_MS)
        await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        await session.status()
        return live.view(), session.rssi_dbm


def draw(view: LiveView, rssi_dbm: int | None) -> str:
    """Give the picture, without anything fetched from elsewhere."""
    console = Console(
        record=True, width=COLUMNS, height=LINES, file=io.StringIO(), force_terminal=True
    )
    console.print(LivePicture(view, "SIMULATED, sim:", False, rssi_dbm), end="")
    picture = console.export_svg(title="trunkline monitor sim:")
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    return picture.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def _words(picture: str) -> list[str]:
    return [PACE.sub("/s", text) for text in TEXTS.findall(picture)]


def main() -> int:
    """Draw, or with `--check` only say whether the picture is old; return exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is old")
    is_check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        picture = draw(*asyncio.run(watch(Path(folder))))
    if not is_check:
        PICTURE.write_text(picture, encoding="utf-8")
        return 0
    if _words(PICTURE.read_text(encoding="utf-8")) == _words(picture):
        return 0
    print("docs/img/monitor.svg is old: run python docs/monitor_picture.py.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
