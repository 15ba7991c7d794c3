"""The application: samples become decisions, decisions move the motor, what happens is kept.

One loop, one owner: `step` gives every part its turn, `sleep` waits between two.
"""

from calibration import Calibration
from coaching import Coaching
from commands import Commands
from controls import Controls
from journal import Journal
from posturecore import frames, patterns
from posturecore.coach import FELT, REASON_HOST
from posturecore.context import OFF_BODY
from posturecore.decide import Decider
from posturecore.flash import BOOT, COACHING, DOUBT
from posturecore.params import NAMES
from power import OFF, STORED, Power
from retrieval import Retrieval
from sampler import Sampler
from streaming import Streaming
from supervisor import BUTTON, CABLE, COACH, COMMANDS, LOG, POWER, RADIO, SAMPLES
from touch import Touch


class App:
    """Owns the decisions. `hosts` are the ways to a host, `radio` the one that pairs and rests."""

    watched = (RADIO, CABLE, COMMANDS, SAMPLES, LOG, COACH, BUTTON, POWER)

    def __init__(
        self, board, imu, haptics, hosts, radio, prescription, log, about, faults, uptime
    ):
        self._about = about
        self._haptics = haptics
        self._hosts = hosts
        self._radio = radio
        self._prescription = prescription
        self._faults = faults
        self._uptime = uptime
        self._decider = Decider(prescription.settings, imu.rate_mhz)
        if prescription.neutral is not None:
            up = prescription.neutrals[prescription.neutral]
            self._decider.set_neutral(up, prescription.ahead)
        self._streaming = Streaming(hosts, self._decider, about)
        self._sampler = Sampler(
            imu, board, haptics, self._on_block, self._on_gap, self._streaming.samples
        )
        self._streaming.sampler = self._sampler
        self._sampler.report = faults.report
        self._journal = Journal(log, hosts, self._decider, uptime, faults.report)
        self._retrieval = Retrieval(log, hosts)
        self._touch = Touch(haptics, about.percent)
        self._coaching = Coaching(prescription, self._decider, self._record)
        self._calibration = Calibration(prescription, self._decider, haptics, self._record)
        told = (self._on_power, faults.report, self._on_rest)
        self._power = Power(board, imu, self._sampler, hosts, radio, haptics, uptime, *told)
        parts = (prescription, self._coaching, self._calibration, self._touch)
        self._controls = Controls(board, *parts, self._pair, self._forget, self._power.ask_off)
        self._commands = Commands(hosts, faults.report)
        for part in (about, self._streaming, self._retrieval, self._calibration, self):
            self._commands.serve(part)
        about.decider, about.sampler, about.power = self._decider, self._sampler, self._power

    @property
    def handlers(self):
        """What the application itself answers."""
        return {
            frames.SETTINGS: self._settings,
            frames.HAPTIC: self._haptic,
            frames.TIME_ANCHOR: self._time_anchor,
        }

    @property
    def requests(self):
        """What the application itself tells."""
        return {
            frames.SETTINGS: self._tell_settings,
            frames.CALIBRATION: self._tell_calibration,
            COACHING: self._tell_coaching,
        }

    def serve(self, part):
        """Let another part answer its frames, too."""
        self._commands.serve(part)

    def begin(self, boot, signal):
        """Record the start; `boot` are the values of a boot frame. Then say it by touch."""
        self._journal.record(BOOT, boot)
        self._record_settings()
        self._calibration.say()
        self._sampler.begin()
        self._touch.say(signal)

    def step(self, supervisor):
        """Give every part its turn."""
        self._uptime.tend()
        self._hosts.tend()
        self._faults.watch_strangers(self._radio.strangers)
        supervisor.check_in(RADIO)
        supervisor.check_in(CABLE)
        self._streaming.tend()
        self._commands.tend()
        supervisor.check_in(COMMANDS)
        self._sampler.run()
        supervisor.check_in(SAMPLES)
        if self._controls.tend():
            self._power.invite()  # whoever touches it may want to connect
        self._haptics.tend()
        supervisor.check_in(BUTTON)
        self._coaching.tend(self._uptime.ms)
        supervisor.check_in(COACH)
        self._journal.tend()
        self._retrieval.tend()
        supervisor.check_in(LOG)
        self._power.tend(self._decider.context == OFF_BODY)
        supervisor.check_in(POWER)
        supervisor.tend(self._uptime.ms)

    @property
    def is_over(self):
        """Tell whether the device should switch off now."""
        return self._power.is_over and not self._haptics.is_playing

    def end(self, is_off):
        """Bring all into flash and let all sleep; the board switches off or starts anew."""
        self._streaming.send_decisions()
        self._tell(self._decider.finish())
        if is_off:
            self._power.off()
        self._haptics.stop()
        self._journal.close()

    def sleep(self):
        """Wait for the next thing to do, as deeply as the state allows."""
        self._power.sleep()

    # ---- samples

    def _on_block(self, block):
        decider = self._decider
        at = decider.at
        self._tell(decider.block(block))
        self._journal.block(at)
        self._streaming.block(at, block)
        self._calibration.block(block)

    def _on_gap(self, blocks):
        self._streaming.send_decisions()
        self._calibration.gap()
        self._tell(self._decider.gap(blocks))

    def _on_rest(self, blocks, is_charging):
        self._streaming.send_decisions()
        self._tell(self._decider.rest(blocks, is_charging))

    def _on_power(self, frame, values):
        if values[1] in (OFF, STORED):
            self._journal.close()
        self._journal.record(frame, values)

    def _tell(self, events):
        for frame, values in events:
            if frame == frames.CUE:
                values = self._touch.cue(values)
                self._coaching.note(values)
            self._journal.record(frame, values)

    def _record(self, frame, values, items=()):
        # What changes the decisions comes after those that it does not change.
        self._streaming.send_decisions()
        self._journal.record(frame, values, items)

    # ---- the button

    def _pair(self):
        self._radio.open_window()

    def _forget(self):
        is_done = self._radio.forget_hosts()
        if is_done:
            self._pair()
        return is_done

    # ---- what a host may ask

    def _settings(self, _values, items):
        try:
            changes = {NAMES[row]: value for row, value in items}
            self._prescription.change(changes)
        except (IndexError, ValueError):
            return frames.ACK_BAD_VALUE
        try:
            self._streaming.send_decisions()
            self._tell(self._decider.configure(self._prescription.settings))
            self._record_settings()
            self._coaching.settle()
        except MemoryError:  # flash has them: only a new start puts all of them in force
            raise RuntimeError
        return frames.ACK_DONE

    def _settings_frame(self):
        settings = self._prescription.settings
        items = tuple([(row, settings[name]) for row, name in enumerate(NAMES)])
        return (self._decider.at, self._decider.prescription), items

    def _record_settings(self):
        values, items = self._settings_frame()
        self._record(frames.SETTINGS, values, items)

    def _tell_settings(self):
        self._streaming.send_decisions()
        values, items = self._settings_frame()
        self._hosts.answer(frames.SETTINGS, values, items)
        self._tell_coaching()

    def _tell_calibration(self):
        self._streaming.send_decisions()
        self._calibration.say(self._hosts.answer)
        self._hosts.answer(DOUBT, (self._decider.at, self._decider.coach.doubt_cdeg))

    def _tell_coaching(self):
        self._streaming.send_decisions()
        self._coaching.say(self._hosts.answer)

    def _haptic(self, values, _items):
        if not 0 < values[0] < len(patterns.PATTERNS):
            return frames.ACK_BAD_VALUE
        if not self._touch.say(values[0]):
            return frames.ACK_BUSY
        try:
            self._journal.record(frames.CUE, (self._decider.at, REASON_HOST, values[0], FELT))
        except MemoryError:  # it is refused: then it is not felt
            self._haptics.stop()
            raise
        return frames.ACK_DONE

    def _time_anchor(self, values, _items):
        anchor = (self._about.boot_id, self._uptime.ms) + values[2:6]
        self._journal.record(frames.TIME_ANCHOR, anchor)
        self._coaching.set_time(self._uptime.ms, values[2], values[3], values[5])
        return frames.ACK_DONE
