"""ST LSM6DSV16X: gyroscope, accelerometer, on-chip gravity (SFLP) by FIFO, all at 60 Hz.

Register names and bits: ST's lsm6dsv16x-pid driver (lsm6dsv16x_reg.h); start-up order: ST's
sensor_fusion example; wake on motion: its wakeup example, slower and in low power. One time slot
is three FIFO words that share a tag count; a sample is complete when all three have come.

The rate comes from the factory's trim (INTERNAL_FREQ, 0.13 % a step). The timestamp runs from the
same oscillator, so against the board's crystal it shows the true rate: `rate_seen_mhz`. It checks
the rate and does not refine it, because its own nominal unit is known less well (21.75 us in the
data sheet, 1/46080 s = 21.70 us if it divides as the rates do) than the trim's step.
"""

from drivers.imu import LSM6DSV16X_ADDRESSES, Imu
from posturecore.scales import CHANNELS

_WHO_AM_I, _IDENTITIES = 0x0F, (0x70,)
_FUNC_CFG_ACCESS, _EMB_FUNC_REG_ACCESS, _SW_POR = 0x01, 0x80, 0x04
_CTRL3, _BDU_IF_INC = 0x12, 0x44
_CTRL1, _CTRL2, _CTRL6, _CTRL8 = 0x10, 0x11, 0x15, 0x17
_ODR_60_HZ, _FS_8_G, _FS_1000_DPS = 0x05, 0x02, 0x03
_FIFO_CTRL1, _FIFO_CTRL3, _FIFO_CTRL4, _CONTINUOUS = 0x07, 0x09, 0x0A, 0x06
_INT1_CTRL, _INT1_FIFO_TH = 0x0D, 0x08
_FIFO_STATUS1, _FIFO_OVR = 0x1B, 0x48
_TIMESTAMP0, _INTERNAL_FREQ = 0x40, 0x4F
_FUNCTIONS_ENABLE, _TIMESTAMP_EN, _INTERRUPTS_ENABLE = 0x50, 0x40, 0x80
_FIFO_DATA_OUT_TAG = 0x78
_EMB_FUNC_EN_A, _SFLP_GAME_EN = 0x04, 0x02
_EMB_FUNC_FIFO_EN_A, _SFLP_GRAVITY_FIFO_EN = 0x44, 0x10
_SFLP_ODR, _SFLP_60_HZ, _SFLP_ODR_KEEP = 0x5E, 0x02 << 3, 0xC7  # its other bits are ST's
_WAKE_UP_SRC, _WU_IA = 0x45, 0x08

# Scales, then what goes into the FIFO; the sensors start only after that.
_SETTINGS = (
    (_CTRL3, _BDU_IF_INC),
    (_CTRL8, _FS_8_G),
    (_CTRL6, _FS_1000_DPS),
    (_FIFO_CTRL3, _ODR_60_HZ << 4 | _ODR_60_HZ),
    (_FUNCTIONS_ENABLE, _TIMESTAMP_EN),
)
_START = ((_INT1_CTRL, _INT1_FIFO_TH), (_CTRL1, _ODR_60_HZ), (_CTRL2, _ODR_60_HZ))
# After a reset gyroscope, SFLP and FIFO are off. The filter is told to settle before it may wake.
_REST = (
    (_CTRL3, _BDU_IF_INC),
    (0x56, 0x31),  # TAP_CFG0: latched until read, high-pass, no event while it settles
    (0x54, 0x34),  # INACTIVITY_DUR: the threshold in steps of 62.5 mg
    (0x5B, 0x01),  # WAKE_UP_THS: 62.5 mg; walking with the device in a bag is more
    (0x5C, 0x00),  # WAKE_UP_DUR: one sample is enough
    (0x5E, 0x20),  # MD1_CFG: wake-up to INT1
    (_FUNCTIONS_ENABLE, _INTERRUPTS_ENABLE),
    (_CTRL1, 0x43),  # low power, mean of two, 15 Hz
)

_WORD = 7  # a tag byte and six data bytes
_BURST_WORDS = 36
_TAG_GYR, _TAG_ACC, _TAG_UP = 0x01, 0x02, 0x17
_ALL = 7  # one bit for each of gyr, acc, up

MAX_SAMPLES = 72  # of one read: more than a watermark; a full FIFO, 170, takes three
_LARGEST_WATERMARK = 50  # without compression the FIFO may be no deeper than 208 words: 69 slots
_LONGEST_SPAN_MS = 17000


class LSM6DSV16X(Imu):
    """Reads whole samples, in the sensor frame, into `samples`: nine int16 each, gyr, acc, up.

    mounting says which chip axis points along the sensor frame's x, y and z, and its sign;
    recover frees a stuck bus and returns it; sleep_ms is needed by `self_test` only.
    """

    NAME = "LSM6DSV16X"
    ADDRESSES = LSM6DSV16X_ADDRESSES

    settling_samples = 18  # SFLP's gravity is wrong for its first 0.3 s
    poll_ms = 500  # the interrupt comes before; a board that waits longer has missed it

    def __init__(self, i2c, mounting, recover=None, sleep_ms=None):
        super().__init__(i2c, mounting, MAX_SAMPLES, recover, sleep_ms)
        self.rate_mhz = 60000
        self._offsets = tuple([1 + 2 * axis for axis, _ in mounting])
        self._watermark = 12
        self._fifo = bytearray(_WORD * _BURST_WORDS)
        # Views made once: slicing on the sample path would allocate.
        self._bursts = [memoryview(self._fifo)[: _WORD * n] for n in range(_BURST_WORDS + 1)]
        self._begin()

    def _begin(self):
        self._count = 0
        self._was_full = False
        self._close_slot()

    def _close_slot(self):
        self._slot = 4  # no tag count is 4: the next word opens a slot
        self._have = 0

    def configure(self):
        self._power_on()
        self.set_registers(_SETTINGS)
        self.set_register(_FIFO_CTRL1, 3 * self._watermark)
        self._set_embedded(_EMB_FUNC_FIFO_EN_A, _SFLP_GRAVITY_FIFO_EN)
        self._set_embedded(_SFLP_ODR, _SFLP_60_HZ, _SFLP_ODR_KEEP)
        self.set_registers(_START)
        self._set_embedded(_EMB_FUNC_EN_A, _SFLP_GAME_EN)
        self.set_register(_FIFO_CTRL4, _CONTINUOUS)
        self._begin()
        trim = self.read_register(_INTERNAL_FREQ)
        self.rate_mhz = 60000 + (trim - 256 if trim > 127 else trim) * 78  # 0.13 % a step

    def _power_on(self):
        self.find()
        # A processor reset in the middle of `start` leaves the chip on its embedded page.
        self.write_register(_FUNC_CFG_ACCESS, 0)
        self.identify(_WHO_AM_I, _IDENTITIES)
        self.reset(_FUNC_CFG_ACCESS, _SW_POR)

    def test(self):
        from drivers.self_test import lsm6dsv16x  # only at switch-on: it need not stay

        self._power_on()
        return lsm6dsv16x(self, self._sleep_ms)

    def rest(self):
        """Sleep in the chip's low-power mode until motion raises INT1; `start` wakes it."""
        self._is_running = False
        self._all_or_fault(self._rest)

    def _rest(self):
        self._power_on()
        self.set_registers(_REST)

    def has_moved(self):
        """Tell whether it moved since `rest` or the last call, and let INT1 go."""
        return bool(self.read_register(_WAKE_UP_SRC) & _WU_IA)

    def set_watermark(self, samples):
        """Let INT1 come after so many samples, 1 to 50; it holds over `start`."""
        if not 1 <= samples <= _LARGEST_WATERMARK:
            raise ValueError("Found a watermark of {} samples; expected 1 to 50.".format(samples))
        self._watermark = samples
        if self._is_running:
            self.set_register(_FIFO_CTRL1, 3 * samples)

    def timestamp(self):
        """Return the chip's own time as (high, low) 16 bits, in units of 21.75 us."""
        buffer = bytearray(4)
        self.read_into(_TIMESTAMP0, buffer)
        return buffer[2] | buffer[3] << 8, buffer[0] | buffer[1] << 8

    def rate_seen_mhz(self, first, last, elapsed_ms):
        """Return the rate that two timestamps show, elapsed_ms of the board's clock apart.

        Up to 17 s; ten or more, so that a millisecond of waiting is 0.01 %. More than 1 % from
        rate_mhz says that the trim is not what this chip does.
        """
        if not 1 <= elapsed_ms <= _LONGEST_SPAN_MS:
            raise ValueError("Found {} ms; expected 1 to 17000.".format(elapsed_ms))
        ticks = (((last[0] - first[0]) & 0xFFFF) << 16) + last[1] - first[1]
        # 60 Hz x 21.75 us = 0.001305 samples a tick; small enough for a small int.
        return min(ticks, 800000) * 1305 // elapsed_ms

    def read(self):
        """Take samples from the FIFO; return how many came. Allocates nothing.

        `left` samples come with the next call: more than MAX_SAMPLES waited, or the chip stopped
        answering half-way, which sets `has_failed`. Sets `has_overrun` when the FIFO was full:
        what was lost came before these samples. Sets `has_reset`, once, when the chip has lost
        its settings. Raises OSError when it does not answer at all.
        """
        self._forget_given()
        self.has_failed = self.has_reset = False
        words = self._waiting()
        if not words and self._is_running and self.read_register(_CTRL1) != _ODR_60_HZ:
            self._is_running = False
            self.has_reset = True
        later = max(0, words - 3 * MAX_SAMPLES)
        while words > later and not self.has_failed:
            burst = min(words - later, _BURST_WORDS)
            if self._fetch(burst):
                self._parse(burst)
                words -= burst
        self.left = words // 3
        self.has_overrun = self._was_full
        self._was_full = False
        return self._count

    def _fetch(self, burst):
        try:
            self.read_into(_FIFO_DATA_OUT_TAG, self._bursts[burst])
        except OSError:
            if not self._count:
                raise
            self.has_failed = True
        return not self.has_failed

    def _forget_given(self):
        # A slot of which a word is still to come moves to the front.
        if self._count:
            for i in range(CHANNELS):
                self.samples[i] = self.samples[self._count * CHANNELS + i]
            self._count = 0

    def _waiting(self):
        self.read_into(_FIFO_STATUS1, self._two)
        if self._two[1] & _FIFO_OVR:  # reading it has cleared it: keep it until samples are given
            self._was_full = True
            self._close_slot()  # the rest of an open one is lost
        return self._two[0] | (self._two[1] & 1) << 8

    def _parse(self, words):
        for word in range(words):
            self._word(word * _WORD)

    def _word(self, at):
        tag = self._fifo[at]
        slot = tag >> 1 & 3
        if slot != self._slot:
            if self._have:
                self.incomplete += 1
            self._slot = slot
            self._have = 0
        tag >>= 3
        part = 0 if tag == _TAG_GYR else 1 if tag == _TAG_ACC else 2 if tag == _TAG_UP else 3
        if part == 3:
            return
        self._store(at, self._count * CHANNELS + 3 * part)
        self._have |= 1 << part
        if self._have == _ALL:
            self._close_slot()
            self._count += 1

    def _store(self, at, to):
        for i in range(3):
            low = at + self._offsets[i]
            value = self._fifo[low] | self._fifo[low + 1] << 8
            if value > 32767:
                value -= 65536
            if self._signs[i] < 0:
                value = -value if value > -32768 else 32767
            self.samples[to + i] = value

    def _set_embedded(self, register, value, keep=0):
        self.write_register(_FUNC_CFG_ACCESS, _EMB_FUNC_REG_ACCESS)
        if keep:
            value |= self.read_register(register) & keep
        self.set_register(register, value)
        self.write_register(_FUNC_CFG_ACCESS, 0)
