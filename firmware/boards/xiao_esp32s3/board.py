"""The Seeed XIAO ESP32S3 with an LSM6DSV16X on I2C: pins and parts, as in hardware/pins.csv."""

import time

import esp32
import machine
from chip import Chip
from console import Console
from micropython import const

PIN_BATTERY = 1  # VBAT / 2 over 220k / 220k
PIN_IMU_INT1 = 2
PIN_BUTTON = 4  # to ground
PIN_SDA = 5
PIN_SCL = 6
PIN_VBUS = 8
PIN_MOTOR = 9
PIN_LED = 21  # on the board, active low

_MOTOR_PWM_HZ = const(20_000)  # above hearing
_I2C_HZ = const(400_000)
_POLL_MS = const(5)
_LONGEST_WAIT_MS = const(20)
_BATTERY_READINGS = const(8)
_TIMER_ID = const(0)
_BUS_CLOCKS = const(9)  # a chip lets go after at most eight bits and an acknowledge
_HALF_CLOCK_US = const(5)


class Board:
    NAME = "xiao_esp32s3"
    # The chip lies with its x up, y to the wearer's right and z forward, into the back.
    MOUNTING = ((0, 1), (1, 1), (2, 1))

    def __init__(self):
        self.chip = Chip()
        self.i2c = self._open_bus()
        self.motor = machine.PWM(machine.Pin(PIN_MOTOR), freq=_MOTOR_PWM_HZ, duty_u16=0)
        self.timer = machine.Timer(_TIMER_ID)
        self.button = machine.Pin(PIN_BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
        self.led = machine.Pin(PIN_LED, machine.Pin.OUT, value=1)
        self.console = Console()
        self.unique_id = machine.unique_id()
        self.root = "/"
        self.ticks_ms = time.ticks_ms
        self.ticks_diff = time.ticks_diff
        self.sleep_ms = time.sleep_ms
        self._battery = machine.ADC(machine.Pin(PIN_BATTERY), atten=machine.ADC.ATTN_11DB)
        self._int1 = machine.Pin(PIN_IMU_INT1, machine.Pin.IN)
        self._vbus = machine.Pin(PIN_VBUS, machine.Pin.IN)

    def _open_bus(self):
        return machine.I2C(
            0, sda=machine.Pin(PIN_SDA), scl=machine.Pin(PIN_SCL), freq=_I2C_HZ, timeout=20_000
        )

    def free_bus(self):
        """Clock until no chip holds the data line, then a stop; return the bus to use from now on.

        A chip that was interrupted in the middle of a byte waits for its clocks (NXP UM10204,
        "Bus clear").
        """
        scl = machine.Pin(PIN_SCL, machine.Pin.OPEN_DRAIN, value=1)
        sda = machine.Pin(PIN_SDA, machine.Pin.OPEN_DRAIN, value=1)
        for _ in range(_BUS_CLOCKS):
            if sda.value():
                break
            scl.value(0)
            time.sleep_us(_HALF_CLOCK_US)
            scl.value(1)
            time.sleep_us(_HALF_CLOCK_US)
        sda.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        sda.value(1)
        self.i2c = self._open_bus()
        return self.i2c

    def battery_mv(self):
        total_uv = 0
        for _ in range(_BATTERY_READINGS):
            total_uv += self._battery.read_uv()
        return 2 * (total_uv // (1000 * _BATTERY_READINGS))

    def has_usb(self):
        """Tell whether the cable gives 5 V."""
        return bool(self._vbus.value())

    def has_moved(self):
        """Tell whether the resting IMU has felt motion."""
        return bool(self._int1.value())

    def note(self, name, value):
        """Nobody listens on a board; the virtual one keeps the energy's accounts by it."""

    def sleep(self, ms):
        """Light sleep until INT1 is high, the button is pressed or `ms` have passed."""
        if self._int1.value() or not self.button.value():
            return
        esp32.wake_on_ext1((self._int1,), esp32.WAKEUP_ANY_HIGH)
        esp32.wake_on_ext0(self.button, esp32.WAKEUP_ALL_LOW)
        machine.lightsleep(ms)
        # The wake sources leave both pins to the RTC, where they read as zero.
        self._int1.init(machine.Pin.IN)
        self.button.init(machine.Pin.IN, machine.Pin.PULL_UP)

    def off(self):
        """Deep sleep; a press of the button starts the board again."""
        while not self.button.value():  # still held: it would wake at once
            self.chip.feed()
            time.sleep_ms(_POLL_MS)
        esp32.wake_on_ext1((), esp32.WAKEUP_ANY_HIGH)  # motion no longer wakes it
        esp32.wake_on_ext0(self.button, esp32.WAKEUP_ALL_LOW)
        machine.deepsleep()

    def wait(self, ms):
        """Sleep until INT1 is high or `ms` have passed.

        Timer callbacks and radio IRQs run while `sleep_ms` sleeps, but on the stock build they
        cannot cut it short. So it sleeps in short pieces, and comes back to the caller soon
        enough for what a radio IRQ left to do.
        """
        start_ms = time.ticks_ms()
        ms = min(ms, _LONGEST_WAIT_MS)
        while not self._int1.value():
            left_ms = ms - time.ticks_diff(time.ticks_ms(), start_ms)
            if left_ms <= 0:
                return
            time.sleep_ms(min(_POLL_MS, left_ms))
