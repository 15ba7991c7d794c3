"""What the firmware allocates for a sample, on the MicroPython VM; prints "OK" when nothing.

Measured: `Sampler.run` from the status read to the last sample taken - driver, parsing, mounting
turn, block and samples frame, streaming on - for reads of five samples that complete no block.
Not measured: the sixth sample of each block, whose tuple and frame may allocate; the bus, which
here copies recorded bytes of the register model into the driver's own buffer; gc is off.
The argument is the sensor.
"""

import gc
import sys

from lsm6dsv16x_model import Lsm6dsv16x
from mpu6050_model import Mpu6050
from tape import Tape

from drivers.lsm6dsv16x import LSM6DSV16X
from drivers.mpu6050 import MPU6050
from haptics import Haptics
from sampler import Sampler

BLOCKS = 400
MOUNTING = ((0, 1), (1, -1), (2, -1))
# Model, driver, FIFO register, level register, bytes a sample, unit of the level in bytes.
CHIPS = {
    "lsm6dsv16x": (Lsm6dsv16x, LSM6DSV16X, 0x78, 0x1B, 21, 7),
    "mpu6050": (Mpu6050, MPU6050, 0x74, 0x72, 12, 1),
}
MODEL, DRIVER, FIFO, LEVEL, SAMPLE_BYTES, LEVEL_BYTES = CHIPS[sys.argv[1]]


class ModelBus:
    def __init__(self, chip):
        self.chip = chip

    def readfrom_mem_into(self, address, register, buffer):
        self.chip.read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self.chip.write(register, buffer)


class RecordedBus:
    """Gives the bytes the model gave, so many samples at a time, without allocating."""

    def __init__(self, recorded):
        self.recorded = recorded
        self.at = 0
        self.level = 0

    def readfrom_mem_into(self, address, register, buffer):
        if register != FIFO:
            for i in range(len(buffer)):
                buffer[i] = 0
            if register == LEVEL:  # little-endian there, big-endian here: it is below 256
                buffer[0 if SAMPLE_BYTES == 21 else 1] = self.level
            return
        at = self.at
        for i in range(len(buffer)):
            buffer[i] = self.recorded[at]
            at += 1
        self.at = at
        self.level -= len(buffer) // LEVEL_BYTES


class Clock:
    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, later, earlier):
        return later - earlier


class Pwm:
    def duty_u16(self, value):
        pass


class Ends:
    """Counts what comes out, and allocates nothing itself."""

    def __init__(self):
        self.blocks = self.gaps = self.frames = 0

    def on_block(self, block):
        self.blocks += 1

    def on_gap(self, blocks):
        self.gaps += 1

    def on_frame(self, writer, first, motor_blocks):
        writer.finish(first, motor_blocks, self.frames)
        self.frames += 1


def record(chip):
    """Let the model run and keep the FIFO's bytes, sample after sample."""
    recorded = bytearray()
    one = bytearray(SAMPLE_BYTES)
    now_us = 0
    while len(recorded) < BLOCKS * 6 * SAMPLE_BYTES:
        now_us += 17100  # one sample of either chip, now and then two
        chip.advance(now_us)
        chip.read(FIFO, one)
        recorded += one
    return recorded


def run(sampler, bus, clock, samples):
    bus.level = samples * SAMPLE_BYTES // LEVEL_BYTES
    clock.now_ms += 17 * samples
    before = gc.mem_alloc()
    sampler.run()
    return gc.mem_alloc() - before


def control():
    """What a list costs: shows that the measurement can see anything at all."""
    before = gc.mem_alloc()
    kept = [before]
    return gc.mem_alloc() - before + 0 * len(kept)


def main():
    chip = MODEL(Tape())
    imu = DRIVER(ModelBus(chip), MOUNTING)
    imu.start()
    bus = RecordedBus(record(chip))
    imu._i2c = bus
    clock, ends = Clock(), Ends()
    haptics = Haptics(Pwm(), None, clock, lambda: 3900)
    sampler = Sampler(imu, clock, haptics, ends.on_block, ends.on_gap, ends.on_frame)
    sampler.stream(True)
    gc.collect()
    gc.disable()
    seen = control()
    spent = measured = 0
    for _ in range(BLOCKS):
        spent += run(sampler, bus, clock, 5)
        measured += 5
        run(sampler, bus, clock, 1)
        if ends.blocks % 20 == 0:
            gc.collect()
    gc.enable()
    print(spent, "bytes for", measured, "samples; control:", seen)
    print(ends.blocks, "blocks", ends.gaps, "gaps", ends.frames, "frames")
    if seen > 0 and spent == 0 and ends.blocks == BLOCKS and ends.frames == BLOCKS // 2:
        print("OK")


main()
