"""Iterating over what a device says: what is asked for, how much may wait, how it ends."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

import trunkline
from posturecore import frames
from posturecore.blocks import MOTOR
from tests.host.test_reconnect import PATIENT, Clock, Device, Heard, talk
from tests.host.test_session import HELLO
from trunkline import InputError, LinkError
from trunkline.captures.capture import CaptureWriter, read_capture
from trunkline.captures.captured import gather, mirror_of
from trunkline.decide.blocks import make_blocks
from trunkline.device.session import Session
from trunkline.protocol.events import (
    Ack,
    CueFrame,
    Decisions,
    Dropped,
    Fault,
    LinkBack,
    LinkLost,
    Samples,
    SamplesRun,
)

S, B, D = frames.STREAM_SAMPLES, frames.STREAM_BLOCKS, frames.STREAM_DECISIONS


@pytest.fixture
def device():
    return Device()


class Reader:
    """A task that iterates and keeps what it gets."""

    def __init__(self, iterator):
        self.got = Heard()
        self.task = asyncio.create_task(self._read(iterator))

    async def _read(self, iterator):
        async with aclosing(iterator):
            async for event in iterator:
                self.got.append(event)

    async def leave(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_device_streams_what_all_who_iterate_want_and_stops_as_they_leave(device):
    async with Session(device) as session:
        first = Reader(session.stream())
        await settle()
        assert device.mask == S
        second = Reader(session.stream(samples=False, decisions=True))
        await settle()
        assert device.mask == S | D
        await session.set_stream(decisions=True)
        await second.leave()
        assert device.mask == S | D
        await first.leave()
        assert device.mask == D
        await session.set_stream()
        assert device.mask == 0


async def test_a_break_ends_the_wish_as_soon_as_the_iterator_is_closed(device):
    async with Session(device) as session:
        async with aclosing(session.stream()) as events:
            device.answer = device._answer
            reading = asyncio.create_task(anext(events))
            await settle()
            device.sample()
            assert isinstance(await reading, (Samples, Ack))
            assert device.mask == S
        assert device.mask == 0
        asyncio.get_running_loop().call_later(0.01, device.say, frames.CUE, (0, 0, 1, 0))
        async for _ in session.stream(decisions=True):
            break  # nobody holds the iterator: the loop closes it
        await settle()
        assert device.mask == 0


async def test_each_gets_what_it_asked_for_and_what_always_comes(device):
    async with Session(device) as session:
        samples = Reader(session.stream())
        decisions = Reader(session.stream(samples=False, decisions=True))
        await settle()
        device.sample()
        device.say(frames.DECISIONS, (0,), ((0, 0, 1, 0),))
        device.say(frames.CUE, (0, 0, 1, 0))
        device.on_data(b"noise")
        device.say(frames.CUE, (1, 0, 1, 0))
        await settle()
    assert [len(samples.got.of(kind)) for kind in (Samples, Decisions, CueFrame, Fault)] == [
        *(1, 0, 2, 1)
    ]
    assert [len(decisions.got.of(kind)) for kind in (Samples, Decisions, CueFrame, Fault)] == [
        *(0, 1, 2, 1)
    ]


async def test_slow_consumer_loses_the_oldest_and_is_told_how_many_in_their_place(device):
    async with Session(device) as session, aclosing(session.stream(limit=10)) as events:
        device.sample()
        reading = asyncio.create_task(anext(events))
        await settle()
        device.sample()
        assert isinstance(await reading, (Ack, Samples))
        first = device.index
        for _ in range(30):
            device.sample()
        heard = [await anext(events) for _ in range(11)]
    assert heard[0] == Dropped(20 + 1)  # and the one from before
    assert [event.sample_index for event in heard[1:]] == [first + 12 * k for k in range(20, 30)]


async def test_storm_of_notifications_neither_blocks_nor_grows(device):
    """A hundred thousand frames while the consumer sleeps: commands are answered all the while."""
    async with Session(device) as session:
        reader = Reader(session.stream(limit=50))
        await settle()
        slow = session.stream(limit=50)
        waiting = asyncio.create_task(anext(slow))
        await settle()
        for k in range(300):
            for _ in range(20):
                device.sample()
            if k % 100 == 0:
                await session.set_stream(samples=True)
                await settle()
        await waiting
        assert isinstance(await anext(slow), Dropped)
        await slow.aclose()
        await settle()
        assert session.counts["good"] > 6000
        await reader.leave()


async def test_limit_below_one_is_a_sentence(device):
    async with Session(device) as session:
        with pytest.raises(InputError, match="limit of 0"):
            await anext(session.stream(limit=0))
        assert device.mask == 0


async def test_lost_link_that_nobody_brings_back_is_raised_behind_what_came(device):
    async with Session(device) as session:
        reader = Reader(session.stream())
        await settle()
        device.sample()
        device.cut()
        with pytest.raises(LinkError, match="link was lost; connect again"):
            await reader.task
        assert [type(event) for event in reader.got[-2:]] == [Samples, LinkLost]
        with pytest.raises(LinkError):
            await anext(session.stream())


async def test_leaving_the_session_ends_the_iteration_without_an_error(device):
    async with Session(device) as session:
        reader = Reader(session.stream())
        await settle()
    await reader.task


async def test_simulation_that_ends_ends_the_iteration_without_an_error(device):
    async with Session(device) as session:
        reader = Reader(session.stream())
        await settle()
        device.is_over = True
        device.cut()
        await reader.task
    assert isinstance(reader.got[-1], LinkLost)


async def test_iteration_goes_on_over_a_lost_link_and_a_wish_made_meanwhile_is_kept(device):
    session, heard = talk(device, Clock())
    async with session:
        reader = Reader(session.stream())
        await settle()
        device.sample()
        device.is_there = False
        device.cut()
        late = Reader(session.stream(samples=False, decisions=True))
        await settle()
        assert device.mask == S
        device.is_there = True
        await heard.until(LinkLost)
        while device.mask != S | D:
            await asyncio.sleep(0)
        device.sample()
        await heard.until(LinkBack)
        await settle()
        await reader.leave()
        await settle()
        assert device.mask == D
        await late.leave()
    kinds = [type(event) for event in reader.got.of(Samples, LinkLost, LinkBack)]
    assert kinds == [Samples, LinkLost, LinkBack, Samples]


async def test_giving_up_is_raised_by_the_iteration(device):
    session, _ = talk(device, Clock(), give_up_s=3.0)
    async with session:
        reader = Reader(session.stream())
        await settle()
        device.is_there = False
        device.cut()
        with pytest.raises(LinkError, match="Gave up"):
            await reader.task


# Blocks


def noise(seed, count):
    return np.random.default_rng(seed).integers(-9000, 9000, (count, 9)).astype(np.int16)


def tell_samples(device, first, counts, motor_blocks=0):
    device.say(frames.SAMPLES, (first, motor_blocks), tuple(map(tuple, counts.tolist())))


async def test_blocks_made_here_and_the_device_s_own_are_the_same_and_come_once(device):
    counts = noise(1, 36)
    blocks = make_blocks(counts)
    async with Session(device) as session:
        reader = Reader(session.blocks())
        await settle()
        assert device.mask == B
        device.say(frames.BLOCKS, (0,), (tuple(blocks[0].tolist()),))
        await session.set_stream(samples=True)
        assert device.mask == S  # enough for both
        tell_samples(device, 6, counts[6:18])
        device.say(frames.BLOCKS, (2,), (tuple(blocks[2].tolist()),))  # was under way
        await session.set_stream()
        assert device.mask == B
        device.say(frames.BLOCKS, (3,), tuple(tuple(row) for row in blocks[3:6].tolist()))
        await settle()
    assert [run.first_block for run in reader.got] == [0, 1, 3]
    assert [run.missed for run in reader.got] == [0, 0, 0]
    np.testing.assert_array_equal(np.concatenate([run.blocks for run in reader.got]), blocks)


async def test_blocks_say_how_many_are_missing_and_which_saw_the_motor(device):
    async with Session(device) as session:
        reader = Reader(session.blocks())
        await settle()
        tell_samples(device, 600, noise(2, 12), motor_blocks=2)
        tell_samples(device, 636, noise(3, 6))
        await settle()
        device.hello = (*HELLO[:5], 8, *HELLO[6:])
        await session.command(frames.REQUEST, (frames.HELLO,))
        tell_samples(device, 12, noise(3, 6))
        await settle()
    assert [(run.first_block, run.missed) for run in reader.got] == [(100, 0), (106, 4), (2, 0)]
    assert [int(row[-1]) & MOTOR for row in reader.got[0].blocks] == [0, MOTOR]


async def test_blocks_that_a_slow_consumer_dropped_are_counted_as_missed(device):
    async with Session(device) as session, aclosing(session.blocks(limit=2)) as runs:
        reading = asyncio.create_task(anext(runs))
        await settle()
        tell_samples(device, 0, noise(0, 12))
        await settle()
        for k in range(1, 10):
            tell_samples(device, 12 * k, noise(k, 12))
        got = [await reading, await anext(runs), await anext(runs)]
    assert [(run.first_block, run.missed) for run in got] == [(0, 0), (16, 14), (18, 0)]


# A capture


@pytest.fixture
def capture(tmp_path):
    """Forty seconds of samples and a cue a second."""
    device = Device()

    async def record():
        with CaptureWriter(tmp_path / "a.tlcap", {}) as writer:
            async with Session(device, writer) as session:
                await session.set_stream(samples=True)
                for k in range(200):
                    device.sample()
                    if k % 5 == 0:
                        device.say(frames.CUE, (k, 0, 1, 0))

    asyncio.run(record())
    return tmp_path / "a.tlcap"


async def test_capture_waits_for_a_slow_consumer_and_loses_nothing(capture):
    async with trunkline.connect(capture) as session:
        assert session.info.device_id == b"device-1"
        got = []
        async for event in session.stream(limit=3):
            got.append(event)
            await asyncio.sleep(0)
    assert not [event for event in got if isinstance(event, Dropped)]
    counts, _ = gather(mirror_of(read_capture(capture)))
    (whole,) = [e for e in read_capture(capture).events if isinstance(e, SamplesRun)][-1:]
    assert sum(len(event.items) for event in got if isinstance(event, Samples)) == len(counts)
    assert len(whole.counts) <= len(counts) == 2400
    assert len([event for event in got if isinstance(event, CueFrame)]) == 40


async def test_capture_plays_only_while_somebody_wants_it(capture):
    async with trunkline.connect(capture) as session:
        heard = []
        session.listeners.append(heard.append)
        await settle()
        assert heard == []
        async for _ in session.stream(limit=3):
            break
        await settle()
        told = len(heard)
        await settle()
        assert len(heard) == told < 300
        assert await session.wait_over(PATIENT)
        assert len([event for event in heard if isinstance(event, Samples)]) == 200
        assert [event async for event in session.stream()] == []


async def test_capture_gives_blocks_as_the_device_would(capture):
    async with trunkline.connect(capture) as session:
        runs = [run async for run in session.blocks()]
    assert sum(len(run.blocks) for run in runs) == 400
    assert {run.missed for run in runs} == {0}


async def test_capture_takes_no_commands_and_says_so(capture):
    async with trunkline.connect(capture) as session:
        with pytest.raises(LinkError, match="not commanded"):
            await session.vibrate()
