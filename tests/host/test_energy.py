"""Hours left, from what a virtual board says it did."""

import pytest

from trunkline.errors import InputError
from trunkline.simulator import MotorChange, Note, energy_of
from trunkline.simulator.energy import AWAKE, DRAWS, LIGHT_SLEEP, MOTOR, RADIO, WAKE_MS

HOUR_MS = 3_600_000


def test_a_radio_that_is_always_on_empties_the_cell_in_hours():
    energy = energy_of([Note(0, "radio", 1)], [], HOUR_MS)
    assert energy.spent_mah[RADIO.name] == pytest.approx(RADIO.ma)
    assert energy.spent_mah[AWAKE.name] == 0
    assert 4 < energy.hours_left() < 5


def test_each_light_sleep_ends_in_a_moment_awake():
    sleeps = [Note(k * 500, "slept_ms", 500) for k in range(1, HOUR_MS // 500 + 1)]
    energy = energy_of(sleeps, [], HOUR_MS)
    awake_h = len(sleeps) * WAKE_MS / HOUR_MS
    assert energy.spent_mah[AWAKE.name] == pytest.approx(AWAKE.ma * awake_h)
    assert energy.spent_mah[LIGHT_SLEEP.name] == pytest.approx(LIGHT_SLEEP.ma * (1 - awake_h))


def test_a_device_that_never_sleeps_is_awake_all_the_time():
    assert energy_of([], [], HOUR_MS).spent_mah[AWAKE.name] == pytest.approx(AWAKE.ma)


def test_the_motor_costs_what_it_ran():
    motor = [MotorChange(1000, 65535), MotorChange(1400, 0), MotorChange(2000, 30000)]
    energy = energy_of([], motor, 3000)
    assert energy.spent_mah[MOTOR.name] == pytest.approx(MOTOR.ma * 1.4 / 3600)


def test_the_sensor_rests_while_the_device_is_stored():
    states = [Note(0, "state", 2), Note(HOUR_MS // 4, "state", 1), Note(HOUR_MS // 2, "state", 2)]
    energy = energy_of(states, [], HOUR_MS)
    assert energy.spent_mah["sensor measuring"] == pytest.approx(0.65 * 0.75)
    assert energy.spent_mah["sensor waiting for motion"] == pytest.approx(0.02 * 0.25)


def test_no_time_is_refused():
    with pytest.raises(InputError, match="no length"):
        energy_of([], [], 0)


def test_every_current_says_where_it_comes_from():
    for draw in DRAWS:
        assert draw.source
        assert draw.kind in ("measured by others", "estimate")
