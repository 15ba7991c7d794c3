"""Integer angles in centidegrees, and the trunk's axes in the sensor frame.

atan2_cdeg is within 1 cdeg (0.01°) of the true value for every argument inside ±2**29;
tests hold it.
Formulas for flexion and lean: see TrunkFrame.
"""

# atan(k/64) in 1/64 cdeg, k = 0..64, and one more so that interpolation needs no special case.
# Linear interpolation over 1/64 errs by at most h²/8·max|atan''| = 0.12 cdeg.
# fmt: off
ATAN_64TH_CDEG = (
    0, 5729, 11455, 17176, 22889, 28590, 34277, 39948, 45600, 51230, 56836, 62416, 67966,
    73485, 78970, 84420, 89832, 95204, 100535, 105823, 111066, 116262, 121411, 126510, 131559,
    136556, 141500, 146391, 151228, 156009, 160735, 165404, 170016, 174571, 179069, 183508,
    187890, 192213, 196478, 200685, 204834, 208926, 212959, 216935, 220855, 224717, 228523,
    232273, 235967, 239607, 243192, 246723, 250201, 253626, 256998, 260320, 263590, 266810,
    269980, 273102, 276175, 279201, 282180, 285113, 288000, 288000,
)
# fmt: on
_ONE = 16384  # unit vectors here are Q14


def isqrt(value: int) -> int:
    """Return the integer square root of 0 <= value < 2**30."""
    if value == 0:
        return 0
    # Newton from above falls until it is there; a start within a factor of four saves steps.
    root = 32768 if value >= 1 << 26 else 8192 if value >= 1 << 20 else 1024
    while True:
        closer = (root + value // root) >> 1
        if closer >= root:
            return root
        root = closer


def atan2_cdeg(y: int, x: int) -> int:
    """Return the angle of (x, y) in centidegrees, -18000 < angle <= 18000; 0 for (0, 0)."""
    small, big = abs(y), abs(x)
    if small > big:
        small, big = big, small
    while big > 32767:
        big = (big + 1) >> 1
        small = (small + 1) >> 1
    if big == 0:
        return 0
    ratio = (small << 15) // big
    step = ratio >> 9
    low = ATAN_64TH_CDEG[step]
    angle = (low + ((ATAN_64TH_CDEG[step + 1] - low) * (ratio & 511) >> 9) + 32) >> 6
    if abs(y) > abs(x):
        angle = 9000 - angle
    if x < 0:
        angle = 18000 - angle
    return -angle if y < 0 and angle < 18000 else angle


def norm(x: int, y: int, z: int) -> int:
    """Return the length of an int16 vector, to 4 counts."""
    x, y, z = x >> 1, y >> 1, z >> 1  # three squares of 2**15 would pass 2**30
    return isqrt(x * x + y * y + z * z) << 1


def unit(x: int, y: int, z: int) -> tuple[int, int, int]:
    """Scale an int16 vector to length 16384; raises ValueError when it is too short to point."""
    length = norm(x, y, z)
    if length < 1024:
        raise ValueError("a vector shorter than 1024 counts has no direction")
    return x * _ONE // length, y * _ONE // length, z * _ONE // length


def cross(a: tuple[int, int, int], b: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the cross product of two Q14 vectors no longer than 1.1, in Q14."""
    return (
        (a[1] * b[2] - a[2] * b[1]) >> 14,
        (a[2] * b[0] - a[0] * b[2]) >> 14,
        (a[0] * b[1] - a[1] * b[0]) >> 14,
    )


def dot_q14(a: tuple[int, int, int], b: tuple[int, int, int]) -> int:
    """Return the dot product of two Q14 unit vectors, in Q14."""
    return (a[0] * b[0] >> 4) + (a[1] * b[1] >> 4) + (a[2] * b[2] >> 4) >> 10


def _dot(axis: tuple[int, int, int], vector: tuple[int, ...], at: int) -> int:
    # Q14 times int16 is below 2**29, a sum of three is not: shift first, keep 4 extra bits.
    return (
        (axis[0] * vector[at] >> 2)
        + (axis[1] * vector[at + 1] >> 2)
        + (axis[2] * vector[at + 2] >> 2)
    ) >> 8


class TrunkFrame:
    """Up, forward and right of an upright trunk, in the sensor frame; made from one neutral pose.

        up      the neutral gravity vector
        forward `ahead`, made perpendicular to up
        right   forward × up

    `ahead` comes from a bow (bow.py), in any mounting; without one it is the sensor's z axis.
    Then pitch and roll of the mounting cancel, and a yaw error does not: 5° of it at 30° of
    flexion shows as 2.5° of lean, but changes flexion by less than 1°.
    """

    def __init__(
        self, up_x: int, up_y: int, up_z: int, ahead: tuple[int, int, int] = (0, 0, _ONE)
    ) -> None:
        self.up = unit(up_x, up_y, up_z)
        self.right = unit(*cross(ahead, self.up))
        self.forward = cross(self.up, self.right)

    def pose(self, vector: tuple[int, ...], at: int = 0) -> tuple[int, int, int, int]:
        """Return flexion, lean and inclination of an up vector, and the cosine of the last, Q14.

        flexion, atan2(-u·forward, u·up): forward positive, valid beyond 90°.
        lean, asin(-u·right): to the wearer's right is positive.
        inclination, acos(u·up): from neutral upright, unsigned, 0 to 18000.
        """
        ahead = _dot(self.forward, vector, at)
        above = _dot(self.up, vector, at)
        aside = _dot(self.right, vector, at) >> 5
        flexion_cdeg = atan2_cdeg(-ahead, above)
        cosine_q14 = min(above >> 4, _ONE)
        ahead, above = ahead >> 5, above >> 5
        square = ahead * ahead
        lateral_cdeg = atan2_cdeg(-aside, isqrt(square + above * above))
        inclination_cdeg = atan2_cdeg(isqrt(square + aside * aside), above)
        return flexion_cdeg, lateral_cdeg, inclination_cdeg, cosine_q14

    def flexion_cdeg(self, vector: tuple[int, ...], at: int = 0) -> int:
        """Return the signed forward bend of the up vector at vector[at:at + 3]."""
        return self.pose(vector, at)[0]

    def lateral_cdeg(self, vector: tuple[int, ...], at: int = 0) -> int:
        """Return the side lean of an up vector."""
        return self.pose(vector, at)[1]

    def inclination_cdeg(self, vector: tuple[int, ...], at: int = 0) -> int:
        """Return the unsigned angle of an up vector from neutral upright."""
        return self.pose(vector, at)[2]
