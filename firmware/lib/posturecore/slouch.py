"""Prolonged slouching: an offset from the wearer's neutral, judged only where judging is fair.

Each block is one of three:

    over   STILL and offset ≥ entry (≥ exit = entry - hysteresis, once begun)
    good   STILL and below that
    pause  any other context: it neither counts nor clears

    GOOD ──over──► BEGUN ──enough──► PROLONGED (counts: logged, cued)
    BEGUN, PROLONGED ──`reset` blocks good, or `pause` blocks paused, in a row──► GOOD

Enough is, by `slouch_rule`:

    0  `hold` blocks over
    1  a dose D ≥ `slouch_dose`: dD/dt = (offset - entry) - D/`slouch_leak`, never below zero. Far
       over counts sooner than a little over, and what is forgiven is forgiven slowly. The leak
       goes on in every context; the end of a prolonged slouch empties it.

Offset = sign of the placement × flexion: a slouch tips C7, T4 and T12 forward, L5 backward.
"""

from .params import SLOUCH_SIGN
from .scales import blocks_for_s

GOOD, BEGUN, PROLONGED = range(3)
RULE_HOLD, RULE_DOSE = range(2)
_NOTHING: tuple[int, ...] = ()
_FINE = 64  # a dose is kept in 1/64 cdeg·block, so that its leak is not rounded away


class Slouch:
    """Call `step` once a block; when a prolonged slouch ends: (start, end, peak, mean, share)."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self.sign = SLOUCH_SIGN[settings["placement"]]
        self.entry_cdeg = settings["slouch_entry_cdeg"]
        self.exit_cdeg = self.entry_cdeg - settings["slouch_hysteresis_cdeg"]
        self._hold_blocks = blocks_for_s(settings["slouch_hold_s"], rate_mhz)
        self._reset_blocks = blocks_for_s(settings["slouch_reset_s"], rate_mhz)
        self._pause_blocks = blocks_for_s(settings["slouch_pause_s"], rate_mhz)
        self.is_by_dose = settings["slouch_rule"] == RULE_DOSE
        # A dose in centidegrees times blocks: at most 200,000 · 11 · 64 is below 2**28.
        self._enough = settings["slouch_dose_cdeg_s"] // 10 * blocks_for_s(10, rate_mhz) * _FINE
        self._leak_blocks = blocks_for_s(settings["slouch_leak_s"], rate_mhz)
        self._dose = 0
        self._start = self._end = self._count = self._peak = self._sum_ddeg = 0
        self.restart()

    def restart(self) -> None:
        """Forget an unfinished slouch: samples are missing."""
        self.state = GOOD
        self.is_over = False  # whether the last block was over
        self.is_corrected = False  # whether good posture, not a pause, ended the last one
        self._good = self._paused = 0

    def step(self, at: int, flexion_cdeg: int, can_judge: bool) -> tuple[int, ...]:
        """Take the flexion of block `at`."""
        self.is_over = False
        offset_cdeg = self.sign * flexion_cdeg
        if self.is_by_dose:
            self._leak(offset_cdeg - self.entry_cdeg if can_judge else 0)
        threshold = self.entry_cdeg if self.state == GOOD else self.exit_cdeg
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
        self.is_corrected = self._good >= self._reset_blocks
        if self.is_corrected or self._paused >= self._pause_blocks:
            return self.finish()
        return _NOTHING

    @property
    def is_asleep(self) -> bool:
        """Tell whether blocks below entry change nothing here."""
        return self.state == GOOD and self._dose < self._leak_blocks

    @property
    def blocks_left(self) -> int:
        """Return for how many more blocks over a begun slouch by hold time stays what it is."""
        return self._hold_blocks - self._count - 1

    def pass_over(self, end: int, blocks: int, peak_cdeg: int, sum_ddeg: int) -> None:
        """Stand for `blocks` blocks over of a slouch that had begun, the last before `end`."""
        self.is_over = True
        self._good = self._paused = 0
        self._end = end
        self._count += blocks
        self._peak = max(self._peak, peak_cdeg)
        self._sum_ddeg += sum_ddeg

    def finish(self) -> tuple[int, ...]:
        """End what is open; it ended with its last slouched block."""
        was_prolonged, self.state = self.state == PROLONGED, GOOD
        if not was_prolonged:
            return _NOTHING
        self._dose = 0
        mean_cdeg = self._sum_ddeg // self._count * 10
        share_pct = _percent(self._count, self._end - self._start)
        return self._start, self._end, self._peak, mean_cdeg, share_pct

    def _leak(self, excess_cdeg: int) -> None:
        dose = self._dose - self._dose // self._leak_blocks
        if excess_cdeg > 0:
            dose += min(excess_cdeg, 9000) * _FINE
        self._dose = min(dose, 2 * self._enough)

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
        if self.is_by_dose:
            if self._dose >= self._enough:
                self.state = PROLONGED
        elif self._count >= self._hold_blocks:
            self.state = PROLONGED


def _percent(part: int, whole: int) -> int:
    # 100 times more than 2**23 blocks would pass 2**30.
    return part * 100 // whole if whole < 1 << 23 else part // (whole // 100)
