"""Wiring: the board's parts into the application, and nothing else."""

import bluetooth
from board import Board

from app import App
from battery import percent
from ble.bonds import Bonds
from ble.link import Link
from breadcrumbs import RAISED, Breadcrumbs
from drivers.lsm6dsv16x import LSM6DSV16X
from haptics import Haptics
from hosts import Hosts
from identity import name, next_boot_id, passkey
from prescription import Prescription
from storage.documents import Storage
from supervisor import COMMANDS, TIMEOUT_MS, Supervisor
from uptime import GOOD_MS, Uptime

_WAIT_MS = 500
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
    watchdog = board.chip.watchdog(TIMEOUT_MS)  # last: from here on the loop must turn
    try:
        _loop(board, app, Supervisor(watchdog, crumbs, board, WATCHED), slots)
    except Exception as error:
        crumbs.end(RAISED, getattr(error, "errno", 0) or 0)
        raise


def _loop(board, app, supervisor, slots):
    uptime = Uptime(board)
    is_proven = False
    while True:
        board.wait(_WAIT_MS)
        app.step()
        supervisor.check_in(COMMANDS)
        uptime.tend()
        supervisor.tend(uptime.ms)
        if not is_proven and uptime.ms >= GOOD_MS:
            is_proven = True
            slots.confirm()
