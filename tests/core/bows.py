"""Bows as a sensor tells them, worn straight or turned; without numpy, so that the VM has them."""

import math

from tests.core.worn import block


def bow_blocks(flexion_deg=50, *, lean_deg=0.0, twist_dps=0.0, held=15, down=15):
    """Stand, bow at an even rate, hold; angles and rates in the frame of the trunk."""
    blocks = [block()] * 5
    for i in range(1, down + 1):
        rate = flexion_deg / down * 10
        one = block(flexion_deg * i / down, lean_deg * i / down)
        gyr = (round(twist_dps / 0.035), round(-rate / 0.035), 0)
        blocks.append(gyr + one[3:])
    return blocks + [block(flexion_deg, lean_deg)] * held


def mounted(blocks, rotation):
    """The same, told by a sensor turned by `rotation` (rows: its axes in the trunk's)."""
    return [
        told_by(one[0:3], rotation)
        + told_by(one[3:6], rotation)
        + told_by(one[6:9], rotation)
        + one[9:]
        for one in blocks
    ]


def told_by(vector, rotation):
    return tuple([round(sum([row[k] * vector[k] for k in range(3)])) for row in rotation])


def turned(axis, angle_deg):
    """Return the rotation about an axis, as three rows (Rodrigues)."""
    length = math.sqrt(sum([part * part for part in axis]))
    x, y, z = [part / length for part in axis]
    angle = math.radians(angle_deg)
    c, s = math.cos(angle), math.sin(angle)
    k = 1 - c
    return (
        (c + x * x * k, x * y * k - z * s, x * z * k + y * s),
        (y * x * k + z * s, c + y * y * k, y * z * k - x * s),
        (z * x * k - y * s, z * y * k + x * s, c + z * z * k),
    )
