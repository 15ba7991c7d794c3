"""Wiring: the board's parts into the application, and nothing else."""

import bluetooth
from board import Board

from app import App
from battery import percent
from ble.bonds import Bonds
from ble.link import Link
from drivers.lsm6dsv16x import LSM6DSV16X
from haptics import Haptics
from hosts import Hosts
from identity import name, next_boot_id, passkey
from prescription import Prescription
from storage import Storage


def main():
    board = Board()
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
    App(board, imu, haptics, Hosts((link,)), link, Prescription(storage), boot_id).run()


main()
