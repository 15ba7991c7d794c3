"""The real board's file on wires and a processor that stand in: what can be shown without it."""

import importlib.util
import sys
import time
from types import ModuleType

import pytest

from trunkline.simulator import firmware_path

SDA, SCL = 5, 6
INT1, BUTTON = 2, 4
CELL_UV = 1_900_000  # at the middle of the divider


class Wires:
    """Open-drain lines with a chip that holds the data line until it has seen enough clocks.

    `happened` lists the sleeps, and the pins that were set up after them.
    """

    def __init__(self, clocks):
        self.clocks = clocks
        self.driven = {SDA: 1, SCL: 1}
        self.stops = self.opened = 0
        self.happened = []

    def level(self, pin):
        return 0 if pin == SDA and self.clocks > 0 else self.driven.get(pin, 1)

    def drive(self, pin, value):
        rises = value and not self.driven.get(pin, 1)
        self.driven[pin] = value
        if rises and pin == SCL:
            self.clocks -= 1
        if rises and pin == SDA and self.level(SCL) and self.level(SDA):
            self.stops += 1


def machine_on(wires):
    """A `machine` module whose pins are ends of the wires."""

    class Pin:
        IN = OUT = PULL_UP = OPEN_DRAIN = 0

        def __init__(self, number, *_, value=None):
            self.number = number
            if value is not None:
                self.value(value)

        def init(self, *_):
            wires.happened.append(("pin", self.number))

        def value(self, value=None):
            return wires.level(self.number) if value is None else wires.drive(self.number, value)

    class Part:
        ATTN_11DB = 0

        def __init__(self, *_, **__):
            pass

        def read_uv(self):
            return CELL_UV

    class I2C(Part):
        def __init__(self, *_, **__):
            wires.opened += 1

    module = ModuleType("machine")
    module.Pin, module.I2C = Pin, I2C
    module.PWM = module.Timer = module.ADC = Part
    module.unique_id = lambda: b"123456"
    module.lightsleep = lambda ms: wires.happened.append(("light", ms))
    module.deepsleep = lambda: wires.happened.append(("deep", None))
    return module


class Esp32(ModuleType):
    """An `esp32` module that keeps which pins wake the chip."""

    WAKEUP_ANY_HIGH, WAKEUP_ALL_LOW = "high", "low"

    def __init__(self):
        super().__init__("esp32")
        self.wakes = {}

    def wake_on_ext0(self, pin, level):
        self.wakes["ext0"] = (pin.number, level)

    def wake_on_ext1(self, pins, level):
        self.wakes["ext1"] = (tuple(pin.number for pin in pins), level)


@pytest.fixture
def board_on(monkeypatch):
    def make(wires):
        micropython = ModuleType("micropython")
        micropython.const = lambda value: value
        monkeypatch.setitem(sys.modules, "micropython", micropython)
        monkeypatch.setitem(sys.modules, "machine", machine_on(wires))
        monkeypatch.setitem(sys.modules, "esp32", Esp32())
        # Of no interest here: how it resets and talks over the cable.
        for name, part in (("chip", "Chip"), ("console", "Console")):
            module = ModuleType(name)
            setattr(module, part, lambda: None)
            monkeypatch.setitem(sys.modules, name, module)
        for name in ("ticks_ms", "ticks_diff", "sleep_ms", "sleep_us"):
            monkeypatch.setattr(time, name, lambda *_: 0, raising=False)
        path = firmware_path() / "boards" / "xiao_esp32s3" / "board.py"
        spec = importlib.util.spec_from_file_location("xiao_board", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.Board()

    return make


@pytest.mark.parametrize("held_clocks", [0, 1, 5, 9])
def test_held_bus_is_clocked_free_and_opened_again(board_on, held_clocks):
    wires = Wires(held_clocks)
    board = board_on(wires)
    before = board.i2c
    assert board.free_bus() is board.i2c is not before
    assert wires.clocks == 0  # not one clock more than it took
    assert wires.stops == 1
    assert (wires.level(SDA), wires.level(SCL), wires.opened) == (1, 1, 2)


def test_bus_that_stays_held_is_left_after_nine_clocks(board_on):
    wires = Wires(20)
    board_on(wires).free_bus()
    assert wires.clocks == 11
    assert wires.opened == 2


def test_light_sleep_ends_by_sensor_or_button_and_gives_their_pins_back(board_on):
    wires = Wires(0)
    board = board_on(wires)
    wires.driven[INT1] = 0
    board.sleep(4000)
    assert sys.modules["esp32"].wakes == {"ext0": (BUTTON, "low"), "ext1": ((INT1,), "high")}
    assert wires.happened == [("light", 4000), ("pin", INT1), ("pin", BUTTON)]


@pytest.mark.parametrize("levels", [{INT1: 1}, {INT1: 0, BUTTON: 0}], ids=["sensor", "button"])
def test_what_would_wake_it_at_once_keeps_it_awake(board_on, levels):
    wires = Wires(0)
    board = board_on(wires)
    wires.driven.update(levels)
    board.sleep(4000)
    assert wires.happened == []


def test_only_the_button_ends_being_off(board_on):
    wires = Wires(0)
    board = board_on(wires)
    wires.driven[INT1] = 0
    board.sleep(4000)
    board.off()
    assert sys.modules["esp32"].wakes == {"ext0": (BUTTON, "low"), "ext1": ((), "high")}
    assert wires.happened[-1] == ("deep", None)


def test_battery_is_read_before_its_divider(board_on):
    assert board_on(Wires(0)).battery_mv() == 2 * CELL_UV // 1000
