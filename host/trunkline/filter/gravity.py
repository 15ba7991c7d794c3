"""Where up is in the sensor frame, from acceleration and angular rate: the filtering core.

The Butterworth low-pass of VQF (Laidig and Seel 2023), its two states kept in the sensor frame and
turned by every gyroscope step, so that tilt needs no quaternion (1e-9 degrees from VQF's own):

    p ← Q(p);  r ← Q(r);  y = b0·a + p;  p = 2·b0·a − a1·y + r;  r = b0·a − a2·y;  up = y/|y|

Q turns a vector that stands still in the world from one sample's sensor frame into the next.

The gyroscope's bias is learnt in quiet blocks of 0.5 s, as VQF learns it at rest, with one change:
from a block's mean rate is taken what the acceleration says the sensor really tilted since the
block before. A back is never at rest: without that, breathing and sway are taken for bias, and a
slow slump hides itself (4 degrees of a 30-degree lean at 1.5 deg/s). The corrections telescope, so
what a push of the wearer makes wrong, its end makes right again.

Offline, bias is smoothed over the whole recording and the low-pass runs forwards, then backwards.
What happens at gaps stands in gaps, and which samples not to trust in marks.
Only + − × ÷ and square roots without reordering: the same bits in any batch size, on any machine.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.filter.rules import (
    DRIFT_PER_S,
    QUIET_BLOCKS,
    START_VARIANCE,
    TAU_ACC_ONLY_S,
    TAU_S,
    rules_for,
)
from trunkline.recordings.gaps import KEPT_GAP_S, Gap, checked_lost_s, segments
from trunkline.recordings.recording import MAX_RATE_HZ, MIN_RATE_HZ, Recording

__all__ = ["Gap", "GravityFilter", "gravity"]

Mode = Literal["offline", "online"]
FloatArray = NDArray[np.float64]


def gravity(
    recording: Recording, mode: Mode = "offline", *, gaps: Sequence[Gap] = ()
) -> FloatArray:
    """Compute where up is, for every sample of a recording.

    Without a gyroscope the acceleration is low-passed at 0.8 Hz: good for posture that is held,
    10 degrees and more wrong while the wearer moves.

    Args:
        recording: The recording; its own axes are kept.
        mode: "offline" uses the whole recording, "online" only the past, as the device must.
        gaps: Where samples are missing, in order; a gap of more than half a second starts anew.

    Returns:
        (N, 3) unit vectors that point up, in the recording's own axes.

    Raises:
        InputError: An unknown mode, or gaps that do not fit the recording.
    """
    if mode not in ("offline", "online"):
        raise InputError(
            found=f"filter mode {mode!r}",
            expected="'offline' or 'online'",
            hint="use 'offline' for a finished recording",
        )
    acc, gyr = recording.acc_m_s2, recording.gyr_rad_s
    pieces = segments(gaps, len(acc))
    if mode == "offline":
        return _smoothed(recording, pieces)
    stream = GravityFilter(recording.rate_hz, has_gyr=gyr is not None)
    up = np.empty((len(acc), 3))
    first = 0
    for at, lost_s in (*gaps, Gap(len(acc), 0.0)):
        up[first:at] = stream.update(None if gyr is None else gyr[first:at], acc[first:at])
        if lost_s:
            stream.gap(lost_s)
        first = at
    return up


def _smoothed(recording: Recording, pieces: list[tuple[int, int]]) -> FloatArray:
    """Filter each piece forwards and backwards, with one bias smoothed over all of them."""
    from trunkline.filter import kernels  # numba is slow to import: only to filter

    acc = _plain(recording.acc_m_s2)
    has_gyr = recording.gyr_rad_s is not None
    gyr = np.zeros_like(acc) if recording.gyr_rad_s is None else _plain(recording.gyr_rad_s)
    rules = rules_for(recording.rate_hz, TAU_S if has_gyr else TAU_ACC_ONLY_S)
    seen = [kernels.rest_blocks(gyr[a:b], acc[a:b], rules) for a, b in pieces if has_gyr]
    bias = np.zeros((1, 3))
    if sum(len(is_rest) for _, is_rest in seen) >= QUIET_BLOCKS:
        shown, is_rest = (np.concatenate(column) for column in zip(*seen, strict=True))
        bias = kernels.smooth_bias(shown, is_rest, rules)
    up = np.empty_like(acc)
    first = 0
    for a, b in pieces:
        # A piece without a whole block takes the bias of its neighbour.
        last = max(first + (b - a) // rules.block_count, 1)
        own = bias[first:last] if first < len(bias) else bias[-1:]
        kernels.forward_backward(gyr[a:b], acc[a:b], own, rules, up[a:b])
        first += (b - a) // rules.block_count
    return up


class GravityFilter:
    """Follow where up is, sample by sample or in batches of any size.

    Batches of any sizes give the same bits as one call with everything.
    """

    def __init__(self, rate_hz: float, *, has_gyr: bool = True) -> None:
        """Start a filter that has seen nothing.

        Args:
            rate_hz: Samples a second, 25 to 1000.
            has_gyr: False follows the acceleration alone.

        Raises:
            InputError: A rate outside 25 to 1000 Hz.
        """
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise InputError(
                found=f"a rate of {rate_hz:g} Hz",
                expected=f"{MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz",
                hint="give the rate in samples a second",
            )
        self.rate_hz = float(rate_hz)
        self.has_gyr = has_gyr
        self._rules = rules_for(self.rate_hz, TAU_S if has_gyr else TAU_ACC_ONLY_S)
        self._levels = np.zeros((3, 3))
        self._levels[2, 0] = 1.0
        self._counts = np.zeros(3, dtype=np.int64)
        self._bias = np.zeros((4, 3))
        self._bias[3, 0] = START_VARIANCE
        self._block = np.zeros((6, 3))

    @property
    def gyr_bias_rad_s(self) -> FloatArray:
        """Tell the gyroscope bias as learnt so far, (3,) in rad/s."""
        bias: FloatArray = self._bias[0].copy()
        return bias

    def update(self, gyr_rad_s: FloatArray | None, acc_m_s2: FloatArray) -> FloatArray:
        """Take the next samples and tell where up is at each.

        Args:
            gyr_rad_s: (N, 3) angular rate; None if the filter has no gyroscope.
            acc_m_s2: (N, 3) specific force.

        Returns:
            (N, 3) unit vectors that point up.

        Raises:
            InputError: Shapes that do not fit, or a number that is not finite.
        """
        acc = _batch(acc_m_s2, "acc_m_s2")
        if self.has_gyr and gyr_rad_s is not None:
            gyr = _batch(gyr_rad_s, "gyr_rad_s")
        elif not self.has_gyr and gyr_rad_s is None:
            gyr = np.zeros_like(acc)
        else:
            raise InputError(
                found="a gyroscope" if gyr_rad_s is not None else "no gyroscope",
                expected=f"what the filter was made for (has_gyr={self.has_gyr})",
                hint="make the filter with has_gyr as the recording is",
            )
        if len(gyr) != len(acc):
            raise InputError(
                found=f"{len(gyr)} gyroscope samples beside {len(acc)} accelerometer samples",
                expected="as many of one as of the other",
                hint="give both from the same batch",
            )
        from trunkline.filter import kernels as kernels

        up = np.empty_like(acc)
        state = (self._levels, self._counts, self._bias, self._block)
        kernels.follow(gyr, acc, self._rules, *state, up)
        return up

    def gap(self, lost_s: float) -> None:
        """Tell that samples are missing before the next batch.

        Up to half a second the state is kept; after more, the low-pass starts anew.

        Args:
            lost_s: How much time is missing.

        Raises:
            InputError: Not a positive, finite number.
        """
        lost = checked_lost_s(lost_s)
        self._counts[1:] = 0
        if lost > KEPT_GAP_S:
            self._counts[0] = 0
            self._levels[:2] = 0.0
            variance = self._bias[3, 0] + DRIFT_PER_S * lost
            self._bias[3, 0] = min(variance, max(START_VARIANCE, self._bias[3, 0]))

    def state(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Copy everything the filter remembers, for `restore`."""
        parts = {"levels": self._levels, "bias": self._bias, "block": self._block}
        rate_hz = np.array(self.rate_hz)
        copies = {key: part.copy() for key, part in parts.items()}
        return {**copies, "counts": self._counts.copy(), "rate_hz": rate_hz}

    def restore(self, state: dict[str, NDArray[np.float64] | NDArray[np.int64]]) -> None:
        """Go back to what `state` gave; the rate must be the same.

        Raises:
            InputError: A state of a filter with another rate.
        """
        if state["rate_hz"] != self.rate_hz:
            raise InputError(
                found=f"the state of a filter at {state['rate_hz']:g} Hz",
                expected=f"{self.rate_hz:g} Hz",
                hint="restore into a filter of the same rate",
            )
        self._levels[:] = state["levels"]
        self._counts[:] = state["counts"]
        self._bias[:] = state["bias"]
        self._block[:] = state["block"]


def _plain(values: FloatArray) -> FloatArray:
    # Other layouts, and arrays that cannot be written, would be compiled for anew, in seconds.
    return np.require(values, np.float64, ["C", "W"])


def _batch(values: FloatArray, what: str) -> FloatArray:
    batch = _plain(values)
    if batch.ndim != 2 or batch.shape[1] != 3:
        raise InputError(
            found=f"{what} of shape {batch.shape}",
            expected="shape (N, 3)",
            hint="give one row a sample with columns x, y, z",
        )
    if not np.isfinite(batch).all():
        raise InputError(
            found=f"{what} with a number that is not finite",
            expected="finite numbers",
            hint="leave the sample out, or hold the one before",
        )
    return batch
