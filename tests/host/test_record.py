"""Recording: from contact to goodbye, the anchors in the capture too."""

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest

from trunkline import connect
from trunkline.captures.capture import read_capture
from trunkline.captures.recorder import Recorder
from trunkline.captures.tally import Tally
from trunkline.device.record import record
from trunkline.device.timekeeping import SetTime
from trunkline.errors import LinkError
from trunkline.protocol.events import Samples, TimeAnchor

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


async def test_a_recording_ends_by_itself_when_its_time_is_up(tmp_path):
    async with tcp_device(0.01) as device:
        session, tally, heard = connect(device.where), Tally(), []
        session.listeners.append(heard.append)
        with Recorder(tmp_path / "a.tlcap", {}) as recorder:
            await record(session, recorder, tally, print, seconds=0.2)
    samples = sum(len(event.items) for event in heard if isinstance(event, Samples))
    assert tally.samples == samples > 0
    assert not session.is_lost
