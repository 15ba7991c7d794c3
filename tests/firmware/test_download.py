"""The log sent to a host: credit, gaps, a full radio, and the host's end of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import flash, frames, wire
from trunkline.protocol.log import LogReader

from download import Download  # isort: skip
from storage.log import Log  # isort: skip
from storage.segment import first_in  # isort: skip

SIZE_BYTES = 64 * 4096


def cue(k):
    return (frames.CUE, (k, 0, 1, 0))


class Host:
    """Asks for records and puts the answer together; its radio takes `room` messages a step."""

    def __init__(self, log, room=100):
        self.reader = LogReader()
        self.records = []
        self.steps = 0
        self.room = self._left = room
        self.download = Download(log, self._take)

    def _take(self, data):
        assert len(data) <= 244
        if self._left == 0:
            return False
        self._left -= 1
        self.records += self.reader.receive_data(bytes(data))
        return True

    def tend(self):
        self.steps += 1
        self._left = self.room
        return self.download.tend()

    def ask(self, record, count):
        self.download.read(record, count)
        while self.download.is_busy:
            self.tend()
            assert self.steps < 10_000

    @property
    def numbers(self):
        return [record.number for record in self.records]


@pytest.fixture
def log(tmp_path):
    log = Log(str(tmp_path), SIZE_BYTES)
    for k in range(1000):
        log.append(*cue(k))
        if k % 50 == 49 or k > 950:  # about there the second file begins
            log.tend()
    return log


def test_answer_is_the_records_asked_for_and_no_more(log):
    host = Host(log)
    host.ask(100, 50)
    assert host.numbers == list(range(100, 150))
    told = [wire.unpack_frame(record.data, 0)[2] for record in host.records]
    assert told == [cue(k)[1] for k in range(100, 150)]
    assert host.reader.is_complete
    assert host.reader.gaps == host.reader.holes == []


def test_next_read_goes_on_without_being_told_where(log):
    host = Host(log)
    host.ask(0, 400)
    host.ask(400, 700)
    assert host.numbers == list(range(1000))
    assert host.reader.end == 400  # a second log_from would have said 1000


def test_read_while_the_answer_runs_extends_it(log):
    host = Host(log, room=1)
    host.download.read(0, 400)
    host.tend()
    assert 0 < len(host.records) < 400
    host.ask(400, 600)
    assert host.numbers == list(range(1000))


def test_read_elsewhere_begins_there(log):
    host = Host(log, room=1)
    host.download.read(0, 400)
    host.tend()
    came = len(host.records)
    host.ask(900, 10)
    assert host.numbers[came:] == list(range(900, 910))


def test_nothing_new_is_an_answer_too(log):
    host = Host(log)
    host.ask(1000, 10)
    assert (host.numbers, host.reader.next, host.reader.end) == ([], 1000, 1000)
    host.ask(1000, 10)
    log.append(*cue(7))
    host.ask(1000, 10)
    assert host.numbers == [1000]


def test_zero_credit_sends_no_record(log):
    host = Host(log)
    host.ask(5, 0)
    assert (host.numbers, host.reader.next, host.reader.is_complete) == ([], 5, True)


def test_full_radio_loses_nothing(log):
    host = Host(log, room=1)
    host.download.read(0, 1000)
    while host.download.is_busy:
        host.room = host.steps % 3 == 2
        host.tend()
    assert host.numbers == list(range(1000))
    assert host.reader.damaged_bytes == 0


def test_step_sends_little_enough_for_sampling_to_go_on(log):
    host = Host(log)
    host.download.read(0, 1000)
    assert host.tend() is True
    assert host.room - host._left <= 4


def test_link_that_goes_forgets_the_answer(log):
    host = Host(log, room=1)
    host.download.read(0, 1000)
    host.tend()
    host.download.stop()
    assert host.tend() is False
    host.reader, host.records = LogReader(), []
    host.ask(20, 3)
    assert host.numbers == [20, 21, 22]


def test_record_that_a_power_cut_could_take_is_made_safe_before_it_is_sent(log, tmp_path):
    log.append(*cue(1000))
    host = Host(log)
    host.ask(1000, 1)
    assert host.numbers == [1000]
    assert Log(str(tmp_path), SIZE_BYTES).next == 1001


def test_acknowledged_records_are_deleted_only_below(log):
    host = Host(log)
    host.download.acknowledge(400)
    assert host.download.status()[:3] == (0, 1000, 400)


def test_missing_file_is_told_as_a_gap(log):
    names = sorted(path for path in (log_folder(log)).glob("*.log"))
    assert len(names) == 2
    second = first_in(names[1].name)
    names[0].write_bytes(b"")
    host = Host(log)
    host.ask(0, 1000)
    assert host.numbers == list(range(second, 1000))
    assert host.reader.next == 1000
    assert host.reader.is_complete


def test_gap_at_the_end_of_the_answer_completes_it(log):
    names = sorted(path for path in (log_folder(log)).glob("*.log"))
    second = first_in(names[1].name)
    data = names[0].read_bytes()
    names[0].write_bytes(data[: 17 * 10])  # records 0 to 9 are left
    host = Host(log)
    host.ask(0, second - 5)
    assert host.numbers == list(range(10))
    assert host.reader.is_complete
    assert host.reader.gaps == [(10, second)]
    host.ask(second - 5, 10)
    assert host.numbers == list(range(10)) + list(range(second, second + 5))


def log_folder(log):
    return Path(log.path(0)).parent


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(0, 3)), max_size=12),
)
def test_any_reads_give_every_record_in_its_range_once(tmp_path_factory, reads):
    log = Log(str(tmp_path_factory.mktemp("log")), SIZE_BYTES)
    for k in range(50):
        log.append(*cue(k))
    for record, count, room in reads:
        host = Host(log, room + 1)
        host.ask(record, count)
        assert host.numbers == list(range(record, min(50, record + count)))
        host.ask(host.reader.end, 5)
        assert host.numbers == list(range(record, min(50, record + count + 5)))


def test_damage_on_the_way_is_a_hole_to_ask_for_again(log):
    sent = bytearray()
    download = Download(log, lambda data: sent.extend(data) or True)
    download.read(0, 20)
    while download.tend():
        pass
    sent[18 + 17 * 4 + 8] ^= 1
    reader = LogReader()
    records = reader.receive_data(bytes(sent))
    assert [record.number for record in records] == list(range(4)) + list(range(5, 20))
    assert reader.holes == [(4, 5)]
    assert reader.gaps == []


@pytest.mark.cpython("it tests the host's end")
def test_record_of_an_unknown_kind_keeps_its_number():
    reader = LogReader()
    head = wire.pack_frame(flash.LOG_FROM, 0, (70_000, 70_001))
    strange = bytearray(wire.pack_frame(frames.CUE, 70_000 & 0xFFFF, (1, 0, 1, 0)))
    strange[1] = 0x7E
    wire.seal(strange, 0x7E, 7, 70_000 & 0xFFFF)
    (record,) = reader.receive_data(head + bytes(strange))
    assert (record.number, record.event) == (70_000, None)
    assert record.data == bytes(strange)
