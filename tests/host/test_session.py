"""A session: commands are answered or refused in a sentence, and faults never end it."""

import asyncio
import time

import pytest

from posturecore import frames, params, wire
from posturecore.patterns import PATTERN_NAMES
from trunkline import InputError, LinkError, ProtocolError, TrunklineError
from trunkline.captures.capture import CaptureWriter
from trunkline.device.session import Session
from trunkline.protocol.events import Ack, CueFrame, Fault
from trunkline.transports.base import Transport

HELLO = (frames.VERSION, 0, 1, 6, 60000, 7, 0, b"device-1", 0)


class Wire(Transport):
    """A transport whose other end is the test: real bytes both ways, no radio."""

    name, takes_commands, is_over = "wire", True, False

    def __init__(self, answer):
        self.answer = answer
        self.written = []
        self.closed = 0
        self.sequence = 0

    async def open(self, on_data, on_lost, on_log):
        self.on_data, self.on_lost, self.on_log = on_data, on_lost, on_log

    async def write(self, frame):
        self.written.append(wire.unpack_frame(frame, 0))
        for answer in self.answer(*self.written[-1]):
            self.say(*answer)

    async def close(self):
        self.closed += 1

    def say(self, frame, values, items=()):
        self.on_data(wire.pack_frame(frame, self.sequence, values, items))
        self.sequence = (self.sequence + 1) & 0xFFFF


def polite(frame, sequence, values, items):
    """Answer as a device does that can do everything."""
    if frame == frames.REQUEST and values[0] == frames.HELLO:
        yield frames.HELLO, HELLO
    if frame == frames.REQUEST and values[0] == frames.SETTINGS:
        rows = tuple(enumerate(params.defaults().values()))
        yield frames.SETTINGS, (0, 0), rows
    yield frames.ACK, (frame, sequence, frames.ACK_DONE)


def refusing(code):
    def answer(frame, sequence, values, items):
        if frame == frames.REQUEST:
            yield from polite(frame, sequence, values, items)
        else:
            yield frames.ACK, (frame, sequence, code)

    return answer


def deaf(frame, sequence, values, items):
    """Answer what opens a session, and nothing after."""
    if frame == frames.REQUEST and values[0] != frames.STATUS:
        yield from polite(frame, sequence, values, items)


async def test_opening_learns_who_is_there_and_what_is_set():
    session = Session(Wire(polite))
    async with session:
        assert session.info.device_id == b"device-1"
        assert session.settings == params.defaults()
        assert not session.is_lost


async def test_what_is_asked_before_opening_is_a_sentence():
    with pytest.raises(LinkError, match="not open"):
        _ = Session(Wire(polite)).info


async def test_another_protocol_version_is_refused_and_the_link_closed():
    def newer(frame, sequence, values, items):
        if values == (frames.HELLO,):
            yield frames.HELLO, (frames.VERSION + 1, *HELLO[1:])
        yield frames.ACK, (frame, sequence, 0)

    link = Wire(newer)
    with pytest.raises(ProtocolError, match="updating the host"):
        await Session(link).__aenter__()
    assert link.closed == 1


async def test_no_answer_is_a_link_error_in_time_for_commands_and_questions():
    session = Session(Wire(deaf), answer_s=0.05)
    async with session:
        with pytest.raises(LinkError, match=r"did not answer stream within 0\.05 s"):
            await session.set_stream(samples=True)
        with pytest.raises(LinkError, match="did not answer"):
            await session.status()


async def test_an_ack_without_the_thing_asked_for_is_a_link_error():
    session = Session(Wire(polite), answer_s=0.05)
    async with session:
        with pytest.raises(LinkError, match="did not answer status"):
            await session.status()


async def test_two_who_ask_at_once_both_get_an_answer():
    def healthy(frame, sequence, values, items):
        if values == (frames.STATUS,):
            yield frames.STATUS, (7, 1000, 60, 0, 4000, 1, 1, 0, 0, 0, 0, 0, 0, 0)
        yield from polite(frame, sequence, values, items)

    session = Session(Wire(healthy), answer_s=0.5)
    async with session:
        first, second = await asyncio.gather(session.status(), session.status())
    assert first.battery_mv == second.battery_mv == 4000


async def test_device_without_memory_for_a_command_is_to_be_switched_off_and_on():
    async with Session(Wire(refusing(frames.ACK_NO_MEMORY))) as session:
        with pytest.raises(InputError, match=r"no memory; .*; try: switch the device off and on"):
            await session.vibrate()


@pytest.mark.parametrize("code", range(1, len(frames.ACK_CODES)), ids=frames.ACK_CODES[1:])
async def test_a_refused_command_is_an_input_error_with_the_reason(code):
    session = Session(Wire(refusing(code)))
    async with session:
        with pytest.raises(InputError, match=frames.ACK_CODES[code]):
            await session.vibrate()
        with pytest.raises(InputError, match=frames.ACK_CODES[code]):
            await session.start_calibration()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        pytest.param(lambda s: s.vibrate("purr"), "purr", id="pattern"),
        pytest.param(lambda s: s.change_settings({"slouch_hold": 3}), "slouch_hold", id="name"),
        pytest.param(lambda s: s.change_settings({"slouch_hold_s": 0}), "from 1 to", id="value"),
        pytest.param(lambda s: s.set_neutral((16393, 0, 0), "lie"), "'lie'", id="pose"),
        pytest.param(lambda s: s.start_calibration("lie"), "'lie'", id="calibration"),
        pytest.param(lambda s: s.set_neutral((40000, 0, 0)), "up_x = 40000", id="vector"),
        pytest.param(lambda s: s.set_neutral((16393.5, 0, 0)), "neutral", id="fraction"),
        pytest.param(lambda s: s.set_time(-5000), "utc_s", id="time"),
        pytest.param(lambda s: s.command(frames.STREAM, (1, 2)), "2 values", id="count"),
    ],
)
async def test_what_cannot_be_sent_is_refused_here_and_never_sent(ask, words):
    link = Wire(polite)
    session = Session(link)
    async with session:
        sent = len(link.written)
        with pytest.raises(InputError, match=words):
            await ask(session)
        assert len(link.written) == sent


async def test_the_time_told_is_this_computer_s_unless_another_is_given(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    link = Wire(polite)
    async with Session(link) as session:
        before_ms = time.time_ns() // 1_000_000
        await session.set_time()
        after_ms = time.time_ns() // 1_000_000
        await session.set_time(1_700_000_000_123, utc_offset_min=-60)
        await session.set_time(1_700_000_000_123)
    monkeypatch.undo()
    time.tzset()
    told = [values for frame, _, values, _ in link.written if frame == frames.TIME_ANCHOR]
    assert before_ms <= told[0][2] * 1000 + told[0][3] <= after_ms
    assert told[0][4:] == (50, 330)
    assert told[1:] == [(0, 0, 1_700_000_000, 123, 50, -60), (0, 0, 1_700_000_000, 123, 50, 0)]


async def test_calibrating_waits_for_the_result_and_not_for_ever(monkeypatch):
    link = Wire(polite)
    async with Session(link) as session:
        waiting = asyncio.create_task(session.calibrate("sit"))
        await asyncio.sleep(0.01)
        link.say(frames.CALIBRATION, (1, 0, 90, 16393, 0, 0, 3, 0, 0, 16393))
        assert (await waiting).from_block == 90
        monkeypatch.setattr("trunkline.device.session._CALIBRATION_S", 0.01)
        with pytest.raises(LinkError, match="no result of the calibration"):
            await session.calibrate()


async def test_identifying_plays_the_pattern_that_is_easy_to_feel():
    link = Wire(polite)
    async with Session(link) as session:
        await session.identify()
    assert link.written[-1][2] == (PATTERN_NAMES.index("identify"),)


async def test_a_device_that_goes_during_a_command_ends_the_wait_at_once():
    link = Wire(deaf)
    session = Session(link, answer_s=60)
    async with session:
        asyncio.get_running_loop().call_later(0.02, link.on_lost)
        async with asyncio.timeout(5):
            with pytest.raises(LinkError, match="link was lost"):
                await session.set_stream(samples=True)
        assert session.is_lost
        assert await session.wait_lost()


async def test_closing_ends_what_waits_and_closing_twice_is_fine():
    session = Session(Wire(polite), answer_s=60)
    async with session:
        calibration = await session.start_calibration()
    await session.close()
    with pytest.raises(LinkError, match="session was closed"):
        await calibration


async def test_waiting_for_a_loss_that_does_not_come_is_false():
    session = Session(Wire(polite))
    async with session:
        assert not await session.wait_lost(0.01)


async def test_damage_on_the_link_is_counted_told_and_no_end():
    link, heard = Wire(polite), []
    session = Session(link)
    session.listeners.append(heard.append)
    async with session:
        link.on_data(b"garbage")
        link.sequence += 2
        await session.set_stream(samples=True)
        assert session.counts["damaged"] == 7
        assert session.counts["missing"] == 2
        assert not session.is_lost
    assert [event.kind for event in heard if isinstance(event, Fault)] == ["damaged", "missing"]


async def test_half_a_frame_at_the_loss_is_told():
    link, heard = Wire(polite), []
    session = Session(link)
    session.listeners.append(heard.append)
    async with session:
        link.on_data(wire.pack_frame(frames.ACK, link.sequence, (1, 2, 3))[:-2])
        link.on_lost()
    assert heard[-2] == Fault("cut", 12, "12 bytes at the end are not a whole frame")


def broken(event):
    raise KeyError("broken listener")


async def test_a_listener_that_raises_disturbs_nobody_and_is_not_swallowed():
    link, heard = Wire(polite), []
    session = Session(link)

    async def talk():
        async with session:
            session.listeners += [broken, heard.append]
            for k in range(3):
                link.say(frames.CUE, (k, 0, 1, 0))
            await session.set_stream(samples=True)

    with pytest.raises(KeyError, match="broken listener"):
        await talk()
    assert [event.block_index for event in heard if isinstance(event, CueFrame)] == [0, 1, 2]
    assert session.counts["repeated"] == 0
    assert broken not in session.listeners
    assert link.closed == 1


async def test_a_broken_listener_ends_the_wait_and_an_error_under_way_wins():
    link = Wire(polite)
    session = Session(link)

    async def talk():
        async with session:
            session.listeners.append(broken)
            link.say(frames.CUE, (0, 0, 1, 0))
            with pytest.raises(KeyError):
                await session.wait_lost()
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await talk()


async def test_a_capture_that_cannot_be_written_ends_the_recording_not_the_session(tmp_path):
    class FullDisk(CaptureWriter):
        def write(self, data):
            raise TrunklineError("Found no room; expected some; try: another disk.")

    link, heard = Wire(polite), []

    async def talk(session):
        async with session:
            await session.set_stream(samples=True)
            await session.set_stream()

    with FullDisk(tmp_path / "a.tlcap", {}) as capture:
        session = Session(link, capture)
        session.listeners.append(heard.append)
        with pytest.raises(TrunklineError, match="no room"):
            await talk(session)
    assert len([event for event in heard if isinstance(event, Ack)]) == 5


async def test_a_listener_may_leave_while_events_come():
    link, heard = Wire(polite), []
    session = Session(link)

    def once(event):
        session.listeners.remove(once)

    async with session:
        session.listeners += [once, heard.append]
        link.say(frames.CUE, (0, 0, 1, 0))
        link.say(frames.CUE, (1, 0, 1, 0))
    assert [event.block_index for event in heard] == [0, 1]
