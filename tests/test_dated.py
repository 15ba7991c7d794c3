"""A device's log dated end to end: two restarts, and a host that tells the time at the end."""

import pytest

from tests.two_ends import UPRIGHT, worn
from tests.worn_tape import write_worn
from trunkline.clocks.dating import clocks_of
from trunkline.device.download import download
from trunkline.device.greeting import greet
from trunkline.device.session import Session
from trunkline.protocol.events import EpisodeFrame, TimeAnchor
from trunkline.protocol.records import Boot, LedgerFrame, Power
from trunkline.transports.ble import BleTransport

T0 = 1_790_000_000_000  # UTC at the beginning of virtual time


async def visit(ends, now_utc_ms):
    """Tell the time, download, and ask for the time on the device's clock."""
    with ends.air.as_adapter(passkey=lambda: 0):  # it is bonded: nobody types
        async with Session(BleTransport(ends.board.address)) as session:
            greeting = await greet(session, now_utc_ms)
            log = [record.event async for record in download(session)]
            return greeting, log, await session.status()


async def test_records_before_the_only_anchor_are_dated_over_two_restarts(tmp_path):
    tape = write_worn(tmp_path / "tape")
    # In each boot the ticks of the board wrap after 20 s.
    async with worn(tmp_path, tape, TRUNKLINE_SIM_TICKS_START_MS=str(2**30 - 20_000)) as ends:
        board = ends.board
        async with ends.session(neutral=UPRIGHT) as session:
            await session.change_settings({"slouch_hold_s": 5})
        await board.play(95_000)  # the first slouch
        await board.reset()
        await board.play(170_000)
        await board.inject("hang")  # the watchdog bites in 8 s
        await board.play(220_000)  # its radio rests a minute after the start
        greeting, log, status = await visit(ends, lambda: T0 + board.time_ms)
    starts_ms = [0, *(ms for ms, _ in board.restarts)]
    assert [cause for _, cause in board.restarts] == ["reset", "watchdog"]
    assert greeting.is_set
    clocks = clocks_of(log)
    assert [clock.source for clock in clocks.values()] == ["neighbours", "neighbours", "anchors"]
    assert clocks[3].utc_of_ms(status.uptime_ms).utc_ms == pytest.approx(T0 + 220_000, abs=1500)
    checked, slouches, boot_id = set(), [], 0
    for event in log:
        if isinstance(event, Boot):
            boot_id = event.boot_id
        elif isinstance(event, Power | LedgerFrame | TimeAnchor):
            truth_ms = T0 + starts_ms[boot_id - 1] + event.device_ms
            moment = clocks[boot_id].utc_of_ms(event.device_ms)
            assert abs(moment.utc_ms - truth_ms) <= moment.uncertainty_ms < 15_000
            checked.add(boot_id)
            if isinstance(event, Power):
                moment = clocks[boot_id].utc_of_block(event.block_index)
                assert abs(moment.utc_ms - truth_ms) <= moment.uncertainty_ms
        elif isinstance(event, EpisodeFrame) and event.kind == 0:
            slouches.append(clocks[boot_id].utc_of_block(event.start_block))
    assert checked == {1, 2, 3}
    # The tape's wearer begins to slouch at 40 s.
    assert slouches[0].utc_ms == pytest.approx(T0 + 40_000, abs=4000)


async def test_battery_that_was_out_leaves_the_time_before_it_unknown(tmp_path):
    async with worn(tmp_path, write_worn(tmp_path / "tape")) as ends:
        async with ends.session(neutral=UPRIGHT):
            await ends.board.play(30_000)
        await ends.board.play(70_000)
        await ends.board.cut_power(3_600_000)
        await ends.board.play(3_700_000)
        _, log, _ = await visit(ends, lambda: T0 + ends.board.time_ms)
    clocks = clocks_of(log)
    assert clocks[2].source == "anchors"
    assert (clocks[1].source, clocks[1].utc_of_ms(1000)) == ("unknown", None)
    assert clocks[1].not_after >= T0 + 70_000
    assert clocks[1].not_before is None
