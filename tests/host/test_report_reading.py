"""The report's numbers, colours and figures can be read, and lose nothing on the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.report import palette, wording
from trunkline.report.envelope import envelope, runs


@pytest.mark.parametrize(("text", "ground"), palette.READ_ON)
def test_text_can_be_read_with_weak_sight(text, ground):
    assert _contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("drawing", "ground"), palette.SEEN_ON)
def test_drawings_can_be_seen_with_weak_sight(drawing, ground):
    assert _contrast(drawing, ground) >= 3


@given(
    values=st.lists(st.floats(-180, 180) | st.just(float("nan")), min_size=1, max_size=300),
    most_bins=st.integers(1, 80),
)
def test_an_envelope_loses_no_extreme(values, most_bins):
    array = np.array(values)
    shown = envelope(array, 0.1, most_bins)
    assert len(shown.time_s) == min(most_bins, len(array))
    known = array[np.isfinite(array)]
    assert np.isfinite(shown.high).any() == (len(known) > 0)
    if len(known):
        assert np.nanmax(shown.high) == known.max()
        assert np.nanmin(shown.low) == known.min()


@given(on=st.lists(st.booleans(), max_size=200), most_bins=st.integers(1, 300))
def test_runs_cover_all_that_is_on(on, most_bins):
    array = np.array(on, dtype=bool)
    found = runs(array, 1.0, most_bins)
    covered = {at for start, length in found for at in range(round(start), round(start + length))}
    assert set(np.flatnonzero(array)) <= covered
    if most_bins >= len(on):
        assert covered == set(np.flatnonzero(array))


@pytest.mark.parametrize(
    ("at_s", "shown"),
    [(0.0, "0:00.0"), (41.8, "0:41.8"), (59.96, "1:00.0"), (3599.96, "1:00:00.0")],
)
def test_moments_read_like_a_clock(at_s, shown):
    assert wording.clock(at_s) == shown


@pytest.mark.parametrize(
    ("duration_s", "shown"),
    [(0.8, "0.8 s"), (59.97, "1 min 0 s"), (127.2, "2 min 7 s"), (3599.8, "1 h 0 min")],
)
def test_durations_read_like_speech(duration_s, shown):
    assert wording.span(duration_s) == shown


@given(
    parts=st.lists(st.floats(0, 1e5), min_size=1, max_size=12),
    step=st.sampled_from([0.1, 1.0]),
)
def test_apportioned_parts_add_up_and_move_less_than_a_step(parts, step):
    shown = wording.apportion(parts, step)
    assert round(sum(shown) / step) == round(sum(part / step for part in parts))
    assert all(abs(new - old) <= step * 1.001 for new, old in zip(shown, parts, strict=True))


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
