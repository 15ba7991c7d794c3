"""A link that is lost, at every phase: one sentence, a second try that works, and nothing lost.

The virtual air ends the link at the very packet that the phase is about.
"""

import asyncio
import contextlib
import json
import shutil

import pytest

from posturecore import flash, frames
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.firmware.flashed import bundle, files
from tests.two_ends import PASSKEY, SELF_TEST_SAMPLES, Ends, worn
from tests.worn_tape import write_worn
from trunkline.device.download import download
from trunkline.device.updating import Bundle, send_bundle
from trunkline.errors import LinkError
from trunkline.protocol.events import Samples
from trunkline.protocol.records import LogStatus, LostRecords
from trunkline.simulator import VirtualAir, VirtualBoard, firmware_path
from trunkline.simulator.table import press_button
from trunkline.transports import ble

import compile as compiler  # isort: skip

WEAR_MS = 120_000
BOUND_S = 20  # no wait is for ever; nothing here takes a tenth of it
UPDATE = Bundle(bundle(files("new", sizes=(9000, 10, 0, 700)), version="0.2"))


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(ble, "_SCAN_S", 0.6)
    monkeypatch.setattr(ble, "_CONNECT_S", 2.0)
    monkeypatch.setattr("trunkline.device.updating._POLL_S", 0.05)


@contextlib.contextmanager
def one_sentence():
    """Hold that what is inside ends in one sentence with a remedy, and ends."""
    with pytest.raises(LinkError) as caught:
        yield
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    assert "try" in said or "connect again" in said


async def nothing_is_lost(ends, until_ms):
    """A host comes and streams: the device has measured all the time, and remembers all."""
    async with asyncio.timeout(BOUND_S), ends.session() as session:
        await ends.board.play(until_ms)
        status, compared = await ends.finish(session)
        assert compared.is_identical, compared.differences[:3]
        assert status.samples_lost == 0
        assert status.sample_index == until_ms * 60 // 1000 - SELF_TEST_SAMPLES
        await log_is_whole(session)


async def log_is_whole(session, got=()):
    """The numbers of all the device's records, in order: those that came before, and the rest."""
    limit = (await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))).next
    behind = got[-1].number + 1 if got else 0
    records = [*got, *[record async for record in download(session, behind)]]
    numbers = [record.number for record in records]
    assert numbers[:limit] == list(range(limit))
    assert not [record for record in records if isinstance(record.event, LostRecords)]


# Opening

PHASES = {
    "connect": lambda faults: setattr(faults, "leaves_when_connecting", True),
    "mtu": lambda faults: faults.break_link("mtu"),
    "discovery": lambda faults: faults.break_link("discovery"),
    "pairing": lambda faults: faults.break_link("pairing"),
    "passkey, first bit": lambda faults: faults.break_link("passkey"),
    "passkey, last bit": lambda faults: faults.break_link("passkey", 40),
    "subscribe": lambda faults: faults.break_link("write", 1),
    "subscribe to the log": lambda faults: faults.break_link("write", 2),
    "hello asked": lambda faults: faults.break_link("write", 3),
    "hello answered": lambda faults: faults.break_link("notification", 1),
    "settings": lambda faults: faults.break_link("notification", 3),
}


@pytest.mark.parametrize("phase", PHASES)
async def test_link_lost_while_a_host_opens_it(ends, phase):
    await ends.board.play(3000)
    PHASES[phase](ends.air.faults)
    with one_sentence():
        async with asyncio.timeout(BOUND_S), ends.session():
            pass
    assert not ends.air.adapter.connections
    assert ends.air.faults.is_spent
    ends.air.bring_back(ends.board.address)
    await nothing_is_lost(ends, 10_000)


async def test_device_out_of_range_while_a_host_scans(ends):
    await ends.air.take_away(ends.board.address, 0)
    with one_sentence():
        async with asyncio.timeout(BOUND_S), ends.session():
            pass
    ends.air.bring_back(ends.board.address)
    await nothing_is_lost(ends, 10_000)


# In the middle


@pytest.mark.parametrize("kept_bytes", [0, 3, 4, 20, 200])
async def test_link_lost_in_the_middle_of_a_frame(ends, kept_bytes):
    with one_sentence():
        async with asyncio.timeout(BOUND_S), ends.session() as session:
            ends.air.faults.break_link("notification", 20, kept_bytes)
            await ends.board.play(30_000)
            assert await session.wait_lost()
            heard = len(ends.of(Samples))
            await session.status()
    assert 0 < heard < 30 * 5  # a frame has 0.2 s
    assert session.counts["cut"] == max(0, kept_bytes - 3), session.counts
    assert session.counts["damaged"] == session.counts["malformed"] == 0
    await nothing_is_lost(ends, 45_000)


@pytest.mark.parametrize("count", [1, 2, 4, 6])
async def test_link_lost_in_the_middle_of_a_download_goes_on_behind_what_came(ends, count):
    async with ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5})
    await ends.board.play(WEAR_MS)
    await press_button(ends.board)  # a minute alone: the radio rests
    got = []
    with one_sentence():
        async with asyncio.timeout(BOUND_S), ends.session(neutral=None) as session:
            ends.air.faults.break_link("notification", count)
            async for record in download(session):
                got.append(record)
    assert ends.air.faults.is_spent
    async with asyncio.timeout(BOUND_S), ends.session(neutral=None) as session:
        await log_is_whole(session, got)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A board's flash with the product in it, as it is copied to an empty board."""
    folder = tmp_path_factory.mktemp("installed") / "flash"
    assert compiler.build(firmware_path(), folder, "x64", board=None).complaints == []
    (folder / "passkey.json").write_text(json.dumps(PASSKEY))
    return folder


@pytest.mark.parametrize(
    ("packet", "count"),
    [
        pytest.param("write", 1, id="begin"),
        pytest.param("write without response", 1, id="first-piece"),
        pytest.param("write without response", 13, id="a-piece"),
        pytest.param("notification", 4, id="how-far"),
        pytest.param("write", 6, id="end"),
    ],
)
async def test_link_lost_in_the_middle_of_an_update_goes_on_where_it_was(
    installed, tmp_path, packet, count
):
    root = shutil.copytree(installed, tmp_path / "flash")
    done, again = [], []
    async with (
        VirtualAir() as air,
        VirtualBoard(air, root=root, firmware=root / "main.py") as board,
    ):
        ends = Ends(air, board)
        with one_sentence():
            async with asyncio.timeout(BOUND_S), playing(board), ends.session() as session:
                air.faults.break_link(packet, count)
                await send_bundle(session, UPDATE, lambda at, _: done.append(at))
        assert air.faults.is_spent
        async with asyncio.timeout(BOUND_S), playing(board), ends.session() as session:
            await send_bundle(session, UPDATE, lambda at, _: again.append(at))
    assert again[0] >= max(done, default=0)
    assert again[-1] == len(UPDATE.data)


@contextlib.asynccontextmanager
async def playing(board):
    """Let virtual time pass beside what is going on."""

    async def play_on():
        while True:
            await board.play(board.time_ms + 100)
            await asyncio.sleep(0.02)

    clock = asyncio.create_task(play_on())
    try:
        yield
    finally:
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
