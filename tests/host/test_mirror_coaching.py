"""Coaching, refusals and marks, from a device's frames to the analysis: both ends say the same."""

import numpy as np
import pytest

from posturecore import coach, decide, flash, frames, params, programme, wire
from trunkline.decide.blocks import make_blocks
from trunkline.decide.mirror import Mirror
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.frame_runs import RunDecoder

QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10, "cues_per_hour": 30}
UPRIGHT = (16393, 0, 0)


class Device:
    """The device's decisions on a wearer at an angle, as the bytes it would stream."""

    def __init__(self, **settings):
        self.sent = []
        self.settings = params.complete({**QUICK, **settings})
        self.decider = decide.Decider(self.settings, 60_000)
        items = tuple((row, self.settings[name]) for row, name in enumerate(params.NAMES))
        self.send(frames.SETTINGS, (0, self.decider.prescription), items)
        self.decider.set_neutral(UPRIGHT)
        self.send(frames.CALIBRATION, (0, 1, 0, *UPRIGHT, 0, 0, 0, 16384))
        self.refuses = False

    def send(self, frame, values, items=()):
        self.sent.append(wire.pack_frame(frame, len(self.sent) & 0xFFFF, values, items))

    def coach(self, code):
        self.decider.set_coaching(code)
        self.send(flash.COACHING, (self.decider.at, code))

    def hold(self, flexion_deg, blocks, is_walking=False):
        angle = np.radians(flexion_deg)
        up = np.round(16393 * np.array([np.cos(angle), 0, -np.sin(angle)]))
        row = np.concatenate([[0, 0, 0], up // 4, up]).astype(np.int16)
        for _ in range(blocks):
            at = self.decider.at
            counts = np.tile(row, (6, 1))
            counts[:, 3] += 10 * (at // 10 % 2)  # a trunk breathes: 2.4 mg from second to second
            if is_walking:
                counts[:, 3] += -570 if at % 5 < 3 else 860  # two steps a second
            block = tuple(make_blocks(counts, np.array([False])).tolist()[0])
            for frame, values in self.decider.block(block):
                if frame == frames.CUE and self.refuses and values[3] == coach.FELT:
                    values = (*values[:3], coach.MOTOR_REFUSED)
                self.send(frame, values)
            self.send(frames.SAMPLES, (at * 6, 0), tuple(map(tuple, counts.tolist())))
            verdict = (self.decider.flexion_cdeg, self.decider.lateral_cdeg)
            verdict += (self.decider.context, self.decider.slouch_state)
            self.send(frames.DECISIONS, (at,), (verdict,))
        return self

    def walk(self, flexion_deg, blocks=330):
        return self.hold(flexion_deg, blocks, is_walking=True).hold(flexion_deg, 20)


def mirrored(parts, decoder=Decoder):
    decoder, mirror = decoder(), Mirror()
    decoder.receive_data(b"".join(parts))
    for event in (*decoder.events(), *decoder.finish()):
        mirror.take(event)
    mirror.finish()
    return mirror


def analysis_of(mirror):
    return mirror.replay.analysis(
        name="",
        source="",
        is_simulated=True,
        placement="T4",
        neutral=None,
        neutral_source="",
    )


@pytest.fixture
def coached():
    """Slouches under each code in turn, changed at odd and even blocks."""
    device = Device(escalate_after=2, has_corrected_pulse=1)
    device.hold(0, 7)
    for code in (0, 2, 3, 0, 4, 5, 6, 1, 0):
        device.coach(code)
        device.hold(15, 161).hold(0, 40)
    return device


@pytest.mark.parametrize("decoder", [Decoder, RunDecoder], ids=["stream", "finished-capture"])
def test_both_ends_hold_back_the_same_cues_for_the_same_reasons(coached, decoder):
    mirror = mirrored(coached.sent, decoder)
    result = mirror.compare()
    assert result.is_identical, result.differences
    reasons = {cue[1] for cue in mirror.device_cues}
    assert reasons == {coach.REASON_SLOUCH, coach.REASON_CORRECTED}
    outcomes = {coach.OUTCOMES[cue[3]] for cue in mirror.device_cues}
    assert outcomes == set(flash.COACHINGS)


def test_a_change_of_coaching_that_was_not_told_is_found(coached):
    parts = [part for part in coached.sent if part[1] != flash.COACHING]
    assert len(mirrored(parts).compare().differences) > 5


@pytest.mark.parametrize("decoder", [Decoder, RunDecoder], ids=["stream", "finished-capture"])
def test_settings_and_coaching_of_one_block_are_taken_in_order(decoder):
    device = Device().hold(15, 60)
    device.coach(programme.SNOOZED)
    device.hold(15, 33)
    device.decider.configure(params.complete({**QUICK, "slouch_hold_s": 8}))
    row = params.NAMES.index("slouch_hold_s")
    values = (device.decider.at, device.decider.prescription)
    device.send(frames.SETTINGS, values, ((row, 8),))
    device.coach(programme.FELT)
    device.hold(15, 120)
    result = mirrored(device.sent, decoder).compare()
    assert result.is_identical, result.differences


def test_a_host_that_comes_later_is_told_what_holds():
    device = Device()
    device.coach(programme.BASELINE)
    device.hold(0, 20)
    early, device.sent = device.sent[:2], []
    device.send(flash.COACHING, (device.decider.at, programme.BASELINE))
    device.hold(15, 100)
    settings_and_pose = [*early, *device.sent]
    mirror = mirrored(settings_and_pose)
    assert mirror.compare().differences == []
    assert [cue[3] for cue in mirror.replay.decisions.cues] == [coach.BASELINE]


def test_a_newer_code_is_told_and_survived():
    device = Device().hold(0, 20)
    device.send(flash.COACHING, (device.decider.at, 77))
    device.hold(0, 20)
    (sentence,) = mirrored(device.sent).compare().differences
    assert "coaching 77" in sentence


@pytest.mark.parametrize("decoder", [Decoder, RunDecoder], ids=["stream", "finished-capture"])
def test_both_ends_doubt_the_neutral_pose_after_the_same_walks(decoder):
    device = Device().hold(0, 7).walk(14).hold(17, 150).hold(0, 100)
    device.walk(3).hold(0, 100).hold(17, 150)
    mirror = mirrored(device.sent, decoder)
    assert mirror.compare().is_identical, mirror.compare().differences
    outcomes = [coach.OUTCOMES[cue[3]] for cue in mirror.device_cues]
    assert outcomes == ["held back: the sensor may have slipped"] * 2 + ["felt"] * 2
    assert len(mirror.replay.decisions.doubts) == 2


@pytest.mark.parametrize("is_told", [True, False])
def test_a_host_that_comes_after_the_walk_is_told_of_the_doubt(is_told):
    device = Device().walk(14).hold(0, 50)
    early, device.sent = device.sent[:2], []  # settings and pose
    if is_told:
        device.send(flash.DOUBT, (device.decider.at, device.decider.coach.doubt_cdeg))
    device.hold(17, 100)
    mirror = mirrored([*early, *device.sent])
    assert (mirror.compare().differences == []) is is_told


@pytest.mark.parametrize("is_told", [True, False])
def test_a_doubt_from_a_walk_that_the_link_lost_is_taken_from_the_device(is_told):
    device = Device().hold(0, 20)
    early, device.sent = device.sent, []
    device.walk(14).hold(0, 50)
    device.sent = early
    if is_told:
        device.send(flash.DOUBT, (device.decider.at, device.decider.coach.doubt_cdeg))
    device.hold(17, 100)
    cues = mirrored(device.sent).replay.decisions.cues
    assert [coach.OUTCOMES[cue[3]] == "felt" for cue in cues] == [not is_told]


def test_a_doubt_that_no_walk_gave_is_found():
    device = Device().hold(0, 20)
    device.decider.coach.doubt(900)
    device.send(flash.DOUBT, (device.decider.at, 900))
    device.hold(17, 100)
    assert len(mirrored(device.sent).compare().differences) == 1


def test_what_the_motor_refused_is_taken_from_the_device():
    device = Device().hold(15, 60)
    device.refuses = True
    device.hold(15, 200)
    mirror = mirrored(device.sent)
    assert mirror.compare().is_identical
    cues = analysis_of(mirror).cues
    assert [cue.outcome for cue in cues] == ["felt"] + ["refused by the motor"] * 2
    assert [cue.is_felt for cue in cues] == [True, False, False]


def test_a_refusal_of_what_was_never_to_be_felt_is_a_difference():
    device = Device()
    device.coach(programme.SNOOZED)
    device.hold(15, 49)
    device.send(frames.CUE, (49, coach.REASON_SLOUCH, 1, coach.MOTOR_REFUSED))
    device.decider.coach.slouch = lambda *_: ()
    device.hold(15, 10)
    assert len(mirrored(device.sent).compare().differences) == 1


def test_a_mark_reaches_the_cue_it_means():
    device = Device().hold(15, 170)
    device.send(flash.MARK, (device.decider.at, 149))
    analysis = analysis_of(mirrored(device.sent))
    assert [(cue.block, cue.is_wrong) for cue in analysis.cues] == [(49, False), (149, True)]


def test_a_mark_of_a_cue_that_was_not_felt_means_nothing():
    device = Device()
    device.coach(programme.FADED)
    device.hold(15, 60)
    device.send(flash.MARK, (device.decider.at, 49))
    assert not any(cue.is_wrong for cue in analysis_of(mirrored(device.sent)).cues)
