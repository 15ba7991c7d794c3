import random
import struct
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import wire
from posturecore.frames import ACK, BLOCKS, EPISODE, FRAMES, HELLO, REQUEST, SAMPLES, SETTINGS

LIMITS = {
    "B": (0, 255),
    "H": (0, 65535),
    "h": (-32768, 32767),
    "i": (-(2**31), 2**31 - 1),
    "I": (0, 2**32 - 1),
}
NAMES = [row[0] for row in FRAMES.values()]


def value_of(code):
    if code.endswith("s"):
        size = int(code[:-1])
        return st.binary(min_size=size, max_size=size)
    return st.integers(*LIMITS[code])


@st.composite
def any_frame(draw):
    frame = draw(st.sampled_from(sorted(FRAMES)))
    fields, item_fields = FRAMES[frame][2:4]
    values = draw(st.tuples(*[value_of(code) for _, code, _ in fields]))
    item = st.tuples(*[value_of(code) for _, code, _ in item_fields])
    most = wire.items_per_frame(frame) if item_fields else 0
    items = tuple(draw(st.lists(item, max_size=most)))
    return frame, draw(st.integers(0, 65535)), values, items


@given(any_frame(), st.binary(max_size=9), st.binary(max_size=9))
def test_every_frame_comes_back_as_it_was(sent, before, after):
    data = wire.pack_frame(*sent)
    stream = before + data + after
    assert wire.examine(stream, len(before), len(stream)) == (wire.OK, len(data))
    assert wire.unpack_frame(stream, len(before)) == sent
    assert len(data) <= wire.MAX_PAYLOAD + wire.OVERHEAD <= 244  # one notification


@given(any_frame(), st.data())
def test_a_damaged_frame_is_never_accepted(sent, data):
    good = wire.pack_frame(*sent)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    assert wire.examine(bad, 0, len(bad))[0] != wire.OK


@given(any_frame(), st.data())
def test_bytes_swapped_inside_a_frame_are_noticed(sent, data):
    good = wire.pack_frame(*sent)
    at = data.draw(st.integers(0, len(good) - 2))
    bad = bytearray(good)
    bad[at], bad[at + 1] = bad[at + 1], bad[at]
    assert bad == good or wire.examine(bad, 0, len(bad))[0] != wire.OK


@given(any_frame(), st.data())
def test_a_cut_frame_asks_for_more(sent, data):
    good = wire.pack_frame(*sent)
    length = data.draw(st.integers(0, len(good) - 1))
    assert wire.examine(good, 0, length) == (wire.SHORT, 0)
    assert wire.examine(good[:length], 0, length) == (wire.SHORT, 0)


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing(noise):
    for at in range(len(noise)):
        code, length = wire.examine(noise, at, len(noise))
        assert (length > 0) == (code == wire.OK)


@given(st.sampled_from([*FRAMES, 0, 0x7F, 255]), st.binary(max_size=wire.MAX_PAYLOAD))
def test_a_sound_frame_of_nonsense_is_read_or_refused_with_a_sentence(frame, payload):
    buffer = bytearray(6) + payload + bytearray(4)
    length = wire.seal(buffer, frame, len(payload), 9)
    assert wire.examine(buffer, 0, length) == (wire.OK, length)
    if is_readable(frame, len(payload)):
        found, sequence, values, _ = wire.unpack_frame(buffer, 0)
        assert (found, sequence) == (frame, 9)
        assert len(values) == len(FRAMES[frame][2])
    else:
        with pytest.raises(ValueError, match=r"unknown|expected|broken"):
            wire.unpack_frame(buffer, 0)


def is_readable(frame, size):
    if frame not in FRAMES:
        return False
    fixed, item = (
        struct.calcsize("<" + "".join(code for _, code, _ in fields))
        for fields in FRAMES[frame][2:4]
    )
    return size >= fixed and (item == 0 or (size - fixed) % item == 0)


def test_frames_are_found_again_after_noise():
    dice = random.Random(3)
    frames = [wire.pack_frame(ACK, n, (REQUEST, n, 0)) for n in range(40)]
    stream = b"".join(dice.randbytes(dice.randrange(12)) + frame for frame in frames) + bytes(244)
    at, found = 0, []
    while at < len(stream):
        code, length = wire.examine(stream, at, len(stream))
        if code == wire.OK:
            found.append(wire.unpack_frame(stream, at)[1])
        at += length or 1
    assert found == list(range(40))


def test_a_length_that_no_frame_has_is_damage_and_not_a_wait():
    assert wire.examine(b"\xa5\x01\xff\x00\x00\x00", 0, 6) == (wire.DAMAGED, 0)


def test_the_layout_is_the_drawing():
    data = wire.pack_frame(REQUEST, 0x1234, (HELLO,))
    head = bytes([0xA5, REQUEST, 1, 0, 0x34, 0x12, HELLO])
    assert data == head + struct.pack("<I", crc32(head))


def test_fields_added_by_a_newer_device_are_passed_over():
    buffer = bytearray(wire.pack_frame(ACK, 5, (1, 2, 3)) + bytes(2))
    length = wire.seal(buffer, ACK, 6, 5)
    assert wire.examine(buffer, 0, length) == (wire.OK, length)
    assert wire.unpack_frame(buffer, 0) == (ACK, 5, (1, 2, 3), ())


@pytest.mark.parametrize(
    ("frame", "payload", "says"),
    [
        pytest.param(0x7F, b"", "unknown frame id 127", id="unknown"),
        pytest.param(ACK, b"\x01", "frame 0x3: 1 bytes, expected 4", id="too short"),
        pytest.param(SETTINGS, bytes(8 + 7), "frame 0x30 with a broken item", id="broken item"),
    ],
)
def test_a_frame_that_cannot_be_read_is_refused(frame, payload, says):
    buffer = bytearray(6) + payload + bytearray(4)
    wire.seal(buffer, frame, len(payload), 0)
    with pytest.raises(ValueError, match=says):
        wire.unpack_frame(buffer, 0)


@pytest.mark.parametrize(
    ("frame", "values", "items"),
    [
        pytest.param(ACK, (1,), (), id="too few values"),
        pytest.param(ACK, (1, 2, 3, 4), (), id="too many values"),
        pytest.param(ACK, (1, 65536, 1), (), id="too large"),
        pytest.param(ACK, (1, -1, 1), (), id="below zero"),
        pytest.param(EPISODE, (0, 0, 0, 0, 0, 32768, 0, 0, 0), (), id="too large for int16"),
        pytest.param(SETTINGS, (0, 0), ((1,),), id="too few in an item"),
        pytest.param(SETTINGS, (0, 0), ((1, 2**31),), id="too large in an item"),
        pytest.param(SETTINGS, (0, 0), ((1, 2),) * 46, id="too many items"),
    ],
)
def test_what_does_not_fit_the_table_is_not_packed(frame, values, items):
    with pytest.raises(ValueError, match=r"."):
        wire.pack_frame(frame, 0, values, items)


def test_a_sequence_wraps_at_16_bits():
    assert wire.unpack_frame(wire.pack_frame(REQUEST, 65536 + 7, (1,)), 0)[1] == 7


@pytest.mark.parametrize(
    "frame", sorted(FRAMES), ids=[FRAMES[frame][0] for frame in sorted(FRAMES)]
)
def test_a_row_of_the_table_is_complete(frame):
    name, direction, fields, item_fields, meaning = FRAMES[frame]
    assert direction in ("device to host", "host to device", "both")
    assert meaning
    names = [field[0] for field in fields + item_fields]
    assert len(set(names)) == len(names)
    assert NAMES.count(name) == 1
    assert struct.calcsize("<" + "".join(field[1] for field in fields)) <= wire.MAX_PAYLOAD


def test_two_blocks_of_samples_and_all_settings_fit_one_notification():
    assert wire.items_per_frame(SAMPLES) == 12
    assert wire.items_per_frame(BLOCKS) == 7
    assert wire.items_per_frame(SETTINGS) >= 20


@given(
    st.lists(st.tuples(*[st.integers(-32768, 32767)] * 9), max_size=12),
    st.integers(0, 2**32 - 1),
    st.integers(0, 3),
)
def test_samples_written_in_place_are_the_packed_frame(samples, first_index, motor_blocks):
    writer = wire.SamplesWriter(2, 6)
    flat = [value for sample in samples for value in sample]
    for i in range(len(samples)):
        writer.add(flat, 9 * i)
    length = writer.finish(first_index, motor_blocks, 77)
    expected = wire.pack_frame(SAMPLES, 77, (first_index, motor_blocks), tuple(samples))
    assert bytes(writer.buffer[:length]) == expected
    assert writer.count == 0


def test_a_samples_frame_keeps_nothing_of_the_one_before():
    writer = wire.SamplesWriter(2, 6)
    assert writer.capacity == 12
    for _ in range(12):
        writer.add([1] * 9, 0)
    writer.finish(0, 0, 0)
    writer.add([2] * 9, 0)
    length = writer.finish(12, 0, 1)
    assert wire.unpack_frame(writer.buffer[:length], 0)[3] == ((2,) * 9,)
