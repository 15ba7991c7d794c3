"""How far the sensor goes down and round between two rests: strapdown, drift-corrected, integers.

    rest ──► segment ──► (rest at the bottom ──► segment) ──► rest
    v += a             p += v              in a segment of n blocks, at block k, less v_end·k²/2n

The trunk is at rest before and after a segment, so what velocity is left at its end is drift: it
is taken off as growing evenly (linear detrending; sit2stand of scikit-digital-health does the
same, Adamowicz 2020). Acceleration counts from that of the last rest: a zero offset cancels.
"""

from .scales import SAMPLES_PER_BLOCK

_LEAD_IN = 20  # blocks before a bend that may belong to it
_LONGEST = 150  # blocks of one segment: bounds the integers, and the drift
_BOTTOM_REST = 3  # blocks at rest that end a segment inside a bend (0.3 s in sit2stand)
_LIMIT = 8192  # counts, 2 g
_FAR = 400000  # half counts·block²: 4.8 m at 60 Hz


class Travel:
    """Call `rest` or `move` once a block and `begin` when a bend begins."""

    def __init__(self, rate_mhz: int) -> None:
        # One half count·block² is 9806.65/4098/2 mm/s² times the square of a block's seconds.
        rate_dhz = rate_mhz // 100
        self._mm_q17 = 564586000 // (rate_dhz * rate_dhz)
        # One gyroscope count over one block is 3.5 cdeg/s times its seconds.
        self._cdeg_q10 = 3500 * SAMPLES_PER_BLOCK * 1024 // rate_mhz
        self._rest_vertical = self._rest_turn = 0
        self.restart()

    def restart(self) -> None:
        """Forget the way so far: blocks are missing."""
        self._is_open = False  # inside a bend
        self._resting = 0
        self._start(False)

    def _start(self, is_from_rest: bool) -> None:
        self._is_past = False  # the bend is over and told
        self.is_from_rest = is_from_rest
        self.is_good = True
        self.height_mm = self.lowest_mm = 0  # from the start, at the last rest and at the lowest
        self._heading = self._left = self._right = 0
        self._segment()

    def _segment(self) -> None:
        self._velocity = self._way = 0
        self._ways: list[int] = []

    def begin(self) -> None:
        """Begin a bend: what came since the last rest belongs to it."""
        if self._is_past:
            self._start(False)
        self._is_open = True
        self._resting = 0

    def spoil(self) -> None:
        """Say that a block cannot be trusted: nothing is told about this way."""
        self.is_good = False

    def rest(self, vertical: int, turn: int) -> None:
        """Take a block at rest."""
        self._resting += 1
        if not self._is_open:
            self._rest_vertical, self._rest_turn = vertical, turn
            self._start(True)
        elif self._resting < _BOTTOM_REST:
            self._move(vertical, turn)
        elif self._ways:
            self._close()

    @property
    def is_settled(self) -> bool:
        """Tell whether further blocks at rest change nothing inside this bend."""
        return self._is_open and self._resting >= _BOTTOM_REST

    def pass_over(self, blocks: int) -> None:
        """Stand for blocks at rest that change nothing."""
        self._resting += blocks

    def move(self, vertical: int, turn: int) -> None:
        """Take a block in movement."""
        self._resting = 0
        if self._is_past or (not self._is_open and len(self._ways) >= _LEAD_IN):
            self._start(False)
        self._move(vertical, turn)

    def finish(self) -> None:
        """End the bend, at rest or not; `height_mm` and `lowest_mm` hold for it."""
        if self._ways:
            self._close()
        self._is_open = False
        self._is_past = True

    def twist_cdeg(self) -> int:
        """Return the range of the heading since the start."""
        return (self._right - self._left) * self._cdeg_q10 >> 10

    def _move(self, vertical: int, turn: int) -> None:
        if len(self._ways) >= _LONGEST:
            self.is_good = False
            return
        acc = max(-_LIMIT, min(_LIMIT, vertical - self._rest_vertical))
        self._way += 2 * self._velocity + acc
        self._velocity += acc
        self._ways.append(self._way)
        self._heading += turn - self._rest_turn
        self._left = min(self._left, self._heading)
        self._right = max(self._right, self._heading)

    def _close(self) -> None:
        count = len(self._ways)
        lowest = corrected = 0
        for k in range(1, count + 1):
            corrected = self._ways[k - 1] - self._velocity * k // count * k
            if corrected < lowest:
                lowest = corrected
        self.lowest_mm = min(self.lowest_mm, self.height_mm + self._mm(lowest))
        self.height_mm += self._mm(corrected)
        self.height_mm = max(-32767, min(32767, self.height_mm))
        self._segment()

    def _mm(self, half_counts: int) -> int:
        return max(-_FAR, min(_FAR, half_counts)) * self._mm_q17 >> 17
