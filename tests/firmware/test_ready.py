"""The check at switch-on."""

from types import SimpleNamespace

import pytest

from posturecore import faults
from posturecore.patterns import AWAKE, BATTERY_LOW, ERROR
from tests.firmware.flashed import Flash

import ready  # isort: skip
from drivers.imu import SensorFault  # isort: skip


def check(root, self_test=lambda: 0, battery_mv=3900, is_calibrated=True, knows_time=True):
    imu = SimpleNamespace(self_test=self_test)
    board = SimpleNamespace(root=str(root), battery_mv=lambda: battery_mv)
    return ready.check(imu, board, is_calibrated, knows_time)


def raising(error):
    def self_test():
        raise error

    return self_test


def wrong_sensor():
    return SensorFault(faults.SENSOR_WRONG, 0x68, "a chip that is not one")


def silent_sensor():
    return SensorFault(faults.SENSOR_SILENT, 0, "a chip that stays in reset")


def failing_bus():
    return SensorFault(faults.SENSOR_BUS, 3, "a transfer that failed")


def test_device_with_everything_is_ready(tmp_path):
    assert check(tmp_path) == []
    assert ready.signal([]) == AWAKE
    assert list(tmp_path.iterdir()) == []


def test_wearer_who_moved_in_the_first_self_test_has_a_second(tmp_path):
    answers = [3, 0]
    assert check(tmp_path, self_test=lambda: answers.pop(0)) == []
    assert answers == []


@pytest.mark.parametrize(
    ("wrong", "found", "signal"),
    [
        pytest.param({"self_test": lambda: 5}, (faults.SENSOR_SELF_TEST, 5), ERROR, id="axis"),
        pytest.param(
            {"self_test": raising(OSError(19))}, (faults.SENSOR_MISSING, 0), ERROR, id="none"
        ),
        pytest.param(
            {"self_test": raising(wrong_sensor())},
            (faults.SENSOR_WRONG, 0x68),
            ERROR,
            id="other",
        ),
        pytest.param(
            {"self_test": raising(silent_sensor())}, (faults.SENSOR_SILENT, 0), ERROR, id="silent"
        ),
        pytest.param(
            {"self_test": raising(failing_bus())}, (faults.SENSOR_BUS, 3), ERROR, id="bus"
        ),
        pytest.param({"battery_mv": 3500}, (faults.BATTERY_LOW, 3500), BATTERY_LOW, id="battery"),
        pytest.param({"is_calibrated": False}, (faults.NOT_CALIBRATED, 0), AWAKE, id="neutral"),
        pytest.param({"knows_time": False}, (faults.TIME_UNKNOWN, 0), AWAKE, id="time"),
    ],
)
def test_what_is_missing_is_said(tmp_path, wrong, found, signal):
    assert check(tmp_path, **wrong) == [found]
    assert ready.signal([found]) == signal


def test_worst_of_several_decides_the_signal(tmp_path):
    found = check(tmp_path, self_test=raising(OSError(19)), battery_mv=3500, knows_time=False)
    assert [code for code, _ in found] == sorted(code for code, _ in found)
    assert ready.signal(found) == ERROR


def test_flash_that_takes_no_write_is_a_fault(tmp_path, monkeypatch):
    worn = Flash()
    worn.full_from = 0
    monkeypatch.setattr(ready, "open", worn.open, raising=False)
    assert check(tmp_path) == [(faults.FLASH_FAILED, 28)]


def test_flash_without_room_for_a_day_is_full(tmp_path, monkeypatch):
    full = Flash()
    full.statvfs = lambda path: (4096, 4096, 100, 15)
    monkeypatch.setattr(ready, "os", full)
    assert check(tmp_path) == [(faults.LOG_FULL, 0)]
