"""The real board's loader and chip on a model of MicroPython's `machine`."""

import csv
import importlib.util
import sys
import time
import types

import pytest

from posturecore import flash
from trunkline.simulator import firmware_path

BOARD = firmware_path() / "boards" / "xiao_esp32s3"
PINS = firmware_path().parent / "hardware" / "pins.csv"
PWRON, HARD, WDT, DEEPSLEEP, SOFT = 1, 2, 3, 4, 5


class Machine(types.ModuleType):
    """Pins, one watchdog that never stops, timers, RTC memory and the cause of the reset."""

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self, cause):
        super().__init__("machine")
        self.cause, self.timers, self.low_pins = cause, {}, set()
        self.timeout_ms, self.meals, self.memory, self.resets = None, 0, b"", 0
        machine = self

        class Pin:
            IN, PULL_UP = 0, 2

            def __init__(self, number, mode, pull):
                assert (mode, pull) == (Pin.IN, Pin.PULL_UP)
                self._number = number

            def value(self):
                return int(self._number not in machine.low_pins)

        class WDT:
            def __init__(self, timeout):
                machine.timeout_ms = timeout
                self.feed()

            def feed(self):
                machine.meals += 1

        class Timer:
            PERIODIC = 1

            def __init__(self, number):
                self._number = number

            def init(self, *, mode, period, callback):
                assert mode == Timer.PERIODIC
                machine.timers[self._number] = (period, callback)

            def deinit(self):
                machine.timers.pop(self._number, None)

        class RTC:
            def memory(self, data=None):
                if data is None:
                    return machine.memory
                machine.memory = bytes(data)
                return None

        self.Pin, self.WDT, self.Timer, self.RTC = Pin, WDT, Timer, RTC

    def reset_cause(self):
        return self.cause

    def reset(self):
        self.resets += 1

    def pass_ms(self, ms):
        for period, callback in list(self.timers.values()):
            for _ in range(ms // period):
                callback(None)


def load(name):
    spec = importlib.util.spec_from_file_location(name, BOARD / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def start(monkeypatch):
    """Start a board for a reason; give (machine, boot)."""

    def start(cause):
        machine = Machine(cause)
        monkeypatch.setitem(sys.modules, "machine", machine)
        boot = load("boot")
        monkeypatch.setitem(sys.modules, "boot", boot)
        return machine, boot

    return start


@pytest.mark.parametrize("cause", [PWRON, HARD, WDT, DEEPSLEEP])
def test_watchdog_is_left_alone_after_a_reset_of_the_chip(start, cause):
    machine, _ = start(cause)
    assert machine.timeout_ms is None
    assert machine.timers == {}


def test_watchdog_is_fed_after_a_soft_reset_so_that_a_copy_is_not_cut(start):
    machine, _ = start(SOFT)
    fed = machine.meals
    machine.pass_ms(60_000)
    assert machine.meals - fed >= 60_000 // machine.timeout_ms


def test_application_takes_the_feeding_over(start):
    machine, _ = start(SOFT)
    load("chip").Chip().watchdog(8000)
    assert machine.timers == {}
    assert machine.timeout_ms == 8000


def test_button_is_the_one_of_the_pin_table(start):
    machine, boot = start(PWRON)
    with PINS.open(encoding="utf-8", newline="") as file:
        (gpio,) = [int(r["gpio"]) for r in csv.DictReader(file) if r["constant"] == "PIN_BUTTON"]
    assert not boot.is_button_held()
    machine.low_pins.add(gpio)
    assert boot.is_button_held()


def test_reset_is_the_chip_s(start):
    machine, boot = start(PWRON)
    boot.reset()
    load("chip").Chip().reset()
    assert machine.resets == 2


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (PWRON, "switched on"),
        (HARD, "reset"),
        (SOFT, "reset"),
        (WDT, "watchdog"),
        (DEEPSLEEP, "woke from off"),
        (99, "unknown"),
    ],
)
def test_cause_of_a_start_is_what_the_chip_says(start, cause, said):
    start(cause)
    assert flash.CAUSES[load("chip").Chip().cause] == said


def test_memory_is_what_was_remembered(start):
    start(PWRON)
    chip = load("chip").Chip()
    chip.remember(bytearray(b"crumb"))
    assert chip.recall() == b"crumb"


def test_clock_of_the_chip_counts_ms_beyond_32_bits(start, monkeypatch):
    start(PWRON)
    monkeypatch.setattr(time, "time_ns", lambda: ((1 << 32) + 7) * 1_000_000)
    assert load("chip").Chip().rtc_ms() == (1 << 32) + 7
