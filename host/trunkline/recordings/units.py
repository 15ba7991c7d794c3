"""Units that cannot be: what gravity and the gyroscope say about each other and themselves."""

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError

STANDARD_GRAVITY_M_S2 = 9.80665
WELL_CORRELATED = 0.55
_FEWEST_PAIRS = 30
# 4000 deg/s is the widest range of a motion chip.
_FASTEST_RAD_S = np.deg2rad(4000.0)

FloatArray = NDArray[np.float64]


def check_acc_unit(acc: FloatArray) -> None:
    """Raise if the median magnitude of the acceleration is not near 1 g in m/s².

    Raises:
        InputError: Looks like g, mg, or counts.
    """
    median = float(np.median(np.linalg.norm(acc, axis=1)))
    if 0.8 <= median / STANDARD_GRAVITY_M_S2 <= 1.25:
        return
    looks, hint = "neither g nor mg", "check the unit: a back at rest reads 9.8 m/s²"
    if 0.8 <= median <= 1.25:
        looks, hint = "g", f"multiply by {STANDARD_GRAVITY_M_S2}, or say that the unit is g"
    elif 0.8 <= median / 1000 <= 1.25:
        looks = "mg"
        hint = f"multiply by {STANDARD_GRAVITY_M_S2 / 1000:g}, or say that the unit is mg"
    raise InputError(
        found=f"a median acceleration of {median:.4g}, which looks like {looks}",
        expected="about 9.8, in m/s²",
        hint=hint,
    )


def tilt_ratio(rate_hz: float, acc: FloatArray, gyr: FloatArray) -> tuple[float, float]:
    """Compare how the acceleration turns with how the gyroscope says it should.

    Args:
        rate_hz: Samples a second.
        acc: (N, 3) specific force.
        gyr: (N, 3) angular rate in rad/s.

    Returns:
        The ratio of turning seen to turning told (about 1 if the unit is right), and their
        correlation; (1, 0) if there is nothing to compare.
    """
    n = max(1, round(rate_hz / 5.0))
    count = len(acc) // n
    force, rate = (v[: count * n].reshape(count, n, 3).mean(axis=1) for v in (acc, gyr))
    length = np.linalg.norm(force, axis=1)
    up = force / np.maximum(length, 1e-6)[:, None]
    # Steps and jolts turn the acceleration too: it says up only where it is as long as gravity.
    is_calm = np.abs(length / STANDARD_GRAVITY_M_S2 - 1.0) < 0.03
    is_calm = is_calm[1:] & is_calm[:-1]
    seen = np.diff(up, axis=0)[is_calm]
    turning = np.cross((rate[1:] + rate[:-1]) / 2.0, (up[1:] + up[:-1]) / 2.0)[is_calm]
    told = -turning * (n / rate_hz)
    both, of_told, of_seen = (
        float((a * b).sum()) for a, b in ((seen, told), (told, told), (seen, seen))
    )
    # Fewer than 30 pairs (6 s) of plain noise can go together by chance.
    if len(seen) < _FEWEST_PAIRS or of_told <= 0.0 or of_seen <= 0.0:
        return 1.0, 0.0
    return both / of_told, both / float(np.sqrt(of_told * of_seen))


def check_gyr_unit(rate_hz: float, acc: FloatArray, gyr: FloatArray) -> None:
    """Raise if the angular rate is beyond any motion chip, or 57 times off what gravity shows.

    Args:
        rate_hz: Samples a second.
        acc: (N, 3) specific force in m/s².
        gyr: (N, 3) angular rate in rad/s.

    Raises:
        InputError: Looks like deg/s, or like rad/s converted twice.
    """
    fastest = float(np.abs(gyr).max())
    if fastest > _FASTEST_RAD_S:
        raise InputError(
            found=f"an angular rate of {fastest:.4g} rad/s, which looks like deg/s",
            expected=f"at most {_FASTEST_RAD_S:.0f} rad/s",
            hint="multiply by 0.0174533, or say that the unit is deg/s",
        )
    # On 20 BROAD trials, a lower-back clip and simulated days, pairs that go together this well
    # have ratios of 0.7 to 1.6; a wrong unit makes 0.02 or 57.
    ratio, correlation = tilt_ratio(rate_hz, acc, gyr)
    if correlation > WELL_CORRELATED and not 0.1 < ratio < 10.0:
        looks, factor = (
            ("deg/s", "0.0174533") if ratio < 1.0 else ("rad/s converted twice", "57.3")
        )
        raise InputError(
            found=f"angular rates {1.0 / ratio:.3g} times what gravity shows, like {looks}",
            expected="rad/s",
            hint=f"multiply by {factor}, or name the right unit",
        )
