"""Recording tells the device the time: on contact, every hour, and when a lost link is back."""

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest

from trunkline import connect
from trunkline.captures.capture import read_capture
from trunkline.captures.recorder import Recorder
from trunkline.captures.tally import Tally
from trunkline.device import record as recording
from trunkline.errors import LinkError
from trunkline.protocol.events import Samples, TimeAnchor
from trunkline.sync.told import told_clocks

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
async def test_the_device_is_told_the_wearers_time_again_and_again(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "_ANCHOR_EVERY_S", 0.01)
    anchors, heard = [], asyncio.Event()

    def count(event):
        if isinstance(event, TimeAnchor):
            anchors.append(event)
        if len(anchors) == 4:
            heard.set()

    async with tcp_device(0.01) as device:
        session = connect(device.where)
        session.listeners.append(count)
        with Recorder(tmp_path, {}) as recorder:
            work = recording.record(session, recorder, Tally(), print, now=lambda: NOON)
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


async def test_a_clock_that_contradicts_earlier_ones_is_told_and_not_used(tmp_path):
    told, ahead = asyncio.Event(), []

    def tell(sentence):
        if "5 h ahead" in sentence:
            ahead.append(sentence)
            told.set()

    async with connect("sim:") as session:
        await session.set_time(round(NOON.timestamp() * 1000))
        late = NOON + timedelta(hours=5)
        keeper = asyncio.create_task(recording._keep_time(session, tell, lambda: late))
        async with asyncio.timeout(60):
            await told.wait()
        keeper.cancel()
        clocks = await told_clocks(session)
        status = await session.status()
    said = clocks[status.boot_id].utc_of_ms(status.uptime_ms)
    assert abs(said.utc_ms - NOON.timestamp() * 1000) < 60_000
    assert len(ahead) == 1


async def test_an_unreachable_device_is_a_sentence_and_leaves_no_file(tmp_path):
    with Recorder(tmp_path, {}) as recorder:
        session = connect("usb:socket://127.0.0.1:1")
        with pytest.raises(LinkError, match="nobody listening"):
            await recording.record(session, recorder, Tally(), print)
    assert list(tmp_path.iterdir()) == []


async def test_a_recording_ends_by_itself_when_its_time_is_up(tmp_path):
    async with tcp_device(0.01) as device:
        session, tally, heard = connect(device.where), Tally(), []
        session.listeners.append(heard.append)
        with Recorder(tmp_path / "a.tlcap", {}) as recorder:
            await recording.record(session, recorder, tally, print, seconds=0.2)
    samples = sum(len(event.items) for event in heard if isinstance(event, Samples))
    assert tally.samples == samples > 0
    assert not session.is_lost
