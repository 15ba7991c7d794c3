"""Taking a neutral pose: by the host or by the button, with or without the bow."""

from posturecore.bow import StandAndBow
from posturecore.calibrate import BOW_NOW, DONE, NO_GRAVITY, NOT_STORED, RUNNING, Calibrator
from posturecore.frames import (
    ACK_BAD_VALUE,
    ACK_BUSY,
    ACK_DONE,
    CALIBRATE,
    CALIBRATION,
    NEUTRAL,
    NEUTRALS,
)
from posturecore.patterns import BOW_NOW as ASK_FOR_BOW
from posturecore.patterns import CALIBRATED, PATTERNS, REFUSED
from posturecore.scales import blocks_for_s


class Calibration:
    """Call `block` with every block, `gap` when blocks are lost; `tell(frame, values)` sends."""

    def __init__(self, prescription, decider, haptics, tell):
        self._prescription = prescription
        self._decider = decider
        self._haptics = haptics
        self._tell = tell
        self._calibrator = None
        self._neutral = 0
        self._blocks_to_wait = 0
        self.handlers = {CALIBRATE: self._calibrate, NEUTRAL: self._set_neutral}
        self.requests = {}

    @property
    def is_running(self):
        """Tell whether a pose is being taken."""
        return self._calibrator is not None

    def start(self, neutral, with_bow, wait_s=0):
        """Take a pose after `wait_s`, to get into it; return False while another is taken."""
        if self._calibrator is not None:
            return False
        rate_mhz = self._decider.rate_mhz
        blocks = blocks_for_s(self._prescription.settings["calibration_s"], rate_mhz)
        self._neutral = neutral
        self._blocks_to_wait = blocks_for_s(wait_s, rate_mhz) if wait_s else 0
        if with_bow:
            self._calibrator = StandAndBow(blocks)
        else:
            self._calibrator = Calibrator(blocks, self._prescription.upright())
        return True

    def block(self, block):
        """Take the block that has just been decided."""
        if self._calibrator is None:
            return
        if self._blocks_to_wait:
            self._blocks_to_wait -= 1
            return
        code = self._calibrator.block(block)
        if code == BOW_NOW:
            self._haptics.play(PATTERNS[ASK_FOR_BOW])
        elif code != RUNNING:
            self._end(code)

    def gap(self):
        """Refuse aloud what is being taken: samples are missing."""
        if self._calibrator is not None:
            self._end(NO_GRAVITY)

    def use(self, neutral, up, ahead):
        """Keep a pose and measure from it; raises ValueError or OSError, and changes nothing."""
        self._prescription.set_neutral(neutral, up, ahead)
        try:
            for frame, values in self._decider.set_neutral(up, ahead):
                self._tell(frame, values)
        except MemoryError:  # flash has it: only a new start puts all of it in force
            raise RuntimeError

    def say(self, tell=None):
        """Tell the pose in force, if there is one; `tell`: to whom, everybody by default."""
        neutral = self._prescription.neutral
        if neutral is not None:
            self._say(neutral, DONE, self._prescription.neutrals[neutral], 0, tell)

    def _calibrate(self, values, _items):
        if values[0] >= len(NEUTRALS):
            return ACK_BAD_VALUE
        return ACK_DONE if self.start(values[0], bool(values[1])) else ACK_BUSY

    def _set_neutral(self, values, _items):
        neutral, up = values[0], values[1:4]
        ahead = values[4:7] if any(values[4:7]) else self._prescription.ahead
        if neutral >= len(NEUTRALS):
            return ACK_BAD_VALUE
        try:
            self.use(neutral, up, ahead)
        except ValueError:
            return ACK_BAD_VALUE
        try:
            self.say()
        except MemoryError:  # it is in force: a new start tells and keeps it
            raise RuntimeError
        return ACK_DONE

    def _end(self, code):
        calibrator, self._calibrator = self._calibrator, None
        if code == DONE:
            ahead = getattr(calibrator, "ahead", self._prescription.ahead)
            try:
                self.use(self._neutral, calibrator.up, ahead)
            except (OSError, ValueError):  # no room in flash; a pose without a forward
                code = NOT_STORED
        self._haptics.play(PATTERNS[CALIBRATED if code == DONE else REFUSED])
        self._say(self._neutral, code, calibrator.up, calibrator.worst_sd_mg)

    def _say(self, neutral, code, up, sd_mg, tell=None):
        values = (neutral, code, self._decider.at) + tuple(up) + (sd_mg,)
        (tell or self._tell)(CALIBRATION, values + tuple(self._prescription.ahead))
