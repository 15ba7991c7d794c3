"""The watchdog, what survives its bite, and what is said about it afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import faults as codes
from posturecore import flash
from tests.firmware.parts import WRAP_MS, Clock

from breadcrumbs import RAISED, UNKNOWN_MS, Breadcrumbs  # isort: skip
from faults import Faults, report_start  # isort: skip
from slots import Start  # isort: skip
from supervisor import COACH, LOG, RADIO, SAMPLES, Supervisor  # isort: skip
from uptime import Uptime  # isort: skip

SWITCHED_ON, RESET, WATCHDOG, WOKE, UNKNOWN = range(len(flash.CAUSES))
WATCHED = (RADIO, SAMPLES, LOG)


class Chip:
    """RTC memory and its clock, over any number of runs."""

    def __init__(self):
        self.cause = SWITCHED_ON
        self.now_ms = 0
        self.memory = b""

    def recall(self):
        return self.memory

    def remember(self, buffer):
        self.memory = bytes(buffer)

    def rtc_ms(self):
        return self.now_ms


class Dog:
    def __init__(self):
        self.meals = 0

    def feed(self):
        self.meals += 1


class Run:
    """A run of the firmware on a chip."""

    def __init__(self, chip, start_ms=0):
        self.chip, self.clock, self.dog = chip, Clock(start_ms), Dog()
        self.crumbs = Breadcrumbs(chip)
        self.crumbs.begin(7)
        self.supervisor = Supervisor(self.dog, self.crumbs, self.clock, WATCHED)

    def turn(self, *tasks, ms=1000):
        self.clock.now_ms += ms
        self.chip.now_ms += ms
        for task in tasks:
            self.supervisor.check_in(task)
        self.supervisor.tend(self.clock.now_ms)


def next_run(chip, cause):
    chip.cause = cause
    return Breadcrumbs(chip)


def test_watchdog_is_fed_when_all_have_checked_in():
    run = Run(Chip())
    run.turn(*WATCHED)
    run.turn(*WATCHED)
    assert run.dog.meals == 2


@pytest.mark.parametrize("missing", WATCHED)
def test_watchdog_is_not_fed_while_one_task_is_missing(missing):
    run = Run(Chip())
    for _ in range(20):
        run.turn(*[task for task in WATCHED if task != missing])
    assert run.dog.meals == 0
    run.turn(missing)
    assert run.dog.meals == 1


def test_one_check_in_feeds_once():
    run = Run(Chip())
    run.turn(*WATCHED)
    for _ in range(5):
        run.turn()
    assert run.dog.meals == 1


def test_task_that_nobody_watches_need_not_check_in():
    run = Run(Chip())
    run.turn(*WATCHED)
    assert COACH not in WATCHED
    assert run.dog.meals == 1


def test_watchdog_is_fed_over_the_wrap_of_the_clock():
    run = Run(Chip(), WRAP_MS - 2500)
    for _ in range(5):
        run.turn(*WATCHED)
    assert run.dog.meals == 5


def test_bite_names_the_task_that_did_not_come_back():
    chip = Chip()
    run = Run(chip)
    run.turn(*WATCHED)
    run.turn(RADIO)
    crumbs = next_run(chip, WATCHDOG)
    assert (crumbs.cause, crumbs.last_boot_id) == (WATCHDOG, 7)
    assert crumbs.last_stuck == SAMPLES


def test_bite_names_the_task_after_the_last_one_when_all_had_checked_in_before():
    chip = Chip()
    run = Run(chip)
    run.turn(*WATCHED, ms=100)
    run.turn(RADIO, SAMPLES, ms=100)
    assert next_run(chip, WATCHDOG).last_stuck == LOG


def test_bite_names_the_task_that_starves_while_the_others_turn():
    chip = Chip()
    run = Run(chip)
    for _ in range(8):
        run.turn(RADIO, LOG)
    assert next_run(chip, WATCHDOG).last_stuck == SAMPLES


def test_away_is_counted_from_the_last_sign_of_life():
    chip = Chip()
    run = Run(chip)
    run.turn(*WATCHED, ms=60_000)
    chip.now_ms += 8000
    crumbs = next_run(chip, WATCHDOG)
    assert crumbs.away_ms == 8000
    assert crumbs.last_uptime_ms == 60_000


def test_away_is_counted_over_the_end_of_32_bits():
    chip = Chip()
    chip.now_ms = (1 << 32) - 3000
    Run(chip).turn(*WATCHED)
    chip.now_ms += 5000
    assert next_run(chip, RESET).away_ms == 5000


@pytest.mark.parametrize("away_ms", [UNKNOWN_MS, 60 * 86_400_000, -1])
def test_away_that_no_32_bits_tell_is_unknown(away_ms):
    chip = Chip()
    chip.now_ms = 1000
    Run(chip).turn(*WATCHED)
    chip.now_ms += away_ms
    assert next_run(chip, WOKE).away_ms == UNKNOWN_MS


def test_after_the_battery_was_gone_nothing_is_known():
    chip = Chip()
    Run(chip).turn(*WATCHED)
    chip.memory = b""
    crumbs = next_run(chip, SWITCHED_ON)
    assert crumbs.cause == SWITCHED_ON
    assert crumbs.away_ms == UNKNOWN_MS
    assert crumbs.last_boot_id is None


def test_switching_on_with_crumbs_left_is_no_switching_on():
    chip = Chip()
    Run(chip).turn(*WATCHED)
    assert next_run(chip, SWITCHED_ON).cause == UNKNOWN


@given(st.binary(max_size=40))
def test_noise_in_memory_is_no_crumb(noise):
    chip = Chip()
    chip.memory = noise
    crumbs = Breadcrumbs(chip)
    assert crumbs.last_boot_id is None
    assert crumbs.away_ms == UNKNOWN_MS


@given(st.integers(0, 23), st.integers(1, 255))
def test_damaged_crumb_is_none(at, mask):
    chip = Chip()
    Run(chip).turn(RADIO)
    damaged = bytearray(chip.memory)
    damaged[at] ^= mask
    chip.memory = bytes(damaged)
    assert Breadcrumbs(chip).last_boot_id is None


def test_damaged_tasks_in_a_crumb_name_nobody():
    chip = Chip()
    Run(chip).turn(RADIO)
    chip.memory = chip.memory[:-2] + b"\0\0"
    assert Breadcrumbs(chip).last_stuck is None


class Kept:
    """What faults tell and log."""

    def __init__(self):
        self.told, self.logged, self.now_ms = [], [], 0
        self.faults = Faults(
            lambda frame, values: self.told.append(values),
            lambda frame, values: self.logged.append(values),
            lambda: self.now_ms,
        )


def test_fault_is_told_and_kept_at_once():
    kept = Kept()
    kept.now_ms = 5
    kept.faults.report(codes.SENSOR_BUS, 3)
    assert kept.told == kept.logged == [(5, codes.SENSOR_BUS, 1, 3)]
    assert kept.faults.last == codes.SENSOR_BUS


def test_stranger_hides_no_fault():
    kept = Kept()
    kept.faults.report(codes.SENSOR_MISSING)
    kept.faults.report(codes.STRANGER, 1)
    assert [values[1] for values in kept.logged] == [codes.SENSOR_MISSING, codes.STRANGER]
    assert kept.faults.last == codes.SENSOR_MISSING


def test_strangers_are_reported_when_there_are_more():
    kept = Kept()
    for count in (0, 0, 1, 1, 3, 3):
        kept.faults.watch_strangers(count)
    assert kept.logged == [(0, codes.STRANGER, 1, 1)]  # one record in ten minutes
    kept.faults.tell_all()
    assert kept.told[-1] == (0, codes.STRANGER, 2, 3)


def test_fault_that_stays_is_one_record_in_ten_minutes():
    kept = Kept()
    for _ in range(3601):
        kept.faults.report(codes.SENSOR_BUS)
        kept.faults.report(codes.MEMORY)
        kept.now_ms += 1000
    times = [(ms, count) for ms, code, count, _ in kept.logged if code == codes.SENSOR_BUS]
    assert times == [(600_000 * k, 600 * k + 1) for k in range(7)]
    assert kept.faults.count(codes.SENSOR_BUS) == 3601


def test_fault_is_told_over_the_wrap_of_uptime():
    kept = Kept()
    kept.now_ms = (1 << 32) - 1000
    kept.faults.report(codes.MEMORY)
    kept.now_ms = 600_000
    kept.faults.report(codes.MEMORY)
    assert len(kept.logged) == 2


@pytest.mark.long_on_vm("70,000 reports")
def test_count_and_detail_stay_within_their_fields():
    kept = Kept()
    for _ in range(70_000):
        kept.faults.report(codes.ERROR, 1 << 40)
    kept.faults.tell_all()
    assert kept.told[-1][2:] == (65535, 2147483647)


def test_host_that_comes_is_told_every_fault():
    kept = Kept()
    for code in (codes.MEMORY, codes.SENSOR_BUS, codes.MEMORY):
        kept.faults.report(code)
    kept.told.clear()
    kept.faults.tell_all()
    assert [values[1:3] for values in kept.told] == [(codes.SENSOR_BUS, 1), (codes.MEMORY, 2)]


def reported(start, chip, cause, is_damaged=False):
    kept = Kept()
    report_start(kept.faults, start, next_run(chip, cause), is_damaged)
    return [(code, detail) for _, code, _, detail in kept.logged]


def test_stuck_task_is_reported_at_the_next_start():
    chip = Chip()
    Run(chip).turn(RADIO, SAMPLES)
    found = reported(Start("a", False, 1, False), chip, WATCHDOG)
    assert found == [(codes.START_FAILED, 1), (codes.TASK_STUCK, LOG)]


def test_documents_that_could_not_be_read_are_reported():
    found = reported(Start("a", False, 0, False), Chip(), SWITCHED_ON, is_damaged=True)
    assert found == [(codes.SETTINGS_DAMAGED, 0)]


def test_error_that_ended_a_run_is_reported_at_the_next_start():
    chip = Chip()
    Run(chip).crumbs.end(RAISED, 28)
    assert reported(Start("a", False, 0, False), chip, RESET) == [(codes.ERROR, 28)]


def test_start_after_switching_on_reports_nothing():
    assert reported(Start("a", False, 0, False), Chip(), SWITCHED_ON) == []


def test_safe_mode_and_an_undone_update_are_reported():
    found = reported(Start("a", True, 3, True), Chip(), SWITCHED_ON)
    assert found == [(codes.UPDATE_UNDONE, 0), (codes.SAFE_MODE, 3)]


def test_uptime_goes_on_over_the_wrap_of_the_ticks():
    clock = Clock(WRAP_MS - 500)
    uptime = Uptime(clock)
    for _ in range(40):
        clock.now_ms += WRAP_MS // 3
        uptime.tend()
    assert uptime.ms == 40 * (WRAP_MS // 3) & 0xFFFFFFFF
