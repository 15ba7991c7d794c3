"""A lost link comes back by itself, to the same device, and says what was missed."""

import asyncio

import pytest

from posturecore import frames, params, wire
from tests.host.test_session import HELLO, Wire, polite
from trunkline import LinkError, TrunklineError
from trunkline.captures.capture import CaptureWriter, read_capture
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.protocol.events import (
    CueFrame,
    Fault,
    Hello,
    LinkBack,
    LinkLost,
    Samples,
    SettingsFrame,
)

SAMPLE = (0,) * 9
PATIENT = 60


class Device(Wire):
    """A device whose link can be cut; each opening numbers its frames from 0, as a real one's."""

    def __init__(self):
        super().__init__(self._answer)
        self.hello = HELLO
        self.index = 0
        self.mask = 0
        self.openings = 0
        self.is_there = True  # in reach
        self.refuses = None  # the next order to stream, with a code
        self.is_open = False

    async def open(self, on_data, on_lost, on_log):
        self.openings += 1
        if not self.is_there:
            raise LinkError("wire was not heard; bring it closer.")
        await super().open(on_data, on_lost, on_log)
        self.sequence, self.mask, self.is_open = 0, 0, True

    async def write(self, frame):
        if not self.is_open:
            raise LinkError("wire is not open; connect again.")
        await super().write(frame)

    async def close(self):
        await super().close()
        self.is_open = False

    def _answer(self, frame, sequence, values, items):
        if frame == frames.REQUEST and values[0] == frames.HELLO:
            yield frames.HELLO, self.hello
            yield frames.ACK, (frame, sequence, frames.ACK_DONE)
            return
        if frame == frames.STREAM and self.refuses is not None:
            yield frames.ACK, (frame, sequence, self.refuses)
            self.refuses = None
            return
        if frame == frames.STREAM:
            self.mask = values[0]
        yield from polite(frame, sequence, values, items)

    def cut(self):
        self.is_open = False
        self.on_lost()

    def sample(self, blocks=2):
        """Take samples; they are sent where somebody listens."""
        index, self.index = self.index, self.index + 6 * blocks
        if self.is_open and self.mask & frames.STREAM_SAMPLES:
            self.say(frames.SAMPLES, (index, 0), (SAMPLE,) * (6 * blocks))


class Clock:
    """Time that passes only in sleeps, and the sleeps it was asked for."""

    def __init__(self):
        self.now_s, self.slept_s = 1000.0, []

    async def sleep(self, wait_s):
        self.slept_s.append(wait_s)
        self.now_s += wait_s
        await asyncio.sleep(0)

    def policy(self, **changes):
        given = {"chance": lambda: 0.0, "sleep": self.sleep, "clock_s": lambda: self.now_s}
        return Reconnect(**{**given, **changes})


class Heard(list):
    """What a session's listeners are told, and a way to wait for it."""

    def of(self, *kinds):
        return [event for event in self if isinstance(event, kinds)]

    async def until(self, kind, count=1):
        async with asyncio.timeout(PATIENT):
            while len(self.of(kind)) < count:
                await asyncio.sleep(0)
        return self.of(kind)[count - 1]


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def clock():
    return Clock()


def talk(device, clock, capture=None, **policy):
    session = Session(device, capture, answer_s=0.05, reconnect=clock.policy(**policy))
    heard = Heard()
    session.listeners.append(heard.append)
    return session, heard


async def test_link_comes_back_and_the_gap_is_said_in_samples_before_the_next_sample(
    device, clock
):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(samples=True)
        device.sample()
        device.cut()
        assert session.is_lost
        device.sample(5)
        await heard.until(Hello, 2)
        device.sample()
        device.sample()
        assert not session.is_lost
        assert not await session.wait_lost(0.01)
    told = heard.of(LinkLost, LinkBack, Samples)
    assert [type(event) for event in told] == [Samples, LinkLost, LinkBack, Samples, Samples]
    assert told[1].reason == "wire: the link was lost."
    assert told[2] == LinkBack(attempts=1, away_s=0.5, missed_samples=30)
    assert told[3].sample_index == 12 + 30


async def test_what_was_streamed_is_streamed_again_and_settings_are_asked_anew(device, clock):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(decisions=True)
        device.cut()
        back = await heard.until(LinkBack)
        assert device.mask == frames.STREAM_DECISIONS
        assert back.missed_samples is None  # samples were not streamed: told at once
        assert len(heard.of(SettingsFrame)) == 2
        assert session.counts.total() == session.counts["good"]
        await session.set_stream()
        device.cut()
        await heard.until(LinkBack, 2)
        assert device.mask == 0


@pytest.mark.parametrize("code", [frames.ACK_BUSY, frames.ACK_NO_MEMORY])
async def test_device_that_cannot_stream_yet_when_it_is_back_is_tried_again(device, clock, code):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(samples=True)
        device.refuses = code
        device.cut()
        back = await heard.until(LinkBack)
        device.sample()
        assert (back.attempts, session.is_lost) == (2, False)
        assert device.mask == frames.STREAM_SAMPLES


async def test_waits_double_up_to_the_longest_and_part_of_them_is_chance(device, clock):
    session, heard = talk(device, clock, most_s=5.0)
    async with session:
        device.is_there = False
        device.cut()
        while len(clock.slept_s) < 7:
            await asyncio.sleep(0)
        device.is_there = True
        back = await heard.until(LinkBack)
    assert clock.slept_s[:7] == [0.5, 1, 2, 4, 5, 5, 5]
    assert back.attempts == len(clock.slept_s)
    assert back.away_s == sum(clock.slept_s)
    chances = iter([0.0, 0.5, 1.0])
    waits = Reconnect(jitter=0.4, chance=lambda: next(chances)).waits_s()
    assert [next(waits) for _ in range(3)] == pytest.approx([0.5, 0.8, 1.2])


async def test_each_loss_waits_briefly_first_however_long_the_one_before(device, clock):
    session, heard = talk(device, clock)
    async with session:
        for count in range(1, 4):
            device.cut()
            await heard.until(LinkBack, count)
    assert clock.slept_s == [0.5] * 3


async def test_command_under_way_at_the_loss_fails_and_is_not_sent_again(device, clock):
    session, heard = talk(device, clock)
    async with session:
        device.answer = lambda *frame: ()
        waiting = asyncio.create_task(session.vibrate())
        await asyncio.sleep(0)
        device.answer = device._answer
        device.cut()
        with pytest.raises(LinkError, match="link was lost"):
            await waiting
        with pytest.raises(LinkError, match="being sought"):
            await session.vibrate()
        await heard.until(LinkBack)
        await session.set_stream()
    assert [frame for frame, *_ in device.written].count(frames.HAPTIC) == 1


async def test_restarted_device_is_the_same_one_with_a_gap_nobody_knows(device, clock):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(samples=True)
        device.index = 6000
        device.sample()
        device.hello = (*HELLO[:5], 8, *HELLO[6:])
        device.index = 0
        device.cut()
        back = await heard.until(LinkBack)
        device.sample()
        assert session.info.boot_id == 8
    assert back.missed_samples is None
    assert [event.sample_index for event in heard.of(Samples)] == [6000, 0]


async def test_another_device_under_the_name_ends_it_and_nothing_of_it_is_told(
    device, clock, tmp_path
):
    with CaptureWriter(tmp_path / "a.tlcap", {}) as capture:
        session, heard = talk(device, clock, capture)
        async with session:
            await session.set_stream(samples=True)
            device.hello = (*HELLO[:7], b"device-2", 0)
            told = len(heard)
            device.cut()
            with pytest.raises(LinkError, match="expected 6465766963652d31"):
                await session.wait_over(PATIENT)
            assert heard[told:] == heard.of(LinkLost)
            assert session.info.device_id == b"device-1"
            assert device.mask == 0
            assert not device.is_open
            with pytest.raises(LinkError, match=r"Found device 6465766963652d32.*Connect again"):
                await session.status()
    hellos = [event for event in read_capture(capture.path).events if isinstance(event, Hello)]
    assert {hello.device_id for hello in hellos} == {b"device-1"}


async def test_device_in_another_protocol_after_an_update_ends_it_in_one_sentence(device, clock):
    session, _ = talk(device, clock)
    async with session:
        device.hello = (frames.VERSION + 1, *HELLO[1:])
        device.cut()
        with pytest.raises(TrunklineError, match="updating the host"):
            await session.wait_over(PATIENT)


async def test_giving_up_says_how_long_and_what_the_last_attempt_found(device, clock):
    session, _ = talk(device, clock, give_up_s=10.0)
    async with session:
        device.is_there = False
        device.cut()
        with pytest.raises(LinkError, match=r"Gave up after 16 s and 5 attempts.*not heard"):
            await session.wait_over(PATIENT)


async def test_link_that_goes_again_while_it_is_renewed_is_one_more_attempt(device, clock):
    session, heard = talk(device, clock)
    deaf = 2

    def unwell(frame, sequence, values, items):
        nonlocal deaf
        if deaf and values == (frames.SETTINGS,):
            deaf -= 1
            device.cut()
            return ()
        return device._answer(frame, sequence, values, items)

    async with session:
        device.answer = unwell
        device.cut()
        back = await heard.until(LinkBack)
    assert back.attempts == 3
    assert len(heard.of(LinkLost)) == 1
    assert len(heard.of(Hello)) == 2  # those of the two that failed are not told


async def test_link_lost_again_before_a_sample_came_leaves_the_gap_to_the_next(device, clock):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(samples=True)
        device.sample()
        device.cut()
        await heard.until(Hello, 2)
        device.cut()
        device.index += 600
        await heard.until(Hello, 3)
        device.sample()
    told = heard.of(LinkLost, LinkBack)
    assert [getattr(event, "missed_samples", "lost") for event in told] == [
        *("lost", None),
        *("lost", 600),
    ]


async def test_frame_that_came_again_late_does_not_widen_the_gap(device, clock):
    session, heard = talk(device, clock)
    async with session:
        await session.set_stream(samples=True)
        device.sample()
        device.sample()
        device.say(frames.SAMPLES, (0, 0), (SAMPLE,) * 12)
        device.cut()
        await heard.until(Hello, 2)
        device.sample()
    assert heard.of(LinkBack)[0].missed_samples == 0


async def test_back_without_samples_is_said_after_a_while_all_the_same(device, clock):
    session, heard = talk(device, clock, samples_s=0.01)
    async with session:
        await session.set_stream(samples=True)
        device.sample()
        device.cut()
        assert (await heard.until(LinkBack)).missed_samples is None


async def hang(*_):
    await asyncio.Event().wait()


async def test_leaving_ends_a_wait_between_two_attempts_at_once(device, clock):
    session, _ = talk(device, clock, sleep=hang)
    async with asyncio.timeout(PATIENT):
        async with session:
            device.cut()
            await asyncio.sleep(0)
    assert device.openings == 1


async def test_leaving_ends_a_connection_that_hangs_at_once(device, clock):
    session, _ = talk(device, clock)
    async with asyncio.timeout(PATIENT):
        async with session:
            device.open = hang
            device.cut()
            for _ in range(10):
                await asyncio.sleep(0)
    assert clock.slept_s == [0.5]
    assert device.closed >= 1


async def test_transport_that_is_over_is_not_sought(device, clock):
    session, heard = talk(device, clock)
    async with session:
        device.is_over = True
        device.cut()
        assert await session.wait_over(PATIENT)
        assert len(heard.of(LinkLost)) == 1
    assert device.openings == 1


async def test_bug_in_a_transport_is_raised_not_swallowed(device, clock):
    async def broken(*_):
        raise ZeroDivisionError("in a library")

    session, _ = talk(device, clock)

    async def lose():
        async with session:
            device.open = broken
            device.cut()
            await session.wait_over(PATIENT)

    with pytest.raises(ZeroDivisionError):
        await lose()


async def test_listener_that_has_failed_does_not_keep_the_link_from_coming_back(device, clock):
    session, heard = talk(device, clock)

    def broken(event):
        raise KeyError("mine")

    async def lose():
        async with session:
            session.listeners.append(broken)
            device.say(frames.CUE, (0, 0, 1, 0))
            device.cut()
            await heard.until(LinkBack)
            device.say(frames.CUE, (1, 0, 1, 0))

    with pytest.raises(KeyError):
        await lose()
    assert [cue.block_index for cue in heard.of(CueFrame)] == [0, 1]


async def test_without_reconnecting_a_lost_link_stays_lost(device):
    session = Session(device)
    async with session:
        device.cut()
        assert await session.wait_over(PATIENT)
        assert session.is_lost
        with pytest.raises(LinkError):
            await session.vibrate()
    assert device.openings == 1


async def test_bytes_that_come_after_the_loss_belong_to_nobody(device, clock):
    session, heard = talk(device, clock)
    async with session:
        old = device.on_data
        device.cut()
        old(wire.pack_frame(frames.CUE, 0, (9, 0, 1, 0)))
        await heard.until(LinkBack)
        old(wire.pack_frame(frames.CUE, 1, (9, 0, 1, 0)))
        await session.set_stream()
    assert not heard.of(CueFrame, Fault)
    assert session.settings == params.defaults()
