"""A simulated workday worn alone, then downloaded: the log says what a host decides again.

Twenty-five minutes in `make test`, eight hours in `make soak`.
"""

import asyncio
import os
from dataclasses import dataclass
from itertools import pairwise

import pytest

from posturecore.coach import FELT
from tests.two_ends import worn
from tests.workday import (
    Day,
    decided_again,
    levels,
    make_day,
    minutes_again,
    minutes_in,
    prescribe,
    states_in,
    visit,
)
from trunkline.decide.mirror import Mirror
from trunkline.device.download import acknowledge, download
from trunkline.errors import LinkError
from trunkline.protocol.log import StoredRecord
from trunkline.protocol.records import LedgerFrame
from trunkline.transports.serial import SerialTransport

SOAK = "TRUNKLINE_SOAK"
CUTS = (1, 20, 21, 60)  # records after which the link is lost


@dataclass
class Downloaded:
    """What came of a day.

    Attributes:
        day: The day.
        over_air: The log, by radio.
        in_pieces: The log, by a link that was lost again and again.
        after_ack: The log once more, after all of it was acknowledged.
        over_cable: The log, by cable.
        mirror: The host's own decisions.
        status: The device's health before the download.
        slept_ms: Time in light sleep.
    """

    day: Day
    over_air: list[StoredRecord]
    in_pieces: list[StoredRecord]
    after_ack: list[StoredRecord]
    over_cable: list[StoredRecord]
    mirror: Mirror
    status: object
    slept_ms: int


async def live(folder, scenario, duration_s) -> Downloaded:
    root = folder / "flash"
    root.mkdir()
    day = make_day(folder, scenario, duration_s)
    async with worn(root, day.tape) as ends:
        await prescribe(ends, day)
        await ends.board.play(day.end_ms - 60_000)
        slept_ms = sum(levels(ends, "slept_ms"))
        async with visit(ends) as session:
            status = await session.status()
            over_air = [record async for record in download(session)]
        in_pieces = await by_a_bad_link(ends)
        async with visit(ends) as session:
            await acknowledge(session, over_air[-1].number + 1)
            after_ack = [record async for record in download(session)]
        await ends.board.inject("usb", 1)
        await ends.board.play(ends.board.time_ms + 1000)
        async with visit(ends, SerialTransport(ends.board.usb_port)) as session:
            over_cable = [record async for record in download(session)]
        mirror = decided_again(day, over_air, ends, status.sample_index)
    parts = (over_air, in_pieces, after_ack, over_cable)
    return Downloaded(day, *parts, mirror, status, slept_ms)


async def by_a_bad_link(ends) -> list[StoredRecord]:
    got: list[StoredRecord] = []
    for cut in (*CUTS, None):
        try:
            async with visit(ends) as session:
                async for record in download(session, got[-1].number + 1 if got else 0):
                    got.append(record)
                    if len(got) == cut:
                        ends.air.drop_links(ends.board.address)
        except LinkError:
            assert cut is not None
        await ends.board.play(ends.board.time_ms + 1000)
    return got


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    return asyncio.run(live(tmp_path_factory.mktemp("day"), "warehouse", 1500.0))


def test_episodes_in_the_log_are_those_that_the_host_decides_again(lived):
    episodes = lived.mirror.device_episodes
    assert len(episodes) > 20
    assert episodes == lived.mirror.replay.decisions.episodes


def test_cues_in_the_log_are_those_that_the_host_decides_again(lived):
    cues = lived.mirror.device_cues
    assert len([cue for cue in cues if cue[3] == FELT]) > 5
    assert cues == lived.mirror.replay.decisions.cues


def test_minutes_in_the_log_are_those_that_the_host_counts_again(lived):
    minutes = minutes_in(lived.over_air)
    assert minutes == minutes_again(lived.mirror)
    assert sum(len(items) for _, items in minutes) >= 15


def test_ledger_in_the_log_counts_every_block_up_to_its_own(lived):
    ledgers = [r.event for r in lived.over_air if isinstance(r.event, LedgerFrame)]
    assert ledgers
    for ledger in ledgers:
        assert sum(blocks for (blocks,) in ledger.items) == ledger.block_index


def test_device_is_alone_and_asleep_until_the_host_comes(lived):
    assert states_in(lived.over_air) == ["alone", "linked"]
    alone_ms = lived.day.end_ms - 120_000
    assert lived.slept_ms > 0.9 * alone_ms
    assert (lived.status.samples_lost, lived.status.imu_overruns) == (0, 0)


def test_link_lost_in_a_download_loses_no_record_and_brings_none_twice(lived):
    numbers = [record.number for record in lived.in_pieces]
    assert all(b == a + 1 for a, b in pairwise(numbers))
    assert lived.in_pieces[: len(lived.over_air)] == lived.over_air


def test_acknowledged_log_stays_while_its_room_is_not_needed(lived):
    assert lived.after_ack[: len(lived.in_pieces)] == lived.in_pieces


def test_cable_brings_the_same_log_as_the_air(lived):
    assert lived.over_cable[: len(lived.after_ack)] == lived.after_ack


@pytest.mark.skipif(SOAK not in os.environ, reason=f"a minute long; `make soak` sets {SOAK}=1")
@pytest.mark.parametrize("scenario", ["desk_day", "care_work"])
def test_eight_hours_alone_are_decided_again_alike(tmp_path, scenario):
    lived = asyncio.run(live(tmp_path, scenario, 8 * 3600.0))
    replayed = lived.mirror.replay.decisions
    assert lived.mirror.device_episodes == replayed.episodes
    assert lived.mirror.device_cues == replayed.cues
    assert minutes_in(lived.over_air) == minutes_again(lived.mirror)
    assert lived.in_pieces[: len(lived.over_air)] == lived.over_air
    print(
        f"\n{scenario}, simulated: {len(lived.over_air)} records, {len(replayed.episodes)} "
        f"episodes, {len(replayed.cues)} cues, {len(minutes_in(lived.over_air))} of minutes"
    )
