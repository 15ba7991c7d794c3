"""Show that a sync cut ten times ends with the episodes of the live stream and of the capture.

python -m tests.ten_cuts

The board is virtual and its wearer made up; firmware, radio protocol, capture, sync and store are
the product's own.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from posturecore.decide import KINDS
from tests.two_ends import PASSKEY, UPRIGHT
from tests.worn_tape import write_worn
from trunkline.captures.capture import CaptureWriter
from trunkline.captures.captured import analyze_capture
from trunkline.decide.analysis import Episode, block_seconds
from trunkline.decide.decisions import row_of
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.events import EpisodeFrame
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.store import SavedSession, Store
from trunkline.sync.report import SyncReport
from trunkline.transports.ble import BleTransport

CUT_AFTER_MESSAGES = (1, 3, 5, 4, 6, 2, 7, 5, 8, 6)
_LIVE_S = 300
_SETTINGS_CHANGED = 40  # a record each: a log that takes some messages to bring


@dataclass
class Shown:
    """What the three ways have brought.

    Attributes:
        live: Episodes as the device streamed them.
        from_file: Those that the host decides on the capture's samples.
        from_store: Those in the store after the sync.
        held: Records in the store, by number.
        on_device: The device's log, brought once more in one piece.
        cuts: Syncs that were cut.
        report: What the last sync says.
        saved: The session in the store.
    """

    live: list[Episode]
    from_file: list[Episode]
    from_store: list[Episode]
    held: dict[int, bytes]
    on_device: dict[int, bytes]
    cuts: int
    report: SyncReport
    saved: SavedSession

    @property
    def lost(self) -> int:
        """Records of the device that the cut syncs did not bring; what it logged later is none."""
        return sum(k not in self.held for k in self.on_device if k <= max(self.held))

    @property
    def differing(self) -> int:
        """Records whose bytes are not the device's."""
        return sum(self.on_device.get(k) != data for k, data in self.held.items())


async def show(folder: Path) -> Shown:
    """Live five virtual minutes, then sync with ten cuts."""
    tape = write_worn(folder / "tape")
    flash = folder / "flash"
    flash.mkdir()
    (flash / "passkey.json").write_text(json.dumps(PASSKEY))
    async with VirtualAir() as air, VirtualBoard(air, tape=tape, root=flash) as board:
        with air.as_adapter(passkey=lambda: PASSKEY):
            live = await _live(board, folder / "live.tlcap")
            with Store.open(folder / "wear.sqlite") as store:
                cuts = await _cut(air, board, store)
                async with _visit(board) as session:
                    report = await session.sync(store)
                held = _held(store, report.device_id)
                (saved,) = store.sessions(report.wearer_id)
                from_store = _stored(store, report.sessions[-1])
            with Store.open(folder / "again.sqlite") as other:
                async with _visit(board) as session:
                    await session.sync(other)
                on_device = _held(other, report.device_id)
    mirror = analyze_capture(folder / "live.tlcap")[1]
    assert mirror.replay is not None
    rows = mirror.replay.decisions.episodes
    block_s = mirror.replay.block_s
    from_file = [Episode.from_row(row, block_s) for row in rows]
    return Shown(live, from_file, from_store, held, on_device, cuts, report, saved)


async def _live(board: VirtualBoard, path: Path) -> list[Episode]:
    """Stream five minutes into a capture; give the episodes that the device told meanwhile."""
    said: list[EpisodeFrame] = []
    with CaptureWriter(path, {"source": "a made-up tape", "is_simulated": True}) as capture:
        session = Session(BleTransport(board.address), capture)
        session.listeners.append(lambda e: said.append(e) if isinstance(e, EpisodeFrame) else None)
        async with session:
            await session.change_settings({"slouch_hold_s": 5, "slouch_refractory_s": 10})
            await session.set_stream(samples=True, decisions=True)
            await session.set_neutral(UPRIGHT)
            await board.play(_LIVE_S * 1000)
            await session.flush()
            await session.status()
            block_s = block_seconds(session.info.rate_mhz)
    async with _visit(board) as session:
        for k in range(_SETTINGS_CHANGED):
            await session.change_settings({"snooze_min": 10 + k % 2})
    return [Episode.from_row(row_of(frame), block_s) for frame in said]


async def _cut(air: VirtualAir, board: VirtualBoard, store: Store) -> int:
    """Sync again and again, the link lost each time after some messages; return how often."""
    cuts = 0
    for after in CUT_AFTER_MESSAGES:
        left = after

        def count(_data: bytes) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                air.drop_links(board.address)

        try:
            async with _visit(board) as session:
                session.log_listeners.append(count)
                await session.sync(store)
        except LinkError:
            cuts += 1
        await board.play(board.time_ms + 1000)
    return cuts


@asynccontextmanager
async def _visit(board: VirtualBoard) -> AsyncIterator[Session]:
    async with Session(BleTransport(board.address)) as session:
        yield session
    await board.play(board.time_ms + 1000)


def _held(store: Store, device_id: str) -> dict[int, bytes]:
    log = store.logs.newest(device_id)
    assert log is not None
    return {record.number: record.data for record in store.logs.records(log)}


def _stored(store: Store, session_id: int) -> list[Episode]:
    """Give both kinds in the order they ended."""
    found = [*store.episodes(session_id), *store.bends(session_id)]
    return sorted(found, key=lambda episode: (episode.end_block, KINDS.index(episode.kind)))


def main() -> int:
    """Print what the three ways have brought; return 1 where they differ."""
    with tempfile.TemporaryDirectory() as name:
        shown = asyncio.run(show(Path(name)))
    print(f"simulated: {_LIVE_S} s worn, {len(shown.held)} records in the log")
    print(f"syncs cut: {shown.cuts} of {len(CUT_AFTER_MESSAGES)}, then one to the end")
    print(f"records lost: {shown.lost}, with other bytes: {shown.differing}")
    for episode in shown.from_store:
        print(f"  {episode.kind:<7} {episode.start_s:6.1f} s to {episode.end_s:6.1f} s")
    is_same = shown.live == shown.from_file == shown.from_store
    print("live == file == sync" if is_same else f"DIFFERENT: {shown}")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
