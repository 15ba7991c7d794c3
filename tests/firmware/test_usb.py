"""The cable as a port: frames among noise, hosts that come and go, nobody who reads."""

import contextlib
import random

import pytest

from posturecore import flash, frames, wire
from tests.firmware.parts import WRAP_MS, Clock

from usb import Usb  # isort: skip


class Stream:
    """A serial port with a driver's buffer of so many bytes."""

    def __init__(self):
        self.came = b""
        self.room = 100_000
        self.written = b""
        self.is_released = False

    def read(self):
        data, self.came = self.came[:244], self.came[244:]
        return data

    def write(self, data):
        data = bytes(data)[: self.room]
        self.room -= len(data)
        self.written += data
        return len(data)

    def release(self):
        self.is_released = True


class Desk:
    def __init__(self, start_ms=0):
        self.clock = Clock(start_ms)
        self.stream = Stream()
        self.usb = Usb(self.stream, self.clock)

    def hear(self, *data, ms=10):
        for piece in data:
            self.stream.came += piece
            self.clock.now_ms += ms
            self.usb.tend()

    def frames(self):
        data, at, found = self.stream.written, 0, []
        while at < len(data):
            code, size = wire.examine(data, at, len(data))
            assert code == wire.OK
            found.append(data[at : at + size])
            at += size
        return found


def alive(state=frames.ALIVE_STAYS):
    return wire.pack_frame(frames.ALIVE, 0, (state,))


COMES, LEAVES = alive(frames.ALIVE_COMES), alive(frames.ALIVE_LEAVES)
ASK = wire.pack_frame(frames.REQUEST, 3, (frames.HELLO,))


@pytest.fixture
def desk():
    return Desk()


# Who is there


def test_memory_of_what_waited_is_given_back_when_the_host_has_gone(desk):
    desk.hear(COMES)
    desk.stream.room = 0
    for _ in range(3):
        desk.usb.send(frames.ACK, (1, 2, 3))
    assert len(desk.usb._outbox) == 3
    desk.hear(LEAVES)
    assert len(desk.usb._outbox) + len(desk.usb._outbox._free) == 0


def test_nothing_is_written_before_a_host_has_come(desk):
    desk.usb.send(frames.ACK, (1, 2, 3))
    assert not desk.usb.send_log(b"")
    desk.hear(b"", b"hello?\r\n")
    assert (desk.usb.is_open, desk.stream.written, desk.usb.dropped) == (False, b"", 0)


@pytest.mark.parametrize("first", [COMES, ASK], ids=["alive", "a-command"])
def test_host_has_come_with_its_first_frame(desk, first):
    desk.hear(first)
    assert (desk.usb.is_open, desk.usb.links) == (True, 1)


def test_host_that_beats_stays_and_a_silent_one_has_gone(desk):
    desk.hear(COMES)
    for _ in range(60):
        desk.hear(alive(), ms=1000)
    assert (desk.usb.is_open, desk.usb.links) == (True, 1)
    desk.hear(b"", ms=2900)
    assert desk.usb.is_open
    desk.hear(b"", ms=200)
    assert not desk.usb.is_open
    desk.hear(alive())  # late: it has to ask for something
    assert not desk.usb.is_open


def test_presence_outlives_a_wrap_of_the_clock():
    desk = Desk(WRAP_MS - 5000)
    desk.hear(COMES)
    for _ in range(10):
        desk.hear(alive(), ms=1000)
    assert desk.usb.is_open
    desk.hear(b"", ms=3100)
    assert not desk.usb.is_open


def test_host_that_says_goodbye_has_gone_at_once_with_what_it_asked(desk):
    desk.hear(COMES + ASK + LEAVES)
    assert not desk.usb.is_open
    assert desk.usb.receive() is None


def test_next_host_gets_frames_of_its_own_from_nought(desk):
    desk.hear(COMES)
    desk.stream.room = 0
    for _ in range(3):
        desk.usb.send(frames.ACK, (1, 2, 3))
    desk.hear(COMES)
    desk.stream.room = 1000
    desk.usb.send(frames.ACK, (3, 2, 1))
    assert [(frame[4], frame[6]) for frame in desk.frames()] == [(0, 3)]
    assert desk.usb.links == 2


# What comes in


def test_commands_come_in_order_and_beats_are_not_among_them(desk):
    asks = [wire.pack_frame(frames.REQUEST, k, (2,)) for k in range(5)]
    desk.hear(COMES + asks[0] + alive() + b"".join(asks[1:]))
    assert [desk.usb.receive() for _ in range(6)] == asks + [None]


@pytest.mark.parametrize("seed", range(10))
def test_frames_are_found_in_noise_cut_anywhere(desk, seed):
    random.seed(seed)
    asks = [wire.pack_frame(frames.REQUEST, k, (random.randrange(256),)) for k in range(12)]
    data = COMES
    for ask in asks:  # text as a REPL prints it: without the magic byte
        noise = bytes(random.choice(b">>> abc\n") for _ in range(random.randrange(30)))
        data += noise + ask
    at = 0
    while at < len(data):
        step = random.randrange(1, 40)
        desk.hear(data[at : at + step])
        at += step
    got = [desk.usb.receive() for _ in asks]
    assert got == asks
    assert desk.usb.noise_bytes == len(data) - sum(map(len, [COMES] + asks))


def test_frame_that_does_not_end_gives_way_to_the_next(desk):
    desk.hear(COMES + ASK[:-3])
    desk.hear(b"", ms=600)
    desk.hear(ASK)
    assert desk.usb.receive() == ASK
    assert desk.usb.bad == 1


def test_damaged_frame_costs_only_itself(desk):
    damaged = ASK[:-1] + bytes([ASK[-1] ^ 1])
    desk.hear(COMES + damaged + ASK)
    assert desk.usb.receive() == ASK
    assert desk.usb.receive() is None


def test_flood_costs_only_the_one_who_floods(desk):
    asks = [wire.pack_frame(frames.REQUEST, k, (2,)) for k in range(100)]
    desk.hear(COMES + b"".join(asks))
    assert [desk.usb.receive() for _ in range(17)] == asks[:16] + [None]
    assert desk.usb.bad == 84


# Ctrl-C


@pytest.mark.parametrize("typed", [b"\x03", b"\r\x03", b"\r\x03\x03"])
def test_ctrl_c_where_a_frame_would_begin_ends_the_program(desk, typed):
    desk.hear(COMES + ASK)
    with pytest.raises(KeyboardInterrupt):
        desk.hear(typed)
    assert desk.stream.is_released
    assert not desk.usb.is_open


@pytest.mark.parametrize("id_", [3, 0x40])
def test_byte_3_inside_a_frame_ends_nothing(desk, id_):
    frame = bytearray(wire.OVERHEAD + 3)
    frame[6:9] = b"\x03\x03\x03"
    wire.seal(frame, id_, 3, 0x0303)
    with contextlib.suppress(KeyboardInterrupt):  # it would end the tests, too
        desk.hear(COMES + bytes(frame))
    assert desk.usb.receive() == bytes(frame)


def test_byte_3_inside_a_damaged_frame_ends_nothing(desk):
    frame = bytearray(wire.pack_frame(frames.REQUEST, 3, (3,)))
    frame[-1] ^= 1
    with contextlib.suppress(KeyboardInterrupt):
        desk.hear(COMES + bytes(frame) + b"\x03")
    assert not desk.stream.is_released


# What goes out


def test_nobody_reads_and_nothing_waits(desk):
    desk.hear(COMES)
    desk.stream.room = 5  # a frame begins to leave, and stays stuck
    for k in range(100):
        desk.usb.send(frames.BLOCKS, (k,))
    assert desk.usb.dropped == 100 - 1 - 8
    desk.stream.room = 100_000
    desk.hear(b"")
    sent = [wire.unpack_frame(frame, 0)[2][0] for frame in desk.frames()]
    assert sent == [0] + list(range(92, 100))


def test_frames_leave_whole_over_a_port_that_takes_a_byte_at_a_time(desk):
    desk.hear(COMES)
    desk.stream.room = 0
    for k in range(8):
        desk.usb.send(frames.BLOCKS, (k,))
    for _ in range(8 * 14 + 8):
        desk.stream.room = 1
        desk.usb.tend()
    assert [frame[4] for frame in desk.frames()] == list(range(8))


def log_from(record, end):
    return wire.pack_frame(flash.LOG_FROM, record & 0xFFFF, (record, end))


def stored(record):
    return wire.pack_frame(frames.CUE, record & 0xFFFF, (record, 0, 1, 0))


def marked(record):
    return [wire.pack_frame(flash.STORED, record & 0xFFFF, ()), stored(record)]


def test_a_mark_stands_directly_before_every_stored_frame(desk):
    desk.hear(COMES)
    assert desk.usb.send_log(memoryview(log_from(70_000, 70_009) + stored(70_000)))
    desk.usb.send(frames.ACK, (1, 2, 3))
    assert desk.usb.send_log(stored(70_001) + log_from(70_003, 70_009) + stored(70_003))
    expected = [log_from(70_000, 70_009)] + marked(70_000)
    expected += [wire.pack_frame(frames.ACK, 0, (1, 2, 3))]
    expected += marked(70_001) + [log_from(70_003, 70_009)] + marked(70_003)
    assert desk.frames() == expected


def test_log_without_room_may_be_sent_again_and_comes_once(desk):
    desk.hear(COMES)
    pending = [log_from(1, 4) + stored(1), log_from(3, 4), stored(3)]
    tries = 0
    desk.stream.room = 0
    while pending and tries < 1000:
        tries += 1
        if desk.usb.send_log(pending[0]):
            pending.pop(0)
        desk.stream.room += 7 if tries % 2 else 0
        desk.usb.tend()
    desk.stream.room = 1000
    desk.usb.tend()
    assert desk.frames() == [log_from(1, 4)] + marked(1) + [log_from(3, 4)] + marked(3)
    assert tries > 3
