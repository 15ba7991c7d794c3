"""Hostile peers, on the real firmware over the virtual radio: refused, counted, forgotten.

The stack below behaves as badly as the real one: it notifies without asking for encryption, gives
a bond up to whoever pairs again, cuts what is too long, and swallows what a handler raises.
"""

import asyncio
import contextlib
import json

import pytest
from bleak import BleakClient
from bleak.exc import BleakError
from bumble.keys import MemoryKeyStore

from posturecore import faults, flash, frames, wire
from tests.two_ends import PASSKEY, worn
from tests.worn_tape import write_worn
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.records import DeviceFault
from trunkline.simulator.table import hold_button
from trunkline.transports.ble import BleTransport

SIG = "0000{}-0000-1000-8000-00805f9b34fb"
INFORMATION = {"manufacturer": "2a29", "model": "2a24", "serial": "2a25", "firmware": "2a26"}
BATTERY = SIG.format("2a19")
READABLE = [frames.STREAM_UUID, frames.LOG_UUID, BATTERY]
READABLE += [SIG.format(number) for number in INFORMATION.values()]
PIECE = wire.pack_frame(flash.UPDATE_DATA, 0, (0, bytes(224)))
ASK = wire.pack_frame(frames.STREAM, 0, (7,))


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


async def owner_streams(ends, until_ms):
    async with ends.session() as session:
        await ends.board.play(until_ms)
        status, compared = await ends.finish(session)
    assert compared.is_identical, compared.differences[:3]
    assert status.samples_lost == 0
    return status


def strangers_told(ends):
    """What the device said to the host that came last: how many strangers since it started."""
    told = [event for event in ends.of(DeviceFault) if event.code == faults.STRANGER]
    return [event.detail for event in told]


async def gone(client):
    async with asyncio.timeout(5):
        while client.is_connected:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("pairs", [False, True], ids=["unpaired", "without-passkey"])
async def test_stranger_gets_at_nothing_is_dropped_and_the_owner_is_served(ends, pairs):
    heard = []
    with ends.air.as_adapter(passkey=None):
        async with BleakClient(ends.board.address) as client:
            if pairs:
                await client.pair()
            for uuid in READABLE:
                with pytest.raises(BleakError):
                    await client.read_gatt_char(uuid)
            for uuid in (frames.STREAM_UUID, frames.LOG_UUID, BATTERY):
                with contextlib.suppress(BleakError):  # subscribing alone gives nothing
                    await client.start_notify(uuid, lambda _, data: heard.append(data))
            for data in (ASK, ASK * 30, b"", bytes(500)):
                with pytest.raises(BleakError):
                    await client.write_gatt_char(frames.CONTROL_UUID, data, response=True)
            for _ in range(100):
                await client.write_gatt_char(frames.UPDATE_UUID, PIECE, response=False)
            await ends.board.inject("battery_mv", 3500)
            await ends.board.play(25_000)
            await gone(client)
        await client.unpair()
    assert (heard, ends.board.radio.sent) == ([], 0)
    status = await owner_streams(ends, 40_000)
    assert (status.frames_bad, status.frames_unknown) == (0, 0)
    assert strangers_told(ends) == [1]


async def test_damaged_bonds_open_no_window_without_the_button(tmp_path, tape):
    (tmp_path / "bonds.json").write_text("[[2, ")
    async with worn(tmp_path, tape) as ends:
        with pytest.raises(LinkError, match="Could not connect"):
            async with ends.session():
                pass
        await ends.board.play(5_000)
        await ends.board.press(3600)
        await ends.board.play(10_000)
        await owner_streams(ends, 15_000)
        told = [event.code for event in ends.of(DeviceFault)]
        assert faults.SETTINGS_DAMAGED in told


async def test_host_that_lost_its_keys_is_a_stranger_and_harms_nobodys_bond(ends, tmp_path):
    """Whoever claims to be a bonded host looks the same to the stack, which deletes the bond."""
    await owner_streams(ends, 5000)
    await ends.board.play(70_000)  # the window has closed
    await ends.board.press(100)  # the radio is on again for a minute, the window stays closed
    await ends.board.play(70_800)
    adapter = ends.air.adapter
    keys, adapter.keystore = adapter.keystore, MemoryKeyStore()
    with pytest.raises(LinkError, match="Could not connect"):
        async with ends.session():
            pass
    await ends.board.play(71_000)
    adapter.keystore = keys

    def nobody_types():
        raise AssertionError("a bonded host was asked for its passkey")

    with ends.air.as_adapter(passkey=nobody_types):
        async with Session(BleTransport(ends.board.address)) as session:
            assert (await session.status()).uptime_ms == 71_000
    kinds = [row[0] for row in json.loads((tmp_path / "bonds.json").read_text())]
    assert kinds.count(2) == 1


async def test_host_that_lost_its_keys_pairs_anew_inside_the_window(ends):
    await owner_streams(ends, 5000)
    ends.air.adapter.keystore = MemoryKeyStore()
    with pytest.raises(LinkError, match="Could not connect"):  # the first host has closed it
        await owner_streams(ends, 6000)
    await hold_button(ends.board)
    await owner_streams(ends, 15_000)


async def test_owner_gone_mad_is_counted_and_still_served(ends):
    oversize = bytes([wire.MAGIC, frames.REQUEST]) + bytes(400)
    async with ends.session() as session:
        await ends.board.play(3000)
        client = session._transport._client
        for data in (oversize, b"", ASK[:-1], bytes(20)):
            with contextlib.suppress(BleakError):
                await client.write_gatt_char(frames.CONTROL_UUID, data, response=True)
        for _ in range(60):
            await client.write_gatt_char(frames.UPDATE_UUID, bytes(100), response=False)
        await ends.board.play(20_000)
        status, compared = await ends.finish(session)
    assert status.frames_bad >= 60
    assert (status.samples_lost, status.frames_dropped) == (0, 0)
    assert compared.is_identical, compared.differences[:3]


async def test_long_commands_come_whole(ends):
    """The stack cuts at 20 bytes unless told otherwise, in silence."""
    async with ends.session() as session:
        changes = {name: value for name, value in session.settings.items() if name != "placement"}
        changes["slouch_hold_s"] = 33
        await session.change_settings(changes)
        assert len(changes) * 5 > 20
        assert session.settings["slouch_hold_s"] == 33
        assert (await session.status()).frames_bad == 0


async def test_owner_may_read_who_it_is_and_how_full(ends):
    with ends.air.as_adapter(passkey=lambda: PASSKEY):
        async with BleakClient(ends.board.address) as client:
            await client.pair()
            said = {
                name: bytes(await client.read_gatt_char(SIG.format(number)))
                for name, number in INFORMATION.items()
            }
            level = await client.read_gatt_char(BATTERY)
    assert said["manufacturer"] == b"Trunkline"
    assert 0 < level[0] <= 100


async def test_radio_without_private_addresses_is_used_without(tmp_path, tape):
    async with worn(tmp_path, tape, TRUNKLINE_SIM_NO_PRIVACY="1") as ends:
        await ends.board.play(2000)
        status = await owner_streams(ends, 5000)
    assert status.uptime_ms == 5000
    assert strangers_told(ends) == []


async def test_more_answers_than_the_radio_takes_are_dropped_counted_and_seen_missing(ends):
    async with ends.session() as session:
        client = session._transport._client
        ends.air.interval_s = 0.02  # six packets at a time, and each question has two answers
        for sequence in range(60):
            ask = wire.pack_frame(frames.REQUEST, sequence, (frames.HELLO,))
            await client.write_gatt_char(frames.UPDATE_UUID, ask, response=False)
        await session.status()  # comes behind them all
        ends.air.interval_s = 0.0
        await ends.board.play(5000)
        status, compared = await ends.finish(session)
    assert ends.board.radio.refused > 0
    assert status.frames_dropped == session.counts["missing"] > 0
    assert compared.differences == []
