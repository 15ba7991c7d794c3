"""The product's application with the cable as its only port, and a cell that says it stands."""

from board import Board

from app import App
from drivers.lsm6dsv16x import LSM6DSV16X
from haptics import Haptics
from identity import next_boot_id
from prescription import Prescription
from sampler import Sampler
from storage import Storage
from usb import Usb

board = Board()
storage = Storage(board.root)
imu = LSM6DSV16X(board.i2c, board.MOUNTING)
imu.start()
haptics = Haptics(board.motor, board.timer, board, board.battery_mv)
usb = Usb(board.console, board)
app = App(board, imu, haptics, usb, Prescription(storage), next_boot_id(storage), Sampler)
try:
    app.run()
except KeyboardInterrupt:
    print("interrupted; noise:", usb.noise_bytes)
while True:
    board.wait(100)
