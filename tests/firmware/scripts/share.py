"""Print the bytes that the virtual board takes of the heap, its radio on and its services told.

It runs where the application would, from the same compiled modules; what those two share comes
first and is not counted.
"""

import gc
import sys

root = sys.argv[0].rsplit("/", 1)[0]
sys.path[:0] = [root + "/a", root + "/a/lib"]

import slots  # noqa: E402, F401
from posturecore import frames, wire  # noqa: E402, F401


def held():
    gc.collect()
    return gc.mem_alloc()


before = held()
from bluetooth import BLE  # noqa: E402
from board import Board  # noqa: E402

board, radio = Board(), BLE()
radio.active(True)
modules = held()
from ble.services import Services  # noqa: E402

services = held() - modules
Services(radio, ("Trunkline",))
print(held() - before - services)
while True:
    board.wait(1000)
