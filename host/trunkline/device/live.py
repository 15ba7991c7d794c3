"""What a device says, as it stands now: the numbers of a live view, without a screen.

The band follows the prescription in force: "good" below the angle at which a slouch ends, "near"
from there to the angle at which one starts, "beyond" above.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from posturecore import params, slouch
from posturecore.calibrate import DONE
from posturecore.context import CONTEXTS, STILL
from trunkline.captures.tally import Tally
from trunkline.decide.analysis import block_seconds, name_at
from trunkline.device.telling import Told, tell
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    Decisions,
    Event,
    Hello,
    SettingsFrame,
    Status,
)
from trunkline.protocol.frame import Frame
from trunkline.protocol.records import Coaching, LogStatus

STATES = ("good", "begun", "prolonged")
TREND_S = 120.0
TREND_BLOCKS = round(TREND_S * 10)
_RATE_OVER_S = 5.0
_MOST_COUNTED = 10_000  # frames in those five seconds, of a simulation in a hurry
_MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """Something that happened.

    Attributes:
        at_s: When, by the device's clock.
        what: What kind of thing, one word.
        words: It for a reader.
    """

    at_s: float
    what: str
    words: str


@dataclass(frozen=True)
class Posture:
    """The last block that the device decided on.

    Attributes:
        flexion_deg: Forward lean from neutral.
        lateral_deg: Lean to the right.
        offset_deg: How far the way that a slouch goes at this placement.
        band: "good", "near" or "beyond".
        context: What the wearer does.
        state: "good", "begun" or "prolonged".
        over_s: How long the slouch that is on has lasted, pauses left out.
    """

    flexion_deg: float
    lateral_deg: float
    offset_deg: float
    band: str
    context: str
    state: str
    over_s: float


@dataclass(frozen=True)
class LiveView:
    """What there is to show.

    Attributes:
        hello: The device's introduction; None: not heard yet.
        status: Its health when it last told; None: not heard yet.
        at_s: Time since the device started.
        settings: The prescription in force.
        is_calibrated: Whether angles mean anything; None: not known yet.
        posture: None: nothing decided yet.
        trend_deg: Offsets of the last two minutes, a block each, oldest first; None: not known.
        last_cue: The last cue and its outcome; empty: none yet.
        cue_ago_s: How long ago it was asked for.
        coaching: Whether cues are felt, or why not; empty: not said yet.
        log_pct: How full the device's log is; None: not said yet.
        frames_hz: Frames a second over the last five.
        missing_frames: Frames that never came, or that could not be read.
        lines: What happened, oldest first.
    """

    hello: Hello | None
    status: Status | None
    at_s: float
    settings: dict[str, int]
    is_calibrated: bool | None
    posture: Posture | None
    trend_deg: tuple[float | None, ...]
    last_cue: str
    cue_ago_s: float
    coaching: str
    log_pct: int | None
    frames_hz: float
    missing_frames: int
    lines: tuple[Line, ...]


class Live:
    """Give it every event of a session; ask `view` at any time."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet.

        Args:
            now_s: Gives seconds that pass as they do for whoever watches.
        """
        self._now_s = now_s
        self._tally = Tally()
        self._hello: Hello | None = None
        self._status: Status | None = None
        self._log_pct: int | None = None
        self._settings = params.defaults()
        self._is_calibrated: bool | None = None
        self._posture: Posture | None = None
        self._at = 0  # the block behind the last one decided
        self._over = 0  # blocks over in the slouch that is on
        self._cue: tuple[int, str] | None = None  # its block, and words
        self._coaching = ""
        self._trend: deque[float | None] = deque(maxlen=TREND_BLOCKS)
        self._came_s: deque[float] = deque(maxlen=_MOST_COUNTED)
        self._lines: deque[Line] = deque(maxlen=_MOST_LINES)

    def take(self, event: Event) -> None:
        """Take one event."""
        self._tally.take(event)
        if isinstance(event, Frame):
            self._came_s.append(self._now_s())
        if isinstance(event, Decisions):
            self._decisions(event)
        elif isinstance(event, Hello):
            self._hello = event
        elif isinstance(event, Status):
            self._status, self._is_calibrated = event, bool(event.is_calibrated)
        elif isinstance(event, Calibration):
            self._is_calibrated = self._is_calibrated or event.code == DONE
        elif isinstance(event, LogStatus) and event.size_bytes:
            self._log_pct = 100 * event.used_bytes // event.size_bytes
        elif isinstance(event, SettingsFrame):
            known = {params.NAMES[k]: v for k, v in event.items if k < len(params.NAMES)}
            self._settings = {**self._settings, **known}
        told = tell(event, self._block_s)
        if told is not None:
            self._note(event, told)

    def view(self) -> LiveView:
        """Give what there is to show now."""
        oldest_s = self._now_s() - _RATE_OVER_S
        while self._came_s and self._came_s[0] < oldest_s:
            self._came_s.popleft()
        block, words = self._cue or (self._at, "")
        return LiveView(
            hello=self._hello,
            status=self._status,
            at_s=self._at * self._block_s,
            settings=self._settings,
            is_calibrated=self._is_calibrated,
            posture=self._posture,
            trend_deg=tuple(self._trend),
            last_cue=words,
            cue_ago_s=max(0, self._at - block) * self._block_s,
            coaching=self._coaching,
            log_pct=self._log_pct,
            frames_hz=len(self._came_s) / _RATE_OVER_S,
            missing_frames=self._tally.lost_frames,
            lines=tuple(self._lines),
        )

    @property
    def _block_s(self) -> float:
        return block_seconds(self._hello.rate_mhz if self._hello else 60_000)

    def _decisions(self, event: Decisions) -> None:
        if event.block_index > self._at and self._posture is not None:  # some never came
            gap = min(event.block_index - self._at, TREND_BLOCKS)
            self._trend.extend([None] * gap)
        self._at = event.block_index + len(event.items)
        for flexion_cdeg, lateral_cdeg, context, state in event.items:
            offset_cdeg = params.SLOUCH_SIGN[self._settings["placement"]] * flexion_cdeg
            self._count_over(state, context, offset_cdeg)
            self._trend.append(offset_cdeg / 100 if self._is_calibrated else None)
            self._posture = Posture(
                flexion_deg=flexion_cdeg / 100,
                lateral_deg=lateral_cdeg / 100,
                offset_deg=offset_cdeg / 100,
                band=self._band(offset_cdeg),
                context=name_at(CONTEXTS, context),
                state=name_at(STATES, state),
                over_s=self._over * self._block_s,
            )

    def _count_over(self, state: int, context: int, offset_cdeg: int) -> None:
        """Count as posturecore.slouch does, as far as what the device tells allows."""
        if state == slouch.GOOD:
            self._over = 0
        elif context == STILL and offset_cdeg >= self._exit_cdeg:
            self._over += 1

    @property
    def _exit_cdeg(self) -> int:
        return self._settings["slouch_entry_cdeg"] - self._settings["slouch_hysteresis_cdeg"]

    def _band(self, offset_cdeg: int) -> str:
        if offset_cdeg < self._exit_cdeg:
            return "good"
        return "near" if offset_cdeg < self._settings["slouch_entry_cdeg"] else "beyond"

    def _note(self, event: Event, told: Told) -> None:
        at = self._at
        if isinstance(event, CueFrame):
            at = event.block_index
            self._cue = at, told.words
        elif isinstance(event, Coaching):
            if told.words == self._coaching:  # it follows every settings frame
                return
            self._coaching = told.words
        self._lines.append(Line(at * self._block_s, told.what, told.words))
