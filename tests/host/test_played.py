"""Files played as if live: every byte, in step with its samples, at any pace."""

import asyncio
import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import frames, wire
from posturecore.decide import LEDGER
from trunkline import InputError, LinkError, Recording, examples, load
from trunkline.captures.capture import read_frames
from trunkline.captures.played import LONGEST_SILENCE_S, split, timed
from trunkline.captures.streamed import stream_of
from trunkline.decide.mirror import Mirror
from trunkline.demo import CLIP
from trunkline.device.session import Session
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    Decisions,
    EpisodeFrame,
    Hello,
    Samples,
)
from trunkline.recordings.gaps import Gap
from trunkline.transports.capture import CaptureTransport
from trunkline.transports.playing import Clock
from trunkline.transports.recorded import RecordedTransport

from .terminal import complaint


class FastClock:
    """A clock on which every wait is over at once."""

    def __init__(self):
        self.now_s = 1000.0

    async def sleep(self, seconds):
        self.now_s += seconds
        await asyncio.sleep(0)

    @property
    def clock(self):
        return Clock(lambda: self.now_s, self.sleep)


def hello(boot_id=1, rate_mhz=60_000):
    return wire.pack_frame(frames.HELLO, 0, (1, 0, 1, 6, rate_mhz, boot_id, 0, b"device-1", 0))


def samples(index, count=12):
    return wire.pack_frame(frames.SAMPLES, 0, (index, 0), ((0,) * 9,) * count)


def due_s(*pieces):
    return [round(due, 6) for due, _ in timed(pieces)]


# When a frame is due


def test_frame_is_due_when_its_last_sample_has_been_taken():
    assert due_s(hello(), samples(600), samples(612), samples(624, 6)) == [0, 0.2, 0.4, 0.5]


def test_real_rate_of_the_chip_sets_the_pace():
    assert due_s(hello(rate_mhz=30_000), samples(0), samples(12)) == [0, 0.4, 0.8]


def test_blocks_and_decisions_keep_time_too():
    block = wire.pack_frame(frames.BLOCKS, 0, (10,), ((0,) * 16,))
    decided = wire.pack_frame(frames.DECISIONS, 0, (11,), ((0,) * 4,) * 9)
    assert due_s(hello(), block, decided) == [0, 0.1, 1.0]


def test_what_counts_nothing_follows_the_frame_before():
    cue = wire.pack_frame(frames.CUE, 0, (5, 0, 1, 0))
    assert due_s(samples(0), cue, samples(12)) == [0.2, 0.2, 0.4]


def test_new_boot_goes_on_where_the_last_one_ended():
    assert due_s(hello(1), samples(60_000), hello(2), samples(0)) == [0, 0.2, 0.2, 0.4]


def test_late_frame_does_not_turn_time_back():
    assert due_s(samples(0), samples(12), samples(0), samples(24)) == [0.2, 0.4, 0.4, 0.6]


def test_silence_of_an_hour_is_cut_short():
    found = due_s(samples(0), samples(216_000), samples(216_012))
    assert found == [0.2, 0.2 + LONGEST_SILENCE_S, 0.4 + LONGEST_SILENCE_S]


def test_silence_of_seconds_is_kept():
    assert due_s(samples(0), samples(120)) == [0.2, 2.2]


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 200))
def test_split_loses_no_byte_and_finds_the_frames_in_noise(noise, at, cut):
    data = hello() + samples(0) + samples(12)
    data = data[:at] + noise + data[at:]
    data = data[: len(data) - cut]
    assert b"".join(split(data)) == data
    assert b"".join(piece for _, piece in timed(split(data))) == data


# Playing


class Heard:
    """Plays a file into a session on a clock that does not wait; notes what came when."""

    def __init__(self, transport, clock=None):
        self.session = Session(transport)
        self.mirror = Mirror()
        self.events = []
        self._clock = clock
        self.session.listeners += [self.mirror.take, self._note]

    def _note(self, event):
        self.events.append((self._clock.now_s - 1000 if self._clock else 0.0, event))

    async def to_the_end(self):
        async with self.session:
            async with asyncio.timeout(60):
                assert await self.session.wait_lost()
        self.mirror.finish()
        return self

    def of(self, kind):
        return [event for _, event in self.events if isinstance(event, kind)]


@pytest.fixture
def capture(demo_run):
    return demo_run.real.capture


@pytest.mark.parametrize("speed", [0.5, 1, 20])
async def test_capture_comes_in_step_with_its_samples(capture, speed):
    clock = FastClock()
    heard = Heard(CaptureTransport(capture, speed, clock.clock), clock)
    await heard.to_the_end()
    came = [(at, event) for at, event in heard.events if isinstance(event, Samples)]
    first = came[0][1].sample_index
    for at_s, event in came:
        due = (event.sample_index + len(event.items) - first) / 60 / speed
        assert at_s == pytest.approx(due, abs=1e-6)


async def test_every_pace_gives_the_same_events(capture):
    clock = FastClock()
    at_once = await Heard(CaptureTransport(capture)).to_the_end()
    paced = await Heard(CaptureTransport(capture, 20, clock.clock)).to_the_end()
    assert [event for _, event in paced.events] == [event for _, event in at_once.events]
    assert paced.session.counts == at_once.session.counts
    assert paced.mirror.compare().is_identical


async def test_who_is_there_is_known_once_it_is_open(capture):
    clock = FastClock()
    async with Session(CaptureTransport(capture, 1, clock.clock)) as session:
        assert session.info.rate_mhz == 60_000
        with pytest.raises(LinkError, match="not commanded"):
            await session.command(frames.REQUEST, (frames.STATUS,))


async def test_closing_in_the_middle_stops_playing(capture):
    clock = FastClock()
    heard = Heard(CaptureTransport(capture, 20, clock.clock))
    async with heard.session:
        for _ in range(20):
            await asyncio.sleep(0)
        count = len(heard.events)
    assert 0 < count < len(list(split(read_frames(capture)[1])))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(heard.events) == count


@pytest.mark.parametrize("speed", [0, -1, float("nan"), 1001])
def test_speed_that_is_none_is_refused(capture, speed):
    with pytest.raises(InputError, match="speed"):
        CaptureTransport(capture, speed)


# What is no capture


@pytest.fixture(scope="module")
def clip():
    return load(examples.path(CLIP))


async def test_recording_is_streamed_and_decided_as_a_device_would(clip):
    clock = FastClock()
    how = {"speed": 50, "clock": clock.clock, "neutral": clip.extras["neutral_up"]}
    heard = Heard(RecordedTransport(clip, {"slouch_hold_s": 5}, **how), clock)
    await heard.to_the_end()
    compared = heard.mirror.compare()
    assert compared.is_identical, compared.differences[:3]
    blocks = int(clip.duration_s * 10)
    assert compared.blocks == blocks
    assert heard.session.counts == {"good": heard.session.counts["good"]}
    assert heard.session.settings["slouch_hold_s"] == 5
    assert (len(heard.of(Hello)), len(heard.of(Calibration))) == (1, 1)
    assert heard.of(EpisodeFrame)
    assert heard.of(CueFrame)
    assert clock.now_s - 1000 == pytest.approx(blocks / 10 / 50)
    assert sum(len(event.items) for event in heard.of(Decisions)) == blocks


async def test_gap_of_a_recording_is_a_jump_and_lost_blocks():
    rng = np.random.default_rng(0)
    acc = np.array([9.80665, 0, 0]) + rng.normal(0, 0.05, (1200, 3))
    recording = Recording.from_arrays(
        60.0, acc, rng.normal(0, 0.01, (1200, 3)), gaps=(Gap(600, 3.0),)
    )
    heard = await Heard(RecordedTransport(recording)).to_the_end()
    indexes = [event.sample_index for event in heard.of(Samples)]
    steps = {after - before for before, after in itertools.pairwise(indexes)}
    assert steps == {12, 12 + 180}
    assert heard.mirror.compare().is_identical
    ledger = dict(zip(LEDGER, heard.mirror.replay.decider.ledger, strict=True))
    assert ledger["lost"] == 30


def test_frames_of_a_recording_are_the_same_each_time(clip):
    assert b"".join(stream_of(clip)) == b"".join(stream_of(clip))


def test_settings_that_cannot_be_used_are_a_sentence(clip):
    with pytest.raises(InputError, match="slouch_hold_s"):
        stream_of(clip, {"slouch_hold_s": -1})


# The command


def test_replay_with_speed_shows_what_monitor_shows(run, capture):
    code, played, err = run("replay", capture, "--speed", "1000", "--json")
    assert code == 0
    assert run("monitor", capture, "--json") == (0, played, err)


def test_recording_that_is_no_capture_can_be_played(run):
    assert run("simulate", "-o", "day.npz", "--minutes", "2")[0] == 0
    code, out, err = run("replay", "day.npz", "--speed", "1000", "--json")
    assert code == 0
    assert "SIMULATED" in err
    now = [json.loads(line) for line in out.splitlines()]
    assert [event["at_s"] for event in now if event["event"] == "now"] == list(range(1, 121))


def test_speed_that_is_none_is_one_sentence(run, capture):
    assert "a speed of 0" in complaint(run("replay", capture, "--speed", "0"))


def test_file_that_is_no_recording_is_one_sentence(run):
    complaint(run("replay", "none.npz", "--speed", "20"))
    complaint(run("replay", "none.tlcap", "--speed", "20"))
