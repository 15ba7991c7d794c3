"""A store keeps a device's records byte for byte, each once, and says what is missing."""

import pytest

from posturecore import flash, frames, wire
from tests.host.database_dump import dump
from trunkline.errors import InputError, ProtocolError
from trunkline.protocol.log import stored_record
from trunkline.store import Gap, Store

DEVICE = "a1b2"


def cue(number, block=None):
    values = (number if block is None else block, 0, 1, 0)
    return stored_record(number, wire.pack_frame(frames.CUE, number & 0xFFFF, values))


def boot(number, boot_id):
    values = (boot_id, 0, 0, 0, 1, 60_000, 0, 0, 0)
    return stored_record(number, wire.pack_frame(flash.BOOT, number & 0xFFFF, values))


def lost(number, end, count, cause=0):
    values = (number, end, count, cause)
    return stored_record(number, wire.pack_frame(flash.LOST, number & 0xFFFF, values))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


@pytest.fixture
def store(path):
    with Store.open(path) as store:
        yield store


def test_records_come_back_byte_for_byte_after_closing(path):
    records = [boot(0, 7), *(cue(number) for number in range(1, 40))]
    with Store.open(path) as store:
        log, new = store.logs.append(store.logs.begin(DEVICE), records)
    assert (new, log.next, log.boot_id) == (40, 40, 7)
    with Store.open(path) as store:
        log = store.logs.newest(DEVICE)
        assert store.logs.records(log) == tuple(records)
        assert store.logs.records(log, 38) == (cue(38), cue(39))


def test_the_same_records_again_change_nothing(store, path):
    log, _ = store.logs.append(store.logs.begin(DEVICE), [cue(k) for k in range(20)])
    before = dump(path)
    assert store.logs.append(log, [cue(k) for k in range(10, 20)]) == (log, 0)
    assert dump(path) == before


def test_record_with_other_bytes_is_refused_and_nothing_of_its_batch_kept(store, path):
    log, _ = store.logs.append(store.logs.begin(DEVICE), [cue(k) for k in range(20)])
    before = dump(path)
    with pytest.raises(ProtocolError, match="record 19 with other bytes"):
        store.logs.append(log, [cue(19, block=5), cue(20)])
    assert dump(path) == before


def test_minutes_that_the_device_has_thinned_since_stay_here(store):
    log, _ = store.logs.append(store.logs.begin(DEVICE), [cue(k) for k in range(20)])
    log, new = store.logs.append(log, [lost(12, 19, 4), cue(19), cue(20)])
    assert new == 1
    assert store.logs.records(log)[12] == cue(12)
    assert store.logs.gaps(log) == ()


def test_gaps_say_why_in_the_words_of_the_log_or_of_the_host(store):
    log = store.logs.begin(DEVICE)
    log, _ = store.logs.append(log, [cue(5)], [Gap(0, 5, 5, "deleted")])
    log, _ = store.logs.append(log, [lost(6, 30, 9), cue(20)], [Gap(7, 20, 13, "unsaid")])
    log, _ = store.logs.append(log, [lost(30, 40, 10, 1), lost(41, 50, 9, 2), lost(51, 52, 1, 9)])
    assert store.logs.gaps(log) == (
        Gap(0, 5, 5, "deleted"),
        Gap(6, 30, 9, "thinned for room"),
        Gap(30, 40, 10, "no room"),
        Gap(41, 50, 9, "damaged in flash"),
        Gap(51, 52, 1, "the device does not say why"),
    )
    assert log.next == 52


def test_lives_of_one_device_are_kept_apart(store):
    old, _ = store.logs.append(store.logs.begin(DEVICE), [boot(0, 3), cue(1)])
    new, _ = store.logs.append(store.logs.begin(DEVICE), [boot(0, 1), cue(1, block=9)])
    assert (old.life, new.life) == (1, 2)
    assert store.logs.newest(DEVICE) == new
    assert store.logs.all() == (old, new)
    assert store.logs.records(old)[1] != store.logs.records(new)[1]
    assert store.logs.newest("ff") is None


def test_acknowledged_never_goes_back(store):
    log, _ = store.logs.append(store.logs.begin(DEVICE), [cue(k) for k in range(9)])
    assert store.logs.acknowledge(log, 9).acknowledged == 9
    assert store.logs.acknowledge(log, 4).acknowledged == 9


def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(store, path):
    log, _ = store.logs.append(store.logs.begin(DEVICE), [cue(k) for k in range(9)])
    before = dump(path)
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store._engine.dispose()
    sqlite_full(store, pages)
    with pytest.raises(InputError, match=r"^Found no room on the disk .*free some space"):
        store.logs.append(log, [cue(k) for k in range(9, 3000)])
    assert dump(path) == before
    assert store.logs.newest(DEVICE).next == 9


def sqlite_full(store, pages):
    """Give the database no page more: SQLite then fails as on a full disk."""
    from sqlalchemy import event

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(store._engine, "connect", limit)


def test_life_that_two_programs_begin_at_once_is_begun_by_one(store):
    mine, theirs = store.logs.begin(DEVICE), store.logs.begin(DEVICE)
    store.logs.append(theirs, [cue(0)])
    with pytest.raises(InputError, match="another program that brings the log"):
        store.logs.append(mine, [cue(0)])
    assert len(store.logs.all(DEVICE)) == 1


def test_life_without_a_record_leaves_nothing(store, path):
    before = dump(path)
    assert store.logs.begin(DEVICE, 7).next == 7
    assert (dump(path), store.logs.newest(DEVICE)) == (before, None)
