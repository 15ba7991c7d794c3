"""The mirror finds what is planted: nothing that differs or is missing passes as identical."""

import pytest

from posturecore import decide, frames, wire
from trunkline.decide.mirror import Mirror
from trunkline.device.session import Session
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Fault
from trunkline.transports.capture import CaptureTransport


def compared(parts):
    """Compare what these frames say, numbered anew as if the device had sent just them."""
    return mirrored(renumbered(parts)).compare()


def mirrored(parts):
    decoder, mirror = Decoder(), Mirror()
    decoder.receive_data(b"".join(parts))
    for event in (*decoder.events(), *decoder.finish()):
        mirror.take(event)
    mirror.finish()
    return mirror


def renumbered(parts):
    for sequence, part in enumerate(parts):
        frame, _, values, items = wire.unpack_frame(part, 0)
        yield wire.pack_frame(frame, sequence, values, items)


def of_kind(parts, frame):
    return [k for k, part in enumerate(parts) if part[1] == frame]


def rewritten(part, values=None, items=None):
    frame, sequence, old_values, old_items = wire.unpack_frame(part, 0)
    new_values = old_values if values is None else values(list(old_values))
    new_items = old_items if items is None else items(list(old_items))
    return wire.pack_frame(frame, sequence, tuple(new_values), tuple(new_items))


def without(parts, *places):
    return [part for k, part in enumerate(parts) if k not in places]


def replaced(parts, place, part):
    return [*parts[:place], part, *parts[place + 1 :]]


def test_an_untouched_capture_is_identical(real_capture):
    result = compared(real_capture[1])
    assert result.is_identical
    assert result.differences == []
    assert result.blocks > 1300
    assert result.events == 5
    assert str(result) == f"identical ({result.blocks:,} blocks, 5 events)"


def test_a_restart_ends_what_can_be_compared_in_one_sentence(real_capture):
    """The second start's counts begin anew; 300 lines of what is left out would help nobody."""
    parts = real_capture[1]
    (hello, *_) = of_kind(parts, frames.HELLO)
    again = rewritten(
        parts[hello], values=lambda values: [*values[:5], values[5] + 1, *values[6:]]
    )
    mirror = mirrored(renumbered([*parts, again, *parts[hello + 1 :]]))
    assert mirror.has_restarted
    result, alone = mirror.compare(), compared(parts)
    assert (result.blocks, result.events) == (alone.blocks, alone.events)
    assert result.differences == [
        "the device restarted; what it said from there on is left out",
    ]


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["flexion", "lateral", "context", "slouch"])
def test_one_flipped_bit_of_one_verdict_is_found(real_capture, place):
    parts = real_capture[1]
    at = of_kind(parts, frames.DECISIONS)[40]

    def flip(items):
        item = list(items[3])
        item[place] ^= 1
        items[3] = tuple(item)
        return items

    result = compared(replaced(parts, at, rewritten(parts[at], items=flip)))
    assert not result.is_identical
    block = wire.unpack_frame(parts[at], 0)[2][0] + 3
    assert len(result.differences) == 1
    assert result.differences[0].startswith(f"block {block}: the device said")
    assert "DIFFERENT" in str(result)


@pytest.mark.parametrize("frame", [frames.EPISODE, frames.CUE], ids=["episode", "cue"])
def test_a_dropped_event_is_one_difference(real_capture, frame):
    parts = real_capture[1]
    places = [k for k in of_kind(parts, frame) if not is_host_cue(parts[k])]
    result = compared(without(parts, places[0]))
    assert not result.is_identical
    assert len(result.differences) == 1
    assert "the device said nothing" in result.differences[0]


def is_host_cue(part):
    return part[1] == frames.CUE and wire.unpack_frame(part, 0)[2][1] == 2


def test_an_invented_episode_is_found(real_capture):
    parts = real_capture[1]
    at = of_kind(parts, frames.EPISODE)[0]

    def earlier(values):
        values[3] -= 1000 if values[3] > 1000 else -1000
        return values

    result = compared([*parts, rewritten(parts[at], values=earlier)])
    assert [text.endswith("here it is nothing") for text in result.differences] == [True]


def test_a_changed_peak_is_one_difference(real_capture):
    parts = real_capture[1]
    at = of_kind(parts, frames.EPISODE)[0]

    def higher(values):
        values[5] += 1
        return values

    assert len(compared(replaced(parts, at, rewritten(parts[at], higher))).differences) == 1


def test_a_lost_samples_frame_is_never_identical(real_capture):
    parts = real_capture[1]
    result = mirrored(without(parts, of_kind(parts, frames.SAMPLES)[300])).compare()
    assert result.lost_frames == 1
    assert result.unmatched_blocks == 2
    assert not result.is_identical
    assert "frames lost: 1, blocks not comparable: 2" in str(result)


def test_samples_that_never_came_show_even_without_a_gap_in_the_numbers(real_capture):
    parts = real_capture[1]
    result = compared(without(parts, *of_kind(parts, frames.SAMPLES)[300:303]))
    assert result.lost_frames == 0
    assert result.unmatched_blocks == 6
    assert not result.is_identical


def test_lost_decisions_are_never_identical(real_capture):
    parts = real_capture[1]
    result = compared(without(parts, of_kind(parts, frames.DECISIONS)[20]))
    assert result.differences == []
    assert result.unmatched_blocks == 10
    assert not result.is_identical
    assert str(result).startswith("incomplete, identical where both are known")


@pytest.mark.parametrize("frame", [frames.SAMPLES, frames.DECISIONS], ids=["samples", "decisions"])
def test_a_tail_that_one_side_never_heard_of_is_not_identical(real_capture, frame):
    parts = real_capture[1]
    places = of_kind(parts, frame)
    result = compared(without(parts, *places[len(places) // 2 :]))
    assert result.unmatched_blocks > 600
    assert not result.is_identical


def test_what_is_still_under_way_at_the_end_is_no_fault(real_capture):
    parts = real_capture[1]
    end = of_kind(parts, frames.SAMPLES)[-3]
    result = compared(parts[:end])
    assert result.unmatched_blocks == 0
    assert result.is_identical


def test_no_decisions_at_all_is_not_identical(real_capture):
    parts = real_capture[1]
    result = compared(without(parts, *of_kind(parts, frames.DECISIONS)))
    assert result.blocks == 0
    assert not result.is_identical


def test_no_samples_at_all_is_not_identical(real_capture):
    parts = real_capture[1]
    result = compared(without(parts, *of_kind(parts, frames.SAMPLES)))
    assert not result.is_identical
    assert result.differences == ["no samples came"]


def test_stale_settings_on_the_host_are_found(real_capture):
    # Without the settings frames the host judges by the defaults: another placement.
    parts = real_capture[1]
    result = compared(without(parts, *of_kind(parts, frames.SETTINGS)))
    assert not result.is_identical
    assert any(text.startswith("episode") for text in result.differences)


def test_settings_that_are_not_what_the_device_hashed_are_found(real_capture):
    parts = real_capture[1]
    at = of_kind(parts, frames.SETTINGS)[-1]

    def longer_hold(items):
        row, value = items[3]
        return [*items[:3], (row, value + 1), *items[4:]]

    result = compared(replaced(parts, at, rewritten(parts[at], items=longer_hold)))
    assert any(text.startswith("settings from block") for text in result.differences)


def test_settings_that_no_device_can_hold_are_left_out_and_said(real_capture):
    parts = real_capture[1]
    at = of_kind(parts, frames.SETTINGS)[-1]
    result = compared(
        replaced(parts, at, rewritten(parts[at], items=lambda items: [(1, -5), *items[2:]]))
    )
    assert any("no device can hold" in text for text in result.differences)


def test_another_neutral_pose_is_found(real_capture):
    parts = real_capture[1]
    at = of_kind(parts, frames.CALIBRATION)[-1]

    def tilted(values):
        values[5] += 300
        return values

    assert len(compared(replaced(parts, at, rewritten(parts[at], tilted))).differences) > 100


@pytest.mark.parametrize(
    "index", [5, 1_000_001, 0, 2**32 - 12], ids=["odd", "odd ahead", "back", "far ahead"]
)
def test_samples_that_cannot_be_next_are_left_out_and_said(real_capture, index):
    parts = real_capture[1]
    at = of_kind(parts, frames.SAMPLES)[300]

    def moved(values):
        return [index, values[1]]

    moved_part = rewritten(parts[at], moved)
    mirror = mirrored(renumbered([*parts[: at + 1], moved_part, *parts[at + 1 :]]))
    result = mirror.compare()
    assert len(result.differences) == 1
    assert "left out" in result.differences[0]
    assert len(mirror.samples) == len(of_kind(parts, frames.SAMPLES))


def test_a_bug_on_one_side_is_found(real_capture, monkeypatch):
    judge = decide.Decider._judge

    def tilted_judge(self, at, *given):
        judge(self, at, *given)
        if at % 500 == 499:
            self.flexion_cdeg += 1

    monkeypatch.setattr(decide.Decider, "_judge", tilted_judge)
    result = compared(real_capture[1])
    assert not result.is_identical
    assert len(result.differences) == result.blocks // 500


def test_a_cue_that_only_the_host_gives_is_found(real_capture, monkeypatch):
    monkeypatch.setattr(decide.Coach, "bend", lambda self, at, peak: (at, 1, 2, 0))
    result = compared(real_capture[1])
    assert not result.is_identical
    assert any(text.startswith("cue: ") for text in result.differences)


async def test_a_session_over_the_capture_mirrors_like_the_live_one(demo_run):
    mirror, faults = Mirror(), []
    session = Session(CaptureTransport(demo_run.real.capture))
    session.listeners += [mirror.take, lambda event: faults.append(type(event) is Fault)]
    async with session:
        assert await session.wait_lost(1)
    mirror.finish()
    assert mirror.compare() == demo_run.real.comparison
    assert not any(faults)
