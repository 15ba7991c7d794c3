"""A small Axivity AX6 file, **made** for tests after the published layout, not recorded.

The layout is that of `Docs/ax3/cwa.h` in openmovementproject/openmovement: a header of 1024 bytes,
then blocks of 512 bytes with 40 samples of six int16 (gyr, acc), each with a checksum.
"""

import struct

import numpy as np

RATE_HZ = 100
SAMPLES_A_BLOCK = 40
_RATE_CODE = 0x4A  # 3200 / (1 << (15 - 10)) = 100 Hz, ±8 g
_ACC_SCALE, _GYR_SCALE = 4, 3  # 1/4096 g and 8000/2^3/32768 = 0.0305 deg/s a count
ACC_COUNTS_PER_G = 4096
GYR_COUNTS_PER_DEG_S = 32768 / 1000


def packed_time(second):
    """Pack 2026-11-23 08:30 and a second below 60 as the device's clock does."""
    return (26 << 26) | (11 << 22) | (23 << 17) | (8 << 12) | (30 << 6) | second


def header():
    """Give the first 1024 bytes of an AX6 with a gyroscope of 1000 deg/s."""
    fields = bytearray(b"\xff" * 1024)
    struct.pack_into("<HHBHIH", fields, 0, 0x444D, 1020, 0x64, 12345, 7, 0)
    struct.pack_into("<II", fields, 13, packed_time(0), packed_time(59))
    fields[35], fields[36], fields[41] = 0x03, _RATE_CODE, 50
    fields[64:512] = b" " * 448
    return bytes(fields)


def block(number, gyr_acc, real_hz=RATE_HZ):
    """Give one block of 40 samples, (40, 6) int16, its clock at the block's first sample."""
    second, fraction = divmod(number * SAMPLES_A_BLOCK / real_hz, 1.0)
    ticks = int(fraction * 32768)  # of a second, after which the first sample was taken
    # A reader adds the samples that fit into the fraction at the nominal rate: take them off.
    shift = (ticks * 2 * RATE_HZ) >> 16
    fields = bytearray(512)
    head = (0x5841, 508, 0x8000 | ticks, 7, number, packed_time(int(second)))
    struct.pack_into("<HHHIII", fields, 0, *head)
    light_scale = (_ACC_SCALE << 13) | (_GYR_SCALE << 10)
    struct.pack_into("<HHBBBB", fields, 18, light_scale, 300, 0, 200, _RATE_CODE, 0x62)
    struct.pack_into("<hH", fields, 26, -shift, SAMPLES_A_BLOCK)
    fields[30:510] = gyr_acc.astype("<i2").tobytes()
    total = int(np.frombuffer(bytes(fields), "<u2").sum(dtype=np.uint64)) & 0xFFFF
    struct.pack_into("<H", fields, 510, (0x10000 - total) & 0xFFFF)
    return bytes(fields)


def counts(blocks, seed=1):
    """Make samples of a sensor that hangs still, x up, and trembles: (N, 6) int16, gyr and acc."""
    still = np.array([0, 0, 0, ACC_COUNTS_PER_G, 0, 0])
    noise = np.random.default_rng(seed).integers(-40, 40, (blocks * SAMPLES_A_BLOCK, 6))
    return (still + noise).astype(np.int16)


def write_cwa(path, samples, without=(), real_hz=RATE_HZ):
    """Write samples as blocks; leave out the blocks whose numbers are in `without`."""
    parts = np.split(samples, len(samples) // SAMPLES_A_BLOCK)
    kept = [block(k, part, real_hz) for k, part in enumerate(parts) if k not in without]
    path.write_bytes(header() + b"".join(kept))
