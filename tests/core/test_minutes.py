"""Minutes of wear: what counts, where a record ends, and that nothing is counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import wire
from posturecore.context import (
    BENDING,
    CHANGING,
    CONTEXTS,
    LYING,
    OFF_BODY,
    RECLINED,
    STILL,
    UNKNOWN,
    VIBRATING,
    WALKING,
)
from posturecore.flash import BANDS_CDEG, MINUTES
from posturecore.minutes import MINUTES_PER_RECORD, Minutes, band_of

COUNTED = (STILL, WALKING, BENDING, CHANGING, RECLINED, VIBRATING)
RATE_MHZ = 60_000
MINUTE = 600  # blocks


def fed(minutes, rows):
    """Give (at, flexion, context) rows, a block each 100 ms; return the records."""
    made = [minutes.block(at, at * 100 + 100, flexion, doing) for at, flexion, doing in rows]
    return [record for record in made if record]


def worn(first, end, flexion=0):
    return [(at, flexion, STILL) for at in range(first, end)]


@pytest.mark.parametrize(
    ("flexion_cdeg", "band"),
    [(-1, 0), (0, 1), (499, 1), (500, 2), (1999, 4), (2000, 5), (2999, 5), (5999, 6), (6000, 7)],
)
def test_band_begins_at_its_angle(flexion_cdeg, band):
    assert band_of(flexion_cdeg) == band


def test_bands_of_the_report_are_sums_of_these():
    assert {0, 2000, 6000} <= set(BANDS_CDEG)


def test_ten_minutes_make_a_record():
    records = fed(Minutes(RATE_MHZ), worn(0, 25 * MINUTE, 700))
    assert [values for values, _ in records] == [
        (0, 10 * 60_000),
        (10 * MINUTE, 20 * 60_000),
    ]
    assert records[0][1] == ((0, 0, MINUTE, 0, 0, 0, 0, 0, 700),) * MINUTES_PER_RECORD


def test_record_fits_a_frame():
    values, items = fed(Minutes(RATE_MHZ), worn(0, 10 * MINUTE, -9000))[0]
    assert wire.unpack_frame(wire.pack_frame(MINUTES, 0, values, items), 0)[2:] == (values, items)


@pytest.mark.parametrize("context", range(len(CONTEXTS)), ids=CONTEXTS)
def test_only_a_trunk_that_is_held_counts(context):
    minutes = Minutes(RATE_MHZ)
    fed(minutes, [(at, 100, context) for at in range(MINUTE)])
    record = minutes.finish()
    assert (record is not None) == (context in COUNTED)
    assert set(COUNTED) | {UNKNOWN, LYING, OFF_BODY} == set(range(len(CONTEXTS)))


def test_minute_without_wear_ends_the_record():
    minutes = Minutes(RATE_MHZ)
    off = [(at, 0, OFF_BODY) for at in range(2 * MINUTE, 4 * MINUTE)]
    records = fed(minutes, worn(0, 2 * MINUTE) + off + worn(4 * MINUTE, 5 * MINUTE))
    assert [(values, len(items)) for values, items in records] == [((0, 120_000), 2)]
    assert minutes.finish() == ((4 * MINUTE, 300_000), ((0, MINUTE, 0, 0, 0, 0, 0, 0, 0),))


def test_lost_blocks_of_whole_minutes_end_the_record():
    minutes = Minutes(RATE_MHZ)
    records = fed(minutes, worn(0, 90) + worn(3 * MINUTE, 3 * MINUTE + 1))
    assert [(values, items[0][1]) for values, items in records] == [((0, 9_000), 90)]


def test_lost_blocks_within_a_minute_only_lower_its_count():
    minutes = Minutes(RATE_MHZ)
    assert fed(minutes, worn(0, 100) + worn(500, MINUTE + 1)) == []
    (values, items) = minutes.finish()
    assert values[0] == 0
    assert [item[1] for item in items] == [200, 1]


def test_tenth_minute_whose_last_blocks_are_lost_ends_the_record():
    minutes = Minutes(RATE_MHZ)
    records = fed(minutes, worn(0, 10 * MINUTE - 1) + worn(10 * MINUTE, 10 * MINUTE + 1))
    assert [(values, len(items)) for values, items in records] == [((0, 599_900), 10)]
    assert minutes.finish() == ((10 * MINUTE, 600_100), ((0, 1, 0, 0, 0, 0, 0, 0, 0),))


def test_mean_is_rounded_down_on_both_ends():
    minutes = Minutes(RATE_MHZ)
    fed(minutes, [(0, -1, STILL), (1, 0, STILL)])
    assert minutes.finish()[1][0][-1] == -1


def test_minute_follows_the_chips_own_rate():
    minutes = Minutes(63_000)
    assert fed(minutes, worn(0, 6300))[0][0] == (0, 630_000)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2000),  # blocks lost before
        st.integers(1, 1500),  # blocks alike
        st.integers(-18000, 18000),
        st.sampled_from([STILL, BENDING, LYING, OFF_BODY]),
    ),
    max_size=12,
)


@given(ROWS)
def test_every_counted_block_is_in_one_item_and_its_minute(runs):
    minutes, at, rows = Minutes(RATE_MHZ), 0, []
    for lost, count, flexion, doing in runs:
        at += lost
        rows += [(at + k, flexion, doing) for k in range(count)]
        at += count
    records = [*fed(minutes, rows), minutes.finish()]
    found = {}
    for values, items in filter(None, records):
        assert len(items) <= MINUTES_PER_RECORD
        for k, item in enumerate(items):
            minute = values[0] // MINUTE + k
            assert minute not in found
            found[minute] = item
    expected = {}
    for block, flexion, doing in rows:
        if doing in COUNTED:
            expected.setdefault(block // MINUTE, []).append(flexion)
    assert found == {
        minute: (
            *[sum(band_of(each) == band for each in flexions) for band in range(8)],
            sum(flexions) // len(flexions),
        )
        for minute, flexions in expected.items()
    }
