import pytest

from posturecore.decide import IS_CUT, IS_HELD, KIND_BEND

from .worn import Worn, block, without_gravity

# An episode: kind, context, flags, start, end, peak, mean, peak rate, prescription
FLAGS, START, END, PEAK, MEAN, RATE = range(2, 8)


def ramp(start, end, count):
    return [block(start + (end - start) * (i + 1) / count) for i in range(count)]


def bends(blocks, **settings):
    return Worn(**settings).feel(blocks).episodes(KIND_BEND)


def test_a_bend_is_described():
    # 5° a block: 50 °/s. Fast entry at 20° is the 4th block; below 15° again 10 blocks after 60°.
    (bend,) = bends([block(), *ramp(0, 60, 12), *ramp(60, 0, 12)])
    assert (bend[FLAGS], bend[START], bend[END]) == (0, 4, 22)
    assert bend[PEAK] == pytest.approx(6000, abs=3)
    assert bend[MEAN] == pytest.approx(3750, abs=12)  # 20..60, then 55..15
    assert bend[RATE] == pytest.approx(5000, abs=30)


def test_the_mean_is_that_of_the_blocks_in_the_bend():
    (bend,) = bends([block()] * 2 + [block(45)] * 10 + [block(65)] * 10 + [block()])
    assert bend[MEAN] == pytest.approx(5500, abs=12)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param([block(), *ramp(0, 39, 10), *ramp(39, 0, 10)], 0, id="peak below 40°"),
        pytest.param([block(), *ramp(0, 41, 10), *ramp(41, 0, 10)], 1, id="peak over 40°"),
        pytest.param([block()] + [block(50)] * 7 + [block()], 0, id="0.7 s"),
        pytest.param([block()] + [block(50)] * 8 + [block()], 1, id="0.8 s"),
        pytest.param(([block(50)] * 8 + [block(14)]) * 3, 3, id="three"),
        pytest.param(([block(50)] * 8 + [block(16)]) * 3 + [block()], 1, id="one, dipping to 16°"),
        pytest.param([block(-50)] * 20 + [block()], 0, id="backward"),
        pytest.param([block(0, 50)] * 20 + [block()], 0, id="sideways"),
    ],
)
def test_what_counts_as_a_bend(blocks, expected):
    assert len(bends(blocks)) == expected


@pytest.mark.parametrize(
    ("step_deg", "start_at_deg"),
    [pytest.param(1.4, 30, id="14 °/s is slow"), pytest.param(1.6, 20, id="16 °/s is fast")],
)
def test_a_fast_bend_begins_earlier(step_deg, start_at_deg):
    up = [block(step_deg * i) for i in range(36)]
    (bend,) = bends([*up, block(55), block(0)])
    assert bend[START] == -(-start_at_deg // step_deg)


def test_a_fast_entry_above_the_slow_one_does_not_hide_bends():
    settings = {"bend_entry_cdeg": 3000, "bend_fast_entry_cdeg": 6000}
    (bend,) = bends([block()] + [block(45)] * 10 + [block()], **settings)
    assert bend[START] == 1


@pytest.mark.parametrize(("count", "flags"), [(100, 0), (101, IS_HELD)])
def test_a_bend_longer_than_ten_seconds_is_held(count, flags):
    (bend,) = bends([block()] + [block(50)] * count + [block()])
    assert bend[FLAGS] == flags


def test_a_bend_beyond_ninety_degrees_is_measured():
    (bend,) = bends([block(), *ramp(0, 120, 20), *ramp(120, 0, 20)])
    assert bend[PEAK] == pytest.approx(12000, abs=3)


def test_a_bend_is_cut_by_a_gap_and_another_begins_after_it():
    worn = Worn().hold(0, 1).hold(50, 20).gap(30).hold(50, 20).hold(0, 1)
    first, second = worn.episodes(KIND_BEND)
    assert (first[FLAGS], first[START], first[END]) == (IS_CUT, 1, 21)
    assert (second[FLAGS], second[START], second[END]) == (0, 51, 71)


def test_no_rate_is_measured_across_a_gap():
    worn = Worn().hold(0, 5).gap(1).hold(25, 5)
    assert worn.finish().hold(0, 1).episodes(KIND_BEND) == []
    worn = Worn().hold(0, 5).gap(1).hold(50, 10).finish()
    assert worn.episodes(KIND_BEND)[0][RATE] == 0


def test_a_new_neutral_is_no_fast_bend():
    # Nobody moved: the same pose reads 25° from the new neutral.
    worn = Worn(bend_peak_cdeg=1500).hold(0, 10).set_neutral(block(-25)[6:9]).hold(0, 20).finish()
    assert worn.episodes(KIND_BEND) == []


def test_no_rate_is_measured_across_missing_gravity():
    worn = Worn(bend_peak_cdeg=1500).hold(0, 10).feel(without_gravity(30)).hold(25, 20).finish()
    assert worn.episodes(KIND_BEND) == []


def test_blocks_without_gravity_do_not_dilute_the_mean():
    worn = Worn().hold(0, 2).hold(50, 20).feel(without_gravity(20)).hold(0, 1)
    (bend,) = worn.episodes(KIND_BEND)
    assert bend[MEAN] == pytest.approx(5000, abs=12)
    assert bend[END] - bend[START] == 40


def test_a_bend_still_open_at_the_end_is_cut():
    (bend,) = Worn().hold(0, 1).hold(50, 20).finish().episodes(KIND_BEND)
    assert (bend[FLAGS], bend[END]) == (IS_CUT, 21)


def test_finishing_twice_says_it_once():
    worn = Worn().hold(50, 20).finish().finish()
    assert len(worn.episodes(KIND_BEND)) == 1


def test_durations_follow_the_chips_real_rate():
    # At 66 Hz a block is 90.9 ms: 0.8 s is 9 blocks.
    for count, expected in ((8, 0), (9, 1)):
        worn = Worn(rate_mhz=66000).hold(0, 1).hold(50, count).hold(0, 1)
        assert len(worn.episodes(KIND_BEND)) == expected
