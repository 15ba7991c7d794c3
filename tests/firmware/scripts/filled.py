"""The product as on a board, in a heap that somebody fills 12 s after each start, nearly."""

import gc
import os
import sys

root = sys.argv[0].rsplit("/", 1)[0]
sys.path[:0] = [root + "/a", root + "/a/lib"]

from board import Board  # noqa: E402

_FILL_AFTER_US = 12_000_000
_LEFT = int(os.getenv("TRUNKLINE_TEST_LEFT") or 0)  # bytes, in pieces
kept, began_us = [], []
wait = Board.wait


def fill():
    left = [bytearray(256) for _ in range(_LEFT // 256)]
    for size in (65536, 4096, 256, 32):
        try:
            while True:
                kept.append(bytearray(size))
        except MemoryError:
            pass
    left.clear()
    gc.collect()


def filling_wait(board, ms):
    if not began_us:
        began_us.append(board.now_us)
    if not kept and board.now_us - began_us[0] > _FILL_AFTER_US:
        fill()
    wait(board, ms)


Board.wait = filling_wait
import main  # noqa: E402, F401 - it runs
