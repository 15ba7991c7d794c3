"""Wiring: the board's parts into the application, and nothing else."""

import bluetooth
from board import Board

from app import App
from battery import percent
from ble.bonds import Bonds
from ble.link import Link
from breadcrumbs import RAISED, Breadcrumbs
from drivers.lsm6dsv16x import LSM6DSV16X
from faults import Faults, errno_of, report_start
from haptics import Haptics
from hosts import Hosts
from identity import name, next_boot_id, passkey
from prescription import Prescription
from storage.documents import Storage
from supervisor import COMMANDS, TIMEOUT_MS, Supervisor
from uptime import GOOD_MS, Uptime

_WAIT_MS = 500
_TELL_MS = 1000  # after a host came: it has subscribed by then
WATCHED = (COMMANDS,)


def run(slots, start):
    """Build the device and run it; never returns."""
    board = Board()
    crumbs = Breadcrumbs(board.chip)
    storage = Storage(board.root)
    bonds = Bonds(storage)
    link = Link(
        bluetooth.BLE(),
        board,
        bonds,
        name(board.unique_id),
        passkey(storage),
        lambda: percent(board.battery_mv()),
    )
    link.start()  # before anything large: the radio's memory comes first
    if not len(bonds):
        link.open_window()  # fresh from flashing: its first host may pair without the button
    imu = LSM6DSV16X(board.i2c, board.MOUNTING)
    imu.start()
    haptics = Haptics(board.motor, board.timer, board, board.battery_mv)
    boot_id = next_boot_id(storage)
    crumbs.begin(boot_id)
    app = App(board, imu, haptics, Hosts((link,)), link, Prescription(storage), boot_id)
    uptime = Uptime(board)
    faults = Faults(link.send, lambda *record: None, lambda: uptime.ms)
    report_start(faults, start, crumbs)
    watchdog = board.chip.watchdog(TIMEOUT_MS)  # last: from here on the loop must turn
    supervisor = Supervisor(watchdog, crumbs, board, WATCHED)
    try:
        _loop(board, app, link, faults, supervisor, uptime, slots)
    except Exception as error:
        crumbs.end(RAISED, errno_of(error))
        raise


def _loop(board, app, link, faults, supervisor, uptime, slots):
    is_proven, met, met_ms = False, 0, None
    while True:
        board.wait(_WAIT_MS)
        app.step()
        supervisor.check_in(COMMANDS)
        uptime.tend()
        supervisor.tend(uptime.ms)
        if link.is_open and link.links != met:
            met, met_ms = link.links, uptime.ms
        if met_ms is not None and uptime.ms - met_ms >= _TELL_MS:
            met_ms = None
            faults.tell_all()
        if not is_proven and uptime.ms >= GOOD_MS:
            is_proven = True
            slots.confirm()
