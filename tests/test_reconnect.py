"""The firmware and a session whose link goes away: over the virtual radio and on a cable."""

import asyncio
import contextlib
import itertools

import pytest

from tests.two_ends import PASSKEY, worn
from tests.worn_tape import write_worn
from trunkline.captures.capture import CaptureWriter, read_capture
from trunkline.captures.captured import mirror_of
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.protocol.events import (
    Blocks,
    Decisions,
    Dropped,
    Hello,
    LinkBack,
    LinkLost,
    Samples,
)
from trunkline.transports.ble import BleTransport
from trunkline.transports.serial import SerialTransport

AT_ONCE = Reconnect(first_s=0.01, most_s=0.05)


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


@contextlib.asynccontextmanager
async def streaming(ends, transport, capture=None):
    ends.events = []
    session = Session(transport, capture, reconnect=AT_ONCE)
    session.listeners.append(ends.events.append)
    with ends.air.as_adapter(passkey=lambda: PASSKEY):
        async with session:
            await session.set_stream(samples=True, decisions=True)
            yield session


async def until(ends, kind, count=1):
    async with asyncio.timeout(10):
        while len(ends.of(kind)) < count:
            await asyncio.sleep(0.01)


def check_every_sample_came_or_is_in_a_stated_gap(events):
    due = None
    for event in events:
        if isinstance(event, LinkBack):
            due += event.missed_samples
        elif isinstance(event, Samples):
            assert due in (None, event.sample_index)
            due = event.sample_index + len(event.items)
    return due


async def test_link_that_the_air_cuts_comes_back_with_the_gap_in_samples(ends):
    async with streaming(ends, BleTransport(ends.board.address)) as session:
        at_ms = 5000
        for count in range(1, 4):
            await ends.board.play(at_ms)
            ends.air.drop_links(ends.board.address)
            await until(ends, LinkLost, count)
            await ends.board.play(at_ms + 3000)
            await until(ends, Hello, count + 1)
            at_ms += 6000
            await ends.board.play(at_ms)
        status = await session.status()
        await session.flush()
    backs = ends.of(LinkBack)
    assert len(backs) == 3
    assert all(back.missed_samples >= 3 * 60 - 24 for back in backs)
    due = check_every_sample_came_or_is_in_a_stated_gap(ends.events)
    assert status.sample_index - 12 < due <= status.sample_index
    assert session.counts.total() == session.counts["good"]


async def test_device_out_of_reach_for_a_while_is_found_again(ends, monkeypatch):
    monkeypatch.setattr("trunkline.transports.ble._SCAN_S", 0.3)
    async with streaming(ends, BleTransport(ends.board.address)) as session:
        await ends.board.play(5000)
        await ends.air.take_away(ends.board.address)
        await until(ends, LinkLost)
        await ends.board.play(9000)
        await asyncio.sleep(0.7)  # two scans hear nobody
        ends.air.bring_back(ends.board.address)
        await until(ends, Hello, 2)
        await ends.board.play(12_000)
        await session.flush()
    (back,) = ends.of(LinkBack)
    assert back.attempts >= 2
    assert back.missed_samples >= 4 * 60 - 24
    check_every_sample_came_or_is_in_a_stated_gap(ends.events)


async def test_board_that_restarts_in_mid_stream_streams_on_as_another_boot(ends):
    async with streaming(ends, BleTransport(ends.board.address)) as session:
        await ends.board.play(5000)
        boot_id = session.info.boot_id
        await ends.board.reset()
        await until(ends, Hello, 2)
        await ends.board.play(ends.board.time_ms + 4000)
        assert session.info.boot_id != boot_id
        await session.flush()
    (back,) = ends.of(LinkBack)
    assert back.missed_samples is None
    after = ends.events[ends.events.index(back) :]
    indices = [event.sample_index for event in after if isinstance(event, Samples)]
    assert 0 <= indices[0] < 60
    assert all(b - a == 12 for a, b in itertools.pairwise(indices[:-1]))


async def test_capture_goes_on_over_a_lost_link_and_reads_as_one_with_a_gap(ends, tmp_path):
    path = tmp_path / "a.tlcap"
    with CaptureWriter(path, {}) as capture:
        async with streaming(ends, BleTransport(ends.board.address), capture) as session:
            await ends.board.play(30_000)
            ends.air.drop_links(ends.board.address)
            await until(ends, LinkLost)
            await ends.board.play(33_000)
            await until(ends, Hello, 2)
            await ends.board.play(60_000)
            await session.flush()
    (back,) = ends.of(LinkBack)
    read = read_capture(path, strict=True)
    assert [type(event) for event in read.events].count(LinkLost) == 1
    mirror = mirror_of(read)
    (before, counts), (after, _) = [
        (index, counts) for index, counts in mirror.samples if len(counts) > 100
    ]
    assert after - before - len(counts) == back.missed_samples
    compared = mirror.compare()
    assert not compared.is_identical
    assert compared.lost_links == 1
    assert "links lost: 1" in str(compared)
    assert compared.blocks >= 500


async def test_slow_consumer_drops_events_while_the_link_and_all_others_lose_none(ends):
    async with streaming(ends, BleTransport(ends.board.address)) as session:
        async with contextlib.aclosing(session.stream(decisions=True, limit=5)) as slow:
            first = asyncio.create_task(anext(slow))
            await ends.board.play(60_000)
            await first
            got = [await anext(slow) for _ in range(6)]
        status = await session.status()
        await session.flush()
    assert isinstance(got[0], Dropped)
    assert got[0].count > 300
    assert (status.frames_dropped, status.samples_lost) == (0, 0)
    assert session.counts.total() == session.counts["good"]
    due = check_every_sample_came_or_is_in_a_stated_gap(ends.events)
    assert status.sample_index - 12 < due <= status.sample_index


async def test_blocks_are_the_device_s_own_and_equal_those_made_of_its_samples(ends):
    async with streaming(ends, BleTransport(ends.board.address)) as session:
        runs = {}

        async def read(name):
            runs[name] = [run async for run in session.blocks()]

        made = asyncio.create_task(read("made"))
        await ends.board.play(5000)
        made_until = sum(len(event.items) for event in ends.of(Samples))
        await session.set_stream(samples=True, blocks=True)
        own = asyncio.create_task(read("own"))
        await ends.board.play(20_000)
        assert made_until
    await asyncio.gather(made, own)
    blocks = {}
    for run in runs["own"] + runs["made"]:
        for k, row in enumerate(run.blocks.tolist()):
            assert blocks.setdefault(run.first_block + k, row) == row
    sent = {e.block_index: list(e.items[0]) for e in ends.of(Blocks)}
    assert len(sent) > 100
    assert all(blocks[number] == row for number, row in sent.items())
    assert all(run.missed == 0 for some in runs.values() for run in some)


async def test_cable_that_is_pulled_and_put_in_again_streams_on(ends):
    transport = SerialTransport(ends.board.usb_port)
    async with streaming(ends, transport) as session:
        await ends.board.play(5000)
        ends.board._cable.unplug()
        await until(ends, LinkLost)
        await ends.board.play(9000)
        ends.board._cable.plug_in()
        transport.name = ends.board.usb_port
        await until(ends, Hello, 2)
        await ends.board.play(14_000)
        await session.flush()
    (back,) = ends.of(LinkBack)
    assert back.missed_samples >= 4 * 60 - 24
    check_every_sample_came_or_is_in_a_stated_gap(ends.events)
    assert ends.of(Decisions)
