"""The check at switch-on: is everything there that a day of wear needs?"""

import os

from battery import percent
from drivers.finding import find_imu
from faults import errno_of
from posturecore import faults
from posturecore.patterns import AWAKE, BATTERY_LOW, ERROR

ROOM_BYTES = 65_536  # a day's records and a new prescription [D]
LOW_PCT = 20
_TRIAL = "ready.tmp"
_TEXT = "ready?"
# What the wearer must know at once, worst first; the other faults wait for a host.
_SIGNALS = (
    ((faults.SENSOR_MISSING, faults.SENSOR_WRONG, faults.SENSOR_SELF_TEST), ERROR),
    ((faults.SENSOR_SILENT, faults.SENSOR_BUS), ERROR),
    ((faults.FLASH_FAILED, faults.LOG_FULL), ERROR),
    ((faults.BATTERY_LOW, faults.BATTERY_EMPTY), BATTERY_LOW),
)


def switch_on(board, is_calibrated, knows_time):
    """Return the sensor, faults as [(code, detail)], and the pattern that tells the wearer."""
    imu = the_sensor(board)
    found = check(imu, board, is_calibrated, knows_time)
    start_sensor(imu, found)
    return imu, found, signal(found)


def the_sensor(board):
    """Return the driver of the sensor that is there, else of the one that should be."""
    try:
        return find_imu(board.i2c, board)
    except OSError:  # it may be plugged in later: the sampler goes on trying
        from drivers.lsm6dsv16x import LSM6DSV16X  # only now: with the other it would stay

        return LSM6DSV16X(board.i2c, board.MOUNTING, board.free_bus, board.sleep_ms)


def start_sensor(imu, found):
    """Start it; add what is wrong to `found`."""
    try:
        imu.start()
    except OSError as error:
        fault = (error.code, error.detail)
        if fault not in found:
            found.append(fault)
    if imu.warning:
        found.append((imu.warning, imu.identity))


def check(imu, board, is_calibrated, knows_time):
    """Return what is missing as [(code, detail)], in the order of the table of faults.

    The sensor's `self_test` returns a bit for each bad axis, or raises OSError, which may have
    `code` and `detail` of its own.
    """
    found = _sensor(imu) + _storage(board.root)
    battery_mv = board.battery_mv()
    if percent(battery_mv) < LOW_PCT:
        found.append((faults.BATTERY_LOW, battery_mv))
    if not is_calibrated:
        found.append((faults.NOT_CALIBRATED, 0))
    if not knows_time:
        found.append((faults.TIME_UNKNOWN, 0))
    return sorted(found)


def signal(found):
    """Return the touch pattern that tells the wearer."""
    codes = [code for code, _ in found]
    for serious, pattern in _SIGNALS:
        if any(code in serious for code in codes):
            return pattern
    return AWAKE


def _sensor(imu):
    try:
        bad_axes = imu.self_test() and imu.self_test()  # moved meanwhile, it may fail once
    except OSError as error:
        return [(getattr(error, "code", faults.SENSOR_MISSING), getattr(error, "detail", 0))]
    return [(faults.SENSOR_SELF_TEST, bad_axes)] if bad_axes else []


def _storage(root):
    path = root.rstrip("/") + "/" + _TRIAL
    try:
        with open(path, "w") as file:
            file.write(_TEXT)
        with open(path) as file:
            text = file.read()
        os.remove(path)
        if text != _TEXT:
            return [(faults.FLASH_FAILED, 0)]
        block_bytes, _, _, free = os.statvfs(root)[:4]
        return [(faults.LOG_FULL, 0)] if block_bytes * free < ROOM_BYTES else []
    except OSError as error:
        return [(faults.FLASH_FAILED, errno_of(error))]
