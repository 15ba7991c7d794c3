"""Prolonged slouching: an offset from the wearer's neutral, judged only where judging is fair.

Each block is one of three:

    over   STILL and offset ≥ entry (≥ exit = entry - hysteresis, once begun)
    good   STILL and below that
    pause  any other context: it neither counts nor clears

    GOOD ──over──► BEGUN ──`hold` blocks over──► PROLONGED (counts: logged, cued)
    BEGUN, PROLONGED ──`reset` blocks good, or `pause` blocks paused, in a row──► GOOD

Offset = sign of the placement × flexion: a slouch tips C7, T4 and T12 forward, L5 backward.
"""

from .params import SLOUCH_SIGN
from .scales import blocks_for_s

GOOD, BEGUN, PROLONGED = range(3)
_NOTHING: tuple[int, ...] = ()


class Slouch:
    """Call `step` once a block; when a prolonged slouch ends: (start, end, peak, mean)."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._sign = SLOUCH_SIGN[settings["placement"]]
        self._entry_cdeg = settings["slouch_entry_cdeg"]
        self._exit_cdeg = self._entry_cdeg - settings["slouch_hysteresis_cdeg"]
        self._hold_blocks = blocks_for_s(settings["slouch_hold_s"], rate_mhz)
        self._reset_blocks = blocks_for_s(settings["slouch_reset_s"], rate_mhz)
        self._pause_blocks = blocks_for_s(settings["slouch_pause_s"], rate_mhz)
        self.restart()

    def restart(self) -> None:
        """Forget an unfinished slouch: samples are missing."""
        self.state = GOOD
        self.is_over = False  # whether the last block was over
        self._good = self._paused = 0

    def step(self, at: int, flexion_cdeg: int, can_judge: bool) -> tuple[int, ...]:
        """Take the flexion of block `at`."""
        self.is_over = False
        offset_cdeg = self._sign * flexion_cdeg
        threshold = self._entry_cdeg if self.state == GOOD else self._exit_cdeg
        if can_judge and offset_cdeg >= threshold:
            self._over(at, offset_cdeg)
            return _NOTHING
        if self.state == GOOD:
            return _NOTHING
        if can_judge:
            self._good += 1
            self._paused = 0
        else:
            self._paused += 1
            self._good = 0
        if self._good >= self._reset_blocks or self._paused >= self._pause_blocks:
            return self.finish()
        return _NOTHING

    def finish(self) -> tuple[int, ...]:
        """End what is open; it ended with its last slouched block."""
        was_prolonged, self.state = self.state == PROLONGED, GOOD
        if not was_prolonged:
            return _NOTHING
        return self._start, self._end, self._peak, self._sum_ddeg // self._count * 10

    def _over(self, at: int, offset_cdeg: int) -> None:
        self.is_over = True
        if self.state == GOOD:
            self.state = BEGUN
            self._start, self._count, self._peak, self._sum_ddeg = at, 0, 0, 0
        self._good = self._paused = 0
        self._end = at + 1
        self._count += 1
        self._peak = max(self._peak, offset_cdeg)
        # Decidegrees, at most 90°: 33 hours' sum stays inside 2**30.
        self._sum_ddeg += min(offset_cdeg, 9000) // 10
        if self._count >= self._hold_blocks:
            self.state = PROLONGED
