"""The application: samples become decisions, decisions move the motor, the host is told.

One loop, one owner: `run` sleeps in the board until something happens and calls `step`.
"""

from posturecore import frames, wire
from posturecore.bow import StandAndBow
from posturecore.calibrate import BOW_NOW, DONE, NO_GRAVITY, NOT_STORED, RUNNING, Calibrator
from posturecore.coach import BENT, FELT, PATTERNS, REASON_HOST
from posturecore.decide import Decider
from posturecore.params import NAMES
from posturecore.scales import SAMPLES_PER_BLOCK, blocks_for_s

FIRMWARE = (0, 1)
_WAIT_MS = 500
_HOLD_MS = 3000  # of the button, to let a new host pair
_STATUS_BLOCKS = 100
_DECISIONS_PER_FRAME = 10


class App:
    """Owns the decisions; every part is passed in."""

    def __init__(self, board, imu, haptics, link, prescription, boot_id, sampler_class):
        self._board = board
        self._imu = imu
        self._haptics = haptics
        self._link = link
        self._prescription = prescription
        self._boot_id = boot_id
        self._uptime_ms = 0  # counted here: the board's ticks wrap after 12 days
        self._ticks_ms = board.ticks_ms()
        self._pressed_ms = None
        self._met = 0  # which of the link's hosts was served last
        self._mask = 0
        self._calibrator = None
        self._decisions = []
        self._decider = Decider(prescription.settings, imu.rate_mhz)
        if prescription.neutral is not None:
            up = prescription.neutrals[prescription.neutral]
            self._decider.set_neutral(up, prescription.ahead)
        self._sampler = sampler_class(
            imu, board, haptics, self._on_block, self._on_gap, self._on_samples
        )
        self._handlers = {
            frames.REQUEST: self._request,
            frames.STREAM: self._stream,
            frames.SETTINGS: self._settings,
            frames.CALIBRATE: self._calibrate,
            frames.NEUTRAL: self._set_neutral,
            frames.HAPTIC: self._haptic,
            frames.TIME_ANCHOR: self._time_anchor,
        }
        self.anchor = None  # the host's last time anchor, kept for status and, later, the log

    def run(self):
        """Never returns."""
        while True:
            self._board.wait(_WAIT_MS)
            self.step()

    def step(self):
        """Do what is due: commands first, then samples."""
        self._keep_time()
        self._watch_button()
        self._link.tend()
        if not self._link.is_open or self._link.links != self._met:
            self._met = self._link.links
            self._choose_stream(0)
        message = self._link.receive()
        while message is not None:
            self._command(message)
            message = self._link.receive()
        self._sampler.run()

    def _keep_time(self):
        now_ms = self._board.ticks_ms()
        passed_ms = self._board.ticks_diff(now_ms, self._ticks_ms)
        self._uptime_ms = (self._uptime_ms + passed_ms) & 0xFFFFFFFF
        self._ticks_ms = now_ms

    def _watch_button(self):
        if self._board.button.value():  # high: not pressed
            self._pressed_ms = None
        elif self._pressed_ms is None:
            self._pressed_ms = self._uptime_ms
        elif self._uptime_ms - self._pressed_ms >= _HOLD_MS:
            self._link.open_window()

    # ---- samples

    def _on_block(self, block):
        at = self._decider.at
        self._tell(self._decider.block(block))
        if self._mask & frames.STREAM_BLOCKS:
            self._link.send(frames.BLOCKS, (at,), (block,))
        if self._mask & frames.STREAM_DECISIONS:
            self._add_decision()
        if self._calibrator is not None:
            code = self._calibrator.block(block)
            if code == BOW_NOW:
                self._haptics.play(PATTERNS[BENT])
            elif code != RUNNING:
                self._end_calibration()
        if self._decider.at % _STATUS_BLOCKS == 0 and self._mask:
            self._send_status()

    def _on_gap(self, blocks):
        self._send_decisions()
        if self._calibrator is not None:
            self._tell_calibration(self._wanted_neutral, NO_GRAVITY, self._calibrator)
            self._calibrator = None
        self._tell(self._decider.gap(blocks))

    def _on_samples(self, writer, first, motor_blocks):
        self._link.send_samples(writer, first, motor_blocks)

    def _tell(self, events):
        for frame, values in events:
            if frame == frames.CUE and values[3] == FELT:
                self._haptics.play(PATTERNS[values[2]])
            self._link.send(frame, values)

    def _add_decision(self):
        decider = self._decider
        self._decisions.append(
            (decider.flexion_cdeg, decider.lateral_cdeg, decider.context, decider.slouch_state)
        )
        if len(self._decisions) == _DECISIONS_PER_FRAME:
            self._send_decisions()

    def _send_decisions(self):
        if self._decisions:
            first = self._decider.at - len(self._decisions)
            self._link.send(frames.DECISIONS, (first,), tuple(self._decisions))
            self._decisions = []

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
        self._send_decisions()
        self._tell(self._decider.set_neutral(up, ahead))

    def _tell_calibration(self, neutral, code, calibrator=None):
        up = calibrator.up if calibrator else self._prescription.neutrals[neutral]
        sd_mg = calibrator.worst_sd_mg if calibrator else 0
        values = (neutral, code, self._decider.at) + tuple(up) + (sd_mg,)
        self._link.send(frames.CALIBRATION, values + tuple(self._prescription.ahead))

    # ---- commands

    def _command(self, message):
        if wire.examine(message, 0, len(message)) != (wire.OK, len(message)):
            self._link.bad += 1
            return
        answer = self._answer(message)
        self._link.send(frames.ACK, (message[1], message[4] | message[5] << 8, answer))

    def _answer(self, message):
        handler = self._handlers.get(message[1])
        if handler is None:
            self._link.unknown += 1
            return frames.ACK_UNKNOWN
        try:
            _, _, values, items = wire.unpack_frame(message, 0)
        except ValueError:
            self._link.bad += 1
            return frames.ACK_BAD_VALUE
        try:
            return handler(values, items)
        except OSError:  # flash is full or worn: nothing has changed
            return frames.ACK_FAILED

    def _request(self, values, _items):
        if values[0] == frames.HELLO:
            self._send_hello()
        elif values[0] == frames.STATUS:
            self._send_status()
        elif values[0] == frames.SETTINGS:
            self._send_settings()
        elif values[0] == frames.CALIBRATION:
            if self._decider.is_calibrated:
                self._tell_calibration(self._prescription.neutral, DONE)
        elif values[0] == frames.DECISIONS:
            self._sampler.flush()
            self._send_decisions()
        else:
            return frames.ACK_BAD_VALUE
        return frames.ACK_DONE

    def _stream(self, values, _items):
        if values[0] & ~7:
            return frames.ACK_BAD_VALUE
        self._choose_stream(values[0])
        return frames.ACK_DONE

    def _choose_stream(self, mask):
        self._send_decisions()
        self._mask = mask
        self._sampler.stream(bool(mask & frames.STREAM_SAMPLES))

    def _settings(self, _values, items):
        try:
            changes = {NAMES[row]: value for row, value in items}
            self._prescription.change(changes)
        except (IndexError, ValueError):
            return frames.ACK_BAD_VALUE
        self._send_decisions()
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
        self._link.send(frames.CUE, (self._decider.at, REASON_HOST, values[0], FELT))
        return frames.ACK_DONE

    def _time_anchor(self, values, _items):
        self._keep_time()
        self.anchor = (self._boot_id, self._uptime_ms) + values[2:6]
        self._link.send(frames.TIME_ANCHOR, self.anchor)
        return frames.ACK_DONE

    # ---- what the host may ask for

    def _send_hello(self):
        device_id = (self._board.unique_id + bytes(8))[:8]
        self._link.send(
            frames.HELLO,
            (frames.VERSION,)
            + FIRMWARE
            + (SAMPLES_PER_BLOCK, self._imu.rate_mhz, self._boot_id)
            + (self._decider.prescription, device_id, 0),
        )

    def _send_settings(self):
        settings = self._prescription.settings
        items = tuple([(row, settings[name]) for row, name in enumerate(NAMES)])
        self._link.send(frames.SETTINGS, (self._decider.at, self._decider.prescription), items)

    def _send_status(self):
        sampler, link = self._sampler, self._link
        self._keep_time()
        counts = (sampler.faults, sampler.overruns, link.dropped, link.bad, link.unknown)
        self._link.send(
            frames.STATUS,
            (self._boot_id, self._uptime_ms, sampler.index, sampler.lost)
            + (self._board.battery_mv(), int(self._decider.is_calibrated), self._decider.context)
            + tuple([min(count, 65535) for count in counts])
            + (0, 0),
        )
