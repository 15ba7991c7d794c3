import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.scales import (
    ACC_LSB_PER_G,
    GYR_UDPS_PER_LSB,
    UP_LSB_PER_G,
    acc_lsb,
    blocks_for_ms,
    blocks_for_s,
    gyr_lsb,
    up_lsb,
)

RATES = st.integers(55000, 63000)


def test_counts_are_the_datasheets():
    assert pytest.approx(1 / 0.000061, abs=1) == UP_LSB_PER_G
    assert pytest.approx(1 / 0.000244, abs=1) == ACC_LSB_PER_G
    assert GYR_UDPS_PER_LSB == 35000


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(gyr_lsb(20), 571), (gyr_lsb(1000), 28571), (acc_lsb(1000), 4098), (up_lsb(100), 1639)],
)
def test_physical_limits_become_counts(counts, expected):
    assert counts == expected


@pytest.mark.parametrize(
    ("rate_mhz", "duration_s", "blocks"),
    [(60000, 1, 10), (60000, 3600, 36000), (59999, 1, 10), (60001, 1, 11), (57000, 2, 19)],
)
def test_a_duration_is_covered_by_whole_blocks(rate_mhz, duration_s, blocks):
    assert blocks_for_s(duration_s, rate_mhz) == blocks


@given(st.integers(1, 17000), RATES)
def test_blocks_cover_the_seconds_and_no_more(duration_s, rate_mhz):
    blocks = blocks_for_s(duration_s, rate_mhz)
    assert (blocks - 1) * 6000 < duration_s * rate_mhz <= blocks * 6000
    assert duration_s * rate_mhz + 5999 < 2**30


@given(st.integers(1, 16000), RATES)
def test_blocks_cover_the_milliseconds_and_no_more(duration_ms, rate_mhz):
    blocks = blocks_for_ms(duration_ms, rate_mhz)
    assert (blocks - 1) * 6000000 < duration_ms * rate_mhz <= blocks * 6000000
