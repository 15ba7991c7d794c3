"""Bends: forward movements of the trunk that come back, described and never scored as injury risk.

    IDLE ──flexion ≥ bend_entry, or ≥ bend_fast_entry at ≥ bend_fast_rate──► BENT
    BENT ──longer than bend_held_s──► HELD (a posture now: a slouch may be judged)
    BENT, HELD ──flexion < bend_exit──► IDLE, logged if peak ≥ bend_peak and ≥ bend_min_ms

It is logged when the trunk has come to rest, a second after its end or when the next begins,
whichever is first: how far it went down is measured from rest to rest.
The rate is the change of flexion from block to block: inclination velocity, averaged over 100 ms.
"""

from . import lifts
from .scales import SAMPLES_PER_BLOCK, blocks_for_ms, blocks_for_s
from .travel import Travel

IDLE, BENT, HELD = range(3)
IS_HELD = 1  # flag: a bend longer than bend_held_s
IS_CUT = 2  # flag: ended by a gap, new settings or the end of the recording, not by the wearer
UNTOLD = -1  # a twist or drop that was not measured

DEPTHS_CDEG = (3000, 6000, 9000)  # classes of the IMU field studies of the Acti4 group

_NOTHING: tuple[int, ...] = ()
_SETTLE_BLOCKS = 10
_TWIST_S = 5  # heading drifts: longer events tell no twist
_DOUBT_MM = 40  # of a drop measured from rest to rest
_RESTLESS_MM = 40  # and more where a rest is missing


class Bends:
    """Call `step` once a block.

    A bend: (start, end, peak, mean, peak rate, flags, mean rate, twist, drop, style, confidence).
    `counts` are the bends that came back from at least 30°, 60° and 90°.
    """

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._entry_cdeg = settings["bend_entry_cdeg"]
        self._fast_entry_cdeg = settings["bend_fast_entry_cdeg"]
        self._fast_rate_cdeg_s = settings["bend_fast_rate_cdeg_s"]
        self._exit_cdeg = settings["bend_exit_cdeg"]
        self._peak_cdeg = settings["bend_peak_cdeg"]
        self._min_blocks = blocks_for_ms(settings["bend_min_ms"], rate_mhz)
        self._held_blocks = blocks_for_s(settings["bend_held_s"], rate_mhz)
        self._twist_blocks = blocks_for_s(_TWIST_S, rate_mhz)
        self.blocks_per_1000_s = rate_mhz // SAMPLES_PER_BLOCK
        self._height_mm = lifts.height_above_hip_mm(settings)
        self._travel = Travel(rate_mhz)
        self.counts = [0] * len(DEPTHS_CDEG)
        self.restart()

    def restart(self) -> None:
        """Forget an unfinished bend: samples are missing."""
        self.state = IDLE
        self._has_last = False
        self._last_cdeg = 0
        self._end = 0  # of a bend that is over but not yet logged
        self._travel.restart()

    @property
    def is_idle(self) -> bool:
        """Tell whether no bend is open or waits to be logged."""
        return self.state == IDLE and self._end == 0

    def blind(self) -> None:
        """Pass over a block without gravity: the next change of flexion is no rate."""
        self._has_last = False
        self._travel.spoil()

    def spoil(self) -> None:
        """Say that the last block was shaken by a knock or our own motor: no drop, no twist."""
        self._travel.spoil()

    def pass_over(self, flexion_cdeg: int, vertical: int, turn: int) -> None:
        """Stand for a run of blocks at rest below every threshold; these are of its last."""
        self._last_cdeg, self._has_last = flexion_cdeg, True
        self._travel.rest(vertical, turn)

    @property
    def is_settled(self) -> bool:
        """Tell whether a bend is open in which the trunk has come to rest."""
        return self.state != IDLE and self._travel.is_settled

    @property
    def held_from(self) -> int:
        """Return the block from which on the open bend is a held one."""
        return self._start + self._held_blocks

    def step(
        self,
        at: int,
        flexion_cdeg: int,
        cosine_q14: int,
        vertical: int,
        turn: int,
        is_at_rest: bool,
    ) -> tuple[int, ...]:
        """Take block `at`; the cosine is that of the inclination."""
        # A block is 100 ms: at most ±36000 cdeg times 10,100 blocks per 1000 s is below 2**29.
        change = flexion_cdeg - self._last_cdeg if self._has_last else 0
        rate_cdeg_s = change * self.blocks_per_1000_s // 1000
        self._last_cdeg, self._has_last = flexion_cdeg, True
        ended = _NOTHING
        if self.state == IDLE:
            is_fast = rate_cdeg_s >= self._fast_rate_cdeg_s
            is_far = flexion_cdeg >= self._fast_entry_cdeg
            if flexion_cdeg >= self._entry_cdeg or (is_fast and is_far):
                ended = self._log(False)
                self._begin(at, flexion_cdeg, rate_cdeg_s, cosine_q14)
        elif flexion_cdeg < self._exit_cdeg:
            self._return(at)
        else:
            self._extend(flexion_cdeg, rate_cdeg_s, cosine_q14)
            if at + 1 - self._start > self._held_blocks:
                self.state = HELD
        if self._end and (is_at_rest or at - self._end >= _SETTLE_BLOCKS):
            ended = self._log(is_at_rest)
        if is_at_rest:
            self._travel.rest(vertical, turn)
        else:
            self._travel.move(vertical, turn)
        return ended

    def finish(self, at: int) -> tuple[int, ...]:
        """Close a bend that is still open, or not yet logged, when recording stops."""
        if self.state != IDLE:
            self._flags |= IS_CUT
            self._return(at)
        return self._log(False)

    def _begin(self, at: int, flexion_cdeg: int, rate_cdeg_s: int, cosine_q14: int) -> None:
        self.state = BENT
        self._start = at
        self._flags = 0
        self._peak = 0
        self._cosine_q14 = cosine_q14
        self._rate = self._rate_sum = self._rate_count = 0
        self._sum_ddeg = self._count = 0
        self._travel.begin()
        self._extend(flexion_cdeg, rate_cdeg_s, cosine_q14)

    def _extend(self, flexion_cdeg: int, rate_cdeg_s: int, cosine_q14: int) -> None:
        if flexion_cdeg > self._peak:
            self._peak, self._cosine_q14 = flexion_cdeg, cosine_q14
        rate_cdeg_s = abs(rate_cdeg_s)
        self._rate = max(self._rate, rate_cdeg_s)
        if self.state == BENT:  # a held bend's mean rate is that until it was held
            self._rate_count += 1
            self._rate_sum += min(rate_cdeg_s, 32767)
        self._count += 1
        # Decidegrees, at most 90°: 33 hours' sum stays inside 2**30.
        self._sum_ddeg += min(flexion_cdeg, 9000) // 10

    def pass_over_bent(
        self,
        blocks: int,
        peak: tuple[int, int],
        rates: tuple[int, int],
        sum_ddeg: int,
        last_cdeg: int,
    ) -> None:
        """Stand for blocks at rest in a settled bend that none of them ends or makes held.

        `peak` is the highest flexion and its cosine, `rates` the highest and the sum.
        """
        if peak[0] > self._peak:
            self._peak, self._cosine_q14 = peak
        self._rate = max(self._rate, rates[0])
        if self.state == BENT:
            self._rate_count += blocks
            self._rate_sum += rates[1]
        self._count += blocks
        self._sum_ddeg += sum_ddeg
        self._last_cdeg, self._has_last = last_cdeg, True
        self._travel.pass_over(blocks)

    def _return(self, at: int) -> None:
        if self.state == HELD:
            self._flags |= IS_HELD
        self.state = IDLE
        self._end = at
        if at - self._start < self._min_blocks:
            self._drop_it()
            return
        if not self._flags & IS_CUT:
            for i in range(len(DEPTHS_CDEG)):
                self.counts[i] += self._peak >= DEPTHS_CDEG[i]
        if self._peak < self._peak_cdeg:
            self._drop_it()

    def _drop_it(self) -> None:
        self._end = 0
        self._travel.finish()

    def _log(self, is_at_rest: bool) -> tuple[int, ...]:
        """Describe the bend that waits, if one does."""
        if not self._end:
            return _NOTHING
        end, self._end = self._end, 0
        travel = self._travel
        travel.finish()
        twist_cdeg = drop_mm = UNTOLD
        style, confidence_pct = lifts.UNKNOWN, 0
        if travel.is_good and not self._flags:
            drop_mm = -travel.lowest_mm
            if end - self._start <= self._twist_blocks:
                twist_cdeg = min(travel.twist_cdeg(), 32767)
            if lifts.has_returned(travel.height_mm):
                is_measured = is_at_rest and travel.is_from_rest
                doubt_mm = _DOUBT_MM + (0 if is_measured else _RESTLESS_MM)
                style, confidence_pct = lifts.style(
                    self._height_mm,
                    self._peak,
                    self._cosine_q14,
                    drop_mm,
                    doubt_mm + abs(travel.height_mm) // 2,
                )
        mean_cdeg = self._sum_ddeg // self._count * 10
        peak_rate = min(self._rate, 32767)
        mean_rate = self._rate_sum // self._rate_count
        return (
            (self._start, end, self._peak, mean_cdeg, peak_rate, self._flags)
            + (mean_rate, twist_cdeg, min(drop_mm, 32767))
            + (style, confidence_pct)
        )
