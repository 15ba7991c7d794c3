"""What the drivers of both motion sensors share: the bus, what a read found, and the faults.

A driver gives whole samples in the sensor frame: nine int16 each, gyr, acc, up, in posturecore's
scales. Calls: `self_test` before `start`; `read` while it runs; `rest` to wait for motion, and
`start` again to wake.
"""

from array import array

from posturecore.faults import SENSOR_BUS, SENSOR_MISSING, SENSOR_SILENT, SENSOR_WRONG
from posturecore.scales import CHANNELS

LSM6DSV16X_ADDRESSES = (0x6A, 0x6B)  # SA0 low; SA0 high, as SparkFun's breakout ships
MPU6050_ADDRESSES = (0x68, 0x69)  # AD0 low, as on a GY-521; AD0 high
_PATIENCE = 3  # transfers failed in a row before the bus is taken for stuck
_RESET_READS = 1000  # some 0.1 s at 400 kHz; a reset takes 30 ms at most


class SensorFault(OSError):
    """The sensor does not work; `code` and `detail` are those of posturecore.faults."""

    def __init__(self, code, detail, sentence):
        super().__init__(sentence)
        self.code = code
        self.detail = detail


def first_of(i2c, addresses, buffer):
    """Return the first address that answers, or None."""
    for address in addresses:
        try:
            i2c.readfrom_mem_into(address, 0, buffer)
        except OSError:
            continue
        return address
    return None


class Imu:
    """A motion sensor; a chip's driver adds `configure`, `read`, `rest`, `set_watermark`."""

    NAME = ""
    ADDRESSES = ()

    def __init__(self, i2c, mounting, max_samples, recover, sleep_ms):
        # One more than is given: there a slot waits whose last word has not come.
        self.samples = array("h", bytes(2 * CHANNELS * (max_samples + 1)))
        self.has_overrun = False  # samples were lost before those of this read
        self.has_failed = False  # the chip stopped answering in the middle of this read
        self.has_reset = False  # told once: the chip has lost its settings; call start()
        self.left = 0  # samples known to be in the FIFO still
        self.incomplete = 0  # samples of which a part never came
        self.transfers_failed = 0
        self.times_freed = 0  # nine clocks for a bus that was held
        self.warning = 0  # posturecore.faults code of what is odd but works
        self.identity = 0
        self._i2c = i2c
        self._recover = recover
        self._sleep_ms = sleep_ms
        self._address = self.ADDRESSES[0]
        self._signs = tuple([sign for _, sign in mounting])
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._failed_in_a_row = 0
        self._count = 0
        self._is_running = False

    def start(self):
        """Find, reset and configure the chip; raises SensorFault with a sentence if it will not.

        It may be called at any time: after `rest`, and when the chip has lost its supply.
        """
        self._is_running = self.has_reset = False
        self._all_or_fault(self.configure)
        self._is_running = True

    def self_test(self):
        """Return the axes that failed: bit k is chip axis k of gyr x y z, acc x y z; 0 is good.

        Takes less than a second, and the wearer should be still. Call `start` after it.
        """
        self._is_running = False
        return self._all_or_fault(self.test)

    def _all_or_fault(self, steps):
        try:
            return steps()
        except SensorFault:
            raise
        except OSError as error:
            raise SensorFault(
                SENSOR_BUS,
                self.transfers_failed,
                "Found transfer {} to fail ({}); expected the {} to answer; "
                "check its lead.".format(self.transfers_failed, error, self.NAME),
            )

    def find(self):
        """Find the chip's address, on a bus that may be held low; raises SensorFault."""
        address = first_of(self._i2c, self.ADDRESSES, self._one)
        if address is None:
            self.free()
            address = first_of(self._i2c, self.ADDRESSES, self._one)
        if address is None:
            raise SensorFault(
                SENSOR_MISSING,
                0,
                "Found nothing at 0x{:02X} and 0x{:02X}; expected an {}; check the wiring.".format(
                    self.ADDRESSES[0], self.ADDRESSES[1], self.NAME
                ),
            )
        self._address = address

    def identify(self, register, expected):
        """Read the identity; raises SensorFault when it is none of those expected."""
        self.identity = self.read_register(register)
        if self.identity not in expected:
            raise SensorFault(
                SENSOR_WRONG,
                self.identity,
                "Found identity 0x{:02x} at 0x{:02x}; expected 0x{:02x}, an {}.".format(
                    self.identity, self._address, expected[0], self.NAME
                ),
            )

    def reset(self, register, bit):
        """Set a reset bit and wait until the chip has cleared it; raises SensorFault."""
        self.write_register(register, bit)
        for _ in range(_RESET_READS):
            try:
                # Not counted as failed: it gives no answer while it restarts.
                self._i2c.readfrom_mem_into(self._address, register, self._one)
            except OSError:
                continue
            if not self._one[0] & bit:
                return
        raise SensorFault(
            SENSOR_SILENT,
            0,
            "Found the {} still in reset; expected it back; check its supply.".format(self.NAME),
        )

    # Registers

    def read_into(self, register, buffer):
        """Fill a buffer from a register on; a bus that keeps failing is freed."""
        try:
            self._i2c.readfrom_mem_into(self._address, register, buffer)
        except OSError:
            self._note_failure()
            raise
        self._failed_in_a_row = 0

    def _note_failure(self):
        self.transfers_failed += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= _PATIENCE:
            self._failed_in_a_row = 0
            self.free()

    def free(self):
        """Clock a held bus free, if the board can."""
        if self._recover is not None:
            self.times_freed += 1
            self._i2c = self._recover()

    def read_register(self, register):
        self.read_into(register, self._one)
        return self._one[0]

    def write_register(self, register, value):
        self._one[0] = value
        try:
            self._i2c.writeto_mem(self._address, register, self._one)
        except OSError:
            self._note_failure()
            raise
        self._failed_in_a_row = 0

    def set_register(self, register, value):
        """Write and read back: a chip that is still starting up misses writes."""
        self.write_register(register, value)
        found = self.read_register(register)
        if found != value:
            raise SensorFault(
                SENSOR_SILENT,
                0,
                "Found 0x{:02x} in register 0x{:02x}; expected the 0x{:02x} just written; "
                "check the sensor's supply.".format(found, register, value),
            )

    def set_registers(self, settings):
        for register, value in settings:
            self.set_register(register, value)
