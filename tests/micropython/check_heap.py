"""Measure what the per-sample path allocates; prints "OK" when that is nothing.

A small integer is 31 bits on the ESP32 and in the npm VM, so only there a counter or a product
that grows beyond it shows up as an allocation.
"""

import gc

from drivers.lsm6dsv16x import LSM6DSV16X
from drivers.mpu6050 import MPU6050
from posturecore.blocks import BlockMaker
from posturecore.wire import SamplesWriter

SAMPLES = 6000
BLOCK = 6


def fill(samples):
    """Alternate extremes: the largest sums and ranges there are."""
    for i in range(len(samples)):
        samples[i] = 32767 if i % 2 else -32768


def spent_by_blocks(samples):
    """Return the bytes that adding samples to blocks took, and how many were added."""
    maker = BlockMaker()
    spent = added = 0
    while added < SAMPLES:
        before = gc.mem_alloc()
        for k in range(BLOCK):
            maker.add(samples, k * 9)
        spent += gc.mem_alloc() - before
        maker.take()  # once a block, and that may allocate
        added += BLOCK
    return spent, added


def spent_by_writer(samples):
    """Return the bytes that adding samples to frames took, and how many were added."""
    writer = SamplesWriter(2, BLOCK)
    spent = added = sequence = 0
    while added < SAMPLES:
        before = gc.mem_alloc()
        for _ in range(2):
            for k in range(BLOCK):
                writer.add(samples, k * 9)
        spent += gc.mem_alloc() - before
        writer.finish(added, 0, sequence)
        added += 2 * BLOCK
        sequence += 1
        if sequence % 50 == 0:  # the frames' crc does allocate: make room outside the measurement
            gc.collect()
    return spent, added


def spent_by_driver(driver, burst, make_extreme):
    """Return the bytes that parsing bursts took, ends of the scale and all, and how many came."""
    imu = driver(None, ((0, 1), (2, -1), (1, 1)))
    spent = added = 0
    while added < SAMPLES:
        for i in range(len(imu._fifo)):
            imu._fifo[i] = make_extreme(i, added)
        before = gc.mem_alloc()
        imu._parse(burst)
        added += imu._count
        imu._count = 0
        spent += gc.mem_alloc() - before
    return spent, added


def lsm6dsv16x_byte(i, added):
    """Three tagged words a sample, then 0x8000 and 0x7FFF in turn."""
    if i % 7 == 0:
        return (1, 2, 0x17)[i // 7 % 3] << 3 | (i // 21 % 4) << 1
    return 0x80 if i % 4 == 0 else 0x7F if i % 4 == 2 else 0xFF * (added // 60 % 2)


def mpu6050_byte(i, added):
    """32766 and -32766 in turn for some bursts, then a wearer at rest."""
    if added // 600 % 2:
        return 0x10 if i % 12 == 0 else 0
    return (0x7F, 0xFE, 0x80, 0x02)[i % 4]


def spent_by_lsm6dsv16x(_samples):
    return spent_by_driver(LSM6DSV16X, 36, lsm6dsv16x_byte)


def spent_by_mpu6050(_samples):
    return spent_by_driver(MPU6050, 10, mpu6050_byte)


MEASURES = (
    ("blocks", spent_by_blocks),
    ("frames", spent_by_writer),
    ("LSM6DSV16X", spent_by_lsm6dsv16x),
    ("MPU-6050", spent_by_mpu6050),
)


def spent_by_allocating():
    """Return what a list costs: shows that the measurement can see anything at all."""
    before = gc.mem_alloc()
    kept = [0, 1]
    return gc.mem_alloc() - before + 0 * len(kept)


def main():
    samples = [0] * (9 * BLOCK)
    fill(samples)
    gc.collect()
    gc.disable()
    faults = 0
    if spent_by_allocating() <= 0:
        print("gc.mem_alloc() does not see a new list: nothing below means anything")
        faults += 1
    for name, measure in MEASURES:
        gc.collect()
        spent, added = measure(samples)
        print(name + ": " + str(spent) + " bytes for " + str(added) + " samples")
        faults += spent != 0
    gc.enable()
    if faults == 0:
        print("OK")


main()
