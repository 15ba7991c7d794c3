"""Streams of samples made from a few integers, and their decisions as digests: on every Python.

Integers only, and nothing that MicroPython lacks: this one file runs on CPython and on both VMs.
A case is {"name", "settings", "rate_mhz", "seed", "steps"}; a step is a list, its name first:

    ["move", blocks, from_cdeg, to_cdeg, lateral_cdeg, shake_counts, noise_counts, flags]
    ["dead", blocks]                    samples without gravity
    ["gap", blocks, is_link_lost]       samples that never came
    ["squat", blocks, down_mm, cdeg]    down and up again by the hips, tipping by an angle
    ["calibrate", blocks, cdeg, noise]  stand still; the pose becomes neutral when it is good
    ["neutral", x, y, z]                the host gives a neutral pose
    ["settings", {name: value}]         new prescription
    ["finish"]                          the recording ends
"""

from binascii import crc32
from struct import pack

from posturecore.blocks import BlockMaker
from posturecore.calibrate import DONE, Calibrator
from posturecore.decide import Decider
from posturecore.params import complete

# round(16384 * sin(k°)), k = 0..90, and one more so that interpolation needs no special case.
# fmt: off
_SINE_Q14 = (
    0, 286, 572, 857, 1143, 1428, 1713, 1997, 2280, 2563, 2845, 3126, 3406, 3686, 3964, 4240,
    4516, 4790, 5063, 5334, 5604, 5872, 6138, 6402, 6664, 6924, 7182, 7438, 7692, 7943, 8192,
    8438, 8682, 8923, 9162, 9397, 9630, 9860, 10087, 10311, 10531, 10749, 10963, 11174, 11381,
    11585, 11786, 11982, 12176, 12365, 12551, 12733, 12911, 13085, 13255, 13421, 13583, 13741,
    13894, 14044, 14189, 14330, 14466, 14598, 14726, 14849, 14968, 15082, 15191, 15296, 15396,
    15491, 15582, 15668, 15749, 15826, 15897, 15964, 16026, 16083, 16135, 16182, 16225, 16262,
    16294, 16322, 16344, 16362, 16374, 16382, 16384, 16382,
)
# fmt: on


def sine_q14(angle_cdeg):
    """Return 16384 times the sine, to 2 counts."""
    angle_cdeg %= 36000
    if angle_cdeg >= 18000:
        return -sine_q14(angle_cdeg - 18000)
    if angle_cdeg > 9000:
        angle_cdeg = 18000 - angle_cdeg
    low = _SINE_Q14[angle_cdeg // 100]
    return low + (_SINE_Q14[angle_cdeg // 100 + 1] - low) * (angle_cdeg % 100) // 100


def up_counts(flexion_cdeg, lateral_cdeg):
    """Return the gravity vector of a trunk that is worn straight."""
    level = sine_q14(9000 - lateral_cdeg)
    x = sine_q14(9000 - flexion_cdeg) * level >> 14
    z = -sine_q14(flexion_cdeg) * level >> 14
    return [value * 16393 >> 14 for value in (x, -sine_q14(lateral_cdeg), z)]


class Noise:
    """A linear congruential generator whose products stay below 2**30."""

    def __init__(self, seed):
        self._state = seed % 262139

    def within(self, counts):
        """Return a value from -counts to counts."""
        self._state = (self._state * 4093 + 18257) % 262139
        return self._state % (2 * counts + 1) - counts


def _int16(value):
    return max(-32768, min(32767, value))


def moved(step, noise):
    """Yield the samples of a "move" step as lists of nine."""
    blocks, start, end, lateral, shake, spread = step[1:7]
    count = blocks * 6
    # 35 mdps a count, 60 samples a second; leaning forward turns backward about the right axis.
    gyr_y = -(end - start) * 60 * 10 // (count * 35)
    for i in range(count):
        up = up_counts(start + (end - start) * i // count, lateral)
        jolt = shake if i // 12 % 2 else -shake  # two blocks up, two blocks down: 2.5 Hz
        sample = [noise.within(spread), gyr_y + noise.within(spread), noise.within(spread)]
        sample += [_int16((value >> 2) + noise.within(spread)) for value in up]
        sample[3] = _int16(sample[3] + jolt)
        yield sample + up


def squatted(step):
    """Yield the samples of a "squat" step: one period of a raised cosine down and up."""
    blocks, down_mm, tip_cdeg = step[1:4]
    count = blocks * 6
    # d²/dt² of -down/2·(1 - cos 2πt/T) is -down/2·(2π/T)²·cos 2πt/T; in counts of 2.393 mm/s².
    peak = down_mm * 29696 // (count * count)  # 4π²·3600/2/2.393
    for i in range(count):
        turn_cdeg = 36000 * i // count
        flexion = tip_cdeg * (16384 - sine_q14(turn_cdeg + 9000)) >> 15
        up = up_counts(flexion, 0)
        push = -peak * sine_q14(turn_cdeg + 9000) >> 14
        rate_cdeg_s = tip_cdeg * sine_q14(turn_cdeg) * 188 // count >> 14  # π·60 over count
        acc = [(value >> 2) + (push * value >> 14) for value in up]
        sample = [0, -rate_cdeg_s * 10 // 35, 0]
        sample.extend(acc)
        yield sample + up


def blocks_one_by_one(samples, flags):
    """Make blocks as the device does, each as soon as it is complete."""
    maker = BlockMaker()
    for sample in samples:
        if maker.add(sample, 0):
            yield maker.take(flags)


class Player:
    """Plays one case; afterwards `outcome()` holds everything that must be equal everywhere."""

    def __init__(self, case, make_blocks=blocks_one_by_one):
        self._make_blocks = make_blocks
        self._noise = Noise(case["seed"])
        self._decider = Decider(complete(case["settings"]), case["rate_mhz"])
        self._events = []
        self._blocks_crc = self._verdicts_crc = 0
        for step in case["steps"]:
            self._play(step)

    def outcome(self):
        return {
            "events": self._events,
            "ledger": self._decider.ledger,
            "blocks_crc": self._blocks_crc,
            "verdicts_crc": self._verdicts_crc,
        }

    def _play(self, step):
        decider, name = self._decider, step[0]
        if name == "move":
            self._decide(self._make_blocks(moved(step, self._noise), step[7]))
        elif name == "dead":
            self._decide(self._make_blocks(([0] * 9 for _ in range(step[1] * 6)), 0))
        elif name == "gap":
            self._note(decider.gap(step[1], bool(step[2])))
        elif name == "squat":
            self._decide(self._make_blocks(squatted(step), 0))
        elif name == "calibrate":
            self._calibrate(step)
        elif name == "neutral":
            self._note(decider.set_neutral(tuple(step[1:4])))
        elif name == "settings":
            self._note(decider.configure(complete(step[1])))
        elif name == "finish":
            self._note(decider.finish())
        else:
            raise ValueError("an unknown step: " + name)

    def _calibrate(self, step):
        blocks, cdeg, spread = step[1:4]
        samples = moved(["move", blocks, cdeg, cdeg, 0, 0, spread, 0], self._noise)
        calibrator = Calibrator(blocks)
        for block in self._make_blocks(samples, 0):
            calibrator.block(block)
        self._events.append(["calibrated", calibrator.code, calibrator.worst_sd_mg])
        if calibrator.code == DONE:
            self._note(self._decider.set_neutral(calibrator.up))

    def _decide(self, blocks):
        decider = self._decider
        for block in blocks:
            self._note(decider.block(block))
            self._blocks_crc = crc32(pack("<9h6HB", *block), self._blocks_crc)
            verdict = pack(
                "<hhBB",
                decider.flexion_cdeg,
                decider.lateral_cdeg,
                decider.context,
                decider.slouch_state,
            )
            self._verdicts_crc = crc32(verdict, self._verdicts_crc)

    def _note(self, events):
        for frame, values in events:
            event = [frame]
            event.extend(values)
            self._events.append(event)
