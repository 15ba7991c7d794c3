"""More than the radio takes: what gives way, what waits, and what is never lost."""

import pytest

from posturecore import flash, frames, wire
from tests.firmware.desk import Desk, secured
from tests.firmware.radio import UPDATE


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def blocks(k):
    return frames.BLOCKS, (k,), ()


def block_indices(sent):
    return [wire.unpack_frame(data, 0)[2][0] for data in sent if data[1] == frames.BLOCKS]


def test_stream_drops_its_oldest_when_the_radio_is_full_and_says_how_many(desk):
    secured(desk)
    desk.radio.room = 0
    for k in range(20):
        desk.link.send(*blocks(k))
    assert desk.link.dropped == 12
    desk.radio.room = 100
    desk.link.tend()
    assert block_indices(desk.radio.notified) == list(range(12, 20))
    assert [data[4] for data in desk.radio.notified] == list(range(12, 20))  # the hole is seen


def test_answers_outlive_the_stream(desk):
    secured(desk)
    desk.radio.room = 0
    desk.link.send(frames.ACK, (1, 2, 3))
    for k in range(20):
        desk.link.send(*blocks(k))
    desk.radio.room = 100
    desk.link.tend()
    assert desk.radio.notified[0][1] == frames.ACK
    assert block_indices(desk.radio.notified) == list(range(13, 20))


def test_frames_leave_in_order_as_room_comes(desk):
    secured(desk)
    desk.radio.room = 0
    for k in range(4):
        desk.link.send(*blocks(k))
        desk.radio.room = 1
    desk.link.send(*blocks(4))
    desk.radio.room = 100
    desk.link.tend()
    assert block_indices(desk.radio.notified) == list(range(5))
    assert desk.link.dropped == 0


def slots(port):
    return len(port._outbox._waiting) + len(port._outbox._free)


@pytest.mark.parametrize("rests", [False, True], ids=["awake", "resting"])
def test_memory_of_what_waited_is_given_back_when_the_host_has_gone(desk, rests):
    secured(desk)
    desk.radio.room = 0
    for k in range(3):
        desk.link.send(*blocks(k))
    desk.link.tend()
    assert slots(desk.link) == 3
    desk.radio.raise_irq(2, (1, 0, b""))
    if rests:
        desk.link.rest()
    desk.link.tend()
    assert slots(desk.link) == 0


def test_log_is_refused_while_there_is_no_room_and_nothing_of_it_is_lost(desk):
    assert not desk.link.send_log(b"record")  # nobody there
    secured(desk)
    desk.radio.room = 1
    assert desk.link.send_log(b"record 1")
    assert not desk.link.send_log(b"record 2")
    desk.link.send(*blocks(0))
    desk.radio.room = 2
    assert not desk.link.send_log(b"record 2")  # the stream waits longer
    desk.link.tend()
    assert desk.link.send_log(b"record 2")
    assert desk.radio.logged == [b"record 1", b"record 2"]
    assert (len(desk.radio.notified), desk.link.dropped) == (1, 0)


def test_update_comes_in_like_any_frame_whole(desk):
    secured(desk)
    data = wire.pack_frame(flash.UPDATE_DATA, 1, (0, bytes(224)))
    desk.radio.write(1, data, UPDATE)
    assert desk.link.receive() == data
