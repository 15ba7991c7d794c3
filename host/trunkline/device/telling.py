"""What is worth a line of its own when it happens: episodes, cues, faults, the link, the clock."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from posturecore import calibrate, faults
from posturecore.flash import COACHINGS, POWER_STATES
from trunkline.decide.analysis import Cue, Episode, name_at
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    Dropped,
    EpisodeFrame,
    Event,
    Fault,
    LinkBack,
    LinkLost,
    TimeNotSet,
)
from trunkline.protocol.records import Coaching, DeviceFault, Doubt, Mark, Power

_DOUBTED = "the last walk leaned so far that the sensor may have slipped: calibrate again"
_TRUSTED = "none, nothing speaks against the neutral pose"


@dataclass(frozen=True)
class Told:
    """One thing that happened.

    Attributes:
        what: What kind of thing, one word.
        values: It as plain values.
        words: It for a reader.
    """

    what: str
    values: Mapping[str, Any]
    words: str


def tell(event: Event, block_s: float) -> Told | None:
    """Put an event into words; None: it is not worth a line.

    Args:
        event: Any event of a session.
        block_s: Seconds a block lasts on the device.
    """
    if isinstance(event, EpisodeFrame):
        episode = Episode.from_row(_row(event), block_s)
        return Told("episode", asdict(episode), _episode_words(episode))
    if isinstance(event, CueFrame):
        cue = Cue.from_row(_row(event), block_s)
        return Told("cue", asdict(cue), f"{cue.reason}, {cue.outcome}")
    if isinstance(event, Fault):
        return Told("fault", asdict(event), event.detail)
    if isinstance(event, LinkLost):
        return Told("link_lost", asdict(event), event.reason)
    if isinstance(event, LinkBack):
        return Told("link_back", asdict(event), _back_words(event))
    if isinstance(event, TimeNotSet):
        return Told("time_not_set", asdict(event), event.reason)
    if isinstance(event, Dropped):
        return Told("dropped", asdict(event), f"{event.count} events dropped: too slow here")
    return _of_the_device(event, block_s)


def _of_the_device(event: Event, block_s: float) -> Told | None:
    if isinstance(event, Coaching):
        coaching = name_at(COACHINGS, event.coaching)
        return Told("coaching", {"coaching": coaching}, coaching)
    if isinstance(event, Doubt):
        words = _DOUBTED if event.doubt_cdeg else _TRUSTED
        return Told("doubt", {"doubt_deg": event.doubt_cdeg / 100}, words)
    if isinstance(event, Calibration):
        meaning = name_at(calibrate.MEANINGS, event.code)
        return Told("calibration", {"code": event.code, "meaning": meaning}, meaning)
    if isinstance(event, DeviceFault):
        name, sentence, remedy = _fault_words(event.code)
        values = {"name": name, "count": event.count, "detail": event.detail}
        return Told("device_fault", values, f"{name}. {sentence} {remedy}")
    if isinstance(event, Mark):
        at_s = round(event.cue_block * block_s, 1)
        return Told("mark", {"cue_at_s": at_s}, "the wearer calls the last cue wrong")
    if isinstance(event, Power):
        state = name_at(POWER_STATES, event.state)
        return Told("power", {"state": state, "battery_mv": event.battery_mv}, state)
    return None


def _back_words(event: LinkBack) -> str:
    missed = "" if event.missed_samples is None else f", {event.missed_samples} samples missed"
    return f"the link is back after {event.away_s:.0f} s{missed}"


def _fault_words(code: int) -> tuple[str, str, str]:
    if code < len(faults.FAULTS):
        return faults.FAULTS[code][:3]
    return f"unknown ({code})", "It has a fault that this version does not know.", "Update it."


def _row(event: EpisodeFrame | CueFrame) -> tuple[int, ...]:
    return tuple(getattr(event, one.name) for one in fields(event) if one.name != "sequence")


def _episode_words(episode: Episode) -> str:
    minutes, seconds = divmod(int(episode.start_s), 60)
    return (
        f"{episode.kind} at {minutes}:{seconds:02}, {episode.duration_s:.1f} s, "
        f"peak {episode.peak_deg:.0f}°"
    )
