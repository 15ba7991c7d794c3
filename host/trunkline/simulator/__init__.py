"""A board without hardware: firmware on the MicroPython VM, a virtual radio, virtual time."""

import logging

from trunkline.simulator.air import VirtualAir
from trunkline.simulator.board import VirtualBoard
from trunkline.simulator.changes import MotorChange, Note
from trunkline.simulator.energy import Energy, energy_of
from trunkline.simulator.tape import write_tape
from trunkline.sources import firmware_path

__all__ = [
    "Energy",
    "MotorChange",
    "Note",
    "VirtualAir",
    "VirtualBoard",
    "energy_of",
    "firmware_path",
    "write_tape",
]

# It warns of every packet to a radio that has just been switched off.
if logging.getLogger("bumble").level == logging.NOTSET:
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
