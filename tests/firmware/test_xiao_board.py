"""The real board's file on wires that a chip holds: what can be shown of it without the board."""

import importlib.util
import sys
import time
from types import ModuleType

import pytest

from trunkline.simulator import firmware_path

SDA, SCL = 5, 6


class Wires:
    """Open-drain lines with a chip that holds the data line until it has seen enough clocks."""

    def __init__(self, clocks):
        self.clocks = clocks
        self.driven = {SDA: 1, SCL: 1}
        self.stops = self.opened = 0

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

        def value(self, value=None):
            return wires.level(self.number) if value is None else wires.drive(self.number, value)

    class Part:
        ATTN_11DB = 0

        def __init__(self, *_, **__):
            pass

    class I2C(Part):
        def __init__(self, *_, **__):
            wires.opened += 1

    module = ModuleType("machine")
    module.Pin, module.I2C = Pin, I2C
    module.PWM = module.Timer = module.ADC = Part
    module.unique_id = lambda: b"123456"
    return module


@pytest.fixture
def board_on(monkeypatch):
    def make(wires):
        micropython = ModuleType("micropython")
        micropython.const = lambda value: value
        monkeypatch.setitem(sys.modules, "micropython", micropython)
        monkeypatch.setitem(sys.modules, "machine", machine_on(wires))
        # Of no interest here: how it wakes, resets and talks over the cable.
        for name, part in (("esp32", None), ("chip", "Chip"), ("console", "Console")):
            module = ModuleType(name)
            if part:
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
