"""Downloading the log: the firmware's own log and sender at the other end of a bad line."""

import asyncio
import random
from contextlib import aclosing

import pytest

from posturecore import flash, frames, wire
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.host.test_session import Wire, polite
from trunkline import LinkError
from trunkline.device.download import acknowledge, download
from trunkline.device.session import Session

from download import Download  # isort: skip
from storage.log import Log  # isort: skip

RECORDS = 1500


@pytest.fixture
def log(tmp_path):
    log = Log(str(tmp_path), 1 << 20)
    for k in range(RECORDS):
        log.append(frames.CUE, (k, 0, 1, 0))
        log.tend()
    return log


class LogWire(Wire):
    """A device's log behind a line; `spoil(count, message)` is what the line makes of a message.

    It returns the bytes that arrive, or None: the link goes.
    """

    def __init__(self, log, spoil=lambda count, message: message):
        super().__init__(self._answer)
        self.log, self.spoil = log, spoil
        self.messages = 0
        self._is_there = True

    def _answer(self, frame, sequence, values, items):
        if frame == flash.LOG_READ:
            self._sender.read(*values)
            asyncio.get_running_loop().call_soon(self._tend)
        elif frame == flash.LOG_ACK:
            self._sender.acknowledge(*values)
        elif values == (flash.LOG_STATUS,):
            yield flash.LOG_STATUS, self._sender.status()
        yield from polite(frame, sequence, values, items)

    async def open(self, on_data, on_lost, on_log):
        await super().open(on_data, on_lost, on_log)
        self._is_there = True
        self._sender = Download(self.log, self._send)

    async def write(self, frame):
        if not self._is_there:
            raise LinkError("wire is not open; connect again.")
        await super().write(frame)

    def _tend(self):
        if self._is_there and self._sender.tend():
            asyncio.get_running_loop().call_soon(self._tend)

    def _send(self, message):
        data = self.spoil(self.messages, bytes(message))
        self.messages += 1
        if data is None:
            self._is_there = False
            self.on_lost()
            return False
        if data:
            self.on_log(data)
        return True


async def numbers(line, from_record=0, got=None):
    """Download; `got` also has what came before an error."""
    got = [] if got is None else got
    async with Session(line) as session:
        async for record in download(session, from_record):
            got.append(record.number)
    return got


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.5)


async def test_all_records_come_in_order_by_credit(log):
    line = LogWire(log)
    assert await numbers(line) == list(range(RECORDS))
    reads = [values for frame, _, values, _ in line.written if frame == flash.LOG_READ]
    assert reads == [(0, 512), (512, 512), (1024, RECORDS - 1024)]


async def test_download_begins_where_it_is_told_and_ends_with_the_newest(log):
    assert await numbers(LogWire(log), RECORDS - 3) == [1497, 1498, 1499]
    assert await numbers(LogWire(log), RECORDS) == []


async def test_two_who_want_the_log_get_it_whole_one_after_the_other(log):
    async def numbers_from(first):
        return [record.number async for record in download(session, first)]

    line = LogWire(log)
    async with Session(line) as session:
        both = await asyncio.gather(numbers_from(0), numbers_from(1000))
    assert both == [list(range(RECORDS)), list(range(1000, RECORDS))]
    reads = [values for frame, _, values, _ in line.written if frame == flash.LOG_READ]
    assert [first for first, _ in reads] == [0, 512, 1024, 1000]


async def test_who_leaves_a_download_frees_the_log_for_the_next(log):
    async with Session(LogWire(log)) as session:
        async with aclosing(download(session)) as records:
            assert (await anext(records)).number == 0
        assert [each.number async for each in download(session)] == list(range(RECORDS))


async def test_records_that_the_device_no_longer_has_are_left_out(log, tmp_path):
    oldest = min((tmp_path / "log").glob("*.log"))
    second = sorted((tmp_path / "log").glob("*.log"))[1]
    oldest.unlink()
    assert await numbers(LogWire(Log(str(tmp_path), 1 << 20))) == list(
        range(int(second.stem, 16), RECORDS)
    )


@pytest.mark.parametrize("spoilt", [(0,), (7,), (20, 21), (3, 50, 99)], ids=str)
async def test_damaged_record_is_asked_for_again(log, spoilt):
    def spoil(count, message):
        if count not in spoilt:
            return message
        return message[:30] + bytes([message[30] ^ 4]) + message[31:]

    assert await numbers(LogWire(log, spoil)) == list(range(RECORDS))


@pytest.mark.parametrize("spoilt", [(7,), (20, 21), (3, 50, 99)], ids=str)
async def test_message_that_never_came_is_asked_for_again(log, spoilt):
    def spoil(count, message):
        return b"" if count in spoilt else message

    assert await numbers(LogWire(log, spoil)) == list(range(RECORDS))


async def test_record_that_is_damaged_each_time_is_a_sentence(log):
    def spoil(count, message):
        return message.replace(bytes([frames.CUE, 7, 0, 100, 0]), b"12345")

    got = []
    with pytest.raises(LinkError, match="no record from 100 on"):
        await numbers(LogWire(log, spoil), got=got)
    assert got == list(range(100))


@pytest.mark.parametrize("lost_at", [0, 1, 20, 36, 37, 100])
async def test_lost_link_is_said_at_once_and_the_next_session_goes_on(log, lost_at):
    line = LogWire(log, lambda count, message: None if count == lost_at else message)
    got = []
    with pytest.raises(LinkError):
        await numbers(line, got=got)
    assert got == list(range(len(got)))
    got += await numbers(line, len(got))
    assert got == list(range(RECORDS))


class Faulty:
    """A line that loses, doubles, swaps and damages messages, each with the same chance."""

    def __init__(self, share, seed):
        self.share, self.chance = share, random.Random(seed)
        self._held = b""

    def __call__(self, count, message):
        if self.chance.random() >= self.share:
            held, self._held = self._held, b""
            return message + held
        what = self.chance.choice(("lose", "double", "swap", "damage"))
        if what == "double":
            return message * 2
        if what == "swap":
            self._held = message
        if what == "damage":
            at = self.chance.randrange(len(message))
            return message[:at] + bytes([message[at] ^ 0x10]) + message[at + 1 :]
        return b""


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.01, 0.2])
async def test_bad_line_brings_every_record_once_and_in_order(log, share, seed, monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.02)
    line = LogWire(log, Faulty(share, seed))
    async with Session(line) as session:
        records = [record async for record in download(session)]
    assert [record.number for record in records] == list(range(RECORDS))
    assert [record.event.block_index for record in records] == list(range(RECORDS))


@pytest.mark.parametrize("spoilt", [16, 17])
async def test_loss_before_a_gap_is_no_part_of_the_gap(log, tmp_path, spoilt):
    """The device has no records from 400 on; messages right before and at the gap are lost."""
    path = min((tmp_path / "log").glob("*.log"))
    second = int(sorted((tmp_path / "log").glob("*.log"))[1].stem, 16)
    path.write_bytes(path.read_bytes()[: 17 * 240])
    log = Log(str(tmp_path), 1 << 20)
    line = LogWire(log, lambda count, message: b"" if count == spoilt else message)
    assert await numbers(line) == [*range(240), *range(second, RECORDS)]


@pytest.mark.parametrize("silent_from", [0, 34, 60])
async def test_line_that_goes_silent_is_a_sentence_and_the_next_session_goes_on(log, silent_from):
    line = LogWire(log, lambda count, message: b"" if count >= silent_from else message)
    got = []
    with pytest.raises(LinkError, match="expected all below"):
        await numbers(line, got=got)
    got += await numbers(LogWire(log), len(got))
    assert got == list(range(RECORDS))


async def test_device_forgets_only_what_it_is_told_to(log):
    line = LogWire(log)
    assert await numbers(line) == list(range(RECORDS))
    assert log.acknowledged == 0
    async with Session(line) as session:
        await acknowledge(session, 700)
    assert log.acknowledged == 700


async def test_stored_frames_are_given_as_they_are_in_flash(log):
    async with Session(LogWire(log)) as session:
        records = [record async for record in download(session, 1490)]
    assert [wire.unpack_frame(record.data, 0)[2] for record in records] == [
        (k, 0, 1, 0) for k in range(1490, RECORDS)
    ]
    assert [record.event.block_index for record in records] == list(range(1490, RECORDS))
