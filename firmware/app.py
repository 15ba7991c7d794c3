"""The application: samples become decisions, decisions move the motor, the host is told.

One loop, one owner: `run` sleeps in the board until something happens and calls `step`.
"""

from commands import Commands
from posturecore import frames
from posturecore.bow import StandAndBow
from posturecore.calibrate import BOW_NOW, DONE, NO_GRAVITY, NOT_STORED, RUNNING, Calibrator
from posturecore.coach import BENT, FELT, PATTERNS, REASON_HOST
from posturecore.decide import Decider
from posturecore.params import NAMES
from posturecore.scales import SAMPLES_PER_BLOCK, blocks_for_s
from sampler import Sampler
from streaming import Streaming
from uptime import Uptime

FIRMWARE = (0, 1)
_WAIT_MS = 500
_HOLD_MS = 3000  # of the button, to let a new host pair
_STATUS_BLOCKS = 100


class App:
    """Owns the decisions; every part is passed in. `link` is the port that can pair."""

    def __init__(self, board, imu, haptics, hosts, link, prescription, boot_id):
        self._board = board
        self._imu = imu
        self._haptics = haptics
        self._hosts = hosts
        self._link = link
        self._prescription = prescription
        self._boot_id = boot_id
        self._uptime = Uptime(board)
        self._pressed_ms = None
        self._calibrator = None
        self._decider = Decider(prescription.settings, imu.rate_mhz)
        if prescription.neutral is not None:
            up = prescription.neutrals[prescription.neutral]
            self._decider.set_neutral(up, prescription.ahead)
        self._sampler = Sampler(
            imu, board, haptics, self._on_block, self._on_gap, hosts.stream_samples
        )
        self._streaming = Streaming(hosts, self._decider, self._sampler)
        self._commands = Commands(hosts)
        self._commands.add(
            {
                frames.REQUEST: self._request,
                frames.STREAM: self._stream,
                frames.SETTINGS: self._settings,
                frames.CALIBRATE: self._calibrate,
                frames.NEUTRAL: self._set_neutral,
                frames.HAPTIC: self._haptic,
                frames.TIME_ANCHOR: self._time_anchor,
            }
        )
        self.anchor = None  # the host's last time anchor, kept for status and, later, the log

    def run(self):
        """Never returns."""
        while True:
            self._board.wait(_WAIT_MS)
            self.step()

    def step(self):
        """Do what is due: commands first, then samples."""
        self._uptime.tend()
        self._watch_button()
        if self._hosts.tend():
            self._streaming.choose(0)
        self._commands.tend()
        self._sampler.run()

    def _watch_button(self):
        now_ms = self._uptime.ms
        if self._board.button.value():  # high: not pressed
            self._pressed_ms = None
        elif self._pressed_ms is None:
            self._pressed_ms = now_ms
        elif now_ms - self._pressed_ms >= _HOLD_MS:
            self._link.open_window()

    # ---- samples

    def _on_block(self, block):
        at = self._decider.at
        self._tell(self._decider.block(block))
        self._streaming.block(at, block)
        if self._calibrator is not None:
            code = self._calibrator.block(block)
            if code == BOW_NOW:
                self._haptics.play(PATTERNS[BENT])
            elif code != RUNNING:
                self._end_calibration()
        if self._decider.at % _STATUS_BLOCKS == 0 and self._streaming.mask:
            self._send_status(self._hosts.stream)

    def _on_gap(self, blocks):
        self._streaming.send_decisions()
        if self._calibrator is not None:
            self._tell_calibration(self._wanted_neutral, NO_GRAVITY, self._calibrator)
            self._calibrator = None
        self._tell(self._decider.gap(blocks))

    def _tell(self, events):
        for frame, values in events:
            if frame == frames.CUE and values[3] == FELT:
                self._haptics.play(PATTERNS[values[2]])
            self._hosts.tell(frame, values)

    def _end_calibration(self):
        calibrator, self._calibrator = self._calibrator, None
        code = calibrator.code
        if code == DONE:
            try:
                ahead = getattr(calibrator, "ahead", self._prescription.ahead)
                self._use_neutral(self._wanted_neutral, calibrator.up, ahead)
            except (OSError, ValueError):  # no room in flash; a pose without a forward
                code = NOT_STORED
        self._tell_calibration(self._wanted_neutral, code, calibrator)

    def _use_neutral(self, neutral, up, ahead):
        self._prescription.set_neutral(neutral, up, ahead)
        self._streaming.send_decisions()
        self._tell(self._decider.set_neutral(up, ahead))

    def _tell_calibration(self, neutral, code, calibrator=None):
        up = calibrator.up if calibrator else self._prescription.neutrals[neutral]
        sd_mg = calibrator.worst_sd_mg if calibrator else 0
        values = (neutral, code, self._decider.at) + tuple(up) + (sd_mg,)
        self._hosts.tell(frames.CALIBRATION, values + tuple(self._prescription.ahead))

    # ---- commands

    def _request(self, values, _items):
        if values[0] == frames.HELLO:
            self._send_hello()
        elif values[0] == frames.STATUS:
            self._send_status(self._hosts.answer)
        elif values[0] == frames.SETTINGS:
            self._send_settings()
        elif values[0] == frames.CALIBRATION:
            if self._decider.is_calibrated:
                self._tell_calibration(self._prescription.neutral, DONE)
        elif values[0] == frames.DECISIONS:
            self._sampler.flush()
            self._streaming.send_decisions()
        else:
            return frames.ACK_BAD_VALUE
        return frames.ACK_DONE

    def _stream(self, values, _items):
        if values[0] & ~7:
            return frames.ACK_BAD_VALUE
        self._streaming.choose(values[0])
        return frames.ACK_DONE

    def _settings(self, _values, items):
        try:
            changes = {NAMES[row]: value for row, value in items}
            self._prescription.change(changes)
        except (IndexError, ValueError):
            return frames.ACK_BAD_VALUE
        self._streaming.send_decisions()
        self._tell(self._decider.configure(self._prescription.settings))
        self._send_settings()
        return frames.ACK_DONE

    def _calibrate(self, values, _items):
        if values[0] >= len(frames.NEUTRALS):
            return frames.ACK_BAD_VALUE
        if self._calibrator is not None:
            return frames.ACK_BUSY
        self._wanted_neutral = values[0]
        seconds = self._prescription.settings["calibration_s"]
        blocks = blocks_for_s(seconds, self._imu.rate_mhz)
        if values[1]:
            self._calibrator = StandAndBow(blocks)
        else:
            self._calibrator = Calibrator(blocks, self._prescription.upright())
        return frames.ACK_DONE

    def _set_neutral(self, values, _items):
        neutral, up = values[0], values[1:4]
        ahead = values[4:7] if any(values[4:7]) else self._prescription.ahead
        if neutral >= len(frames.NEUTRALS):
            return frames.ACK_BAD_VALUE
        try:
            self._use_neutral(neutral, up, ahead)
        except ValueError:
            return frames.ACK_BAD_VALUE
        self._tell_calibration(neutral, DONE)
        return frames.ACK_DONE

    def _haptic(self, values, _items):
        if not 0 < values[0] < len(PATTERNS):
            return frames.ACK_BAD_VALUE
        if not self._haptics.play(PATTERNS[values[0]]):
            return frames.ACK_BUSY
        self._hosts.tell(frames.CUE, (self._decider.at, REASON_HOST, values[0], FELT))
        return frames.ACK_DONE

    def _time_anchor(self, values, _items):
        self.anchor = (self._boot_id, self._uptime.ms) + values[2:6]
        self._hosts.tell(frames.TIME_ANCHOR, self.anchor)
        return frames.ACK_DONE

    # ---- what the host may ask for

    def _send_hello(self):
        device_id = (self._board.unique_id + bytes(8))[:8]
        self._hosts.answer(
            frames.HELLO,
            (frames.VERSION,)
            + FIRMWARE
            + (SAMPLES_PER_BLOCK, self._imu.rate_mhz, self._boot_id)
            + (self._decider.prescription, device_id, 0),
        )

    def _send_settings(self):
        settings = self._prescription.settings
        items = tuple([(row, settings[name]) for row, name in enumerate(NAMES)])
        self._hosts.tell(frames.SETTINGS, (self._decider.at, self._decider.prescription), items)

    def _send_status(self, send):
        sampler = self._sampler
        counts = (sampler.faults, sampler.overruns) + self._hosts.counts()
        send(
            frames.STATUS,
            (self._boot_id, self._uptime.ms, sampler.index, sampler.lost)
            + (self._board.battery_mv(), int(self._decider.is_calibrated), self._decider.context)
            + tuple([min(count, 65535) for count in counts])
            + (0, 0),
        )
