"""Compare this Python with the golden vectors; prints a line per difference and "OK" at the end.

Run from the repository's folder, with firmware/lib and tests/vectors on MicroPython's path.
"""

import json
from binascii import hexlify, unhexlify

from synthetic import Player

from posturecore import wire
from posturecore.angles import TrunkFrame, atan2_cdeg
from posturecore.frames import ACK, FRAMES


def load(name):
    with open("tests/vectors/" + name) as file:
        return json.load(file)


def compare(what, found, expected):
    """Return 1 and say so when they differ."""
    if found == expected:
        return 0
    print(what + ": found " + str(found) + ", expected " + str(expected))
    return 1


def check_angles():
    golden = load("angles.json")
    faults = 0
    for y, x, expected in golden["atan2_cdeg"]:
        faults += compare("atan2_cdeg " + str((y, x)), atan2_cdeg(y, x), expected)
    for neutral, up, flexion, lateral, inclination in golden["poses"]:
        trunk, vector = TrunkFrame(*neutral), tuple(up)
        found = (
            trunk.flexion_cdeg(vector),
            trunk.lateral_cdeg(vector),
            trunk.inclination_cdeg(vector),
        )
        faults += compare("pose " + str((neutral, up)), found, (flexion, lateral, inclination))
    return faults


def check_frames():
    faults = 0
    for row in load("frames.json"):
        fields = FRAMES[row["frame"]][2]
        values = tuple(
            [
                unhexlify(value) if field[1].endswith("s") else value
                for field, value in zip(fields, row["values"])  # noqa: B905 - not in MicroPython
            ]
        )
        items = tuple([tuple(item) for item in row["items"]])
        data = wire.pack_frame(row["frame"], row["sequence"], values, items)
        faults += compare(row["name"], hexlify(data).decode(), row["hex"])
        data = unhexlify(row["hex"])
        faults += compare(row["name"], wire.examine(data, 0, len(data)), (wire.OK, len(data)))
        expected = (row["frame"], row["sequence"], values, items)
        faults += compare(row["name"], wire.unpack_frame(data, 0), expected)
    return faults


def check_refusals():
    """MicroPython's struct packs what does not fit in silence: wire.py must not."""
    faults = 0
    for values in ((1,), (1, 2, 3, 4), (1, 65536, 1), (1, -1, 1), (256, 1, 1)):
        try:
            wire.pack_frame(ACK, 0, values)
        except ValueError:
            continue
        faults += compare("packing " + str(values), "bytes", "ValueError")
    return faults


def check_decisions():
    faults = 0
    for case in load("decisions.json"):
        found = Player(case).outcome()
        for key in found:
            faults += compare(case["name"] + ", " + key, found[key], case["expected"][key])
    return faults


if check_angles() + check_frames() + check_refusals() + check_decisions() == 0:
    print("OK")
