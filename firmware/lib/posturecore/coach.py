"""When to buzz, and with which pattern; what was held back is said too, with the reason.

A cue for a slouch comes when it becomes prolonged and again after every refractory time while it
lasts; after `escalate_after` felt cues in one slouch it is stronger. A cue for a deep bend comes
once, after the trunk has returned. Both share the refractory time and the hourly cap.

Is the neutral pose still right? A strap that slips the way a slouch tips makes its wearer look
slouched all day. But people walk near upright:

    a walk      half a minute of one bout, or more: shorter ones climb, turn and carry
    in doubt    its mean offset is `walk_doubt_cdeg` or more; all beyond half of that is the doubt
    trusted     after a walk whose mean is less, and after a calibration

Nothing is zeroed anew: angles and episodes go on from the neutral pose. But a cue for a slouch
must be `beyond` doubt: it is felt only for what would be a slouch too if the walk had been
upright. Others are logged, and use up neither limit.

`coaching` says from outside whether cues are felt at all (programme.py): what is then asked for is
logged with the reason, and uses up neither.

A corrected pulse, where the prescription has it, answers good posture: it comes when a slouch of
which a cue was felt has ended by `slouch_reset_s` of good posture, not by a walk, a bend or the
sensor being taken off. It is no cue: neither refractory time nor cap count it.
"""

from . import programme
from .patterns import BENT, CORRECTED, PATTERNS, SLOUCHED, STRONGER
from .scales import blocks_for_s
from .slouch import Slouch

__all__ = ("BENT", "OUTCOMES", "PATTERNS", "REASONS", "SLOUCHED", "Coach")

REASON_SLOUCH, REASON_BEND, REASON_HOST, REASON_CORRECTED = range(4)
REASONS = ("slouch", "bend", "host", "corrected")

FELT, REFRACTORY, HOURLY_CAP, SILENT = range(4)
SNOOZED, OUTSIDE_HOURS, BASELINE, FADED, PROBE_DAY, MOTOR_REFUSED, DOUBTED = range(4, 11)
OUTCOMES = (
    "felt",
    "held back: too soon",
    "held back: hourly cap",
    "silent",
    "snoozed",
    "outside hours",
    "baseline",
    "faded",
    "probe day",
    "refused by the motor",
    "held back: the sensor may have slipped",
)
# What comes of a cue under each of COACHINGS.
_UNDER = (FELT, SILENT, SNOOZED, OUTSIDE_HOURS, BASELINE, FADED, PROBE_DAY)

# No simulated walk of this length without a slip has a mean over 7.6° (docs/detection.md); of
# those of 15 to 25 s, which climb stairs, some have 14°.
_WALK_S = 30
_NOBODY_CDEG = 3000  # [D] a bag is carried so

_NOTHING: tuple[int, ...] = ()


class Coach:
    """Call `slouch` every block, `bend` and `corrected` when one ends; a cue or nothing returns.

    Call `walk` with each block of a walk, and `end_walk` after it.

    The motor may refuse what is felt here (haptics.py): the device then tells MOTOR_REFUSED in
    place of FELT, and the coach, which cannot know, goes on as if it had been felt.
    """

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._refractory_blocks = blocks_for_s(settings["slouch_refractory_s"], rate_mhz)
        self._hour_blocks = blocks_for_s(3600, rate_mhz)
        self._cap = 0 if settings["is_silent"] else settings["cues_per_hour"]
        self._bend_cue_cdeg = settings["bend_cue_cdeg"]
        self._escalate_after = settings["escalate_after"]
        self._has_corrected_pulse = settings["has_corrected_pulse"] == 1
        self._felt: list[int] = []  # block of each cue felt within the last hour
        self._felt_in_slouch = 0
        self.coaching = programme.FELT
        self.next_slouch = 0
        self._was_prolonged = False
        self._was_sure = True
        self._doubt_from_cdeg = settings["walk_doubt_cdeg"]
        self._walk_blocks = blocks_for_s(_WALK_S, rate_mhz)
        self.beyond = Slouch(settings, rate_mhz)
        self.doubt_cdeg = 0  # 0: none
        self.walked = 0  # blocks of the walk under way
        self._walked_ddeg = 0  # at most 60° a block: 49 hours' walk stays inside 2**30

    def inherit(self, past: "Coach") -> None:
        """Go on with another coach's memory: new settings do not earn new buzzes."""
        self._felt = past._felt
        self.coaching = past.coaching
        self.doubt_cdeg = past.doubt_cdeg
        self.next_slouch = past.next_slouch

    def walk(self, flexion_cdeg: int) -> None:
        """Take a block of walking."""
        self.walked += 1
        self._walked_ddeg += self.beyond.sign * flexion_cdeg // 10

    def end_walk(self) -> bool:
        """Judge the walk that has ended; return whether the doubt is another now."""
        doubt_cdeg = self.doubt_cdeg
        if self.walked >= self._walk_blocks:
            mean_cdeg = self._walked_ddeg // self.walked * 10
            if mean_cdeg < self._doubt_from_cdeg:
                doubt_cdeg = 0
            elif mean_cdeg < _NOBODY_CDEG:
                doubt_cdeg = mean_cdeg - self._doubt_from_cdeg // 2
        return self.doubt(doubt_cdeg)

    def doubt(self, cdeg: int) -> bool:
        """Doubt so much from now on; return whether that is another doubt."""
        self.walked = self._walked_ddeg = 0
        if cdeg == self.doubt_cdeg:
            return False
        self.doubt_cdeg = cdeg
        self.beyond.finish()
        return True

    def slouch(
        self, at: int, is_prolonged: bool, is_over: bool, is_sure: bool = True
    ) -> tuple[int, ...]:
        """Return (block, reason, pattern, outcome) when a slouch asks for a cue.

        Only a block that is itself slouched may ask: no buzz while walking or once upright.
        """
        is_new = is_prolonged and not self._was_prolonged
        is_due = is_new or at >= self.next_slouch or (is_sure and not self._was_sure)
        self._was_prolonged, self._was_sure = is_prolonged, is_sure
        if is_new:
            self._felt_in_slouch = 0
        if not (is_prolonged and is_over and is_due):
            return _NOTHING
        self.next_slouch = at + self._refractory_blocks
        is_stronger = 0 < self._escalate_after <= self._felt_in_slouch
        cue = self._cue(at, REASON_SLOUCH, STRONGER if is_stronger else SLOUCHED, is_sure)
        self._felt_in_slouch += cue[3] == FELT
        return cue

    def corrected(self, at: int) -> tuple[int, ...]:
        """Return the answer to a slouch that good posture has just ended."""
        is_due = self._has_corrected_pulse and self._felt_in_slouch > 0
        if not (is_due and self.coaching == programme.FELT and self._cap):
            return _NOTHING
        return at, REASON_CORRECTED, CORRECTED, FELT

    def bend(self, at: int, peak_cdeg: int) -> tuple[int, ...]:
        """Return a cue when a bend that has just returned was deep enough."""
        if peak_cdeg < self._bend_cue_cdeg:
            return _NOTHING
        return self._cue(at, REASON_BEND, BENT)

    def _cue(self, at: int, reason: int, pattern: int, is_sure: bool = True) -> tuple[int, ...]:
        outcome = _UNDER[self.coaching]
        if outcome == FELT:
            outcome = self._limited(at) if is_sure else DOUBTED
        if outcome == FELT:
            self._felt.append(at)
        return at, reason, pattern, outcome

    def _limited(self, at: int) -> int:
        self._felt = [block for block in self._felt if at - block < self._hour_blocks]
        if self._cap == 0:
            return SILENT
        if self._felt and at - self._felt[-1] < self._refractory_blocks:
            return REFRACTORY
        return HOURLY_CAP if len(self._felt) >= self._cap else FELT
