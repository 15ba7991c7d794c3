"""Device and host when something goes wrong: bus, supply, link, strangers, bad frames."""

import asyncio
import contextlib
import itertools
import json

import pytest
from bleak import BleakClient
from bleak.exc import BleakError

from posturecore import frames, wire
from posturecore.decide import KIND_BEND
from tests.two_ends import PASSKEY, SELF_TEST_SAMPLES, UPRIGHT, Ends, worn
from tests.worn_tape import write_worn
from trunkline.decide.mirror import Mirror
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.events import Ack, Samples
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


# Faults


async def test_imu_that_does_not_answer_for_a_while_loses_nothing(ends):
    async with ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5})
        for at_ms in range(5000, 60_000, 5000):
            await ends.board.play(at_ms)
            await ends.board.inject("nak", 1 + at_ms // 1000)
        await ends.board.play(80_000)
        status, compared = await ends.finish(session)
    assert compared.is_identical, compared.differences[:3]
    assert (status.samples_lost, status.sample_index) == (0, 4800 - SELF_TEST_SAMPLES)
    assert status.imu_faults == sum(1 + at_s for at_s in range(5, 60, 5))


async def test_overrun_is_a_gap_in_samples_and_decisions_go_on_alike(ends):
    async with ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5})
        await ends.board.play(20_000)
        await ends.board.inject("nak", 5000)  # a millisecond each: the FIFO holds 2.8 s
        await ends.board.play(110_000)
        status, compared = await ends.finish(session)
    assert status.imu_overruns == 1
    # 5 s from the next batch on, less the 169 slots that were still whole, up to the next block
    assert status.samples_lost == pytest.approx(312 - 169, abs=14)
    assert abs(status.sample_index + SELF_TEST_SAMPLES - 6600) <= 14
    indices = [event.sample_index for event in ends.of(Samples)]
    assert all(index % 6 == 0 for index in indices)
    assert max(b - a for a, b in itertools.pairwise(indices)) > 120
    assert compared.is_identical, compared.differences[:3]
    assert compared.events >= 3


@pytest.mark.parametrize(
    ("missed_writes", "tries", "least_lost"),
    # The driver sees at once that the chip has started anew; if that start fails, a second later.
    [(0, 1, 0), (9, 3, 60)],
    ids=["at-once", "misses-writes"],
)
async def test_chip_that_lost_its_supply_comes_back(ends, missed_writes, tries, least_lost):
    async with ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5})
        await ends.board.play(20_000)
        await ends.board.inject("brown_out", missed_writes)
        await ends.board.play(110_000)
        status, compared = await ends.finish(session)
    assert status.imu_faults == tries
    assert least_lost <= status.samples_lost <= 210
    assert abs(status.sample_index + SELF_TEST_SAMPLES - 6600) <= 20
    assert compared.is_identical, compared.differences[:3]
    assert compared.events >= 3


async def test_device_decides_on_when_the_link_is_lost_and_knows_its_host_again(ends):
    board = ends.board
    async with ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5, "slouch_refractory_s": 10})
        await board.play(30_000)
        ends.air.drop_links(board.address)
        assert await session.wait_lost(2)
        with pytest.raises(LinkError):
            await session.status()
    await board.play(90_000)  # the slouch, with nobody there
    alone = [c.time_ms for c in board.motor_log if c.duty_u16 and c.time_ms > 2000]
    assert len(alone) >= 4
    assert min(alone) in range(46_000, 49_000)

    def nobody_types():
        raise AssertionError("a bonded host was asked for its passkey")

    with ends.air.as_adapter(passkey=nobody_types):
        async with Session(BleTransport(board.address)) as again:
            mirror = Mirror()
            again.listeners.append(mirror.take)
            for what in (frames.HELLO, frames.SETTINGS, frames.CALIBRATION):
                await again.command(frames.REQUEST, (what,))
            await again.set_stream(samples=True, decisions=True)
            await board.play(150_000)
            await again.flush()
            status = await again.status()
            assert again.settings["slouch_hold_s"] == 5
    mirror.finish()
    compared = mirror.compare()
    assert compared.is_identical, compared.differences[:3]
    assert [row[0] for row in mirror.device_episodes] == [KIND_BEND]
    assert (status.samples_lost, status.sample_index) == (0, 9000 - SELF_TEST_SAMPLES)


async def test_prescription_and_bond_outlive_a_restart(tmp_path, tape):
    (tmp_path / "passkey.json").write_text(json.dumps(PASSKEY))
    async with VirtualAir() as air:
        for boot in (1, 2):
            async with VirtualBoard(air, tape=tape, root=tmp_path) as board:
                ends = Ends(air, board)
                async with ends.session(neutral=UPRIGHT if boot == 1 else None) as session:
                    assert session.info.boot_id == boot
                    if boot == 1:
                        await session.change_settings({"slouch_hold_s": 7})
                    assert session.settings["slouch_hold_s"] == 7
                    assert (await session.status()).is_calibrated == 1


# Strangers


async def test_wrong_passkey_is_refused(ends):
    with pytest.raises(LinkError, match="Could not connect"):
        async with ends.session(passkey=PASSKEY + 1):
            pass
    async with ends.session() as session:
        assert (await session.status()).is_calibrated == 1


async def test_pairing_is_refused_outside_the_window_until_the_button_opens_it(ends):
    await ends.board.play(61_000)
    with pytest.raises(LinkError, match="Could not connect"):
        async with ends.session():
            pass
    await ends.board.press(3600)
    await ends.board.play(66_000)
    async with ends.session() as session:
        assert (await session.status()).uptime_ms == 66_000


@pytest.mark.parametrize("pairs", [False, True], ids=["unpaired", "without-passkey"])
async def test_stranger_reads_writes_and_hears_nothing(ends, pairs):
    heard = []
    with ends.air.as_adapter(passkey=None):
        async with BleakClient(ends.board.address) as client:
            if pairs:
                await client.pair()
            with pytest.raises(BleakError):
                await client.read_gatt_char(frames.STREAM_UUID)
            ask = wire.pack_frame(frames.STREAM, 0, (7,))
            with pytest.raises(BleakError):
                await client.write_gatt_char(frames.CONTROL_UUID, ask, response=True)
            with contextlib.suppress(BleakError):  # subscribing alone gives nothing
                await client.start_notify(frames.STREAM_UUID, lambda _, data: heard.append(data))
            await ends.board.play(20_000)
    assert heard == []
    assert ends.board.radio.sent == 0


async def test_stranger_without_a_passkey_leaves_no_bond(ends, tmp_path):
    with ends.air.as_adapter(passkey=None):
        async with BleakClient(ends.board.address) as client:
            await client.pair()
    await ends.board.play(1000)
    kinds = [row[0] for row in json.loads((tmp_path / "bonds.json").read_text())]
    assert kinds == [10]  # the radio's own identity


# Frames from the host


async def test_bad_frames_are_counted_and_streaming_goes_on(ends):
    good = wire.pack_frame(frames.REQUEST, 0, (frames.STATUS,))
    damaged = good[:-1] + bytes([good[-1] ^ 1])
    unknown = bytearray(wire.OVERHEAD)
    wire.seal(unknown, 0x7E, 0, 9)
    oversize = bytes([wire.MAGIC, frames.REQUEST]) + (2000).to_bytes(2, "little") + bytes(300)
    empty = bytearray(wire.OVERHEAD)
    wire.seal(empty, frames.HAPTIC, 0, 10)
    async with ends.session() as session:
        await ends.board.play(5000)
        write = session._transport.write
        for data in (damaged, good[:7], oversize, good + good, bytes(20)):
            await write(data)
        await write(bytes(unknown))
        await write(bytes(empty))
        await ends.board.play(10_000)
        status, compared = await ends.finish(session)
    assert (status.frames_bad, status.frames_unknown, status.frames_dropped) == (6, 1, 0)
    answers = [(ack.frame, ack.frame_sequence, ack.code) for ack in ends.of(Ack)]
    assert (0x7E, 9, frames.ACK_UNKNOWN) in answers
    assert (frames.HAPTIC, 10, frames.ACK_BAD_VALUE) in answers
    assert compared.is_identical, compared.differences[:3]
    assert (status.samples_lost, status.sample_index) == (0, 600 - SELF_TEST_SAMPLES)


async def test_flood_of_commands_is_answered_in_order(ends):
    async with ends.session() as session:
        await asyncio.gather(
            *[session.command(frames.REQUEST, (frames.HELLO,)) for _ in range(40)]
        )
        status = await session.status()
    assert (status.frames_bad, status.frames_dropped) == (0, 0)
    assert session.counts == {"good": session.counts["good"]}
