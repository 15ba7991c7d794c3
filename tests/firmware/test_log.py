"""The flash log: what is kept, what goes first when there is no room, and what damage costs."""

import os
from pathlib import Path

import pytest

from posturecore import flash, frames, wire
from tests.firmware import parts

from storage import log as log_module  # isort: skip
from storage import segments  # isort: skip
from storage.log import Log  # isort: skip
from storage.reader import Reader  # isort: skip
from storage.segment import FRAME_BYTES, first_in, name_of  # isort: skip

BLOCK = 4096
SIZE_BYTES = 32 * BLOCK
CUE_BYTES = 17


def cue(k):
    return frames.CUE, (k, 0, 1, 0)


def minutes(k):
    return flash.MINUTES, (k, 0), ((k & 0xFFFF,) * 8 + (0,),) * 10


def fill(log, count, what=cue):
    for _ in range(count):
        log.append(*what(log.next))
        log.tend()
    log.sync()


def read(log, start=0):
    """All records from `start`: (number, frame, values, items)."""
    reader, buffer, found = Reader(log, start), bytearray(FRAME_BYTES), []
    while reader.read_into(buffer):
        kind, sequence, values, items = wire.unpack_frame(buffer, 0)
        assert sequence == reader.number & 0xFFFF
        found.append((reader.number, kind, values, items))
    reader.pause()
    return found


def numbers(log, start=0):
    return [row[0] for row in read(log, start)]


def losses(log):
    return [row[2] for row in read(log) if row[1] == flash.LOST]


def files(root):
    return sorted(Path(root, "log").glob("*.log"))


@pytest.fixture
def log(tmp_path):
    return Log(str(tmp_path), SIZE_BYTES)


def again(tmp_path, **options):
    return Log(str(tmp_path), SIZE_BYTES, **options)


# Kept


def test_records_are_read_back_in_order(log, tmp_path):
    fill(log, 2000)
    assert [row[2][0] for row in read(log)] == list(range(2000))
    assert numbers(again(tmp_path)) == list(range(2000))
    assert len(files(tmp_path)) == 3


def test_reading_begins_where_asked(log):
    fill(log, 1500)
    assert numbers(log, 1200) == list(range(1200, 1500))
    assert numbers(log, 1500) == []


def test_append_alone_writes_nothing_and_sync_does(log, tmp_path):
    assert log.append(*cue(0)) == 0
    assert again(tmp_path).next == 0
    assert log.durable == 0
    assert log.sync()
    assert log.durable == 1
    assert numbers(again(tmp_path)) == [0]


def test_records_of_one_step_are_one_write(log, tmp_path, monkeypatch):
    opened = []
    real = open
    monkeypatch.setattr("builtins.open", lambda *a, **k: opened.append(a) or real(*a, **k))
    for k in range(20):
        log.append(*cue(k))
    log.tend()
    assert len(opened) == 1


def test_numbers_go_on_after_a_restart(log, tmp_path):
    fill(log, 10)
    second = again(tmp_path)
    assert second.append(*cue(10)) == 10
    second.sync()
    assert numbers(again(tmp_path)) == list(range(11))


def test_values_that_do_not_fit_take_no_number(log):
    with pytest.raises(ValueError, match="not in"):
        log.append(frames.CUE, (0, 999, 0, 0))
    fill(log, 1)
    assert numbers(log) == [0]


def test_reader_sees_what_comes_while_it_reads(log):
    reader, buffer = Reader(log, 0), bytearray(FRAME_BYTES)
    fill(log, 3)
    assert [reader.read_into(buffer) and reader.number for _ in range(3)] == [0, 1, 2]
    assert reader.read_into(buffer) == 0
    fill(log, 1)
    assert reader.read_into(buffer)
    assert reader.number == 3
    reader.pause()


def test_pause_keeps_the_place(log):
    fill(log, 1200)
    reader, buffer, found = Reader(log, 0), bytearray(FRAME_BYTES), []
    while reader.read_into(buffer):
        found.append(reader.number)
        reader.pause()
    assert found == list(range(1200))


def test_too_little_flash_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected room"):
        Log(str(tmp_path), 4 * BLOCK)


def test_used_bytes_are_whole_blocks(log):
    assert log.used_bytes == 0
    fill(log, 1)
    assert log.used_bytes == BLOCK
    fill(log, BLOCK // CUE_BYTES + 1)
    assert log.used_bytes == 2 * BLOCK


# Acknowledged


def test_acknowledged_records_stay_until_room_is_needed(log):
    fill(log, 1200)
    log.acknowledge(1200)
    assert numbers(log) == list(range(1200))


@pytest.mark.long_on_vm("some thousand records")
def test_acknowledged_files_go_first_and_nothing_else(log):
    fill(log, 1200)
    log.acknowledge(1200)
    fill(log, 4300)
    kept = numbers(log)
    assert kept == list(range(log.oldest, 5500))
    assert 0 < log.oldest <= 1200
    assert (log.thinned, log.not_kept, losses(log)) == (0, 0, [])


@pytest.mark.long_on_vm("some thousand records")
def test_file_of_which_a_host_has_only_a_part_stays_in_a_full_log(log):
    fill(log, 1200)
    log.acknowledge(1200)
    fill(log, 6000)
    assert log.is_full
    assert 0 < log.oldest <= 1200
    assert numbers(log) == list(range(log.oldest, log.durable))


def test_acknowledgement_survives_a_restart(log, tmp_path):
    fill(log, 10)
    log.acknowledge(7)
    assert again(tmp_path).acknowledged == 7


def test_damaged_acknowledgement_deletes_nothing(log, tmp_path):
    fill(log, 10)
    log.acknowledge(7)
    Path(tmp_path, "log", "acknowledged").write_bytes(b"\xa5garbage")
    assert again(tmp_path).acknowledged == 0


def test_host_cannot_acknowledge_what_is_not_there(log):
    fill(log, 10)
    log.append(*cue(10))
    log.acknowledge(500)
    assert log.acknowledged == 10
    log.acknowledge(3)
    assert log.acknowledged == 10


def test_number_never_returns_when_the_files_are_gone(log, tmp_path):
    fill(log, 10)
    log.acknowledge(10)
    for path in files(tmp_path):
        path.unlink()
    assert again(tmp_path).next == 10


# Full


def fill_mixed(log, count):
    """Half of the bytes are minutes; nothing is acknowledged."""
    for _ in range(count):
        fill(log, 1, minutes)
        fill(log, 12)


@pytest.mark.long_on_vm("some thousand records")
def test_full_log_thins_the_oldest_minutes_and_says_so(log):
    fill_mixed(log, 240)
    found = read(log)
    lost = losses(log)
    assert log.thinned > 0
    assert sum(count for _, _, count, _ in lost) == log.thinned
    assert {cause for *_, cause in lost} == {0}
    assert log.not_kept == 0
    cues = [row for row in found if row[1] == frames.CUE]
    assert len(cues) == 240 * 12
    gone = set(range(log.next)) - {row[0] for row in found if row[1] != flash.LOST}
    assert all(any(first <= k < end for first, end, *_ in lost) for k in gone)
    assert len(gone) == log.thinned


def test_every_second_of_the_oldest_minutes_stays_at_first(log):
    while not log.thinned:
        fill_mixed(log, 1)
    (first, end, count, _) = losses(log)[0]
    kept = [row[0] for row in read(log) if row[1] == flash.MINUTES and first < row[0] < end]
    assert abs(len(kept) - count) <= 1
    assert kept


def no_memory(*_):
    raise MemoryError


def test_thinning_that_memory_does_not_do_for_is_tried_again_and_loses_nothing(log, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(log._segments, "_surveyed", no_memory)
        while not log.failures:
            fill_mixed(log, 1)
        fill_mixed(log, 2)
    assert (log.errno, log.is_full, log.not_kept, log.thinned) == (12, False, 0, 0)
    fill(log, 1)
    assert log.durable == log.next
    (lost,) = losses(log)
    assert lost[1] <= log._segments.firsts[2]  # the oldest were not passed over
    assert lost[2] == log.thinned > 0
    cues = [row for row in read(log) if row[1] == frames.CUE]
    assert len(cues) == (log.next - 1) // 13 * 12 + 1


def test_loss_that_memory_does_not_do_to_tell_is_told_later(log, monkeypatch):
    failing = Failing(monkeypatch, 28)
    failing.times = 10**6
    fill(log, 200)
    failing.times = 0
    log.is_full = False
    with monkeypatch.context() as patched:
        patched.setattr(log_module, "lost_frame", no_memory)
        assert not log.sync()
    assert log.sync()
    assert log.not_kept > 0
    assert [row[2] for row in losses(log)] == [log.not_kept]


def test_record_that_memory_does_not_do_for_takes_no_number(log, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(log, "_hold", no_memory)
        with pytest.raises(MemoryError):
            log.append(*cue(0))
    fill(log, 2)
    assert numbers(log) == [0, 1]


@pytest.mark.long_on_vm("some thousand records")
def test_lost_record_has_the_number_of_the_first_one_gone(log):
    fill_mixed(log, 240)
    for number, kind, values, _ in read(log):
        if kind == flash.LOST:
            assert values[0] == number


@pytest.mark.long_on_vm("some thousand records")
def test_when_all_minutes_are_gone_new_records_are_not_kept(log, tmp_path):
    fill_mixed(log, 1000)
    assert log.is_full
    assert log.not_kept > 0
    kept = read(again(tmp_path))
    assert kept[0][0] == 0
    summaries = [row for row in kept if row[1] == flash.MINUTES]
    assert len(summaries) < len(kept) / 12 / 2
    cues = [row[0] for row in kept if row[1] == frames.CUE]
    assert cues == sorted(cues)
    assert len(cues) > 3000  # of 17 bytes, in 22 blocks of which each file wastes half a one


@pytest.mark.long_on_vm("some thousand records")
def test_room_that_returns_is_used_and_the_loss_is_told(log, tmp_path):
    fill_mixed(log, 1000)
    not_kept = log.not_kept
    log.acknowledge(log.durable)
    log.sync()
    fill(log, 5)
    assert not log.is_full
    assert numbers(again(tmp_path))[-5:] == list(range(log.next - 5, log.next))
    (lost,) = [each for each in losses(log) if each[3] == 1]
    assert lost[1] - lost[0] == lost[2] == not_kept
    assert lost[1] == log.next - 5


@pytest.mark.long_on_vm("some thousand records")
def test_full_log_leaves_flash_alone(log, monkeypatch):
    fill_mixed(log, 1000)
    monkeypatch.setattr("builtins.open", None)
    fill(log, 100)
    assert log.failures == 0


@pytest.mark.long_on_vm("some thousand records")
@pytest.mark.parametrize("blocks", [2, 4, 8])
def test_files_never_take_more_than_the_log_was_given(tmp_path, blocks):
    log = Log(str(tmp_path), SIZE_BYTES, segment_blocks=blocks)
    for _ in range(120):
        fill_mixed(log, 5)
        used = sum(-(-path.stat().st_size // BLOCK) for path in files(tmp_path))
        assert used * BLOCK <= log.used_bytes <= SIZE_BYTES


# Damage


def damage(path, at, data=b"\x00"):
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


def test_damaged_record_is_left_out_and_told(log, tmp_path):
    fill(log, 30)
    damage(files(tmp_path)[0], 10 * CUE_BYTES + 8, b"\x10")
    second = again(tmp_path)
    assert numbers(second) == list(range(30))
    assert losses(second) == [(10, 11, 1, 2)]
    assert second.damaged_bytes == CUE_BYTES
    assert again(tmp_path).damaged_bytes == 0


def test_damage_in_an_old_file_is_found_when_it_is_read(log, tmp_path):
    fill(log, 1200)
    damage(files(tmp_path)[0], 10 * CUE_BYTES, bytes(5 * CUE_BYTES))
    second = again(tmp_path)
    assert second.damaged_bytes == 0
    assert numbers(second) == list(range(11)) + list(range(15, 1200))
    assert losses(second) == [(10, 15, 5, 2)]
    assert second.damaged_bytes == 5 * CUE_BYTES


def test_damage_at_the_end_of_an_old_file_is_told_to_its_end(log, tmp_path):
    fill(log, 1200)
    path = files(tmp_path)[0]
    size = path.stat().st_size
    second_first = first_in(files(tmp_path)[1].name)
    damage(path, size - 3 * CUE_BYTES, bytes(3 * CUE_BYTES))
    second = again(tmp_path)
    read(second)
    assert losses(second) == [(second_first - 3, second_first, 3, 2)]


@pytest.mark.parametrize("cut", range(1, CUE_BYTES, 3))
def test_torn_tail_costs_its_record_and_its_number(log, tmp_path, cut):
    fill(log, 30)
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-cut])
    second = again(tmp_path)
    assert second.next >= 30
    assert losses(second) == [(29, second.next, second.next - 29, 2)]
    fill(second, 2)
    assert numbers(again(tmp_path)) == list(range(30)) + [second.next - 2, second.next - 1]


@pytest.mark.parametrize("records", range(1, 30, 4))
def test_number_in_a_damaged_tail_is_never_given_again(log, tmp_path, records):
    fill(log, 30)
    path = files(tmp_path)[0]
    damage(path, path.stat().st_size - records * CUE_BYTES, bytes(records * CUE_BYTES))
    second = again(tmp_path)
    assert second.next >= 30
    assert numbers(second) == list(range(31 - records))


@pytest.mark.long_on_vm("some thousand records")
def test_file_of_garbage_costs_only_itself(log, tmp_path):
    fill(log, 3000)
    middle = files(tmp_path)[1]
    middle.write_bytes(bytes(middle.stat().st_size))
    second = again(tmp_path)
    first, end = first_in(middle.name), first_in(files(tmp_path)[2].name)
    assert numbers(second) == list(range(first + 1)) + list(range(end, 3000))
    assert losses(second) == [(first, end, end - first, 2)]


def test_foreign_files_are_left_alone(log, tmp_path):
    fill(log, 3)
    folder = Path(tmp_path, "log")
    for name in ("notes.txt", "0000000.log", "0000000G.log", "00000000.LOG", "-0000001.log"):
        (folder / name).write_bytes(b"mine")
    (folder / "0000ffff.log.new").write_bytes(b"cut by a power failure")
    second = again(tmp_path)
    assert numbers(second) == [0, 1, 2]
    assert (folder / "notes.txt").read_bytes() == b"mine"
    assert not (folder / "0000ffff.log.new").exists()


def test_folder_in_a_files_place_does_not_stop_the_start(log, tmp_path):
    fill(log, 3)
    Path(tmp_path, "log", name_of(500)).mkdir()
    second = again(tmp_path)
    assert second.failures == 1
    fill(second, 1)
    assert numbers(again(tmp_path))[:3] == [0, 1, 2]
    assert second.next > 500


@pytest.mark.parametrize("at", range(0, CUE_BYTES * 3, 2))
def test_any_damaged_byte_costs_at_most_its_record(log, tmp_path, at):
    fill(log, 30)
    path = files(tmp_path)[0]
    damage(path, at, bytes([path.read_bytes()[at] ^ 0x10]))
    second = again(tmp_path)
    found = [row[0] for row in read(second) if row[1] == frames.CUE]
    assert found == [k for k in range(30) if k != at // CUE_BYTES]


# Flash that fails


class Failing:
    """Makes `open` for writing, or the write itself, fail so many times."""

    def __init__(self, monkeypatch, error, keep_bytes=None, commits=False):
        self.times = 0
        self._real, self._error, self._keep, self._commits = open, error, keep_bytes, commits
        monkeypatch.setattr("builtins.open", self._open)

    def _open(self, path, mode="r", **options):
        if self.times and "a" in mode:
            self.times -= 1
            if self._keep is None:
                raise OSError(self._error, "made to fail")
            return Torn(self._real(path, mode, **options), self._error, self._keep)
        return self._real(path, mode, **options)


class Torn:
    def __init__(self, file, error, keep_bytes):
        self._file, self._error, self._keep = file, error, keep_bytes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, data):
        self._file.write(data[: self._keep])
        raise OSError(self._error, "made to fail")


@pytest.mark.parametrize("keep_bytes", [None, 0, 5, 16, 17, 20, 34, 10**6])
def test_write_that_fails_is_tried_again_and_nothing_comes_twice(
    log, tmp_path, monkeypatch, keep_bytes
):
    fill(log, 5)
    failing = Failing(monkeypatch, 5, keep_bytes)
    failing.times = 2
    log.append(*cue(5))
    log.append(*cue(6))
    assert not log.tend()
    assert (log.failures, log.errno) == (1, 5)
    log.append(*cue(7))
    log.tend()
    log.append(*cue(8))
    assert log.tend()
    assert numbers(log) == list(range(9))
    assert numbers(again(tmp_path)) == list(range(9))


@pytest.mark.parametrize("keep_bytes", [5, 17, 20])
def test_first_write_of_all_may_fail_too(log, tmp_path, monkeypatch, keep_bytes):
    failing = Failing(monkeypatch, 5, keep_bytes)
    failing.times = 1
    log.append(*cue(0))
    log.append(*cue(1))
    assert not log.tend()
    assert log.sync()
    assert numbers(again(tmp_path)) == [0, 1]


def test_flash_without_space_is_no_error_but_a_full_log(log, monkeypatch):
    fill(log, 5)
    failing = Failing(monkeypatch, 28)
    failing.times = 10**6
    fill(log, 500)
    assert log.is_full
    assert log.durable == 5
    assert log.next == 505
    assert log.not_kept == 505 - 5 - 2048 // CUE_BYTES


@pytest.mark.long_on_vm("some thousand records")
def test_space_that_others_took_is_made_by_deleting_what_a_host_has(log, monkeypatch):
    fill(log, 3000)
    log.acknowledge(2500)
    failing = Failing(monkeypatch, 28)
    failing.times = 1
    fill(log, 1)
    assert numbers(log)[-1] == 3000
    assert log.oldest > 0


def test_flash_that_cannot_be_listed_is_not_written(log, tmp_path, monkeypatch):
    fill(log, 5)

    def refuse(_):
        raise OSError(5, "made to fail")

    monkeypatch.setattr(segments, "os", parts.Changed(os, listdir=refuse))
    second = again(tmp_path)
    fill(second, 3)
    monkeypatch.undo()
    assert numbers(again(tmp_path)) == [0, 1, 2, 3, 4]
