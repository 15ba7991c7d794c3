"""Whatever the link and the device do, in any order: no wrong answer, no hang, no silent gap.

The session is the real one, over a transport in memory that carries real frames, in virtual time:
a loop that has nothing to wait for would hang, and fails instead.
"""

import asyncio
from contextlib import aclosing

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from posturecore import frames, params, wire
from posturecore.patterns import PATTERN_NAMES
from tests.host.test_session import HELLO
from trunkline import InputError, LinkError
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.protocol.events import Dropped, Fault, Hello, LinkBack, LinkLost, Samples, Status
from trunkline.transports.base import Transport

LIMIT = 7
FATE = st.sampled_from(["arrives", "arrives", "lost", "twice", "damaged", "late"])
SENT = st.one_of(st.just("samples"), st.just("status"), st.integers(1, len(PATTERN_NAMES) - 1))
WAIT_S = st.sampled_from([0.0, 1.0, 1.0, 5.0, 90.0])


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop whose waits take no time; one that nothing would ever end is an error."""

    def __init__(self):
        super().__init__()
        self._now_s = 0.0
        look, self._selector.select = self._selector.select, self._select
        self._look = look

    def time(self):
        return self._now_s

    def _select(self, timeout=None):
        assert timeout is not None, "the loop waits for ever"
        self._now_s += max(0.0, timeout)
        return self._look(0)


class Air(Transport):
    """A transport, the device at its other end, and what happens to the frames in between."""

    name, takes_commands, is_over = "air", True, False

    def __init__(self, loop):
        self.loop = loop
        self.boot_id = HELLO[5]
        self.index = 0
        self.mask = 0
        self.sequence = 0
        self.link = None  # who hears, while it is open
        self.fates = []
        self.late = []
        self.is_there = True

    # as a transport

    async def open(self, on_data, on_lost, on_log):
        await asyncio.sleep(0.1)
        if not self.is_there:
            raise LinkError("air was not heard; bring it closer.")
        self.link = on_data, on_lost
        self.sequence = self.mask = 0

    async def write(self, frame):
        await asyncio.sleep(0)
        if self.link is None:
            raise LinkError("air is not open; connect again.")
        self._take(*wire.unpack_frame(frame, 0))

    async def close(self):
        self.link = None

    # as a device

    def _take(self, frame, sequence, values, items):
        if frame == frames.REQUEST and values[0] == frames.HELLO:
            known = (*HELLO[:5], self.boot_id, *HELLO[6:])
            self.say(frames.HELLO, known)
        elif frame == frames.REQUEST and values[0] == frames.SETTINGS:
            self.say(frames.SETTINGS, (0, 0), tuple(enumerate(params.defaults().values())))
        elif frame == frames.REQUEST and values[0] == frames.STATUS:
            self.say(frames.STATUS, (self.boot_id, *(0,) * 13))
        elif frame == frames.STREAM:
            self.mask = values[0]
        self.say(frames.ACK, (frame, sequence, code_of(frame, values)))

    def say(self, frame, values, items=()):
        data = wire.pack_frame(frame, self.sequence, values, items)
        self.sequence = (self.sequence + 1) & 0xFFFF
        fate = self.fates.pop(0) if self.fates else "arrives"
        hear = self.link[0]
        if fate == "late":
            self.late.append((hear, data))
        elif fate == "damaged":
            hear(data[:-1] + bytes([data[-1] ^ 1]))
        elif fate != "lost":
            hear(data * (2 if fate == "twice" else 1))

    def sample(self, blocks):
        index, self.index = self.index, self.index + 6 * blocks
        if self.link is not None and self.mask & frames.STREAM_SAMPLES:
            self.say(frames.SAMPLES, (index, 0), ((0,) * 9,) * (6 * blocks))

    def cut(self):
        if self.link is not None:
            (_, on_lost), self.link = self.link, None
            on_lost()


def code_of(frame, values):
    """What this device thinks of a command: every second pattern is too much for it."""
    refused = frame == frames.HAPTIC and values[0] % 2
    return frames.ACK_BUSY if refused else frames.ACK_DONE


class Consumer:
    """Iterates when it is told to."""

    def __init__(self, session):
        self.begins_at = None
        self.taken = []
        self.wanted = asyncio.Semaphore(0)
        self.task = asyncio.get_running_loop().create_task(self._read(session))

    async def _read(self, session):
        async with aclosing(session.stream(limit=LIMIT)) as events:
            async for event in events:
                self.taken.append(event)
                await self.wanted.acquire()


class SessionMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.loop = VirtualTime()
        self.air = Air(self.loop)
        self.heard = []
        self.commands = []
        self.consumers = []
        policy = Reconnect(chance=lambda: 0.5, clock_s=self.loop.time)
        self.session = Session(self.air, answer_s=2.0, reconnect=policy)
        self.session.listeners.append(self.heard.append)
        self.do(self.session.__aenter__())
        self.do(self.session.set_stream(samples=True))

    def do(self, work):
        return self.loop.run_until_complete(work)

    def pass_time(self, wait_s):
        self.do(asyncio.sleep(wait_s))

    # what users do

    @rule(pattern=st.integers(1, len(PATTERN_NAMES) - 1))
    def vibrate(self, pattern):
        self.start(self.session.vibrate(PATTERN_NAMES[pattern]), pattern % 2 == 1)

    @rule()
    def ask_for_status(self):
        self.start(self.session.status(), None)

    def start(self, work, is_refused):
        self.commands.append((self.loop.create_task(work), is_refused))
        self.pass_time(0)

    @rule()
    def come_to_read(self):
        async def come():
            return Consumer(self.session), len(self.heard)

        if len(self.consumers) < 2:
            self.consumers.append(self.do(come()))
            self.pass_time(0.05)

    @precondition(lambda self: self.consumers)
    @rule(count=st.integers(1, 20))
    def read(self, count):
        for _ in range(count):
            self.consumers[0][0].wanted.release()
        self.pass_time(0.01)

    # what devices and links do

    @rule(frames_sent=st.lists(st.tuples(FATE, SENT), min_size=1, max_size=20))
    def a_bad_spell(self, frames_sent):
        """Each frame has its fate; samples and answers to commands come in between each other."""
        for fate, what in frames_sent:
            self.air.fates = [fate]
            if what == "samples":
                self.air.sample(2)
                self.pass_time(0)
            elif what == "status":
                self.ask_for_status()
            else:
                self.vibrate(what)
        self.pass_time(0.01)
        self.air.fates.clear()

    @rule(fates=st.lists(FATE, min_size=1, max_size=8))
    def meddle_with_the_greeting(self, fates):
        self.air.cut()
        self.air.fates = list(fates)
        self.pass_time(1.0)

    @rule(blocks=st.integers(1, 2), count=st.integers(1, 12))
    def sample(self, blocks, count):
        for _ in range(count):
            self.air.sample(blocks)
        self.pass_time(0)

    @rule()
    def what_is_late_arrives(self):
        late, self.air.late = self.air.late, []
        for hear, data in late:
            hear(data)
        self.pass_time(0)

    @rule(wait_s=WAIT_S, missed=st.integers(0, 50))
    def cut(self, wait_s, missed):
        self.air.cut()
        self.air.sample(missed)
        self.pass_time(wait_s)

    @rule(wait_s=WAIT_S)
    def go_out_of_reach(self, wait_s):
        self.air.is_there = False
        self.air.cut()
        self.pass_time(wait_s)
        self.air.is_there = True

    @rule(wait_s=WAIT_S)
    def restart(self, wait_s):
        self.air.cut()
        self.air.boot_id += 1
        self.air.index = 0
        self.pass_time(wait_s)

    @rule(wait_s=WAIT_S)
    def wait(self, wait_s):
        self.pass_time(wait_s)

    # what must hold

    @invariant()
    def no_command_got_the_answer_of_another(self):
        for task, is_refused in [pair for pair in self.commands if pair[0].done()]:
            error = task.exception()
            if isinstance(error, LinkError):
                continue
            if is_refused is None:
                assert isinstance(task.result(), Status)
            elif is_refused:
                assert isinstance(error, InputError)
                assert "busy" in str(error)
            else:
                assert error is None
        self.commands = [pair for pair in self.commands if not pair[0].done()]

    @invariant()
    def every_sample_came_once_or_its_absence_was_said(self):
        check_samples(self.heard)

    @invariant()
    def losses_and_returns_take_turns(self):
        turns = [type(event) for event in self.heard if isinstance(event, (LinkLost, LinkBack))]
        assert turns[::2] == [LinkLost] * len(turns[::2])
        assert turns[1::2] == [LinkBack] * len(turns[1::2])

    @invariant()
    def consumers_have_all_but_what_was_dropped(self):
        for consumer, begin in self.consumers:
            at = None
            for event in consumer.taken:
                if isinstance(event, Dropped):
                    at = None if at is None else at + event.count
                elif at is None:
                    at = place(self.heard, event, begin) + 1
                else:
                    assert self.heard[at] is event
                    at += 1

    def teardown(self):
        self.air.fates.clear()
        self.air.is_there = True
        self.air.cut()
        self.pass_time(120)
        assert not self.session.is_lost
        status = self.do(self.session.status())
        assert status.boot_id == self.air.boot_id
        assert self.air.mask == frames.STREAM_SAMPLES
        for consumer, _ in self.consumers:
            for _ in range(10_000):
                consumer.wanted.release()
        self.do(self.session.__aexit__(None, None, None))
        self.pass_time(1)
        self.no_command_got_the_answer_of_another()
        assert self.commands == []
        assert all(consumer.task.done() for consumer, _ in self.consumers)
        assert all(consumer.task.exception() is None for consumer, _ in self.consumers)
        self.consumers_have_all_but_what_was_dropped()
        assert asyncio.all_tasks(self.loop) == set()
        self.loop.close()


def place(heard, event, begin):
    """Where an event stands, from `begin` on."""
    return next(k for k in range(begin, len(heard)) if heard[k] is event)


def check_samples(heard):
    due = boot_id = None
    may_miss = may_repeat = False
    for event in heard:
        if isinstance(event, Hello):
            due = due if event.boot_id == boot_id else None
            boot_id = event.boot_id
        elif isinstance(event, LinkBack):
            if event.missed_samples is None:
                may_miss = True
            else:
                due += event.missed_samples
        elif isinstance(event, Fault):
            may_repeat = may_repeat or event.kind in ("late", "repeated")
            may_miss = may_miss or event.kind == "missing"
        elif isinstance(event, Samples):
            if due is not None and event.sample_index != due:
                assert may_miss if event.sample_index > due else may_repeat
            end = event.sample_index + len(event.items)
            due = end if due is None else max(due, end)
            may_miss = may_repeat = False


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
