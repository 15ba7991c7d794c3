"""Two minutes of coaching, over the wrap of the clock; prints all that was told and felt.

Runs on any Python: what the VM prints must be what CPython prints.
"""

import sys

from calibration import Calibration
from coaching import Coaching
from controls import Controls
from haptics import Haptics
from posturecore.decide import Decider
from posturecore.frames import CUE
from prescription import Prescription
from storage.documents import Storage
from touch import Touch
from uptime import Uptime

WRAP_MS = 1 << 30
STEP_MS = 20
STEPS_PER_BLOCK = 5
UPRIGHT = (16393, 0, 0)
SLOUCHED = (15834, 0, -4243)  # 15°
BOWED = (10537, 0, -12558)  # 50°
MIDDAY_S = 1767355200


class Clock:
    now_ms = WRAP_MS - 30000

    def ticks_ms(self):
        return self.now_ms % WRAP_MS

    def ticks_diff(self, later, earlier):
        return (later - earlier + WRAP_MS // 2) % WRAP_MS - WRAP_MS // 2


class Pins:
    """Motor, timer and button on one clock; it is the board, too."""

    ONE_SHOT = 0

    def __init__(self, clock):
        self.ticks_ms, self.ticks_diff = clock.ticks_ms, clock.ticks_diff
        self.button = self
        self.level = 1
        self._clock = clock
        self._due_ms = None

    def value(self):
        return self.level

    def duty_u16(self, duty):
        print("motor", self._clock.now_ms, duty)

    def init(self, mode, period, callback):
        self._due_ms, self._callback = self._clock.now_ms + period, callback

    def deinit(self):
        self._due_ms = None

    def run_until(self, now_ms):
        while self._due_ms is not None and self._due_ms <= now_ms:
            self._clock.now_ms, self._due_ms = self._due_ms, None
            self._callback(self)
        self._clock.now_ms = now_ms


def block(up, pitch_rate=0):
    values = [0, pitch_rate, 0]
    values.extend([value >> 2 for value in up])
    values.extend(up)
    values.extend([0] * 7)
    return tuple(values)


class Worn:
    def __init__(self, root):
        clock = Clock()
        self.clock, self.pins = clock, Pins(clock)
        haptics = Haptics(self.pins, self.pins, clock, lambda: 3900)
        prescription = Prescription(Storage(root))
        prescription.change({"slouch_hold_s": 5, "slouch_refractory_s": 10, "snooze_min": 5})
        self.decider = Decider(prescription.settings, 60000)
        self.decider.set_neutral(UPRIGHT)
        self.haptics, self.uptime = haptics, Uptime(clock)
        self.touch = Touch(haptics, lambda: 60)
        self.coaching = Coaching(prescription, self.decider, self.tell)
        self.calibration = Calibration(prescription, self.decider, haptics, self.tell)
        self.controls = Controls(
            self.pins,
            prescription,
            self.coaching,
            self.calibration,
            self.touch,
            lambda: print("pair"),
            lambda: print("forget"),
            lambda: print("off"),
        )
        self.coaching.set_time(self.uptime.ms, MIDDAY_S, 0, 60)
        self.steps = 0

    def tell(self, frame, values):
        print("told", frame, values)

    def block(self, one):
        for _ in range(STEPS_PER_BLOCK):
            self.steps += 1
            self.pins.run_until(self.clock.now_ms + STEP_MS)
            self.haptics.tend()
            self.uptime.tend()
            self.coaching.tend(self.uptime.ms)
            self.controls.tend()
        for frame, values in self.decider.block(one):
            if frame == CUE:
                values = self.touch.cue(values)
                self.coaching.note(values)
            self.tell(frame, values)
        self.calibration.block(one)

    def hold(self, up, blocks):
        for _ in range(blocks):
            self.block(block(up))

    def press(self, times, up):
        for _ in range(times):
            self.pins.level = 0
            self.hold(up, 1)
            self.pins.level = 1
            self.hold(up, 1)
        self.hold(up, 5)

    def bow(self):
        for k in range(1, 16):
            x, z = UPRIGHT[0] - (UPRIGHT[0] - BOWED[0]) * k // 15, BOWED[2] * k // 15
            self.block(block((x, 0, z), -952))
        self.hold(BOWED, 20)


worn = Worn(sys.argv[1])  # a folder of its own, for the prescription
worn.hold(SLOUCHED, 170)
worn.press(2, SLOUCHED)
worn.press(1, SLOUCHED)
worn.hold(SLOUCHED, 120)
worn.press(1, UPRIGHT)
worn.press(3, UPRIGHT)
worn.hold(UPRIGHT, 100)
worn.bow()
worn.hold(UPRIGHT, 60)
worn.pins.level = 0
worn.hold(UPRIGHT, 110)
print(worn.steps, "steps")
