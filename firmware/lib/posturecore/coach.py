"""When to buzz, and with which pattern; what was held back is said too, with the reason.

A cue for a slouch comes when it becomes prolonged and again after every refractory time while it
lasts. A cue for a deep bend comes once, after the trunk has returned. Both share the refractory
time and the hourly cap.
"""

from .scales import blocks_for_s

# Patterns: milliseconds on, off, on ... No pulse over 800 ms, at most 25 % of any 10 s.
# A pulse must last about 30 ms to be felt as vibration; one motor, off the midline of the spine.
NONE, SLOUCHED, BENT, IDENTIFY = range(4)
PATTERNS = ((), (200, 150, 200), (80,), (500, 300, 500, 300, 500))
PATTERN_NAMES = ("none", "slouched", "bent", "identify")

REASON_SLOUCH, REASON_BEND, REASON_HOST = range(3)
REASONS = ("slouch", "bend", "host")

FELT, REFRACTORY, HOURLY_CAP, SILENT = range(4)
OUTCOMES = ("felt", "held back: too soon", "held back: hourly cap", "silent")

_NOTHING: tuple[int, ...] = ()


class Coach:
    """Call `slouch` every block, `bend` when one ends; each returns a cue or nothing."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._refractory_blocks = blocks_for_s(settings["slouch_refractory_s"], rate_mhz)
        self._hour_blocks = blocks_for_s(3600, rate_mhz)
        self._cap = settings["cues_per_hour"]
        self._bend_cue_cdeg = settings["bend_cue_cdeg"]
        self._felt: list[int] = []  # block of each cue felt within the last hour
        self.next_slouch = 0
        self._was_prolonged = False

    def inherit(self, past: "Coach") -> None:
        """Go on with another coach's memory: new settings do not earn new buzzes."""
        self._felt = past._felt
        self.next_slouch = past.next_slouch

    def slouch(self, at: int, is_prolonged: bool, is_over: bool) -> tuple[int, ...]:
        """Return (block, reason, pattern, outcome) when a slouch asks for a cue.

        Only a block that is itself slouched may ask: no buzz while walking or once upright.
        """
        is_new = is_prolonged and not self._was_prolonged
        self._was_prolonged = is_prolonged
        if not (is_prolonged and is_over and (is_new or at >= self.next_slouch)):
            return _NOTHING
        self.next_slouch = at + self._refractory_blocks
        return self._cue(at, REASON_SLOUCH, SLOUCHED)

    def bend(self, at: int, peak_cdeg: int) -> tuple[int, ...]:
        """Return a cue when a bend that has just returned was deep enough."""
        if peak_cdeg < self._bend_cue_cdeg:
            return _NOTHING
        return self._cue(at, REASON_BEND, BENT)

    def _cue(self, at: int, reason: int, pattern: int) -> tuple[int, ...]:
        self._felt = [block for block in self._felt if at - block < self._hour_blocks]
        outcome = FELT
        if self._cap == 0:
            outcome = SILENT
        elif self._felt and at - self._felt[-1] < self._refractory_blocks:
            outcome = REFRACTORY
        elif len(self._felt) >= self._cap:
            outcome = HOURLY_CAP
        else:
            self._felt.append(at)
        return at, reason, pattern, outcome
