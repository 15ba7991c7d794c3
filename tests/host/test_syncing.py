"""A device's log in a store: each record once, whatever is cut, and sessions made of them."""

from datetime import date

import pytest

from posturecore import flash
from tests.host.database_dump import dump
from tests.host.log_device import DEVICE_ID, Device, DeviceWire
from trunkline import InputError, LinkError
from trunkline.decide.analysis import Episode
from trunkline.decide.decisions import row_of
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.protocol.events import EpisodeFrame
from trunkline.store import Gap, Store
from trunkline.sync.into_store import sync

ID = DEVICE_ID.hex()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


@pytest.fixture
def store(path):
    with Store.open(path) as store:
        yield store


@pytest.fixture
def device(tmp_path):
    device = Device(tmp_path / "flash")
    device.boot()
    device.live(3)
    return device


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.05)


async def synced(device, store, wire=None, **options):
    async with Session(wire or DeviceWire(device)) as session:
        return await sync(session, store, **options)


def held(store, life=-1):
    log = store.logs.all(ID)[life]
    return {record.number: record.data for record in store.logs.records(log)}


# What comes


async def test_store_holds_what_the_device_has_byte_for_byte(device, store):
    report = await synced(device, store)
    assert held(store) == device.in_flash()
    assert report.records_new == report.records_here == len(device.in_flash())
    assert report.bytes == sum(map(len, device.in_flash().values()))
    assert (report.gaps, report.boots, report.unknown_records) == ((), (1,), 0)
    assert device.log.acknowledged == report.acknowledged == device.log.next


async def test_second_sync_brings_only_what_is_new(device, store, path):
    first = await synced(device, store)
    device.live(1)
    second = await synced(device, store)
    assert held(store) == device.in_flash()
    assert second.records_new == len(device.in_flash()) - first.records_new
    assert second.sessions == first.sessions


async def test_sync_of_nothing_new_but_its_time_changes_no_session(device, store):
    await synced(device, store)
    (before,) = store.sessions(*store.wearers())
    report = await synced(device, store)
    assert report.records_new <= 1  # the time it was told
    (after,) = store.sessions(*store.wearers())
    assert (after.id, after.revision) == (before.id, before.revision)


async def test_sessions_hold_what_the_log_says_boot_by_boot(device, store):
    device.boot()
    device.live(2)
    report = await synced(device, store)
    records = store.logs.records(store.logs.newest(ID))
    said = [record.event for record in records if isinstance(record.event, EpisodeFrame)]
    rows = [Episode.from_row(row_of(event), 0.1) for event in said]
    first, second = report.sessions
    assert len(rows) == 60
    found = [*store.episodes(first), *store.bends(first)]
    found += [*store.episodes(second), *store.bends(second)]
    assert sorted(found, key=repr) == sorted(rows, key=repr)
    assert (store.wear(first).worn_s, store.wear(second).worn_s) == (3 * 3600, 2 * 3600)
    marked = [cue for cue in store.cues(first) if cue.is_wrong]
    assert len(marked) == 18
    assert len(store.cues(first)) == 36
    saved = store.sessions(report.wearer_id)
    assert [(each.boot_id, each.source) for each in saved] == [
        (1, "device log"),
        (2, "device log"),
    ]
    assert saved[0].neutral == pytest.approx((1, 0, 0), abs=1e-3)


async def test_boot_that_goes_on_keeps_its_session_and_its_id(device, store):
    (first,) = (await synced(device, store)).sessions
    device.live(1)
    (second,) = (await synced(device, store)).sessions
    assert first == second
    (saved,) = store.sessions(*store.wearers(), all_revisions=True)
    assert saved.revision == 2
    assert store.wear(first).worn_s == 4 * 3600


# Whose it is


async def test_new_device_in_an_empty_store_gets_a_new_wearer(device, store):
    report = await synced(device, store)
    assert store.wearers() == {report.wearer_id: "UTC"}


async def test_boots_of_an_earlier_wearer_stay_theirs(device, store):
    anna, ben = (store.add_wearer(time_zone="UTC") for _ in range(2))
    await synced(device, store, wearer_id=anna)
    device.boot()
    device.live(1)
    await synced(device, store, wearer_id=ben)
    assert [saved.boot_id for saved in store.sessions(anna)] == [1]
    assert [saved.boot_id for saved in store.sessions(ben)] == [2]
    device.boot()
    device.live(1)
    assert (await synced(device, store)).wearer_id == ben


async def test_unknown_device_among_several_wearers_is_asked_about(device, store):
    for _ in range(2):
        store.add_wearer(time_zone="UTC")
    with pytest.raises(InputError, match="2 wearers"):
        await synced(device, store)
    with pytest.raises(InputError, match="no wearer 'w-nobody'"):
        await synced(device, store, wearer_id="w-nobody")
    assert store.logs.all() == ()
    assert device.log.acknowledged == 0


# What is cut


@pytest.mark.parametrize("lost_at", [0, 1, 5, 9])
async def test_lost_link_keeps_what_came_and_acknowledges_nothing(device, store, lost_at):
    wire = DeviceWire(device, lambda count, message: None if count == lost_at else message)
    with pytest.raises(LinkError):
        await synced(device, store, wire)
    assert device.acknowledgements == []
    some = held(store) if store.logs.all() else {}
    assert some == {k: v for k, v in device.in_flash().items() if k < len(some)}
    report = await synced(device, store)
    assert held(store) == device.in_flash()
    assert report.records_new == len(device.in_flash()) - len(some)


def quick():
    return Reconnect(first_s=0.01, jitter=0.0, chance=lambda: 0.0)


async def test_sync_goes_on_by_itself_when_the_session_brings_its_link_back(device, store):
    cuts = {3, 8, 9, 14}
    wire = DeviceWire(device, lambda count, message: None if count in cuts else message)
    async with Session(wire, reconnect=quick()) as session:
        report = await session.sync(store)
    assert held(store) == device.in_flash()
    assert report.link_losses == len(cuts)
    assert report.gaps == ()


async def test_link_that_is_lost_again_and_again_in_vain_ends_the_sync(device, store):
    wire = DeviceWire(device, lambda count, message: None)
    async with Session(wire, reconnect=quick()) as session:
        with pytest.raises(LinkError):
            await session.sync(store)
    assert store.logs.all() == ()
    assert device.acknowledgements == []


async def test_device_is_told_to_forget_only_what_is_on_the_disk(device, store, path):
    wire, seen = DeviceWire(device), []

    def look(number):
        with Store.open(path) as other:  # another program, so only what was committed
            seen.append((number, other.logs.newest(ID).next, len(held(other))))

    wire.on_ack = look
    await synced(device, store, wire)
    count = len(device.in_flash())
    assert seen == [(count, count, count)]


async def test_full_disk_is_a_sentence_and_nothing_is_acknowledged(device, store, path):
    from sqlalchemy import event

    store.add_wearer(time_zone="UTC")
    store._engine.dispose()

    def limit(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(store._engine, "connect", limit)
    before = dump(path)
    with pytest.raises(InputError, match=r"^Found no room on the disk .*free some space"):
        await synced(device, store)
    assert device.acknowledgements == []
    assert dump(path) == before


async def test_damage_on_the_way_is_asked_for_again_and_counted(device, store):
    def spoil(count, message):
        return message[:30] + bytes([message[30] ^ 4]) + message[31:] if count == 2 else message

    report = await synced(device, store, DeviceWire(device, spoil))
    assert held(store) == device.in_flash()
    assert report.damaged_bytes > 20


async def test_device_that_restarts_in_the_middle_goes_on_with_its_next_boot(device, store):
    wire = DeviceWire(device, lambda count, message: None if count == 7 else message)
    with pytest.raises(LinkError):
        await synced(device, store, wire)
    device.boot()
    device.live(1)
    report = await synced(device, store)
    assert held(store) == device.in_flash()
    assert len(report.sessions) == 2


# Other hosts and other lives


async def test_two_hosts_each_get_all(device, store, tmp_path):
    await synced(device, store)
    device.live(1)
    with Store.open(tmp_path / "other.sqlite") as other:
        report = await synced(device, other)
        assert held(other) == device.in_flash()
        assert report.gaps == ()
    await synced(device, store)
    assert held(store) == device.in_flash()


async def test_second_host_is_told_what_the_first_has_and_the_device_no_more(tmp_path, store):
    device = Device(tmp_path / "flash", 96 * 1024)  # small: what was acknowledged has to go
    device.boot()
    device.live(20)
    await synced(device, store)
    first = set(held(store))
    device.live(5)
    device.boot()
    device.live(3)
    in_flash = device.in_flash()
    with Store.open(tmp_path / "other.sqlite") as other:
        report = await synced(device, other)
        assert in_flash.items() <= held(other).items()
        oldest = min(in_flash)
        assert oldest > 0
        assert report.gaps == (
            Gap(0, oldest, oldest, "deleted: another host had acknowledged it"),
        )
        # The record of the first boot is gone; what the first host has told of the time names it.
        first_boot, _ = other.sessions(report.wearer_id)
        assert first_boot.boot_id == 1
        assert any("record of this start is gone" in said for said in first_boot.warnings)
    in_flash = device.in_flash()
    await synced(device, store)
    assert first <= set(held(store))
    both = {k: v for k, v in in_flash.items() if v[1] != flash.LOST}
    assert both.items() <= held(store).items()


async def test_erased_device_begins_another_life_beside_the_old_one(device, store):
    device.boot()
    await synced(device, store)
    old = held(store)
    device.erase()
    device.boot()
    device.live(1)
    report = await synced(device, store)
    assert held(store, 0) == old
    assert held(store) == device.in_flash()
    assert report.life == 2
    saved = store.sessions(report.wearer_id)
    assert [(each.boot_id, each.source) for each in saved] == [
        (1, "device log"),
        (1, "device log, life 2"),
    ]


async def test_erased_device_that_has_logged_more_than_before_is_found_out(device, store):
    await synced(device, store)
    device.erase()
    for _ in range(3):
        device.boot()
        device.live(3)
    report = await synced(device, store)
    assert report.life == 2
    assert held(store) == device.in_flash()


async def test_boots_that_count_anew_in_a_log_that_goes_on_are_another_life(device, store):
    for _ in range(4):
        device.boot()
        device.live(1)
    await synced(device, store)
    device.boot(forgets_boots=True)
    device.live(2)
    report = await synced(device, store)
    assert report.life == 2
    assert {**held(store, 0), **held(store, 1)} == device.in_flash()
    again = await synced(device, store)
    assert (again.life, len(store.logs.all(ID))) == (2, 2)


async def test_log_that_comes_back_after_failing_flash_is_the_same_life(device, store):
    await synced(device, store)
    old, size = device.log, device.size_bytes
    device.__init__(device.root.with_name("spare"), size)
    device.boot()
    await synced(device, store)
    device.log, device.root, device.boot_id = old, device.root.with_name("flash"), 1
    device.boot()
    report = await synced(device, store)
    assert report.life == 1
    assert held(store, 0) == device.in_flash()
    assert len(store.logs.all(ID)) == 2


# When it was


NOW_MS = 1_790_000_000_000


async def test_sessions_are_dated_by_the_contact_that_brings_them(device, store):
    report = await synced(device, store, utc_ms=lambda: NOW_MS)
    (saved,) = store.sessions(report.wearer_id)
    began_ms = NOW_MS - 3 * 3600 * 1000
    assert abs(saved.started_utc.timestamp() * 1000 - began_ms) <= saved.time_uncertainty_s * 1000
    assert saved.time_uncertainty_s < 20  # three hours of drift
    assert report.days == (date(2026, 9, 21),)
    assert report.clock_doubt is None


async def test_host_with_a_wrong_clock_is_told_and_dates_nothing(device, store):
    await synced(device, store, utc_ms=lambda: NOW_MS)
    (before,) = store.sessions(*store.wearers())
    report = await synced(device, store, utc_ms=lambda: NOW_MS + 86_400_000)
    assert "this computer's clock" in report.clock_doubt
    assert report.records_new == 0
    (after,) = store.sessions(*store.wearers())
    assert after.started_utc == before.started_utc


async def test_wrong_clock_is_used_only_where_somebody_says_so(device, store):
    await synced(device, store, utc_ms=lambda: NOW_MS)
    asked = []

    async def confirm(finding):
        asked.append(finding.off_ms)
        return True

    options = {"utc_ms": lambda: NOW_MS + 86_400_000, "confirm_clock": confirm}
    report = await synced(device, store, **options)
    assert len(asked) == 1
    assert report.records_new == 1
