"""A firmware that is busy at 100 ms, while its button is pressed; prints whether it saw that."""

import time

from board import Board

board = Board()
while board.now_us < 100_000:
    board.wait(10)
board.wait(10)
print("looks away")
time.sleep(0.5)
board.wait(1000)
print("missed" if board.button.value() else "seen")
while True:
    board.wait(1000)
