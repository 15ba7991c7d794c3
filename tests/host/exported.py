"""Recordings to export, and what must come back."""

from datetime import UTC, datetime

import numpy as np

from trunkline import Recording
from trunkline.recordings.gaps import Gap


def recording_of(
    count=200, seed=1, *, has_gyr=True, gaps=(), rate_hz=60.0, extras=None, is_simulated=False
):
    """Make a recording of odd floats: no digit of them is round."""
    dice = np.random.default_rng(seed)
    acc = np.tile([9.80665, 0.0, 0.0], (count, 1)) + dice.normal(0, 0.3, (count, 3))
    return Recording.from_arrays(
        rate_hz,
        acc,
        dice.normal(0, 0.2, (count, 3)) if has_gyr else None,
        "T12",
        axes="SRA",
        name="näme",
        is_simulated=is_simulated,
        source="made, for a test",
        start_utc=datetime(2026, 11, 23, 8, 30, 1, 250000, tzinfo=UTC),
        gaps=tuple(Gap(*gap) for gap in gaps),
        extras=extras or {},
    )


def assert_equal(here, there):
    """Hold two recordings equal, to the last bit."""
    np.testing.assert_array_equal(here.acc_m_s2, there.acc_m_s2)
    assert (here.gyr_rad_s is None) == (there.gyr_rad_s is None)
    if here.gyr_rad_s is not None:
        np.testing.assert_array_equal(here.gyr_rad_s, there.gyr_rad_s)
    names = ("rate_hz", "placement", "axes", "name", "is_simulated", "source", "start_utc")
    for name in (*names, "gaps", "quality", "sample_count", "duration_s"):
        assert getattr(here, name) == getattr(there, name), name
    assert set(here.extras) == set(there.extras)
    for name, values in here.extras.items():
        assert there.extras[name].dtype == values.dtype, name
        assert there.extras[name].shape == values.shape, name
        np.testing.assert_array_equal(there.extras[name], values)
