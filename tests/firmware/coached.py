"""The parts that coach, joined as the application joins them, on a virtual clock and pins."""

import itertools
from types import SimpleNamespace

from posturecore.decide import Decider
from posturecore.frames import CUE
from posturecore.patterns import PATTERNS
from tests.core.worn import RATE_MHZ, UPRIGHT, block
from tests.firmware.parts import Clock, Pwm, Timer

from calibration import Calibration  # isort: skip
from coaching import Coaching  # isort: skip
from controls import Controls  # isort: skip
from haptics import Haptics  # isort: skip
from prescription import Prescription  # isort: skip
from storage.documents import Storage  # isort: skip
from touch import Touch  # isort: skip
from uptime import Uptime  # isort: skip

BLOCK_MS = 100


def pulses_of(pattern):
    """The lengths of a pattern's pulses, in ms, without its pauses."""
    return list(PATTERNS[pattern])[::2]


class Coached:
    """Everything told is in `told`; time passes only in `wear` and `pass_ms`."""

    def __init__(self, root, start_ms=0, battery_pct=80, **settings):
        self.clock = Clock(start_ms)
        self.told, self.actions, self.is_down = [], [], False
        self.battery_pct = battery_pct
        self.pwm, self.timer = Pwm(self.clock), Timer(self.clock)
        self.haptics = Haptics(self.pwm, self.timer, self.clock, lambda: 3900)
        self.prescription = Prescription(Storage(str(root)))
        self.prescription.change(settings)
        self.decider = Decider(self.prescription.settings, RATE_MHZ)
        self.decider.set_neutral(UPRIGHT)
        self.touch = Touch(self.haptics, lambda: self.battery_pct)
        self.uptime = Uptime(self.clock)
        self.coaching = Coaching(self.prescription, self.decider, self.tell)
        self.calibration = Calibration(self.prescription, self.decider, self.haptics, self.tell)
        self.can_forget = True
        board = SimpleNamespace(
            button=SimpleNamespace(value=lambda: 0 if self.is_down else 1),
            ticks_ms=self.clock.ticks_ms,
            ticks_diff=self.clock.ticks_diff,
        )
        self.controls = Controls(
            board,
            self.prescription,
            self.coaching,
            self.calibration,
            self.touch,
            lambda: self.actions.append("pair"),
            self.forget,
            lambda: self.actions.append("off"),
        )
        self.controls.tend()  # the button is up

    def forget(self):
        self.actions.append("forget")
        return self.can_forget

    def tell(self, frame, values):
        self.told.append((frame, values))

    def of(self, frame):
        return [values for kind, values in self.told if kind == frame]

    def pass_ms(self, ms, step_ms=20):
        for _ in range(ms // step_ms):
            self.timer.run_until(self.clock.now_ms + step_ms)
            self.haptics.tend()
            self.uptime.tend()
            self.coaching.tend(self.uptime.ms)
            self.controls.tend()

    def wear(self, blocks):
        """Let the sensor feel blocks, one each 100 ms."""
        for one in blocks:
            self.pass_ms(BLOCK_MS)
            for frame, values in self.decider.block(one):
                if frame == CUE:
                    values = self.touch.cue(values)
                    self.coaching.note(values)
                self.tell(frame, values)
            self.calibration.block(one)
        return self

    def hold(self, flexion_deg, count):
        return self.wear([block(flexion_deg)] * count)

    def press(self, times=1, down_ms=100):
        """Press the button, and wait until it is known what was meant."""
        for _ in range(times):
            self.is_down = True
            self.pass_ms(down_ms)
            self.is_down = False
            self.pass_ms(100)
        self.pass_ms(500)

    def change(self, **settings):
        """Change the prescription as a host would."""
        self.prescription.change(settings)
        for frame, values in self.decider.configure(self.prescription.settings):
            self.tell(frame, values)
        self.coaching.settle()

    def pulses(self, since_ms=0):
        """The lengths of the pulses felt, in ms."""
        changes = self.pwm.changes
        return [
            off_ms - on_ms
            for (on_ms, duty), (off_ms, _) in itertools.pairwise(changes)
            if duty and on_ms >= since_ms
        ]
