"""A motion recording of one sensor on a back, checked, in SI units.

Rules:
- Vectors are in the sensor's own axes; `axes` says where those axes point on the wearer.
- The sensor frame of Trunkline is "SRA": x up along the spine, y to the wearer's right, z forward.
- Samples are evenly spaced but for `gaps`: sample i was taken at i / rate_hz seconds and what the
  gaps up to it have lost.
- Make one with `Recording.from_arrays` or `trunkline.readers.load`: both check everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap, segments
from trunkline.recordings.holes import mend
from trunkline.recordings.quality import Quality, assess
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2, check_acc_unit, check_gyr_unit

__all__ = ["PLACEMENTS", "STANDARD_GRAVITY_M_S2", "Quality", "Recording"]

PLACEMENTS = ("C7", "T4", "T12", "L5")
MIN_RATE_HZ, MAX_RATE_HZ = 25.0, 1000.0

FloatArray = NDArray[np.float64]

# A letter's axis of the sensor frame and its sign. BIDS writes A P L R S I; its machine-readable
# schema also says F(ront) B(ack) U(p) D(own).
_LETTERS = {
    **{"S": (0, 1.0), "I": (0, -1.0), "U": (0, 1.0), "D": (0, -1.0)},
    **{"R": (1, 1.0), "L": (1, -1.0)},
    **{"A": (2, 1.0), "P": (2, -1.0), "F": (2, 1.0), "B": (2, -1.0)},
}


@dataclass(frozen=True, eq=False)
class Recording:
    """Hold one checked recording; make it with `Recording.from_arrays` or `load`.

    Attributes:
        rate_hz: Samples a second, 25 to 1000.
        acc_m_s2: Specific force, (N, 3), finite; points up at rest.
        gyr_rad_s: Angular rate by the right-hand rule, (N, 3), finite; None: no gyroscope.
        placement: Where on the back: C7, T4, T12 or L5.
        axes: Where the sensor's x, y and z point as worn, in BIDS letters.
        name: A short name for reports; never a person's name.
        is_simulated: True if no person wore the sensor; None: not known.
        source: Where the recording comes from, in words.
        quality: What was counted and repaired while reading.
        start_utc: Time of sample 0; None: unknown.
        extras: Further arrays that the file held, under their own names.
        gaps: Where samples are missing, in order.
    """

    rate_hz: float
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray | None
    placement: str = "T4"
    axes: str = "SRA"
    name: str = "recording"
    is_simulated: bool | None = None
    source: str = "arrays"
    quality: Quality = field(default_factory=Quality)
    start_utc: datetime | None = None
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def from_arrays(
        cls,
        rate_hz: float,
        acc_m_s2: ArrayLike,
        gyr_rad_s: ArrayLike | None = None,
        placement: str = "T4",
        *,
        axes: str = "SRA",
        name: str = "recording",
        is_simulated: bool | None = None,
        source: str = "arrays",
        quality: Quality | None = None,
        start_utc: datetime | None = None,
        extras: Mapping[str, NDArray[Any]] | None = None,
        gaps: Sequence[Gap] = (),
    ) -> "Recording":
        """Check arrays and make a recording of them.

        Holes of not-a-number up to 0.1 s are held, longer ones become gaps; saturated and stuck
        axes are flagged in `quality`.

        Args:
            rate_hz: Samples a second.
            acc_m_s2: (N, 3) specific force in m/s².
            gyr_rad_s: (N, 3) angular rate in rad/s; None: accelerometer only.
            placement: C7, T4, T12 or L5.
            axes: Where x, y and z point as worn, as three of A P L R S I.
            name: A short name for reports.
            is_simulated: True if no person wore the sensor; None: not known.
            source: Where the recording comes from, in words.
            quality: What a reader has counted so far.
            start_utc: Time of sample 0.
            extras: Further arrays to carry along.
            gaps: Where samples are missing, in order: each between two samples.

        Raises:
            InputError: A rate, shape, unit, axis, placement or gap that cannot be used.
        """
        axis_map(axes)
        rate, acc = _checked_rate(rate_hz), _checked_vectors(acc_m_s2, "acc_m_s2", None)
        gyr = None if gyr_rad_s is None else _checked_vectors(gyr_rad_s, "gyr_rad_s", len(acc))
        segments(gaps, len(acc))  # raises for gaps that do not fit
        acc, gyr, gaps, so_far, held = mend(acc, gyr, rate, gaps, quality or Quality())
        return cls(
            rate_hz=rate,
            acc_m_s2=acc,
            gyr_rad_s=gyr,
            placement=_checked_placement(placement),
            axes=axes.upper(),
            name=name,
            is_simulated=is_simulated,
            source=source,
            quality=_examined(rate, acc, gyr, so_far, held),
            start_utc=start_utc,
            extras=dict(extras or {}),
            gaps=tuple(gaps),
        )

    @property
    def sample_count(self) -> int:
        """Count the samples."""
        return len(self.acc_m_s2)

    @property
    def duration_s(self) -> float:
        """Tell how long the recording is, gaps included, in seconds."""
        return self.sample_count / self.rate_hz + sum(gap.lost_s for gap in self.gaps)

    def in_sensor_frame(self) -> "Recording":
        """Give the same recording with its vectors in the sensor frame "SRA"."""
        if self.axes == "SRA":
            return self
        turn = axis_map(self.axes)
        gyr = None if self.gyr_rad_s is None else self.gyr_rad_s @ turn.T
        return replace(self, acc_m_s2=self.acc_m_s2 @ turn.T, gyr_rad_s=gyr, axes="SRA")


def axis_map(axes: str) -> FloatArray:
    """Give the (3, 3) rotation from a sensor's own axes into the sensor frame "SRA".

    Args:
        axes: Where x, y and z point as worn, as three of A P L R S I (also F B U D).

    Raises:
        InputError: Not three letters, an axis twice, or a left-handed set.
    """
    letters = [_LETTERS.get(letter) for letter in axes.upper()]
    turn = np.zeros((3, 3))
    if len(letters) == 3:
        for column, letter in enumerate(letters):
            if letter is not None:
                turn[letter[0], column] = letter[1]
    if np.linalg.det(turn) < 0.5:
        raise InputError(
            found=f"axes {axes!r}",
            expected="three letters, one of S/I, one of R/L and one of A/P, right-handed",
            hint="say where the sensor's x, y and z point on the wearer, such as 'SRA' or 'ASR'",
        )
    return turn


def _examined(
    rate_hz: float, acc: FloatArray, gyr: FloatArray | None, so_far: Quality, held: int
) -> Quality:
    with np.errstate(over="ignore", invalid="ignore"):  # numbers too large are refused here
        check_acc_unit(acc)
        if gyr is not None:
            check_gyr_unit(rate_hz, acc, gyr)
        return assess(rate_hz, acc, gyr, so_far, held)


def _checked_rate(rate_hz: float) -> float:
    rate = float(rate_hz)
    if MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        return rate
    if rate > MAX_RATE_HZ:
        reason, hint = "at most 1000 Hz", "give the rate in samples a second, not a period"
    else:
        reason = "at least 25 Hz: slower samples cannot hold a 10-Hz posture signal"
        hint = "record at 50 Hz or more, and give the rate in samples a second"
    raise InputError(found=f"a rate of {rate:g} Hz", expected=reason, hint=hint)


def _checked_vectors(values: ArrayLike, what: str, count: int | None) -> FloatArray:
    try:
        # A copy: holes are filled in place, and the caller's array is not ours to change.
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise InputError(
            found=f"{what} that is not a table of numbers",
            expected="an (N, 3) array of numbers",
            hint="give one row a sample with columns x, y, z",
        ) from None
    if array.ndim != 2 or array.shape[1] != 3 or len(array) == 0:
        raise InputError(
            found=f"{what} of shape {array.shape}",
            expected="shape (N, 3) with N at least 1",
            hint="give one row a sample with columns x, y, z",
        )
    if count is not None and len(array) != count:
        raise InputError(
            found=f"{len(array)} gyroscope samples beside {count} accelerometer samples",
            expected="as many of one as of the other",
            hint="cut both to the same samples, or give no gyroscope",
        )
    return array


def _checked_placement(placement: str) -> str:
    known: Sequence[str] = PLACEMENTS
    if placement.upper() in known:
        return placement.upper()
    raise InputError(
        found=f"placement {placement!r}",
        expected="one of " + ", ".join(known),
        hint="choose the vertebra nearest to the sensor; T4 is between the shoulder blades",
    )
