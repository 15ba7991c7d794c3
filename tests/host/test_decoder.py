"""The decoder: whatever arrives, in whatever pieces, every whole frame comes out, none is made."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import frames, wire
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import (
    TYPES,
    Ack,
    Command,
    Decisions,
    Fault,
    Frame,
    LinkLost,
    Samples,
    field_names,
)

SAMPLE = (1, -2, 3, 4096, -5, 6, 16393, -32768, 32767)


def sent(sequence):
    """One of four kinds of frame, by its number."""
    kind = sequence % 4
    if kind == 0:
        return wire.pack_frame(frames.SAMPLES, sequence, (sequence * 12, 0), (SAMPLE,) * 12)
    if kind == 1:
        return wire.pack_frame(frames.ACK, sequence, (frames.STREAM, 7, 0))
    if kind == 2:
        return wire.pack_frame(frames.DECISIONS, sequence, (sequence,), ((-120, 4, 1, 2),) * 3)
    return wire.pack_frame(frames.CUE, sequence, (sequence, 0, 1, 0))


def decoded(*pieces):
    decoder = Decoder()
    events = []
    for piece in pieces:
        decoder.receive_data(piece)
        events += decoder.events()
    return [*events, *decoder.finish()], decoder


def frames_of(events):
    return [event for event in events if isinstance(event, Frame)]


def sequences(events):
    return [event.sequence for event in frames_of(events)]


STREAM = b"".join(sent(sequence) for sequence in range(12))


def test_a_frame_comes_out_with_every_field_of_the_table():
    events, decoder = decoded(sent(0), sent(1))
    assert events == [
        Samples(0, sample_index=0, motor_blocks=0, items=(SAMPLE,) * 12),
        Ack(1, frame=frames.STREAM, frame_sequence=7, code=0),
    ]
    assert decoder.counts == {"good": 2}


@pytest.mark.parametrize("frame", [pytest.param(k, id=row[0]) for k, row in frames.FRAMES.items()])
def test_events_have_the_fields_of_the_wire_table(frame):
    if frame in TYPES:
        assert field_names(TYPES[frame]) == tuple(name for name, _, _ in frames.FRAMES[frame][2])
    else:
        assert frames.FRAMES[frame][1] == "host to device"


def test_a_frame_from_the_host_is_a_command_with_its_values():
    events, _ = decoded(wire.pack_frame(frames.STREAM, 5, (3,)))
    assert events == [Command(5, frames.STREAM, (3,))]


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_pieces_of_any_size_give_the_same_events(cuts):
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert decoded(*pieces)[0] == decoded(STREAM)[0]


def test_byte_by_byte_gives_the_same_events():
    assert decoded(*(bytes([byte]) for byte in STREAM))[0] == decoded(STREAM)[0]


@given(
    st.lists(st.tuples(st.integers(0, 11), st.binary(max_size=60)), max_size=8),
    st.integers(1, 400),
)
def test_garbage_between_frames_costs_no_frame_and_makes_none(insertions, piece):
    garbage = dict(insertions)
    data = b"".join(garbage.get(k, b"") + sent(k) for k in range(12))
    events, decoder = decoded(*(data[k : k + piece] for k in range(0, len(data), piece)))
    assert frames_of(events) == frames_of(decoded(STREAM)[0])
    assert decoder.counts["damaged"] == sum(len(part) for part in garbage.values())
    assert decoder.counts["missing"] == 0


@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(1, 255)), max_size=10))
def test_flipped_bytes_cost_only_the_frames_they_are_in(flips):
    data = bytearray(STREAM)
    for at, mask in flips:
        data[at] ^= mask
    whole, at = [], 0
    for sequence in range(12):
        size = len(sent(sequence))
        if data[at : at + size] == sent(sequence):
            whole.append(sequence)
        at += size
    events, decoder = decoded(bytes(data))
    assert sequences(events) == whole
    lost = whole[-1] - whole[0] + 1 - len(whole) if whole else 0
    assert decoder.counts["missing"] == lost


@given(st.integers(0, len(STREAM)), st.integers(0, len(STREAM)))
def test_a_cut_piece_costs_only_the_frames_it_touches(start, length):
    data = STREAM[:start] + STREAM[start + length :]
    whole, at = [], 0
    for sequence in range(12):
        end = at + len(sent(sequence))
        if length == 0 or end <= start or at >= start + length:
            whole.append(sequence)
        at = end
    events, decoder = decoded(data)
    # Cuts at equal places of two frames can join their halves to a whole one: bytes decide.
    assert set(whole) <= set(sequences(events))
    assert all(sent(frame.sequence) in STREAM for frame in frames_of(events))
    assert decoder.counts["good"] == len(frames_of(events))


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_noise_is_counted_to_the_byte_and_never_raises(pieces):
    events, decoder = decoded(*pieces)
    assert frames_of(events) == []
    assert sum(event.count for event in events) == sum(map(len, pieces))
    assert sum(decoder.counts.values()) == sum(map(len, pieces))


def test_a_whole_frame_inside_a_cut_one_is_delivered_at_the_end():
    # The header of a longest frame, then a real one: only the end of the data tells.
    events, decoder = decoded(sent(0)[:6] + sent(1))
    assert sequences(events) == [1]
    assert decoder.counts == {"good": 1, "damaged": 6}


def test_the_cut_end_is_said_by_finish_and_not_before():
    decoder = Decoder()
    decoder.receive_data(sent(0) + sent(1)[:-1])
    assert sequences(decoder.events()) == [0]
    assert list(decoder.finish()) == [
        Fault(
            "cut", len(sent(1)) - 1, f"{len(sent(1)) - 1} bytes at the end are not a whole frame"
        )
    ]
    assert list(decoder.finish()) == []


def test_events_that_were_not_taken_come_next_time():
    decoder = Decoder()
    decoder.receive_data(STREAM)
    first = next(decoder.events())
    assert [first, *decoder.events()] == decoded(STREAM)[0]
    assert list(decoder.events()) == []


def test_sequence_numbers_wrap_without_a_fault():
    order = (65534, 65535, 0, 1)
    data = b"".join(wire.pack_frame(frames.ACK, k, (frames.STREAM, 0, 0)) for k in order)
    events, decoder = decoded(data)
    assert sequences(events) == [65534, 65535, 0, 1]
    assert decoder.counts == {"good": 4}


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        pytest.param((4, 7), ("missing", 2), id="two lost"),
        pytest.param((65535, 2), ("missing", 2), id="two lost at the wrap"),
        pytest.param((4, 4), ("repeated", 1), id="one twice"),
        pytest.param((4, 3), ("repeated", 1), id="one before the first"),
        pytest.param((4, 5, 4, 6), ("repeated", 1), id="one twice, and on"),
        pytest.param((700, 40, 41, 42), ("repeated", 1), id="begun anew"),
        pytest.param((65535, 0, 65535, 1), ("repeated", 1), id="one twice at the wrap"),
    ],
)
def test_a_break_in_the_numbers_is_a_fault_beside_the_frame(order, fault):
    data = b"".join(wire.pack_frame(frames.ACK, k, (frames.STREAM, 0, 0)) for k in order)
    events, _ = decoded(data)
    assert sequences(events) == list(order)
    assert [(e.kind, e.count) for e in events if isinstance(e, Fault)] == [fault]


@pytest.mark.parametrize("first", [4, 65534])
def test_a_late_frame_takes_back_one_that_was_told_as_missing(first):
    order = [first + k & 0xFFFF for k in (0, 3, 1, 1, 4)]
    events, decoder = decoded(
        b"".join(wire.pack_frame(frames.ACK, k, (frames.STREAM, 0, 0)) for k in order)
    )
    assert sequences(events) == order
    assert decoder.counts == {"good": 5, "missing": 2, "late": 1, "repeated": 1}


@pytest.mark.parametrize(
    ("order", "kinds"),
    [
        pytest.param((700, 0), [LinkLost], id="numbers begin anew"),
        pytest.param((40000, 0), [LinkLost], id="after more than half of them"),
        pytest.param((6, 1), [LinkLost], id="the first one passed before the host listened"),
        pytest.param((65533, 1), [Fault], id="three lost at the wrap"),
        pytest.param((9, 9), [Fault], id="one twice"),
        pytest.param((2, 1), [Fault], id="one late"),
        pytest.param((700, 40), [Fault], id="far back, but no beginning"),
    ],
)
def test_a_file_that_goes_on_over_another_link_says_so_and_nothing_is_missing(order, kinds):
    data = b"".join(wire.pack_frame(frames.ACK, k, (frames.STREAM, 0, 0)) for k in order)
    decoder = Decoder(is_capture=True)
    decoder.receive_data(data)
    events = list(decoder.events())
    assert [type(event) for event in events] == [Ack, *kinds, Ack]
    assert (decoder.counts.total() == 2) is (kinds == [LinkLost])


def unknown_frame(sequence, frame=0x7F, payload=b"from the future"):
    buffer = bytearray(len(payload) + wire.OVERHEAD)
    buffer[wire.HEADER : wire.HEADER + len(payload)] = payload
    wire.seal(buffer, frame, len(payload), sequence)
    return bytes(buffer)


def test_an_unknown_id_is_skipped_by_its_length_and_counted():
    events, decoder = decoded(sent(0) + unknown_frame(1) + sent(2))
    assert sequences(events) == [0, 2]
    assert decoder.counts == {"good": 2, "unknown": 1}


@pytest.mark.parametrize(
    ("frame", "payload"),
    [
        pytest.param(frames.ACK, b"\x01", id="too short"),
        pytest.param(frames.DECISIONS, b"\0" * 7, id="half an item"),
    ],
)
def test_a_payload_that_does_not_fit_its_row_is_counted(frame, payload):
    events, decoder = decoded(unknown_frame(0, frame, payload) + sent(1))
    assert sequences(events) == [1]
    assert decoder.counts == {"good": 1, "malformed": 1}


def test_fields_that_a_newer_device_adds_are_left_out():
    longer = unknown_frame(3, frames.ACK, b"\x41\x07\x00\x00" + b"new")
    assert decoded(longer)[0] == [Ack(3, frame=0x41, frame_sequence=7, code=0)]


def test_a_frame_without_items_is_a_frame():
    events, _ = decoded(wire.pack_frame(frames.DECISIONS, 0, (9,)))
    assert events == [Decisions(0, block_index=9, items=())]
