"""Recording tells the device the time: on contact, every hour, and when a lost link is back."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from trunkline import connect
from trunkline import record as recording
from trunkline.capture import read_capture
from trunkline.errors import LinkError
from trunkline.events import Samples, TimeAnchor
from trunkline.recorder import Recorder
from trunkline.tally import Tally

from .tcp_device import tcp_device

KATHMANDU = timezone(timedelta(hours=5, minutes=45))
NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=KATHMANDU)


def anchors_in(path):
    return [event for event in read_capture(path).events if isinstance(event, TimeAnchor)]


async def test_the_device_is_told_the_wearers_time_again_and_again(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "_ANCHOR_EVERY_S", 0.01)
    clock = iter(NOON + timedelta(hours=k) for k in range(10**6))
    heard = asyncio.Event()
    async with tcp_device(0.01) as device:
        session, tally = connect(device.where), Tally()
        told = []

        def count(event):
            told.extend([event] if isinstance(event, TimeAnchor) else [])
            if len(told) == 4:
                heard.set()

        session.listeners.append(count)
        with Recorder(tmp_path, {}) as recorder:
            work = recording.record(session, recorder, tally, print, now=lambda: next(clock))
            task = asyncio.create_task(work)
            await asyncio.wait_for(heard.wait(), 60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert device.was_left_politely
    anchors = anchors_in(recorder.paths[0])[:4]
    utc_s = [datetime.fromtimestamp(anchor.utc_s, UTC) for anchor in anchors]
    assert utc_s == [NOON.replace(microsecond=0) + timedelta(hours=k) for k in range(4)]
    assert {(anchor.utc_ms, anchor.utc_offset_min) for anchor in anchors} == {(250, 345)}


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
