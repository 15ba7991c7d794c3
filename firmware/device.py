"""Wiring: the board's parts into the application, and nothing else."""

import sys

import drivers
from about import About
from app import App
from breadcrumbs import UNKNOWN_MS
from drivers.imu import find_imu
from drivers.lsm6dsv16x import LSM6DSV16X
from faults import Faults, report_start
from haptics import Haptics
from life import Life
from posturecore.flash import MODES
from posturecore.patterns import AWAKE, BATTERY_LOW, ERROR
from prescription import Prescription
from storage.log import Log
from update import Update
from version import FIRMWARE

_MODE = MODES.index("app")
_LOG_BYTES = 1024 * 1024
_SIGNALS = {"awake": AWAKE, "low battery": BATTERY_LOW, "error": ERROR}


def run(slots, start):
    """Build the device and run it; never returns."""
    life = Life()
    board, crumbs, uptime = life.board, life.crumbs, life.uptime
    log = Log(board.root, _LOG_BYTES)
    log.on_step = life.feed
    faults = Faults(life.hosts.tell, log.append, lambda: uptime.ms)
    about = About(board, life.hosts, uptime, faults, life.boot_id, _MODE)
    prescription = Prescription(life.storage)
    haptics = Haptics(board.motor, board.timer, board, board.battery_mv, board.led)
    imu = _sensor(board)
    found = _check(imu, board, prescription.neutral is not None, crumbs.away_ms != UNKNOWN_MS)
    _start(imu, found)
    about.rate_mhz = imu.rate_mhz
    app = App(
        board, imu, haptics, life.hosts, life.radio, prescription, log, about, faults, uptime
    )
    update = Update(slots, start.folder, life.hosts.tell, faults.report)
    app.serve(update)
    start_values = (imu.rate_mhz, crumbs.away_ms, about.prescription, crumbs.last_uptime_ms or 0)
    app.begin((life.boot_id, crumbs.cause, _MODE) + FIRMWARE + start_values, _signal(found))
    report_start(faults, start, crumbs)
    for code, detail in found:
        faults.report(code, detail)
    _let_go()
    life.run(app, update, slots.confirm, slots.forgive)


def _sensor(board):
    try:
        return find_imu(board.i2c, board)
    except OSError:  # it may be plugged in later: the sampler goes on trying
        return LSM6DSV16X(board.i2c, board.MOUNTING, board.free_bus, board.sleep_ms)


def _start(imu, found):
    try:
        imu.start()
    except OSError as error:
        fault = (error.code, error.detail)
        if fault not in found:
            found.append(fault)
    if imu.warning:
        found.append((imu.warning, imu.identity))


def _check(imu, board, is_calibrated, knows_time):
    from ready import check

    return check(
        lambda: imu.self_test() and imu.self_test(),  # moved meanwhile, it may fail once
        board.root,
        board.battery_mv(),
        is_calibrated,
        knows_time,
    )


def _signal(found):
    from ready import signal

    return _SIGNALS[signal(found)]


def _let_go():
    """Free the memory of what is needed at switch-on only: 3 kB."""
    for name in ("ready", "drivers.self_test"):
        sys.modules.pop(name, None)
    if hasattr(drivers, "self_test"):
        del drivers.self_test
