"""A link whose radio rests while the button is held, and which answers every frame with an ack."""

import bluetooth
from board import Board

from ble.bonds import Bonds
from ble.link import Link
from identity import passkey
from posturecore import frames
from storage.documents import Storage

board = Board()
storage = Storage(board.root)
link = Link(bluetooth.BLE(), board, Bonds(storage), "Rest", passkey(storage), lambda: 50)
link.start()
link.open_window()
while True:
    board.wait(100)
    if board.button.value():
        link.wake()
    else:
        link.rest()
    link.tend()
    message = link.receive()
    if message is not None:
        link.send(frames.ACK, (message[1], message[4], 0))
