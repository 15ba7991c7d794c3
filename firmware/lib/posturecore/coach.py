"""When to buzz, and with which pattern; what was held back is said too, with the reason.

A cue for a slouch comes when it becomes prolonged and again after every refractory time while it
lasts; after `escalate_after` felt cues in one slouch it is stronger. A cue for a deep bend comes
once, after the trunk has returned. Both share the refractory time and the hourly cap.

`coaching` says from outside whether cues are felt at all (programme.py): what is then asked for is
logged with the reason, and uses up neither.

A corrected pulse, where the prescription has it, answers good posture: it comes when a slouch of
which a cue was felt has ended by `slouch_reset_s` of good posture, not by a walk, a bend or the
sensor being taken off. It is no cue: neither refractory time nor cap count it.
"""

from . import programme
from .patterns import BENT, CORRECTED, PATTERNS, SLOUCHED, STRONGER
from .scales import blocks_for_s

__all__ = ("BENT", "OUTCOMES", "PATTERNS", "REASONS", "SLOUCHED", "Coach")

REASON_SLOUCH, REASON_BEND, REASON_HOST, REASON_CORRECTED = range(4)
REASONS = ("slouch", "bend", "host", "corrected")

FELT, REFRACTORY, HOURLY_CAP, SILENT = range(4)
SNOOZED, OUTSIDE_HOURS, BASELINE, FADED, PROBE_DAY, MOTOR_REFUSED = range(4, 10)
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
)
# What comes of a cue under each of COACHINGS.
_UNDER = (FELT, SILENT, SNOOZED, OUTSIDE_HOURS, BASELINE, FADED, PROBE_DAY)

_NOTHING: tuple[int, ...] = ()


class Coach:
    """Call `slouch` every block, `bend` and `corrected` when one ends; a cue or nothing returns.

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

    def inherit(self, past: "Coach") -> None:
        """Go on with another coach's memory: new settings do not earn new buzzes."""
        self._felt = past._felt
        self.coaching = past.coaching
        self.next_slouch = past.next_slouch

    def slouch(self, at: int, is_prolonged: bool, is_over: bool) -> tuple[int, ...]:
        """Return (block, reason, pattern, outcome) when a slouch asks for a cue.

        Only a block that is itself slouched may ask: no buzz while walking or once upright.
        """
        is_new = is_prolonged and not self._was_prolonged
        self._was_prolonged = is_prolonged
        if is_new:
            self._felt_in_slouch = 0
        if not (is_prolonged and is_over and (is_new or at >= self.next_slouch)):
            return _NOTHING
        self.next_slouch = at + self._refractory_blocks
        is_stronger = 0 < self._escalate_after <= self._felt_in_slouch
        cue = self._cue(at, REASON_SLOUCH, STRONGER if is_stronger else SLOUCHED)
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

    def _cue(self, at: int, reason: int, pattern: int) -> tuple[int, ...]:
        outcome = _UNDER[self.coaching]
        if outcome == FELT:
            outcome = self._limited(at)
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
