"""The angles of the trunk from the up vector, in the sensor frame SRA: x up, y right, z forward.

These are the textbook formulas in floating point, for the table in docs/frames-and-units.md; the
device and the host decide with the integer ones of posturecore.
"""

import math

GRAVITY_M_S2 = 9.80665
GRAVITY_LSB = 16393  # 1 g at 0.061 mg/LSB

Vector = tuple[float, float, float]

# Flexion and lateral lean in degrees: upright, bending, past horizontal, backward, sideways, both.
POSES = ((0, 0), (20, 0), (30, 0), (60, 0), (90, 0), (120, 0), (-10, 0), (0, 15), (45, 20))


def up_vector(flexion_deg: float, lateral_deg: float) -> Vector:
    """Return the unit up vector that a sensor on a trunk in this pose feels."""
    flexion, lateral = math.radians(flexion_deg), math.radians(lateral_deg)
    return (
        math.cos(flexion) * math.cos(lateral),
        -math.sin(lateral),
        -math.sin(flexion) * math.cos(lateral),
    )


def flexion_deg(up: Vector) -> float:
    """Return the forward bend in degrees, -180 to 180; forward is positive."""
    return math.degrees(math.atan2(-up[2], up[0]))


def lateral_deg(up: Vector) -> float:
    """Return the sideways lean in degrees, -90 to 90; to the wearer's right is positive."""
    return math.degrees(math.asin(max(-1.0, min(1.0, -up[1]))))


def inclination_deg(up: Vector) -> float:
    """Return how far the trunk is from upright in any direction, 0 to 180 degrees."""
    return math.degrees(math.acos(max(-1.0, min(1.0, up[0]))))


def gravity_counts(up: Vector) -> tuple[int, int, int]:
    """Return the up vector as the sensor chip gives it, in its int16 counts."""
    x, y, z = (round(GRAVITY_LSB * part) for part in up)
    return x, y, z
