"""Runs of samples frames: whatever happened to the bytes, joined reading says what plain does."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import frames, params, wire
from posturecore.calibrate import DONE
from trunkline.captures.capture import read_capture
from trunkline.decide.mirror import Mirror
from trunkline.protocol.decisions_run import DecisionsRun
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import (
    Calibration,
    Command,
    Decisions,
    Fault,
    Samples,
    SamplesRun,
    SettingsFrame,
)
from trunkline.protocol.frame_runs import RunDecoder

UPRIGHT = (0, 0, 0, 4098, 0, 0, 16393, 0, 0)
LEANING = (0, 0, 0, 3144, 0, -2628, 12576, 0, -10512)  # 40 degrees forward


# Frames with a good crc that their table does not know.
BROKEN = {
    "half a decision": (frames.DECISIONS, bytes(13)),
    "half a status": (frames.STATUS, bytes(9)),
    "a status that grew": (frames.STATUS, bytes(60)),
    "half a sample": (frames.SAMPLES, bytes(14)),
    "no sample": (frames.SAMPLES, bytes(5)),
    "unheard of": (0x7E, bytes(20)),
}


class Device:
    """Write frames as a device numbers them: sequences and samples from anywhere on."""

    def __init__(self, sequence=0, index=0):
        self.parts, self._sequence, self.index = [], sequence, index

    def send(self, frame, values, items=()):
        part = wire.pack_frame(frame, self._sequence & 0xFFFF, values, items)
        self.parts.append(part)
        self._sequence += 1

    def stream(self, sample, frame_count, per_frame=12, motor_blocks=0):
        for _ in range(frame_count):
            breath = 10 * (self.index // 60 % 2)  # a trunk breathes: 2.4 mg from second to second
            noisy = [
                (*sample[:4], sample[4] + breath, *sample[5:8], sample[8] + k % 7)
                for k in range(per_frame)
            ]
            self.send(frames.SAMPLES, (self.index, motor_blocks), tuple(noisy))
            self.index += per_frame

    def extra(self, kind):
        block = self.index // 6
        if kind == "decisions":
            items = ((100, -20, 1, 0),) * 10
            self.send(frames.DECISIONS, (max(block - 10, 0),), items)
        elif kind == "settings":
            hold_s = params.NAMES.index("slouch_hold_s")
            settings = params.complete({"slouch_hold_s": 5 + block % 3})
            values = (block + 25, params.fingerprint(settings))
            self.send(frames.SETTINGS, values, ((hold_s, settings["slouch_hold_s"]),))
        elif kind == "calibration":
            self.send(frames.CALIBRATION, (0, DONE, block + 7, 16393, 0, 0, 5, 0, 0, 16384))
        elif kind == "few decisions":
            self.send(frames.DECISIONS, (max(block - 3, 0),), ((90, -2, 2, 1),) * (block % 4))
        elif kind == "cue":
            self.send(frames.CUE, (block, 0, 1, 0))
        elif kind == "lost samples":
            self.index += 18
        elif kind in BROKEN:
            self.send_raw(*BROKEN[kind])

    def send_raw(self, frame, payload):
        buffer = bytearray(len(payload) + wire.OVERHEAD)
        buffer[wire.HEADER : wire.HEADER + len(payload)] = payload
        wire.seal(buffer, frame, len(payload), self._sequence)
        self.parts.append(bytes(buffer))
        self._sequence += 1


STRETCHES = st.lists(
    st.tuples(
        st.sampled_from([UPRIGHT, LEANING]),
        st.integers(1, 40),
        st.sampled_from([12, 12, 12, 6, 5, 0]),
        st.sampled_from([0, 0, 1, 3]),
        st.sampled_from(
            [
                "decisions",
                "few decisions",
                "settings",
                "calibration",
                "cue",
                "lost samples",
                *BROKEN,
            ]
        ),
    ),
    min_size=1,
    max_size=12,
)
HARM = st.lists(
    st.tuples(st.sampled_from(["drop", "repeat", "flip", "cut", "swap"]), st.integers(0, 10**6)),
    max_size=5,
)


def harmed(parts, harm):
    parts = list(parts)
    for kind, place in harm:
        k = place % len(parts)
        if kind == "drop" and len(parts) > 1:
            del parts[k]
        elif kind == "repeat":
            parts[k:k] = parts[max(0, k - 3) : k + 1]
        elif kind == "flip" and parts[k]:
            part = bytearray(parts[k])
            part[place % len(part)] ^= 1 << place % 8
            parts[k] = bytes(part)
        elif kind == "cut":
            parts[k] = parts[k][: place % (len(parts[k]) + 1)]
        elif k:
            parts[k - 1], parts[k] = parts[k], parts[k - 1]
    return b"".join(parts)


def streamed(sequence, stretches):
    device = Device(sequence, index=600)
    for sample, frame_count, per_frame, motor_blocks, kind in stretches:
        device.extra(kind)
        device.stream(sample, frame_count, per_frame, motor_blocks)
    return device.parts


def decoded(decoder, data):
    decoder.receive_data(data)
    return [*decoder.events(), *decoder.finish()]


def plain(events):
    """Open the runs again."""
    return [
        each
        for event in events
        for each in (event.frames() if isinstance(event, SamplesRun | DecisionsRun) else (event,))
    ]


def mirrored(events):
    mirror = Mirror()
    for event in events:
        mirror.take(event)
    mirror.finish()
    return mirror


@given(st.sampled_from([0, 65500]), STRETCHES, HARM)
def test_joined_reading_finds_the_same_frames_and_faults(sequence, stretches, harm):
    data = harmed(streamed(sequence, stretches), harm)
    one_by_one, joined = Decoder(is_capture=True), RunDecoder()
    expected, found = decoded(one_by_one, data), decoded(joined, data)
    assert joined.counts == one_by_one.counts
    for is_told in (has_place, has_no_place, is_decision):
        assert [e for e in plain(found) if is_told(e)] == [e for e in expected if is_told(e)]


def has_place(event):
    """Tell whether it matters where among the samples this stands."""
    return isinstance(event, Samples | Fault | SettingsFrame | Calibration | Command)


def is_decision(event):
    return isinstance(event, Decisions)


def has_no_place(event):
    return not has_place(event) and not is_decision(event)


@given(st.sampled_from([0, 65500]), STRETCHES, HARM)
def test_joined_reading_decides_the_same(sequence, stretches, harm):
    data = harmed(streamed(sequence, stretches), harm)
    expected, found = (
        mirrored(decoded(decoder, data)) for decoder in (Decoder(is_capture=True), RunDecoder())
    )
    assert found.compare() == expected.compare()
    assert (found.neutral, found.settings) == (expected.neutral, expected.settings)
    assert (found.replay is None) == (expected.replay is None)
    if expected.replay is not None:
        assert found.replay.decisions == expected.replay.decisions
        assert found.replay.decider.ledger == expected.replay.decider.ledger
        assert found.replay.decider.at == expected.replay.decider.at


def long_device():
    """Four minutes with a slouch, a new pose and new settings in the middle of a run."""
    device = Device(sequence=65000)
    device.extra("calibration")
    for k in range(60):
        device.stream(LEANING if k % 20 > 8 else UPRIGHT, 20, motor_blocks=2 * (k == 30))
        if k % 5 == 4:
            device.extra("decisions")
        if k in (17, 41):
            device.extra("settings")
            device.extra("calibration")
    return device


def test_a_long_run_is_split_where_settings_and_poses_begin():
    data = b"".join(long_device().parts)
    one_by_one = mirrored(decoded(Decoder(is_capture=True), data))
    joined = mirrored(decoded(RunDecoder(), data))
    assert len(joined.samples) < 8 < len(one_by_one.samples) == 1200
    assert joined.replay.decisions == one_by_one.replay.decisions
    assert len(joined.replay.decisions.episodes) >= 2
    assert joined.compare() == one_by_one.compare()


def test_frames_between_do_not_break_a_run():
    device = Device()
    for _ in range(10):
        device.stream(UPRIGHT, 5)
        device.extra("decisions")
    events = decoded(RunDecoder(), b"".join(device.parts))
    runs = [event for event in events if isinstance(event, SamplesRun)]
    assert [len(run.counts) for run in runs] == [600]
    assert runs[0].sequences.tolist() == [k for k in range(60) if k % 6 != 5]


@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_any_size_give_the_same_samples(seed):
    data, rng = b"".join(long_device().parts[:300]), random.Random(seed)
    decoder, events, at = RunDecoder(), [], 0
    while at < len(data):
        size = rng.randint(1, 5000)
        decoder.receive_data(data[at : at + size])
        events += decoder.events()
        at += size
    events += decoder.finish()
    whole = decoded(RunDecoder(), data)
    assert [e for e in plain(events) if isinstance(e, Samples)] == [
        e for e in plain(whole) if isinstance(e, Samples)
    ]


def test_a_capture_is_read_as_runs(tmp_path):
    path = tmp_path / "day.tlcap"
    path.write_bytes(b"TLCAP 1 {}\n" + b"".join(long_device().parts))
    events = read_capture(path, strict=True).events
    counts = np.concatenate([e.counts for e in events if isinstance(e, SamplesRun)])
    assert len(counts) == 60 * 20 * 12
    assert not any(isinstance(event, Samples) for event in events)
