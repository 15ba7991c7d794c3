"""Where up is, in integers, for an IMU that does not say so itself (MPU-6050).

The host's filter (trunkline.filter) as a state-variable filter: y follows the acceleration in 3 s,
u is what y moves by each sample, and both are turned by every gyroscope step:

    y ← Q(y);  u ← Q(u);  u += k1·(a − y) − k2·u;  y += u;  up = y/|y|
    k1 = 2·(Ts/3 s)²;  k2 = 2·Ts/3 s

Bias is learnt as on the host: in quiet blocks of half a second, the mean rate less what the
acceleration says was really tilted. Scales: y Q22 (1 g = 2**22), u Q30, bias 1/256 count.
"""

# In (0.01 deg/s)², 64ths: 0.5 deg/s at the start, forgotten at 1 a second (VQF's numbers).
_START_VARIANCE = 160000
_DRIFT_VARIANCE = 32  # half a second
_QUIET_GYR = 85  # counts: 3 deg/s from lowest to highest
_QUIET_ACC = 292  # counts: 0.7 m/s²
_LARGEST_BIAS = 57 << 8  # 2 deg/s
_QUIET_BLOCKS = 3
_LARGEST_Y = 16000 << 9  # 1.95 g: beyond, no low-passed acceleration of a wearer goes
_LARGEST_TERM = 16000  # times a turn of 32767 counts, twice: just below 2**30
_LARGEST_U = (1 << 27) - 1
_LARGEST_TILT = 4096  # 16ths of a count: 3.6° between two blocks is a jolt, not a slump
_LARGEST_STEP = 100000  # 256ths of a count
_UP = 16393


class GravityFilter:
    """Call `step` for every sample; it allocates nothing."""

    def __init__(self, rate_mhz: int) -> None:
        # Only now: a device lets go of what it needs once.
        from .gravity_gains import block_gains, k1_gain, k2_gain, turn_gain

        if not 25000 <= rate_mhz <= 200000:
            raise ValueError("Found {} mHz; expected 25000 to 200000.".format(rate_mhz))
        self.bias = [0, 0, 0]  # 256ths of a count
        self._y = [0, 0, 0]
        self._u = [0, 0, 0]
        self._w = [0, 0, 0]  # the turn of this sample, in counts without bias
        self._carry = [0, 0, 0]  # what rounding w left over, for the next sample
        self._term = [0, 0, 0]
        self._up = [_UP, 0, 0]
        self._length = 8192
        self._started = 0
        self._start_count = (3 * rate_mhz + 999) // 1000
        self._turn_gain, self._turn_shift = turn_gain(rate_mhz)
        self._k1, self._k1_shift = k1_gain(rate_mhz)
        self._k2, self._k2_shift = k2_gain(rate_mhz)
        self._block_count, self._rest_variance, self._tilt_gain = block_gains(rate_mhz)
        self._variance = _START_VARIANCE
        self._filled = 0
        self._quiet = 0
        self._sum = [0] * 6
        self._low = [0] * 6
        self._high = [0] * 6
        self._acc = [0, 0, 0]  # mean of this block and of the one before, 16ths of a count
        self._last_acc = [0, 0, 0]
        self._rate = [0, 0, 0]  # mean rate, 256ths of a count
        self._last_rate = [0, 0, 0]
        self._square = 1  # of the mean acceleration, in quarters of a count squared

    def step(self, samples: "list[int]", at: int) -> None:
        """Read gyr and acc at samples[at:at + 6]; write up at samples[at + 6:at + 9]."""
        self._note_turn(samples, at)
        self._turn(self._y, 9, self._turn_shift)
        if self._started < self._start_count:
            self._start(samples, at + 3)
        else:
            self._turn(self._u, 14, self._turn_shift - 5)
            self._follow(samples, at + 3)
        self._point()
        for i in range(3):
            samples[at + 6 + i] = self._up[i]
        self._gather(samples, at)
        if self._filled == self._block_count:
            self._filled = 0
            self._learn()

    def gap(self, samples: int) -> None:
        """Tell that samples were lost; after more than half a second the low-pass starts anew."""
        self._filled = self._quiet = 0
        if samples > self._block_count:
            self._started = 0
            blocks = min(samples // self._block_count, _START_VARIANCE // _DRIFT_VARIANCE)
            self._variance = min(_START_VARIANCE, self._variance + blocks * _DRIFT_VARIANCE)

    def _note_turn(self, samples: "list[int]", at: int) -> None:
        for i in range(3):
            wanted = (samples[at + i] << 8) - self.bias[i] + self._carry[i]
            turn = (wanted + 128) >> 8
            self._carry[i] = wanted - (turn << 8)
            self._w[i] = max(-32767, min(32767, turn))

    def _turn(self, vector: "list[int]", fine: int, shift: int) -> None:
        """Turn a vector by −w·Ts: v + v×d + (v×d)×d/2 + …, until a term is nothing."""
        term = self._term
        for i in range(3):
            term[i] = vector[i] >> fine
        for order in range(1, 6):
            self._cross_term()
            for i in range(3):
                term[i] = ((term[i] + 2048) >> 12) * self._turn_gain // (order << shift)
                vector[i] += term[i]
                term[i] = _clipped(term[i] >> fine, _LARGEST_TERM)
            if not (term[0] or term[1] or term[2]):
                return

    def _cross_term(self) -> None:
        term, w = self._term, self._w
        x, y, z = term[0], term[1], term[2]
        term[0] = y * w[2] - z * w[1]
        term[1] = z * w[0] - x * w[2]
        term[2] = x * w[1] - y * w[0]

    def _start(self, samples: "list[int]", at: int) -> None:
        # A mean of what was seen so far, turned along.
        self._started += 1
        for i in range(3):
            seen = samples[at + i] * 2047 >> 1
            self._y[i] = _clipped(self._y[i] + (seen - self._y[i]) // self._started, _LARGEST_Y)
            self._u[i] = 0

    def _follow(self, samples: "list[int]", at: int) -> None:
        for i in range(3):
            y, u = self._y[i], self._u[i]
            ahead = ((samples[at + i] * 2047 >> 1) - y + 128) >> 8
            u += ahead * self._k1 >> self._k1_shift
            u -= ((self._u[i] + 128) >> 8) * self._k2 >> self._k2_shift
            u = _clipped(u, _LARGEST_U)
            self._u[i] = u
            self._y[i] = _clipped(y + ((u + 128) >> 8), _LARGEST_Y)

    def _point(self) -> None:
        # One step of Newton's square root a sample: y changes slowly.
        square = 0
        for i in range(3):
            part = (self._y[i] + 256) >> 9
            square += part * part
        self._length = max(1, (self._length + square // self._length) >> 1)
        if self._length < 1024:  # an eighth of 1 g: in free fall there is no up, keep the last
            return
        for i in range(3):
            part = ((self._y[i] + 128) >> 8) * _UP // (self._length << 1)
            self._up[i] = _clipped(part, 32767)

    def _gather(self, samples: "list[int]", at: int) -> None:
        is_new = self._filled == 0
        for i in range(6):
            value = samples[at + i]
            if is_new:
                self._sum[i] = self._low[i] = self._high[i] = value
                continue
            self._sum[i] += value
            self._low[i] = min(self._low[i], value)
            self._high[i] = max(self._high[i], value)
        self._filled += 1

    def _learn(self) -> None:
        is_quiet = self._take_means()
        if self._variance < _START_VARIANCE:
            self._variance += _DRIFT_VARIANCE
        is_near = self._quiet > 0 and self._is_near()
        self._quiet = (self._quiet + 1 if is_near else 1) if is_quiet else 0
        if self._quiet >= _QUIET_BLOCKS:
            gain = (self._variance << 12) // (self._rest_variance + self._variance)
            self._variance -= gain * self._variance >> 12
            for i in range(3):
                off = _clipped(self._seen(i) - self.bias[i], _LARGEST_STEP)
                self.bias[i] += (gain * off + 2048) >> 12
        for i in range(3):
            self._last_acc[i], self._last_rate[i] = self._acc[i], self._rate[i]

    def _take_means(self) -> bool:
        count, square, is_quiet = self._block_count, 0, True
        for i in range(3):
            self._rate[i] = (self._sum[i] << 8) // count
            self._acc[i] = (self._sum[i + 3] << 4) // count
            part = self._acc[i] >> 5
            square += part * part
            is_quiet &= self._high[i] - self._low[i] < _QUIET_GYR
            is_quiet &= self._high[i + 3] - self._low[i + 3] < _QUIET_ACC
            is_quiet &= abs(self._rate[i]) < _LARGEST_BIAS
        self._square = square
        # Between half and one and a half g; a quarter of 4098² is 4198401.
        return is_quiet and 1049600 <= square <= 9446402

    def _is_near(self) -> bool:
        is_near = True  # not all(...): a generator takes memory
        for i in range(3):
            is_near &= abs(self._acc[i] - self._last_acc[i]) <= _LARGEST_TILT
        return is_near

    def _seen(self, i: int) -> int:
        """Return the bias this block and the one before show: what turned less what tilted."""
        j, k = (i + 1) % 3, (i + 2) % 3
        acc, last = self._acc, self._last_acc
        tilted = acc[j] * (acc[k] - last[k]) - acc[k] * (acc[j] - last[j])
        tilted = tilted // (self._square >> 10) * self._tilt_gain >> 12
        return ((self._rate[i] + self._last_rate[i]) >> 1) + tilted


def _clipped(value: int, largest: int) -> int:
    return max(-largest, min(largest, value))
