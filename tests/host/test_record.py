"""Recording: from contact to goodbye, the anchors in the capture too."""

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest

from posturecore import frames
from trunkline import connect
from trunkline.captures.capture import read_capture
from trunkline.captures.recorder import Recorder
from trunkline.captures.stretch import Stretch
from trunkline.captures.tally import Tally
from trunkline.device.record import record
from trunkline.device.timekeeping import SetTime
from trunkline.errors import LinkError
from trunkline.protocol.events import (
    Blocks,
    LinkBack,
    Samples,
    SamplesRun,
    TimeAnchor,
    build,
)

from .tcp_device import tcp_device

KATHMANDU = timezone(timedelta(hours=5, minutes=45))
NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=KATHMANDU)


def anchors_in(path):
    return [event for event in read_capture(path).events if isinstance(event, TimeAnchor)]


@pytest.fixture
def in_kathmandu(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_kathmandu")
async def test_the_device_is_told_the_wearers_time_again_and_again(tmp_path):
    anchors, heard = [], asyncio.Event()

    def count(event):
        if isinstance(event, TimeAnchor):
            anchors.append(event)
        if len(anchors) == 4:
            heard.set()

    async with tcp_device(0.01) as device:
        noon_ms = round(NOON.timestamp() * 1000)
        session = connect(device.where, set_time=SetTime(utc_ms=lambda: noon_ms, every_s=0.01))
        session.listeners.append(count)
        with Recorder(tmp_path, {}) as recorder:
            work = record(session, recorder, Tally(), print)
            task = asyncio.create_task(work)
            async with asyncio.timeout(60):
                await heard.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert device.was_left_politely
    assert anchors_in(recorder.paths[0])[:4] == anchors[:4]
    for anchor in anchors:
        said_ms = anchor.utc_s * 1000 + anchor.utc_ms
        assert abs(said_ms - NOON.timestamp() * 1000) <= anchor.uncertainty_ms
        assert anchor.utc_offset_min == 345


async def test_an_unreachable_device_is_a_sentence_and_leaves_no_file(tmp_path):
    with Recorder(tmp_path, {}) as recorder:
        session = connect("usb:socket://127.0.0.1:1")
        with pytest.raises(LinkError, match="nobody listening"):
            await record(session, recorder, Tally(), print)
    assert list(tmp_path.iterdir()) == []


async def test_a_recording_ends_with_the_sample_that_makes_it_long_enough(tmp_path):
    async with tcp_device(0.01) as device:
        session, tally = connect(device.where), Tally()
        with Recorder(tmp_path / "a.tlcap", {}) as recorder:
            await record(session, recorder, tally, print, length_s=4)
        assert device.was_left_politely
    runs = [e for e in read_capture(tmp_path / "a.tlcap").events if isinstance(e, SamplesRun)]
    assert sum(len(run.counts) for run in runs) == tally.samples.came == 240
    assert not session.is_lost


async def test_a_device_that_sends_no_samples_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("trunkline.device.record._SILENCE_S", 0.01)
    async with tcp_device(3600) as device:  # one frame at once, and no more
        session, tally = connect(device.where), Tally()
        with Recorder(tmp_path / "a.tlcap", {}) as recorder:
            await record(session, recorder, tally, print, length_s=4, speed=100)
        assert device.was_left_politely
    assert tally.samples.came == 12


def hello(boot_id):
    return build(frames.HELLO, 0, (frames.VERSION, 0, 0, 6, 60000, boot_id, 0, b"device-1", 0), ())


def taken(index, count):
    return Samples(0, index, 0, ((0,) * 9,) * count)


@pytest.mark.parametrize(
    ("events", "done_s"),
    [
        pytest.param([hello(1)], 0, id="nothing yet"),
        pytest.param([taken(6000, 600)], 10, id="the count before the first one heard"),
        pytest.param([taken(0, 60), taken(540, 60)], 10, id="a gap"),
        pytest.param([taken(0, 60), taken(0, 60)], 1, id="twice the same"),
        pytest.param(
            [Blocks(0, 50, ((0,) * 23,) * 2), Blocks(0, 58, ((0,) * 23,) * 2)], 1, id="blocks"
        ),
        pytest.param(
            [hello(1), taken(0, 60), LinkBack(1, 30, 1800), taken(1860, 60)], 32, id="a lost link"
        ),
        pytest.param(
            [hello(1), LinkBack(1, 30, None), taken(0, 60)], 1, id="lost before the first one"
        ),
        pytest.param(
            [hello(1), taken(900, 60), hello(2), LinkBack(1, 30, None), taken(12, 60)],
            32,
            id="a restart",
        ),
    ],
)
def test_a_stretch_is_counted_by_the_device_and_gaps_are_time(events, done_s):
    stretch = Stretch()
    for event in events:
        stretch.take(event)
    assert stretch.done_s == done_s


def test_what_comes_of_each_boot_is_counted_from_its_own_beginning():
    tally, row = Tally(), ((0,) * 23,)
    for boot_id in (1, 2):
        for event in (hello(boot_id), Blocks(0, 50, row * 2), Blocks(0, 53, row), taken(60, 12)):
            tally.take(event)
    assert (tally.blocks.came, tally.blocks.lost) == (6, 2)
    assert (tally.samples.came, tally.samples.lost) == (24, 0)
