"""The same session without await: from a script, from a notebook, with Ctrl-C."""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import threading

import pytest

import trunkline
from posturecore import frames
from tests.host.test_session import Wire, polite
from trunkline import InputError, LinkError
from trunkline.captures.capture import CaptureWriter
from trunkline.device.session import Session
from trunkline.protocol.events import CueFrame, LinkLost, Status

_ENDS_S = 10.0
STATUS = (7, 1000, 60, 0, 4000, 1, 1, 0, 0, 0, 0, 0, 0, 0)


def healthy(frame, sequence, values, items):
    if values == (frames.STATUS,):
        yield frames.STATUS, STATUS
    yield from polite(frame, sequence, values, items)


class Calm(Wire):
    """A wire whose other end may speak from the main thread."""

    def __init__(self, answer=healthy):
        super().__init__(answer)

    async def open(self, on_data, on_lost, on_log):
        await super().open(on_data, on_lost, on_log)
        self.loop = asyncio.get_running_loop()

    def soon(self, call, *arguments):
        self.loop.call_soon_threadsafe(call, *arguments)


@pytest.fixture(autouse=True)
def _no_thread_stays():
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(_ENDS_S)  # a busy machine lets it end a moment later
        assert not thread.is_alive(), thread


def test_every_call_of_a_session_is_there_and_waits():
    link = Calm()
    with Session(link).blocking() as session:
        assert isinstance(session.status(), Status)
        assert session.info.device_id == b"device-1"
        assert session.settings["slouch_hold_s"] > 0
        session.set_stream(samples=True)
        assert link.written[-1][2] == (frames.STREAM_SAMPLES,)
        assert session.takes_commands
        assert not session.wait_lost(0.01)
    assert link.closed == 1
    public = {name for name in dir(Session(link)) if not name.startswith("_")}
    assert set(dir(Session(link).blocking())) == public
    assert "vibrat" in inspect.getdoc(session.vibrate)


def test_what_is_raised_there_is_raised_here():
    with Session(Calm(), answer_s=0.05).blocking() as session:
        with pytest.raises(InputError, match="purr"):
            session.vibrate("purr")
        session._session._transport.answer = lambda *frame: ()
        with pytest.raises(LinkError, match="did not answer"):
            session.status()
        with pytest.raises(AttributeError):
            _ = session.nothing


def test_answers_that_come_late_are_waited_for_too():
    link = Calm()
    with Session(link).blocking() as session:
        told = (frames.CALIBRATION, (1, 0, 90, 16393, 0, 0, 3, 0, 0, 16393))
        threading.Timer(0.05, link.soon, (link.say, *told)).start()
        assert session.start_calibration().from_block == 90


def test_streams_are_plain_iterators_and_a_break_ends_what_they_asked_for():
    link = Calm()
    with Session(link).blocking() as session:
        for k, event in enumerate(session.stream(decisions=True)):
            if k == 0:
                mask = frames.STREAM_SAMPLES | frames.STREAM_DECISIONS
                assert link.written[-1][2] == (mask,)
                link.soon(link.say, frames.CUE, (9, 0, 1, 0))
            if isinstance(event, CueFrame):
                break
        assert event.block_index == 9
        assert link.written[-1][2] == (0,)
        left_open = session.stream()
        next(left_open)
    left_open.close()


def test_a_lost_link_is_raised_by_the_iterator():
    link = Calm()
    with Session(link).blocking() as session:
        heard = []
        session.listeners.append(heard.append)
        events = session.stream()
        next(events)
        link.soon(link.on_lost)
        with pytest.raises(LinkError, match="link was lost"):
            list(events)
        assert isinstance(heard[-1], LinkLost)


def test_a_capture_is_read_without_await(tmp_path):
    link = Calm()
    with CaptureWriter(tmp_path / "a.tlcap", {}) as capture, Session(link).blocking() as session:
        session.capture = capture
        for k in range(5):
            link.soon(link.say, frames.CUE, (k, 0, 1, 0))
        session.status()
    with trunkline.connect(tmp_path / "a.tlcap").blocking() as session:
        cues = [event for event in session.stream() if isinstance(event, CueFrame)]
        assert [cue.block_index for cue in cues] == list(range(5))
        with pytest.raises(LinkError, match="it can be listened to, not commanded"):
            session.set_time()


def test_a_call_outside_the_with_is_a_sentence():
    session = Session(Calm()).blocking()
    with pytest.raises(LinkError, match=r"with session\.blocking"):
        session.status()
    with session:
        pass
    with pytest.raises(LinkError, match=r"with session\.blocking"):
        session.status()


def test_a_device_that_cannot_be_reached_leaves_nothing_behind():
    with pytest.raises(LinkError, match="no such port"):
        trunkline.connect("usb:/dev/ttyNONE").blocking().__enter__()


def test_a_listener_that_makes_a_call_is_told_why_it_cannot():
    link = Calm()

    def talk():
        with Session(link).blocking() as session:
            session.listeners.append(lambda event: session.vibrate())
            session.status()

    with pytest.raises(InputError, match="made by a listener"):
        talk()


async def test_it_works_where_a_loop_runs_already_as_in_a_notebook():
    with Session(Calm()).blocking() as session:
        assert isinstance(session.status(), Status)


def test_ctrl_c_ends_the_wait_and_leaves_the_session():
    link = Calm()

    def wait():
        with Session(link).blocking() as session:
            ours = threading.main_thread().ident
            threading.Timer(0.2, signal.pthread_kill, (ours, signal.SIGINT)).start()
            session.wait_over()

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert link.closed == 1


def test_ctrl_c_in_a_loop_waits_for_the_device_to_be_told_and_nothing_breaks_in_between():
    link = Calm()

    def slowly(frame, sequence, values, items):
        if frame == frames.STREAM:
            link.loop.call_later(0.2, link.say, frames.ACK, (frame, sequence, frames.ACK_DONE))
            return ()
        return healthy(frame, sequence, values, items)

    link.answer = slowly

    def read():
        with Session(link).blocking() as session:
            ours = threading.main_thread().ident
            threading.Timer(0.5, signal.pthread_kill, (ours, signal.SIGINT)).start()
            for _ in session.stream():
                pass

    with pytest.raises(KeyboardInterrupt):
        read()
    assert [values for frame, _, values, _ in link.written if frame == frames.STREAM] == [
        (frames.STREAM_SAMPLES,),
        (0,),
    ]


SCRIPT = """
import trunkline
with trunkline.connect("sim:", speed=50).blocking() as session:
    print(session.info.device_id.hex(), flush=True)
    for run in session.blocks():
        print(run.first_block, flush=True)
"""


def test_ctrl_c_ends_a_script_on_the_virtual_board_at_once():
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    with process:
        for _ in range(5):
            assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert err.strip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in err
    assert "never" not in err
