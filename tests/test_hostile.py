"""Peers that mean harm, for as long as they like: refused, counted, and the owner loses nothing.

tests/test_strangers.py has the peers that are merely not ours.
"""

import asyncio
import contextlib

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError
from bumble import core

from posturecore import flash, frames, patterns, wire
from tests.test_strangers import gone, owner_streams, strangers_told
from tests.two_ends import PASSKEY, worn
from tests.worn_tape import write_worn
from trunkline.device.session import Session
from trunkline.errors import BluetoothError
from trunkline.protocol.records import LogStatus
from trunkline.simulator.table import hold_button
from trunkline.transports.ble import BleTransport

EVIL_ADDRESS = "E6:66:66:66:66:66"
SERVICES = {
    frames.SERVICE_UUID,
    *(f"0000{n}-0000-1000-8000-00805f9b34fb" for n in ("180a", "180f")),
}
WRITABLE = {frames.CONTROL_UUID, frames.UPDATE_UUID}
# What an owner may have said, as a listener might have it from a file or a cable.
COMMANDS = [
    wire.pack_frame(frame, sequence, values, items)
    for sequence, (frame, values, items) in enumerate(
        [
            (frames.STREAM, (7,), ()),
            (frames.HAPTIC, (patterns.PATTERN_NAMES.index("identify"),), ()),
            (frames.NEUTRAL, (0, 0, 16393, 0, 0, 0, 0), ()),
            (frames.SETTINGS, (0, 0), ((1, 5), (2, 5))),
            (frames.TIME_ANCHOR, (0, 0, 1_700_000_000, 0, 50, 0), ()),
            (flash.LOG_READ, (0, 1000), ()),
            (flash.LOG_ACK, (1000,), ()),
            (flash.UPDATE_BEGIN, (5000, bytes(32)), ()),
            (flash.UPDATE_END, (bytes(32),), ()),
        ]
    )
]
GARBAGE = [
    b"",
    b"\xa5",
    bytes(20),
    bytes([wire.MAGIC, frames.REQUEST, 0xFF, 0xFF]) + bytes(200),  # claims more than there is
    bytes([wire.MAGIC]) * 244,
    bytes(512),  # the longest that a write can carry
    COMMANDS[0][:-1] + bytes([COMMANDS[0][-1] ^ 1]),
    b"".join(COMMANDS),
]


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


async def write_everywhere(client, payloads):
    """Write to all there is, in both ways; give (uuid, bytes) of each write that was taken."""
    taken = []
    places = [each for service in client.services for each in service.characteristics]
    assert {place.service_uuid for place in places} >= SERVICES
    for place in places:
        if place.service_uuid not in SERVICES:  # the stack's own
            continue
        for data in payloads:
            for response in (True, False):
                if not client.is_connected:
                    return taken
                with contextlib.suppress(BleakError):
                    await client.write_gatt_char(place, data, response=response)
                    taken.append((place.uuid, data, response))
    return taken


@pytest.mark.parametrize("pairs", [False, True], ids=["unpaired", "without-passkey"])
@pytest.mark.parametrize("payloads", [GARBAGE, COMMANDS], ids=["garbage", "replayed-commands"])
async def test_stranger_may_write_anything_anywhere_and_nothing_happens(ends, pairs, payloads):
    async with ends.session() as session:
        settings, neutral = session.settings, (await session.status()).is_calibrated
        await ends.board.play(3000)
    motor = list(ends.board.motor_log)
    known = ends.air.adapter.keystore
    ends.air.adapter.keystore = type(known)()  # another computer
    with ends.air.as_adapter(passkey=None):
        async with BleakClient(ends.board.address) as client:
            if pairs:
                await client.pair()
            taken = await write_everywhere(client, payloads)
            await ends.board.play(25_000)
            await gone(client)
    ends.air.adapter.keystore = known
    assert not [write for write in taken if write[2]]  # each with an answer was refused
    assert ends.board.motor_log == motor
    async with ends.session(neutral=None) as session:
        assert session.settings == settings
        status = await session.status()
        log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
    assert (status.is_calibrated, log.acknowledged) == (neutral, 0)
    assert (status.frames_bad, status.frames_unknown) == (0, 0)


async def test_owner_s_garbage_on_every_characteristic_is_refused_or_counted(ends):
    async with ends.session() as session:
        await ends.board.play(3000)
        client = session._link._transport._client
        taken = await write_everywhere(client, GARBAGE)
        await ends.board.play(20_000)
        status, compared = await ends.finish(session)
    assert {uuid for uuid, _, has_answer in taken if has_answer} == WRITABLE
    read = [data for uuid, data, _ in taken if uuid in WRITABLE and data]
    assert status.frames_bad >= len(read)
    assert (status.samples_lost, status.frames_dropped) == (0, 0)
    assert compared.is_identical, compared.differences[:3]


async def test_replayed_commands_of_the_owner_are_answered_and_harm_nothing(ends):
    """Whoever holds a bond may repeat itself: a link that broke off makes hosts do so."""
    again = [COMMANDS[k] for k in (0, 2, 3, 4)] * 5
    async with ends.session() as session:
        await ends.board.play(3000)
        for data in again:
            await session._link._transport.write(data)
        await ends.board.play(20_000)
        status, compared = await ends.finish(session)
    assert (status.frames_bad, status.samples_lost) == (0, 0)
    assert compared.is_identical, compared.differences[:3]


async def test_nobody_gets_between_while_the_owner_streams(ends):
    evil = ends.air.make_device("evil", EVIL_ADDRESS)
    await evil.power_on()
    async with ends.session() as session:
        await ends.board.play(5000)
        assert await BleakScanner.discover(0.5) == []
        for _ in range(5):
            with pytest.raises(core.TimeoutError):
                await evil.connect(ends.board.address, timeout=0.2)
        await ends.board.play(20_000)
        status, compared = await ends.finish(session)
    assert (status.samples_lost, status.frames_dropped) == (0, 0)
    assert compared.is_identical, compared.differences[:3]
    await evil.power_off()


async def test_peer_that_only_connects_again_and_again_keeps_the_owner_out_for_seconds(ends):
    with ends.air.as_adapter(passkey=None):
        for _ in range(60):
            async with BleakClient(ends.board.address) as client:
                assert client.is_connected
        async with BleakClient(ends.board.address) as client:  # and then stays
            await ends.board.play(21_000)
            await gone(client)
    await owner_streams(ends, 30_000)
    assert strangers_told(ends) == [61]


async def test_passkey_cannot_be_guessed_and_the_owner_s_bond_outlives_the_tries(ends):
    async with ends.session():
        pass
    known = ends.air.adapter.keystore
    ends.air.adapter.keystore = type(known)()
    await hold_button(ends.board)
    for guess in (PASSKEY + 1, PASSKEY + 2, PASSKEY + 3, PASSKEY):  # right, and too late
        with pytest.raises(BluetoothError, match="pairing refused"):
            async with ends.session(passkey=guess):
                pass
        await ends.board.play(ends.board.time_ms + 100)
    ends.air.adapter.keystore = known

    def nobody_types():
        raise AssertionError("a bonded host was asked for its passkey")

    with ends.air.as_adapter(passkey=nobody_types):
        async with Session(BleTransport(ends.board.address)) as session:
            assert (await session.status()).is_calibrated == 1


async def test_flood_without_a_bond_is_no_more_than_noise(ends):
    piece = wire.pack_frame(flash.UPDATE_DATA, 0, (0, bytes(224)))
    with ends.air.as_adapter(passkey=None):
        async with BleakClient(ends.board.address) as client:
            for _ in range(2000):
                await client.write_gatt_char(frames.UPDATE_UUID, piece, response=False)
            await asyncio.sleep(0)
    status = await owner_streams(ends, 20_000)
    assert (status.frames_bad, status.frames_dropped) == (0, 0)
