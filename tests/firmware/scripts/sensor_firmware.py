"""A small firmware for the sensor's faults: find, test, start, read, and print what is told.

Prints for each read that says anything but samples, and once a second the samples so far.
"""

import os

from board import Board

from drivers.finding import find_imu
from drivers.imu import SensorFault


def told(imu):
    names = ("has_overrun", "has_failed", "has_reset")
    return " ".join([name for name in names if getattr(imu, name)])


def start(imu):
    try:
        imu.start()
        print("started", imu.NAME, imu.rate_mhz, imu.warning, imu.identity)
    except SensorFault as fault:
        print("fault", fault.code, fault.detail, fault)


def run(board, imu):
    samples, second = 0, 0
    while True:
        board.wait(imu.poll_ms)
        try:
            samples += imu.read()
        except OSError as error:
            print("error", error)
            continue
        if told(imu):
            print(told(imu))
        if imu.has_reset:
            start(imu)
        if board.ticks_ms() // 1000 > second:
            second = board.ticks_ms() // 1000
            print("at", second, samples, imu.transfers_failed, imu.times_freed)


def rest(board, imu):
    imu.rest()
    print("resting")
    while True:
        board.wait(60000)
        if imu.has_moved():
            print("moved", board.ticks_ms())


def main():
    board = Board()
    imu = find_imu(board.i2c, board)
    print("self-test", imu.self_test())
    start(imu)
    (rest if os.getenv("REST") else run)(board, imu)


main()
