"""What the firmware allocates for a sample, on the MicroPython VM; prints "OK" when nothing.

Measured: `Sampler.run` from the status read to the last sample taken - driver, parsing, mounting
turn, block and samples frame, streaming on - for reads of five samples that complete no block.
Not measured: the sixth sample of each block, whose tuple and frame may allocate; the bus, which
here copies recorded bytes of the register model into the driver's own buffer; gc is off.
"""

import gc

from lsm6dsv16x_model import Lsm6dsv16x
from tape import Tape

from drivers.lsm6dsv16x import LSM6DSV16X
from haptics import Haptics
from sampler import Sampler

BLOCKS = 400
BURST = 36 * 7


class ModelBus:
    def __init__(self, chip):
        self.chip = chip

    def readfrom_mem_into(self, address, register, buffer):
        self.chip.read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self.chip.write(register, buffer)


class RecordedBus:
    """Gives the words the model gave, so many at a time, without allocating."""

    def __init__(self, words):
        self.recorded = words
        self.at = 0
        self.level = 0

    def readfrom_mem_into(self, address, register, buffer):
        if register == 0x1B:
            buffer[0] = self.level
            buffer[1] = 0
            return
        at = self.at
        for i in range(len(buffer)):
            buffer[i] = self.recorded[at]
            at += 1
        self.at = at
        self.level -= len(buffer) // 7


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


def record(imu_bus, chip):
    """Let the model run and keep the FIFO's bytes, slot after slot."""
    recorded = bytearray()
    one = bytearray(21)
    now_us = 0
    while len(recorded) < BLOCKS * 6 * 21:
        now_us += 100000
        chip.advance(now_us)
        status = bytearray(2)
        chip.read(0x1B, status)
        for _ in range((status[0] | (status[1] & 1) << 8) // 3):
            chip.read(0x78, one)
            recorded += one
    return recorded


def run(sampler, bus, clock, samples):
    bus.level = 3 * samples
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
    chip = Lsm6dsv16x(Tape())
    imu = LSM6DSV16X(ModelBus(chip), ((0, 1), (1, -1), (2, -1)))
    imu.start()
    bus = RecordedBus(record(imu, chip))
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
