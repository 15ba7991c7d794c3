"""The check at switch-on: is everything there that a day of wear needs?"""

import os

from battery import percent
from faults import errno_of
from posturecore import faults

ROOM_BYTES = 65_536  # a day's records and a new prescription [D]
LOW_PCT = 20
_TRIAL = "ready.tmp"
_TEXT = "ready?"
# What the wearer must know at once, worst first; the other faults wait for a host.
_SIGNALS = (
    ((faults.SENSOR_MISSING, faults.SENSOR_WRONG, faults.SENSOR_SELF_TEST), "error"),
    ((faults.FLASH_FAILED, faults.LOG_FULL), "error"),
    ((faults.BATTERY_LOW, faults.BATTERY_EMPTY), "low battery"),
)


def check(self_test, root, battery_mv, is_calibrated, knows_time):
    """Return what is missing as [(code, detail)], in the order of the table of faults.

    `self_test` returns a bit for each bad axis, or raises OSError, which may have `code` and
    `detail` of its own.
    """
    found = _sensor(self_test) + _storage(root)
    if percent(battery_mv) < LOW_PCT:
        found.append((faults.BATTERY_LOW, battery_mv))
    if not is_calibrated:
        found.append((faults.NOT_CALIBRATED, 0))
    if not knows_time:
        found.append((faults.TIME_UNKNOWN, 0))
    return sorted(found)


def signal(found):
    """Return the name of the touch pattern that tells the wearer."""
    codes = [code for code, _ in found]
    for serious, name in _SIGNALS:
        if any(code in serious for code in codes):
            return name
    return "awake"


def _sensor(self_test):
    try:
        bad_axes = self_test()
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
