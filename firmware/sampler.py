"""From FIFO to blocks: counts samples, aligns blocks to the count, states every gap.

Block k always holds samples 6k to 6k+5, so an index on the wire says which block it belongs to.
After a loss, samples are left out until the next block begins.
"""

from posturecore.blocks import MOTOR, BlockMaker
from posturecore.faults import SENSOR_BUS, SENSOR_OVERRUN, SENSOR_SILENT
from posturecore.frames import SAMPLES
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK
from posturecore.wire import SamplesWriter, items_per_frame

_BLOCKS_PER_FRAME = items_per_frame(SAMPLES) // SAMPLES_PER_BLOCK
# The watermark comes every 0.2 s. A chip that answers but has nothing for this long has lost its
# supply, and its settings with it.
_SILENCE_MS = 1000


class Sampler:
    """Call `run` when the IMU has samples.

    on_block(block) is called for each block, on_gap(blocks) when blocks are lost, and
    on_frame(writer, first index, motor blocks) for each samples frame while `is_streaming`.
    """

    def __init__(self, imu, clock, haptics, on_block, on_gap, on_frame):
        self.index = 0  # of the next sample, lost ones included
        self.lost = 0
        self.left_out = 0  # not lost: the sensor was settling after a start
        self.faults = 0
        self.overruns = 0
        self.is_streaming = False
        self.is_resting = False
        self.report = lambda code, detail=0: None  # of faults; see faults.py
        self._imu = imu
        self._clock = clock
        self._haptics = haptics
        self._on_block, self._on_gap, self._on_frame = on_block, on_gap, on_frame
        self._maker = BlockMaker()
        self._writer = SamplesWriter(_BLOCKS_PER_FRAME, SAMPLES_PER_BLOCK)
        self._first = 0  # index of the writer's first sample
        self._motor_blocks = 0
        self._flags = self._flags_now = 0  # of the unfinished block; of what came just now
        self._skip = 0  # samples to leave out before the next block begins
        self._settling = 0  # of them, those that the sensor needs to settle: not lost
        self._incomplete = imu.incomplete
        self._last_ms = clock.ticks_ms()
        self._left = 0  # samples that were in the FIFO then

    def begin(self):
        """Start sampling; the IMU has just been started."""
        self._last_ms = self._clock.ticks_ms()
        self._lose(0, None, self._imu.settling_samples)

    def stream(self, is_on):
        """Start or stop samples frames; they begin with the next whole block."""
        if is_on != self.is_streaming:
            self._writer.count = self._motor_blocks = 0
        self.is_streaming = is_on

    def run(self):
        """Take what the IMU has; a failed transfer is counted and tried again next time."""
        while not self.is_resting and self._read():
            pass

    def _read(self):
        """Take what one read gives; return whether more waits for the next."""
        try:
            count = self._imu.read()
        except OSError:
            self.faults += 1
            self.report(SENSOR_BUS, self._imu.transfers_failed)
            return False
        self.faults += self._imu.has_failed
        now_ms = self._clock.ticks_ms()
        self._account(count, self._clock.ticks_diff(now_ms, self._last_ms))
        if not count:
            self._mind_silence()
            return False
        self._note_motor()
        self._last_ms, self._left = now_ms, self._imu.left
        for k in range(count):
            self._one(k * CHANNELS)
        return self._left and not self._imu.has_failed

    def rest(self):
        """Stop for as long as the IMU sleeps; `resume` goes on."""
        self.flush()
        self.is_resting = True

    def resume(self, elapsed_ms, on_rest):
        """Go on after so long, the IMU just started; on_rest(blocks) hears what was left out."""
        lost = self.lost
        self._lose(self._expected(elapsed_ms), on_rest, self._imu.settling_samples)
        self.lost = lost  # left out, not lost
        self._last_ms, self._left = self._clock.ticks_ms(), 0
        self._incomplete = self._imu.incomplete
        self.is_resting = False

    def flush(self):
        """Send the samples of an unfinished frame, whole blocks only."""
        if self._writer.count and self._writer.count % SAMPLES_PER_BLOCK == 0:
            self._send()

    def _account(self, count, elapsed_ms):
        broken = self._imu.incomplete - self._incomplete
        self._incomplete += broken
        if self._imu.has_overrun:
            self.overruns += 1
            # The chip does not say how many it lost; the clock does, to about one sample.
            came = self._left + self._expected(elapsed_ms) - self._imu.left
            self._lose(max(came - count, 1))
            self.report(SENSOR_OVERRUN, self.lost)
        elif broken and self.index:  # a sample of which a word never came
            self._lose(broken)

    def _mind_silence(self):
        now_ms = self._clock.ticks_ms()
        elapsed_ms = self._clock.ticks_diff(now_ms, self._last_ms)
        if elapsed_ms >= _SILENCE_MS or self._imu.has_reset:
            self._restart(elapsed_ms)

    def _restart(self, elapsed_ms):
        self.faults += 1
        code, detail = SENSOR_SILENT, elapsed_ms
        try:
            self._imu.start()
        except OSError as error:  # it has not come back yet: next time
            code = getattr(error, "code", SENSOR_BUS)
            detail = getattr(error, "detail", 0)
        self._incomplete = self._imu.incomplete
        now_ms = self._clock.ticks_ms()  # the start itself may take a tenth of a second
        elapsed_ms = self._clock.ticks_diff(now_ms, self._last_ms)
        lost = self._left + self._expected(elapsed_ms)  # the start has emptied the FIFO
        self._last_ms, self._left = now_ms, 0
        self._lose(lost, None, self._imu.settling_samples)
        self.report(code, detail)

    def _expected(self, elapsed_ms):
        return elapsed_ms * self._imu.rate_mhz // 1000000

    def _note_motor(self):
        # A block that began before this call keeps what was noted for its first samples. What the
        # last read left in the FIFO is of its time: the motor may have run in these, too.
        if self._haptics.has_run():
            self._flags_now = MOTOR
        elif not self._left:
            self._flags_now = 0
        if self.index % SAMPLES_PER_BLOCK == 0:
            self._flags = 0
        self._flags |= self._flags_now

    def _one(self, at):
        if self._skip:
            self._skip -= 1
            if self._settling:
                self._settling -= 1
                self.left_out += 1
            else:
                self.lost += 1
            self.index += 1
            return
        if self.is_streaming:
            self._stream_one(at)
        is_block = self._maker.add(self._imu.samples, at)
        self.index += 1
        if is_block:
            self._block()

    def _stream_one(self, at):
        if self._writer.count == 0:
            if self.index % SAMPLES_PER_BLOCK:
                return
            self._first = self.index
        self._writer.add(self._imu.samples, at)

    def _block(self):
        flags, self._flags = self._flags, self._flags_now
        count = self._writer.count
        if count:
            if flags:
                self._motor_blocks |= 1 << (count // SAMPLES_PER_BLOCK - 1)
            if count == self._writer.capacity:
                self._send()
        self._on_block(self._maker.take(flags))

    def _send(self):
        motor_blocks, self._motor_blocks = self._motor_blocks, 0
        self._on_frame(self._writer, self._first, motor_blocks)

    def _lose(self, lost, on_gap=None, settling=0):
        self._writer.count -= self._writer.count % SAMPLES_PER_BLOCK
        self.flush()
        dropped = self._maker.drop()
        begun = self.index + self._skip - dropped  # the block that will miss samples
        self.lost += dropped + lost
        self.index += lost
        ready = self.index + settling
        end = max(begun, ready + -ready % SAMPLES_PER_BLOCK)
        self._settling = end - self.index if settling else 0
        self._skip = end - self.index
        if end > begun:
            (on_gap or self._on_gap)((end - begun) // SAMPLES_PER_BLOCK)
