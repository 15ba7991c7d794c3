"""Bends: forward movements of the trunk that come back, described and never scored as injury risk.

    IDLE ──flexion ≥ bend_entry, or ≥ bend_fast_entry at ≥ bend_fast_rate──► BENT
    BENT ──longer than bend_held_s──► HELD (a posture now: a slouch may be judged)
    BENT, HELD ──flexion < bend_exit──► IDLE, logged if peak ≥ bend_peak and ≥ bend_min_ms

The rate is the change of flexion from block to block: inclination velocity, averaged over 100 ms.
"""

from .scales import SAMPLES_PER_BLOCK, blocks_for_ms, blocks_for_s

IDLE, BENT, HELD = range(3)
_NOTHING: tuple[int, ...] = ()


class Bends:
    """Call `step` once a block; at an end: (start, end, peak, mean, peak rate, is_held)."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._entry_cdeg = settings["bend_entry_cdeg"]
        self._fast_entry_cdeg = settings["bend_fast_entry_cdeg"]
        self._fast_rate_cdeg_s = settings["bend_fast_rate_cdeg_s"]
        self._exit_cdeg = settings["bend_exit_cdeg"]
        self._peak_cdeg = settings["bend_peak_cdeg"]
        self._min_blocks = blocks_for_ms(settings["bend_min_ms"], rate_mhz)
        self._held_blocks = blocks_for_s(settings["bend_held_s"], rate_mhz)
        self._blocks_per_1000_s = rate_mhz // SAMPLES_PER_BLOCK
        self.restart()

    def restart(self) -> None:
        """Forget an unfinished bend: samples are missing."""
        self.state = IDLE
        self._has_last = False
        self._last_cdeg = 0

    def blind(self) -> None:
        """Pass over a block without gravity: the next change of flexion is no rate."""
        self._has_last = False

    def step(self, at: int, flexion_cdeg: int) -> tuple[int, ...]:
        """Take the flexion of block `at`."""
        # A block is 100 ms: at most ±36000 cdeg times 10,100 blocks per 1000 s is below 2**29.
        change = flexion_cdeg - self._last_cdeg if self._has_last else 0
        rate_cdeg_s = change * self._blocks_per_1000_s // 1000
        self._last_cdeg, self._has_last = flexion_cdeg, True
        if self.state == IDLE:
            is_fast = rate_cdeg_s >= self._fast_rate_cdeg_s
            is_far = flexion_cdeg >= self._fast_entry_cdeg
            if flexion_cdeg >= self._entry_cdeg or (is_fast and is_far):
                self._begin(at, flexion_cdeg, rate_cdeg_s)
            return _NOTHING
        if flexion_cdeg < self._exit_cdeg:
            return self._end(at)
        self._extend(flexion_cdeg, rate_cdeg_s)
        if at + 1 - self._start > self._held_blocks:
            self.state = HELD
        return _NOTHING

    def finish(self, at: int) -> tuple[int, ...]:
        """Close a bend that is still open when recording stops."""
        return _NOTHING if self.state == IDLE else self._end(at)

    def _begin(self, at: int, flexion_cdeg: int, rate_cdeg_s: int) -> None:
        self.state = BENT
        self._start = at
        self._peak = 0
        self._rate = 0
        self._sum_ddeg = self._count = 0
        self._extend(flexion_cdeg, rate_cdeg_s)

    def _extend(self, flexion_cdeg: int, rate_cdeg_s: int) -> None:
        self._peak = max(self._peak, flexion_cdeg)
        self._rate = max(self._rate, abs(rate_cdeg_s))
        self._count += 1
        # Decidegrees, at most 90°: 33 hours' sum stays inside 2**30.
        self._sum_ddeg += min(flexion_cdeg, 9000) // 10

    def _end(self, at: int) -> tuple[int, ...]:
        is_held, self.state = self.state == HELD, IDLE
        blocks = at - self._start
        if self._peak < self._peak_cdeg or blocks < self._min_blocks:
            return _NOTHING
        mean_cdeg = self._sum_ddeg // self._count * 10
        return self._start, at, self._peak, mean_cdeg, min(self._rate, 32767), int(is_held)
