"""The whole application in steps, for memory.mjs; only the way to a host is replaced."""

import gc
import struct

PLAY = 0x84
TURN_MS = 60_000


def import_core():
    """What the virtual board's modules share with the application comes first."""
    import slots  # noqa: F401
    from posturecore import frames, wire  # noqa: F401


def import_board():
    """The virtual board: not counted."""
    import bluetooth
    import board

    one = board.Board()
    one.link.on_control(PLAY, struct.pack("<I", 0xFFFFFFFF))
    board.Board = lambda: one
    bluetooth.BLE()


# What is loaded, in the order in which it is measured; a module may bring others with it.
GROUPS = (
    ("posturecore", ("decide", "minutes", "bow", "wire")),
    ("storage", ("log", "documents", "reader")),
    ("drivers", ("lsm6dsv16x",)),
    ("ble", ("link",)),
    ("", ("device", "app", "update")),
)


def import_group(place):
    folder, names = GROUPS[place]
    for name in names:
        __import__(folder + "." + name if folder else name)


def start():
    """Build the device as main.py does; keep the loop to ourselves."""
    global app, update, board, supervisor
    import device
    from life import Life
    from slots import Slots
    from supervisor import TIMEOUT_MS, Supervisor

    held = []
    Life.run = lambda *parts: held.extend(parts)
    for name in ("update.json", "update.bundle"):  # this VM has other numbers for "no such file"
        with open("/flash/" + name, "w"):
            pass
    slots = Slots("/flash")
    device.run(slots, slots.start())
    life, app, update, _, _ = held
    board = life.board
    supervisor = Supervisor(board.chip.watchdog(TIMEOUT_MS), life.crumbs, board, app.watched)


def turn(minute):
    """Let a minute pass, with a host in some of them; return the bytes in use, rubbish and all."""
    from hostlink import hostlink

    from posturecore import flash, frames

    host = hostlink()
    if minute == 10:
        host.connect()
    if minute in (11, 12, 41):
        host.write(frames.STREAM, (frames.STREAM_SAMPLES | frames.STREAM_DECISIONS,))
        host.write(frames.CALIBRATE, (0, minute == 12))
        host.write(frames.SETTINGS, (0, 0), ((3, 5),))
        host.write(frames.TIME_ANCHOR, (0, 0, 1_790_000_000, 0, 5, 60))
    if minute == 20:
        host.write(flash.LOG_READ, (0, 5000))
        host.write(flash.UPDATE_BEGIN, (100_000, bytes(32)))
    if minute == 30:
        host.leave()
    if minute == 40:
        host.connect()
    until_us = board.now_us + TURN_MS * 1000
    while board.now_us < until_us:
        app.sleep()
        app.step(supervisor)
        update.tend()
    return gc.mem_alloc()


def report():
    """Return what the host got, so that nobody measures a device that stood still."""
    from hostlink import hostlink

    host = hostlink()
    return {"frames": sorted(host.frames), "records": host.records}
