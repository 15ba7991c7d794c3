"""A cable's bytes taken apart: live frames, stored frames, noise."""

import random

import pytest

from posturecore import flash, frames, wire
from trunkline.transports.strands import Strands


def live(sequence):
    return wire.pack_frame(frames.CUE, sequence & 0xFFFF, (sequence, 0, 1, 0))


def log_from(record, end):
    return wire.pack_frame(flash.LOG_FROM, record & 0xFFFF, (record, end))


def stored(record):
    """Looks like a live frame: only the mark tells."""
    return wire.pack_frame(flash.STORED, record & 0xFFFF, ()) + live(record)


def apart(data, cut=10_000):
    strands, out = Strands(), ([], [])
    for at in range(0, len(data), cut):
        for is_log, frame in strands.feed(data[at : at + cut]):
            out[is_log].append(frame)
    return out, strands.noise_bytes


@pytest.mark.parametrize("cut", [1, 7, 10_000])
def test_stored_and_live_frames_with_the_same_sequence_are_told_apart(cut):
    data = live(5) + log_from(6, 8) + stored(6) + live(6) + stored(7) + live(7)
    (lives, logs), noise = apart(data, cut)
    assert lives == [live(5), live(6), live(7)]
    assert logs == [log_from(6, 8), live(6), live(7)]
    assert noise == 0


def test_live_frame_may_come_between_a_log_from_and_its_record():
    ahead = live(69_999)
    (lives, logs), _ = apart(ahead + log_from(70_000, 70_009) + live(70_000) + stored(70_000))
    assert (lives, logs) == ([ahead, live(70_000)], [log_from(70_000, 70_009), live(70_000)])


MARK = wire.OVERHEAD  # bytes


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(stored(7)[MARK:], id="mark-lost"),
        pytest.param(stored(7)[MARK:] + stored(7)[:MARK], id="mark-behind"),
        pytest.param(stored(6)[MARK:] + stored(7)[MARK:], id="doubled-and-lost"),
    ],
)
def test_stored_frame_without_its_mark_is_no_news(spoilt):
    begun = live(40) + log_from(6, 9) + stored(6)
    (lives, logs), noise = apart(begun + spoilt + live(41))
    assert lives == [live(40), live(41)]
    assert logs == [log_from(6, 9), live(6)]
    assert noise == len(spoilt) // len(live(0)) * len(live(0))


def test_every_kind_that_is_stored_is_left_out_without_its_mark():
    """By the table: what the device says of itself, but for hello, status, acks and the stream."""
    live_only = {frames.HELLO, frames.STATUS, frames.ACK, frames.SAMPLES, frames.BLOCKS}
    live_only |= {frames.DECISIONS, flash.LOG_STATUS, flash.LOG_FROM, flash.STORED}
    live_only.add(flash.UPDATE_STATUS)
    for kind, row in frames.FRAMES.items():
        if row[1] == "host to device" or kind in live_only:
            continue
        astray = wire.pack_frame(kind, 7, (0,) * len(row[2]))
        (lives, _), _ = apart(live(40) + log_from(6, 9) + stored(6) + astray)
        assert lives == [live(40)], row[0]


def test_frames_out_of_turn_are_heard_where_no_log_has_been():
    assert apart(live(5) + live(9))[0] == ([live(5), live(9)], [])


def test_live_frame_does_not_take_the_place_of_a_stored_one_that_was_damaged():
    broken = bytearray(live(6))
    broken[8] ^= 1
    (lives, logs), noise = apart(stored(6)[: wire.OVERHEAD] + bytes(broken) + live(6))
    assert (lives, logs, noise) == ([live(6)], [], len(broken))


def test_live_frame_does_not_take_the_place_of_a_stored_one_that_is_missing():
    assert apart(stored(6)[: wire.OVERHEAD] + live(40))[0] == ([live(40)], [])


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_left_out_and_counted(seed):
    chance = random.Random(seed)
    data, wanted, noise = b"", [], 0
    for k in range(50):
        text = bytes(chance.choice(b">>> print(1)\r\n\x00") for _ in range(chance.randrange(20)))
        data += text + live(k)
        noise += len(text)
        wanted.append(live(k))
    (lives, _), counted = apart(data, chance.randrange(1, 50))
    assert (lives, counted) == (wanted, noise)


def test_length_that_promises_too_much_holds_nothing_back_once_it_is_cut():
    promising = live(5)[:2] + b"\xea" + live(5)[3:]
    strands = Strands()
    assert list(strands.feed(promising + live(6) + live(7)[:4])) == []
    assert list(strands.cut()) == [(False, live(6))]
    assert strands.noise_bytes == len(promising) + 4
    assert list(strands.feed(live(8))) == [(False, live(8))]
