"""Dating a device's log: who told the time, what follows from it, and when it is not known."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.clocks.anchors import VISIT_MS
from trunkline.clocks.dating import AWAY_MS, HOST_CLOCK_MS, clocks_of
from trunkline.protocol.events import Status, TimeAnchor
from trunkline.protocol.records import Boot, LedgerFrame, Minutes, Power

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
T0 = 1_790_000_000_000
UNKNOWN_MS = 0xFFFFFFFF


def boot(boot_id, away_ms=UNKNOWN_MS, last_uptime_ms=0):
    return Boot(0, boot_id, 0, 0, 0, 1, 60_000, away_ms, 0, last_uptime_ms)


def anchor(boot_id, device_ms, utc_ms, uncertainty_ms=50):
    return TimeAnchor(
        0, boot_id, device_ms & 0xFFFFFFFF, *divmod(utc_ms, 1000), uncertainty_ms, 60
    )


def power(device_ms, block):
    return Power(0, device_ms & 0xFFFFFFFF, 2, 3900, block)


def ledger(device_ms, block):
    return LedgerFrame(0, block, device_ms & 0xFFFFFFFF, ())


def error_ms(moment, truth_ms):
    """How far a moment is off, in parts of its own uncertainty."""
    assert moment is not None
    assert moment.uncertainty_ms > 0
    return abs(moment.utc_ms - truth_ms) / moment.uncertainty_ms


# One boot


def test_one_anchor_dates_what_is_before_and_after_it():
    clock = clocks_of([boot(1), anchor(1, HOUR_MS, T0 + HOUR_MS)])[1]
    assert clock.source == "anchors"
    at_anchor = clock.utc_of_ms(HOUR_MS)
    assert (at_anchor.utc_ms, at_anchor.uncertainty_ms) == (T0 + HOUR_MS, 50 + HOST_CLOCK_MS)
    assert clock.utc_of_ms(0).utc_ms == T0
    assert str(clock.utc_of_ms(0).utc) == "2026-09-21 14:13:20+00:00"
    # 1000 ppm: 3.6 s an hour.
    assert clock.utc_of_ms(0).uncertainty_ms == 50 + HOST_CLOCK_MS + 3600
    assert clock.utc_of_ms(3 * HOUR_MS).uncertainty_ms == 50 + HOST_CLOCK_MS + 7200


def test_two_anchors_tell_the_drift_and_make_all_between_more_certain():
    ahead = 1.0004  # the device's clock is 400 ppm slow
    anchors = [anchor(1, k * 6 * HOUR_MS, round(T0 + k * 6 * HOUR_MS * ahead)) for k in range(5)]
    one = clocks_of([boot(1), anchors[0]])[1].utc_of_ms(27 * HOUR_MS)
    clock = clocks_of([boot(1), *anchors])[1]
    after, between = clock.utc_of_ms(27 * HOUR_MS), clock.utc_of_ms(9 * HOUR_MS)
    assert error_ms(after, T0 + 27 * HOUR_MS * ahead) < 1
    assert error_ms(between, T0 + 9 * HOUR_MS * ahead) < 1
    assert between.uncertainty_ms <= after.uncertainty_ms < one.uncertainty_ms / 3


def test_two_anchors_that_are_off_both_ways_do_not_feign_a_drift():
    off_ms = HOST_CLOCK_MS + 50
    events = [
        boot(1),
        anchor(1, 0, T0 - off_ms),
        anchor(1, 2 * HOUR_MS, T0 + 2 * HOUR_MS + off_ms),
    ]
    moment = clocks_of(events)[1].utc_of_ms(100 * HOUR_MS)
    assert error_ms(moment, T0 + 100 * HOUR_MS) < 1
    assert moment.uncertainty_ms < 100 * 3600


def test_no_anchor_is_time_unknown():
    clock = clocks_of([boot(1), power(5000, 30)])[1]
    assert clock.utc_of_ms(0) is None
    assert clock.utc_of_block(0) is None
    assert (clock.source, clock.not_before, clock.not_after) == ("unknown", None, None)


def test_records_that_cannot_be_read_are_passed_over():
    clock = clocks_of([None, boot(1), None, anchor(1, 0, T0)])[1]
    assert clock.utc_of_ms(0).utc_ms == T0


def test_log_whose_first_boot_record_is_gone_is_dated_by_its_anchor():
    clocks = clocks_of([power(5000, 300), anchor(4, 10_000, T0 + 10_000), boot(5)])
    assert clocks[4].utc_of_ms(5000).utc_ms == T0 + 5000
    assert clocks[5].utc_of_ms(0) is None


def test_boot_id_that_comes_twice_names_no_boot():
    clocks = clocks_of([boot(1), anchor(1, 0, T0), boot(1), anchor(1, 0, T0 + DAY_MS), boot(2)])
    assert list(clocks) == [2]


def test_clock_of_the_device_that_wraps_after_49_days_goes_on():
    wrap = 1 << 32
    events = [boot(1), anchor(1, wrap - HOUR_MS, T0), power(wrap + HOUR_MS, 10)]
    clock = clocks_of(events)[1]
    assert clock.last_ms == wrap + HOUR_MS
    assert clock.utc_of_ms(clock.last_ms).utc_ms == T0 + 2 * HOUR_MS
    later = [*events, anchor(1, wrap + 2 * HOUR_MS, T0 + 3 * HOUR_MS)]
    assert clocks_of(later)[1].set_aside == ()


def test_record_told_a_little_late_is_no_wrap():
    assert clocks_of([boot(1), power(70_000, 400), ledger(69_000, 390)])[1].last_ms == 70_000


# Blocks


def test_ties_lead_over_a_pause_that_the_blocks_do_not_tell():
    events = [boot(1), power(61_000, 600), power(HOUR_MS, 700), anchor(1, HOUR_MS, T0 + HOUR_MS)]
    clock = clocks_of(events)[1]
    assert clock.ms_of_block(600).ms == 61_000
    assert clock.ms_of_block(700).ms == HOUR_MS
    between = clock.ms_of_block(650)
    # Whether the pause came before or after it: both are inside.
    assert between.ms - between.uncertainty_ms <= 61_000 + 5000
    assert between.ms + between.uncertainty_ms >= HOUR_MS - 5000
    assert clock.utc_of_block(700).uncertainty_ms >= 1000


def test_blocks_before_the_first_tie_and_behind_the_last_follow_the_rate():
    clock = clocks_of([boot(1), ledger(601_000, 6000), Minutes(0, 0, 600_900, ())])[1]
    assert clock.ms_of_block(0).ms == pytest.approx(1000, abs=10)
    assert clock.ms_of_block(3000).ms == pytest.approx(301_000, abs=1000)
    behind = clock.ms_of_block(6000 + 36_000)
    assert behind.ms == 601_000 + HOUR_MS
    assert behind.uncertainty_ms == 1000 + 36_000  # 1 %


def test_status_ties_samples_to_ms_in_its_own_boot_only():
    def status(boot_id, ms, sample):
        return Status(0, boot_id, ms, sample, *([0] * 11))

    clock = clocks_of([boot(2), status(1, 9_000_000, 6), status(2, 301_000, 18_000)])[2]
    assert clock.ms_of_block(3000).ms == 301_000


def test_device_without_a_sensor_counts_at_the_nominal_rate():
    clock = clocks_of([Boot(0, 1, 0, 0, 0, 1, 0, UNKNOWN_MS, 0, 0), anchor(1, 0, T0)])[1]
    assert clock.ms_of_block(600).ms == pytest.approx(61_000, abs=10)


# Several boots


def test_boots_before_the_first_anchor_are_dated_by_how_long_each_ran_and_was_away():
    events = [
        boot(1),
        power(10_000, 60),
        boot(2, away_ms=HOUR_MS, last_uptime_ms=2 * HOUR_MS),
        boot(3, away_ms=5000, last_uptime_ms=HOUR_MS),
        anchor(3, 60_000, T0),
    ]
    clocks = clocks_of(events)
    start_3 = T0 - 60_000
    start_2 = start_3 - 5000 - HOUR_MS
    start_1 = start_2 - 3 * HOUR_MS
    for boot_id, truth_ms in ((3, start_3), (2, start_2), (1, start_1)):
        assert clocks[boot_id].utc_of_ms(0).utc_ms == pytest.approx(truth_ms, abs=5)
    wide = [clocks[boot_id].utc_of_ms(0).uncertainty_ms for boot_id in (3, 2, 1)]
    assert wide == sorted(wide)
    assert wide[2] >= HOUR_MS * 0.05 + 2 * AWAY_MS  # the clock that runs while the device is off
    sources = [clocks[boot_id].source for boot_id in (1, 2, 3)]
    assert sources == ["neighbours", "neighbours", "anchors"]


def test_boots_after_an_anchor_are_dated_too():
    events = [boot(1), anchor(1, 0, T0), boot(2, HOUR_MS, HOUR_MS), power(1000, 0)]
    assert clocks_of(events)[2].utc_of_ms(0).utc_ms == T0 + 2 * HOUR_MS


def test_flat_battery_is_time_unknown_between_bounds():
    events = [
        *(boot(1), anchor(1, 0, T0), power(HOUR_MS, 36_000)),
        *(boot(2), power(HOUR_MS, 36_000)),  # the battery was out before it, and after
        *(boot(3), anchor(3, 0, T0 + DAY_MS)),
    ]
    lost = clocks_of(events)[2]
    assert (lost.source, lost.utc_of_ms(0), lost.utc_of_block(5)) == ("unknown", None, None)
    assert lost.not_before == pytest.approx(T0 + HOUR_MS, abs=5000)
    assert lost.not_after == pytest.approx(T0 + DAY_MS, abs=5000)


@pytest.mark.parametrize(
    ("next_boot", "what"),
    [
        pytest.param(boot(3, 1000, HOUR_MS), "a boot without records", id="boot-missing"),
        pytest.param(boot(2, 1000, 10_000), "it ran for less than its records", id="too-short"),
        pytest.param(boot(2, UNKNOWN_MS, HOUR_MS), "a battery that was out", id="away-unknown"),
    ],
)
def test_line_of_boots_ends_where_the_way_to_the_next_is_not_known(next_boot, what):
    events = [boot(1), anchor(1, 0, T0), power(HOUR_MS, 36_000), next_boot]
    assert clocks_of(events)[next_boot.boot_id].utc_of_ms(0) is None, what


def test_boot_longer_than_49_days_is_bridged():
    ran_ms = 60 * DAY_MS
    events = [boot(1), anchor(1, 0, T0), power(30 * DAY_MS, 10), power(ran_ms, 20)]
    events += [boot(2, 1000, ran_ms & 0xFFFFFFFF)]
    assert clocks_of(events)[2].utc_of_ms(0).utc_ms == T0 + ran_ms + 1000


# Wrong hosts


@pytest.mark.parametrize(
    "wrong_ms",
    [
        pytest.param(DAY_MS, id="a-day-ahead"),
        pytest.param(-HOUR_MS, id="daylight-saving-mistaken"),
        pytest.param(-T0, id="1970"),
        pytest.param(90_000, id="a-minute-and-a-half"),
    ],
)
def test_wrong_host_is_outvoted_and_named(wrong_ms):
    right = [anchor(1, k * HOUR_MS, T0 + k * HOUR_MS) for k in range(4)]
    liar = anchor(1, 5 * HOUR_MS, max(0, T0 + 5 * HOUR_MS + wrong_ms))
    clock = clocks_of([boot(1), *right, liar])[1]
    assert clock.set_aside == (liar,)
    assert error_ms(clock.utc_of_ms(5 * HOUR_MS), T0 + 5 * HOUR_MS) < 1
    assert clock.utc_of_ms(HOUR_MS).uncertainty_ms < 5000


def test_wrong_host_of_another_boot_is_outvoted_through_the_time_away():
    events = [
        *(boot(1), anchor(1, 0, T0)),
        *(boot(2, 10_000, HOUR_MS), anchor(2, 0, T0 + HOUR_MS + 10_000)),
        *(boot(3, 10_000, HOUR_MS), anchor(3, 0, T0 + DAY_MS)),
    ]
    clock = clocks_of(events)[3]
    assert [len(clocks_of(events)[k].set_aside) for k in (1, 2, 3)] == [0, 0, 1]
    assert clock.source == "neighbours"
    assert error_ms(clock.utc_of_ms(0), T0 + 2 * HOUR_MS + 20_000) < 1


def test_restart_with_one_anchor_of_its_own_needs_no_other():
    events = [boot(1), *(anchor(1, k * HOUR_MS, T0 + k * HOUR_MS) for k in range(6))]
    events += [boot(2, DAY_MS, 6 * HOUR_MS), anchor(2, 0, T0 + 6 * HOUR_MS + DAY_MS)]
    moment = clocks_of(events)[2].utc_of_ms(0)
    assert moment.uncertainty_ms == 50 + HOST_CLOCK_MS


def test_host_that_comes_ten_times_in_five_minutes_is_no_majority():
    right = [anchor(1, k * HOUR_MS, T0 + k * HOUR_MS) for k in range(3)]
    off_ms, at_ms = 2 * HOUR_MS, 5 * HOUR_MS
    liar = [anchor(1, at_ms + k * 30_000, T0 + at_ms + k * 30_000 + off_ms) for k in range(10)]
    clock = clocks_of([boot(1), *right, *liar])[1]
    assert clock.set_aside == tuple(liar)
    assert error_ms(clock.utc_of_ms(at_ms), T0 + at_ms) < 1


def test_two_boots_whose_only_hosts_contradict_each_other_are_dated_by_neither_alone():
    events = [boot(1), anchor(1, 0, T0), boot(2, HOUR_MS, 0), anchor(2, 0, T0 + 10 * HOUR_MS)]
    for clock in clocks_of(events).values():
        assert clock.utc_of_ms(0).uncertainty_ms > 4 * HOUR_MS


def test_two_hosts_that_contradict_each_other_are_both_inside():
    clock = clocks_of([boot(1), anchor(1, 0, T0), anchor(1, HOUR_MS, T0 + 2 * HOUR_MS)])[1]
    moment = clock.utc_of_ms(0)
    assert moment.uncertainty_ms == pytest.approx(HOUR_MS / 2, rel=0.01)
    assert error_ms(moment, T0) <= 1
    assert error_ms(moment, T0 + HOUR_MS) <= 1


def test_two_hosts_that_are_years_apart_leave_the_time_unknown():
    clock = clocks_of([boot(1), anchor(1, 0, 0), anchor(1, HOUR_MS, T0)])[1]
    assert clock.utc_of_ms(0) is None
    assert clock.source == "unknown"


def test_leap_second_between_two_anchors_is_no_contradiction():
    events = [boot(1), anchor(1, 0, T0), anchor(1, 10_000, T0 + 9000)]  # the host's second 60
    clock = clocks_of(events)[1]
    assert clock.set_aside == ()
    for truth_ms in (T0 + 5000, T0 + 4000):  # before it or after it
        assert error_ms(clock.utc_of_ms(5000), truth_ms) <= 1


# Lives at random

APART_MS = VISIT_MS + 61_000


@dataclass(frozen=True)
class Life:
    """A device's life as it was.

    Attributes:
        ppm: How much faster UTC goes than its clock.
        boots: (UTC of its start, ms that it ran, boot record) each.
        contacts: (boot, ms since it, how far off the host is, what it states) each, in order.
    """

    ppm: float
    boots: list
    contacts: list

    def truth_ms(self, k, device_ms):
        return self.boots[k][0] + device_ms * (1 + self.ppm / 1e6)

    def log(self, wrong=None):
        """What the log says; `wrong`: for some contacts, by number, how far off the host was."""
        events = []
        for k, (_, _, record) in enumerate(self.boots):
            events.append(record)
            for number, (of, device_ms, off_ms, stated_ms) in enumerate(self.contacts):
                if of == k:
                    off_ms = (wrong or {}).get(number, off_ms)
                    utc_ms = max(0, round(self.truth_ms(k, device_ms) + off_ms))
                    events.append(anchor(k + 1, device_ms, utc_ms, stated_ms))
        return events


@st.composite
def lives(draw, is_linked=None, most_boots=4, longest_ms=5 * DAY_MS):
    ppm, utc_ms, boots, contacts = draw(st.floats(-940, 940)), T0, [], []
    for k in range(draw(st.integers(1, most_boots))):
        away_ms = draw(st.integers(0, 3 * DAY_MS))
        rc = 1 + draw(st.floats(-0.05, 0.05))
        known = draw(st.booleans()) if is_linked is None else is_linked
        told = (min(UNKNOWN_MS, round(away_ms * rc)), boots[-1][1]) if boots and known else ()
        utc_ms += away_ms
        ran_ms = draw(st.integers(60_000, longest_ms))
        boots.append((utc_ms, ran_ms, boot(k + 1, *told)))
        # Far enough apart to be different visits, over a restart as well.
        visits = st.integers(1, max(1, ran_ms // APART_MS))
        for visit in sorted(draw(st.sets(visits, max_size=6))):
            device_ms = visit * APART_MS + draw(st.integers(0, 60_000))
            if device_ms > ran_ms:
                continue
            stated_ms = draw(st.integers(0, 2000))
            off_ms = draw(st.floats(-1, 1)) * (stated_ms + HOST_CLOCK_MS - 1)
            contacts.append((k, device_ms, off_ms, stated_ms))
        utc_ms += round(ran_ms * (1 + ppm / 1e6))
    return Life(ppm, boots, contacts)


def check_all_inside(life, clocks):
    for k, (_, ran_ms, _) in enumerate(life.boots):
        for device_ms in (0, ran_ms // 3, ran_ms):
            moment = clocks[k + 1].utc_of_ms(device_ms)
            if moment is not None:
                off_ms = abs(moment.utc_ms - life.truth_ms(k, device_ms))
                assert off_ms <= moment.uncertainty_ms + 1


@given(lives())
def test_truth_is_within_the_stated_uncertainty(life):
    clocks = clocks_of(life.log())
    check_all_inside(life, clocks)
    assert all(clock.set_aside == () for clock in clocks.values())
    for k, *_ in life.contacts:
        assert clocks[k + 1].source == "anchors"


def a_third_wrong(life, data, amount):
    numbers = data.draw(st.permutations(range(len(life.contacts))))
    return {number: data.draw(amount) for number in numbers[: len(life.contacts) // 3]}


DAYS = st.one_of(st.integers(-30 * DAY_MS, -DAY_MS), st.integers(DAY_MS, 30 * DAY_MS))


@given(lives(is_linked=True), st.data())
def test_up_to_a_third_of_hosts_that_are_days_off_do_not_move_the_truth_out(life, data):
    wrong = a_third_wrong(life, data, DAYS)
    clocks = clocks_of(life.log(wrong))
    check_all_inside(life, clocks)
    assert sum(len(clock.set_aside) for clock in clocks.values()) == len(wrong)


ANY = st.one_of(st.integers(-10 * DAY_MS, 10 * DAY_MS), st.integers(-60_000, 60_000))


@given(lives(most_boots=1, longest_ms=6 * HOUR_MS), st.data())
def test_up_to_a_third_of_hosts_of_one_day_do_not_move_the_truth_out_by_anything(life, data):
    check_all_inside(life, clocks_of(life.log(a_third_wrong(life, data, ANY))))


@given(lives())
def test_nothing_is_dated_where_no_host_has_been(life):
    without = Life(life.ppm, life.boots, [])
    assert all(clock.utc_of_ms(0) is None for clock in clocks_of(without.log()).values())
