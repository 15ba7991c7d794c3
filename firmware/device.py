"""Wiring: the board's parts into the application, and nothing else."""

import sys

import boot

from about import About
from breadcrumbs import UNKNOWN_MS
from faults import Faults, report_start
from haptics import Haptics
from life import Life
from posturecore.flash import MODES
from prescription import Prescription
from storage.log import Log
from update import Update
from version import FIRMWARE

_MODE = MODES.index("app")
_LOG_BYTES = 1024 * 1024
_NEEDED_ONCE = (
    "identity",
    "ready",
    "drivers.finding",
    "drivers.self_test",
    "posturecore.gravity_gains",
    "prescribed",
    "storage.rewriting",
)


def run(slots, start):
    """Build the device and run it; never returns."""
    update = Update(slots, start.folder)
    if update.is_waiting:
        _unpack(update)
    life = Life()
    board, crumbs, uptime = life.board, life.crumbs, life.uptime
    log = Log(board.root, _LOG_BYTES)
    log.on_step = life.feed
    faults = Faults(life.hosts.tell, log.append, lambda: uptime.ms)
    about = About(board, life.hosts, uptime, faults, life.boot_id, _MODE)
    prescription = Prescription(life.storage)
    haptics = Haptics(board.motor, board.timer, board, board.battery_mv, board.led)
    from ready import switch_on  # what needs it once is let go: 6 kB

    imu, found, signal = switch_on(
        board, prescription.neutral is not None, crumbs.away_ms != UNKNOWN_MS
    )
    del switch_on
    for name in _NEEDED_ONCE:
        _let_go(name)
    about.rate_mhz = imu.rate_mhz
    from app import App  # only now: it takes the memory that the check has left

    app = App(
        board, imu, haptics, life.hosts, life.radio, prescription, log, about, faults, uptime
    )
    app.serve(update)
    start_values = (imu.rate_mhz, crumbs.away_ms, about.prescription, crumbs.last_uptime_ms or 0)
    app.begin((life.boot_id, crumbs.cause, _MODE) + FIRMWARE + start_values, signal)
    update.connect(life.hosts.tell, faults.report)
    report_start(faults, start, crumbs, life.storage.damaged > 0)
    for code, detail in found:
        faults.report(code, detail)
    life.run(app, update, slots.confirm, slots.forgive)


def _unpack(update):
    """Start the update that waits; where that fails, the device goes on as it is."""
    if update.unpack():
        boot.reset()
    for name in ("bundle", "manifest"):
        _let_go(name)


def _let_go(name):
    """Give a module's memory back; the package that it is in holds it, too."""
    sys.modules.pop(name, None)
    package, _, module = name.rpartition(".")
    owner = sys.modules.get(package)
    if hasattr(owner, module):
        delattr(owner, module)
