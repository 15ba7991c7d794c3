"""Frames that come late or twice: nothing is counted that was not, and nothing thrown away."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturecore import frames, wire
from tests.bad_cable import FAULTS, BadCable
from trunkline import connect, load
from trunkline.captures.capture import read_capture, read_frames
from trunkline.captures.captured import analyze_capture, gather, mirror_of
from trunkline.captures.late import in_order
from trunkline.captures.recorder import Recorder
from trunkline.captures.tally import Tally
from trunkline.device.record import record
from trunkline.errors import InputError
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Fault
from trunkline.readers.checking import check

from .tcp_device import still, tcp_device

HEADER = b'TLCAP 1 {"is_simulated": true, "source": "made for a test"}\n'


def sent(count, first=0):
    """Ten seconds in fifty samples frames, each sample another."""
    return [
        wire.pack_frame(
            frames.SAMPLES,
            (first + k) & 0xFFFF,
            (12 * k, 0),
            tuple((12 * k + i, 0, 0, 4098, 0, 0, 16393, 0, 0) for i in range(12)),
        )
        for k in range(count)
    ]


def arrived(order, first=0):
    parts = sent(50, first)
    return [parts[k] for k in order]


def swapped(k):
    return [*range(k - 1), k, k - 1, *range(k + 1, 50)]


ORDERS = [
    pytest.param([*range(20), 19, *range(20, 50)], 600, 0, 0, id="doubled"),
    pytest.param(swapped(20), 600, 0, 0, id="swapped"),
    pytest.param([*range(20), 17, *range(20, 50)], 600, 0, 0, id="doubled, late"),
    pytest.param([*range(20), 22, 21, 20, *range(23, 50)], 600, 0, 0, id="turned round"),
    pytest.param([*range(20), 21, 20, 20, *range(22, 50)], 600, 0, 0, id="late, and doubled"),
    pytest.param([*range(20), *range(25, 50)], 540, 60, 5, id="lost"),
    pytest.param([*range(20), 25, 22, *range(26, 50)], 552, 48, 4, id="one late of five lost"),
    pytest.param(swapped(1), 600, 0, 0, id="the first swapped"),
]


@pytest.mark.parametrize("first", [0, 65516], ids=["", "where the numbers wrap"])
@pytest.mark.parametrize(("order", "samples", "lost", "lost_frames"), ORDERS)
def test_a_tally_counts_each_sample_once_and_only_what_is_lost(
    order, samples, lost, lost_frames, first
):
    tally, decoder = Tally(), Decoder()
    decoder.receive_data(b"".join(arrived(order, first)))
    for event in decoder.events():
        tally.take(event)
    assert (tally.samples.came, tally.samples.lost) == (samples, lost)
    assert tally.lost_frames == lost_frames


@pytest.mark.parametrize("first", [100, 65516], ids=["", "where the numbers wrap"])
@pytest.mark.parametrize(("order", "samples", "lost", "lost_frames"), ORDERS[:-3])
def test_all_samples_in_a_file_are_read_in_their_places(
    tmp_path, order, samples, lost, lost_frames, first
):
    path = tmp_path / "a.tlcap"
    path.write_bytes(HEADER + b"".join(arrived(order, first)))
    counts, gaps = gather(mirror_of(read_capture(path)))
    assert counts[:, 0].tolist() == list(range(600))
    assert gaps == ()
    assert load(path).sample_count == 600
    assert check(path).gaps == ()
    with pytest.raises(InputError, match=r"late|doubled"):
        load(path, strict=True)


def test_a_frame_that_is_late_is_decided_where_the_device_decided_it(
    tmp_path, demo_run, real_capture
):
    header, parts = real_capture
    dice = random.Random(4)
    parts = list(parts)
    for k in dice.sample(range(20, len(parts) - 1), 40):
        parts[k], parts[k + 1] = parts[k + 1], parts[k]
    path = tmp_path / "a.tlcap"
    path.write_bytes(header + b"".join(parts))
    assert read_frames(path)[1] != read_frames(demo_run.real.capture)[1]
    mirror = analyze_capture(path)[1]
    assert mirror.compare() == demo_run.real.comparison
    assert mirror.compare().is_identical


def test_a_late_frame_goes_to_the_last_hole_of_its_number():
    # Numbers begin anew after two hours of samples: two frames of one number come late.
    still_block = ((0, 0, 0, 4098, 0, 0, 16393, 0, 0),) * 6
    parts = [
        wire.pack_frame(frames.SAMPLES, k & 0xFFFF, (6 * k, 0), still_block)
        for k in range(0x10000 + 40)
    ]
    came = list(parts)
    for k in (20, 0x10000 + 20):
        came[k], came[k + 1] = came[k + 1], came[k]
    assert in_order(b"".join(came)) == b"".join(parts)


@settings(max_examples=50)
@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_putting_in_order_changes_no_byte_but_its_place(order, damaged):
    first = 100
    parts = [b"noise" * (k in damaged) + part for k, part in enumerate(sent(9, first))]
    data = b"".join([parts[0], *(parts[1 + k] for k in order)])
    ordered = in_order(data)
    assert sorted(ordered) == sorted(data)
    assert in_order(ordered) == ordered
    decoder = Decoder(is_capture=True)
    decoder.receive_data(ordered)
    found = [event for event in decoder.finish() if not isinstance(event, Fault)]
    assert [event.sequence for event in found] == [first + k for k in range(9)]


@pytest.mark.parametrize(("share", "kinds"), [(0.01, 1), (0.2, len(FAULTS))])
async def test_a_bad_cable_brings_no_sample_twice_and_none_that_was_not_sent(
    tmp_path, monkeypatch, share, kinds
):
    monkeypatch.setattr("trunkline.device.record._GOODBYE_S", 0.05)
    monkeypatch.setattr("trunkline.transports.serial._READ_S", 0.02)
    tally, path = Tally(), tmp_path / "a.tlcap"
    async with tcp_device(0.001) as device:
        bad = BadCable(device.port, share, seed=5, spared=60)
        async with bad.serve() as port:
            session = connect(f"usb:socket://127.0.0.1:{port}")
            with Recorder(path, {}) as recorder:
                await record(session, recorder, tally, print, length_s=60)
    assert sum(bad.counts[fault] > 0 for fault in FAULTS) >= kinds
    counts, gaps = gather(mirror_of(read_capture(path)))
    numbers = counts[:, 0].astype(int)
    assert (np.diff(numbers) > 0).all()
    np.testing.assert_array_equal(counts, [still(number)[0] for number in numbers])
    assert tally.samples.came == len(numbers)
    assert tally.samples.lost == round(sum(gap.lost_s for gap in gaps) * 60)
    assert tally.samples.came + tally.samples.lost == numbers[-1] + 1 - numbers[0] >= 3600
