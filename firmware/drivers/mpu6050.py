"""InvenSense MPU-6050: gyroscope and accelerometer by FIFO at 58.8 Hz; gravity from posturecore.

Registers: RM-MPU-6000A, as in i2cdevlib. The sample rate is 1 kHz / (1 + divider). None gives
60 Hz. A divider of 16 gives 58.824 Hz, and then a block of six samples is 102 ms: close to 60 Hz,
so that one block length does for both chips, and every duration uses the true rate. (50 Hz would
want blocks of five, and the block is one constant, on the host too.) The oscillator is within
about 1 % and has no trim to read: durations are as good as that.

The FIFO has 1024 bytes, 85 samples of 12: acc x y z, gyr x y z, big-endian. It gives up bytes one
by one, so an overflow or a transfer that broke off leaves it no sample to begin with: it is
emptied and the loss is told. There is no watermark interrupt: the board asks every `poll_ms`.
"""

from drivers.imu import MPU6050_ADDRESSES, Imu
from posturecore.faults import SENSOR_CLONE
from posturecore.gravity import GravityFilter

_SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG = 0x19, 0x1A, 0x1B, 0x1C
_MOT_THR, _MOT_DUR, _FIFO_EN, _INT_PIN_CFG, _INT_ENABLE = 0x1F, 0x20, 0x23, 0x37, 0x38
_INT_STATUS, _MOT_INT, _FIFO_OFLOW_INT = 0x3A, 0x40, 0x10
_MOT_DETECT_CTRL, _USER_CTRL, _PWR_MGMT_1, _PWR_MGMT_2 = 0x69, 0x6A, 0x6B, 0x6C
_DEVICE_RESET, _PLL_X, _FIFO_RESET, _FIFO_ON = 0x80, 0x01, 0x04, 0x40
_FIFO_COUNT, _FIFO_R_W, _WHO_AM_I = 0x72, 0x74, 0x75
# The MPU-6050 itself; then what is sold in its place: MPU-6500, and two seen in the wild.
_IDENTITIES = (0x68, 0x70, 0x72, 0x98)

_SETTINGS = (
    (_PWR_MGMT_1, _PLL_X),  # awake; it starts asleep
    (_CONFIG, 0x04),  # low-pass of 20 Hz: below half the rate
    (_SMPLRT_DIV, 16),
    (_GYRO_CONFIG, 0x10),  # 1000 dps
    (_ACCEL_CONFIG, 0x10),  # 8 g
    (_INT_PIN_CFG, 0x00),
    (_INT_ENABLE, 0x00),
    (_FIFO_EN, 0x78),  # acceleration and gyroscope
)
RATE_MHZ = 58824
MAX_SAMPLES = 20  # of one read; alone 30 wait, which takes two; a full FIFO takes five
_FIFO_SAMPLES = 85
_SAMPLE = 12
_BURST_SAMPLES = 10
_FULL_BYTES = 1020  # 85 samples; more, and the oldest bytes are gone
_ODD_READS = 3  # a sample may be on its way in; three reads in a row it is not

_STEADY_MS = 10
_REST = (
    (_PWR_MGMT_1, 0x08),  # the internal clock, no thermometer
    (_ACCEL_CONFIG, 0x01),  # 2 g, high-pass of 5 Hz
    (_INT_PIN_CFG, 0x20),  # latched until INT_STATUS is read
    (_MOT_THR, 31),  # 62 mg at 2 mg a step (i2cdevlib); to be seen on a board
    (_MOT_DUR, 1),
)
_MOT_DETECT, _MOT_DETECT_CLONE = 0x15, 0xC0  # MPU-6500: its wake-on-motion logic [M]
_HOLD = (
    (_INT_ENABLE, _MOT_INT),
    (_ACCEL_CONFIG, 0x07),  # the high-pass holds the pose of now: later poses are compared
    (_PWR_MGMT_2, 0x87),  # 20 looks a second, no gyroscope
    (_PWR_MGMT_1, 0x28),  # cycle
)


class MPU6050(Imu):
    """Reads whole samples, in the sensor frame, into `samples`: nine int16 each, gyr, acc, up.

    mounting says which chip axis points along the sensor frame's x, y and z, and its sign;
    recover frees a stuck bus and returns it; sleep_ms is needed by `self_test` and `rest`.
    """

    NAME = "MPU-6050"
    ADDRESSES = MPU6050_ADDRESSES

    settling_samples = 6  # the gyroscope needs 30 ms, the low-pass 20

    def __init__(self, i2c, mounting, recover=None, sleep_ms=None):
        super().__init__(i2c, mounting, MAX_SAMPLES, recover, sleep_ms)
        self.rate_mhz = RATE_MHZ
        self.poll_ms = 0
        self._offsets = tuple([2 * axis for axis, _ in mounting])
        self._gravity = GravityFilter(RATE_MHZ)
        self._fifo = bytearray(_SAMPLE * _BURST_SAMPLES)
        # Views made once: slicing on the sample path would allocate.
        self._bursts = [memoryview(self._fifo)[: _SAMPLE * n] for n in range(_BURST_SAMPLES + 1)]
        self.set_watermark(12)
        self._begin()

    def _begin(self):
        self._count = 0
        self._odd = 0
        self._has_lost = False
        self._must_clear = False
        self._gravity.gap(_FIFO_SAMPLES)  # it keeps the bias, and finds up anew

    def configure(self):
        self._power_on()
        self.set_registers(_SETTINGS)
        self._clear_fifo()
        self._begin()

    def _power_on(self):
        self.find()
        self.identify(_WHO_AM_I, _IDENTITIES)
        self.warning = SENSOR_CLONE if self.identity != _IDENTITIES[0] else 0
        self.reset(_PWR_MGMT_1, _DEVICE_RESET)

    def _clear_fifo(self):
        self.write_register(_USER_CTRL, _FIFO_RESET)  # works while the FIFO is off; clears itself
        self.set_register(_USER_CTRL, _FIFO_ON)

    def test(self):
        from drivers.self_test import mpu6050  # only at switch-on: it need not stay

        self._power_on()
        return mpu6050(self, self._sleep_ms)

    def rest(self):
        """Sleep in the chip's cycle mode until motion raises INT; `start` wakes it."""
        self._is_running = False
        self._all_or_fault(self._rest)

    def _rest(self):
        self._power_on()
        self.set_registers(_REST)
        self.set_register(_MOT_DETECT_CTRL, _MOT_DETECT_CLONE if self.warning else _MOT_DETECT)
        self._sleep_ms(_STEADY_MS)
        self.set_registers(_HOLD)

    def has_moved(self):
        """Tell whether it moved since `rest` or the last call, and let INT go."""
        return bool(self.read_register(_INT_STATUS) & _MOT_INT)

    def set_watermark(self, samples):
        """Ask to be polled after so many samples, 1 to 50; it holds over `start`."""
        if not 1 <= samples <= 50:
            raise ValueError("Found a watermark of {} samples; expected 1 to 50.".format(samples))
        self.poll_ms = samples * 1000000 // RATE_MHZ

    def read(self):
        """Take samples from the FIFO; return how many came. Allocates nothing.

        `left` samples come with the next call: more than MAX_SAMPLES waited. Sets `has_overrun`
        when samples were lost before these. Sets `has_failed` when the chip stopped answering
        half-way: then the `left` samples are lost, which the next read tells; and `has_reset`,
        once, when the chip has lost its settings. Raises OSError when it does not answer at all.
        """
        self._count = self.left = 0
        self.has_failed = self.has_reset = self.has_overrun = False
        waiting = self._waiting()
        later = max(0, waiting - MAX_SAMPLES)
        while waiting > later and not self.has_failed:
            burst = min(waiting - later, _BURST_SAMPLES)
            if self._fetch(burst):
                self._parse(burst)
                waiting -= burst
        self.left = waiting
        if self._count:
            self.has_overrun = self._has_lost
            self._has_lost = False
        return self._count

    def _waiting(self):
        """Return how many whole samples wait; empty a FIFO that has lost its framing."""
        has_overflowed = self.read_register(_INT_STATUS) & _FIFO_OFLOW_INT
        self.read_into(_FIFO_COUNT, self._two)
        count = self._two[0] << 8 | self._two[1]
        if count == 0 and self._is_running and self.read_register(_PWR_MGMT_1) != _PLL_X:
            self._is_running = False
            self.has_reset = True
        self._odd = self._odd + 1 if count % _SAMPLE else 0
        if self._must_clear or has_overflowed or count > _FULL_BYTES or self._odd >= _ODD_READS:
            self._lose(count // _SAMPLE)
            self._must_clear = True  # until it is done: the bus may fail now
            self._clear_fifo()
            self._must_clear = False
            return 0
        return 0 if self._odd else count // _SAMPLE

    def _lose(self, samples):
        self._has_lost = True
        self._odd = 0
        self._gravity.gap(samples)

    def _fetch(self, burst):
        try:
            self.read_into(_FIFO_R_W, self._bursts[burst])
        except OSError:
            # Nobody knows how many bytes it gave up: the next read empties it and notes the loss.
            self._must_clear = True
            if not self._count:
                raise
            self.has_failed = True
        return not self.has_failed

    def _parse(self, burst):
        for k in range(burst):
            self._sample(k * _SAMPLE)
            self._count += 1

    def _sample(self, at):
        to = self._count * 9
        for i in range(3):
            acc = self._value(at + self._offsets[i], self._signs[i])
            gyr = self._value(at + 6 + self._offsets[i], self._signs[i])
            # 4096 a g to 4098; 32.8 a deg/s to 28.571. The ends of the scale stay the ends.
            acc += acc + 1024 >> 11
            self.samples[to + 3 + i] = max(-32768, min(32767, acc))
            if -32767 <= gyr < 32767:
                gyr = (gyr * 28544 + 16384) >> 15
            self.samples[to + i] = gyr
        self._gravity.step(self.samples, to)

    def _value(self, at, sign):
        value = self._fifo[at] << 8 | self._fifo[at + 1]
        if value > 32767:
            value -= 65536
        if sign < 0:
            value = -value if value > -32768 else 32767
        return value
