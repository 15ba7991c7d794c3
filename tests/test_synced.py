"""From the board to the store and back: the same episodes from live, file and sync."""

import asyncio

import pytest

from tests import ten_cuts
from tests.test_examples import BLOCK, ROOT, commands, run_command, run_python
from tests.two_ends import PASSKEY, worn
from tests.worn_tape import write_worn
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.records import Boot
from trunkline.store import Store
from trunkline.sync.into_store import sync
from trunkline.transports.ble import BleTransport


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return asyncio.run(ten_cuts.show(tmp_path_factory.mktemp("shown")))


def test_sync_cut_ten_times_and_completed_has_the_episodes_of_live_and_file(shown):
    assert shown.cuts == 10
    assert len(shown.live) >= 4
    assert shown.live == shown.from_file == shown.from_store


def test_sync_cut_ten_times_loses_no_record_and_changes_none(shown):
    assert len(shown.held) > 50
    assert (shown.lost, shown.differing) == (0, 0)
    assert shown.report.gaps == ()


def test_session_is_dated_and_known_to_be_simulated(shown):
    assert (shown.report.is_simulated, shown.saved.is_simulated) == (True, True)
    assert shown.saved.started_utc is not None
    assert shown.saved.time_uncertainty_s < 60
    assert shown.report.acknowledged == max(shown.held) + 1


async def test_device_reset_in_the_middle_of_a_sync_loses_nothing(tmp_path):
    (tmp_path / "flash").mkdir()
    async with worn(tmp_path / "flash", write_worn(tmp_path / "tape")) as ends:
        board, resets = ends.board, []
        async with ends.session() as session:
            await session.change_settings({"slouch_hold_s": 5})
            await board.play(120_000)
            for k in range(30):  # a record each
                await session.change_settings({"snooze_min": 10 + k % 2})

        def reset(_data):
            if not resets:
                resets.append(asyncio.ensure_future(board.reset()))

        with Store.open(tmp_path / "wear.sqlite") as store:
            with ends.air.as_adapter(passkey=lambda: PASSKEY):
                async with Session(BleTransport(board.address)) as session:
                    session.log_listeners.append(reset)
                    with pytest.raises(LinkError):
                        await sync(session, store)
                await resets[0]
                before = store.logs.all()
                await board.play(board.time_ms + 2000)
                async with Session(BleTransport(board.address)) as session:
                    report = await sync(session, store)
            log = store.logs.newest(report.device_id)
            numbers = [record.number for record in store.logs.records(log)]
            boots = [r.event.boot_id for r in store.logs.records(log) if isinstance(r.event, Boot)]
    assert board.restarts[0][1] == "reset"
    assert all(log.acknowledged == 0 for log in before)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 40
    assert (boots, report.gaps, report.life) == ([1, 2], (), 1)


def test_examples_of_the_page_run_as_written(tmp_path):
    text = (ROOT / "docs" / "sync.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    lines = [line for language, block in blocks if not language for line in commands(block)]
    without_device = [line for line in lines if " sim:" in line]
    assert len(without_device) == 2
    for line in without_device:
        run_command(line, tmp_path)
    for language, block in blocks:
        if language == "python":
            run_python(block, tmp_path)
