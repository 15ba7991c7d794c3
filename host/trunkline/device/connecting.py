"""From a word on where the device is to a session with it: the same call for all of them.

ble:NAME, ble:ADDRESS    over the air; "ble:" alone: the device that this host is paired with
usb:PORT, socket://…     a cable, or a serial port that somebody serves over TCP
sim:, sim:TAPE           a virtual board: a simulated desk, or motion that `write_tape` wrote
FILE.tlcap               a capture, played as if live
FILE                     any other recording that `load` reads, as a device would have sent it
"""

import math
from pathlib import Path
from typing import TypeVar

from trunkline.captures.capture import SUFFIX, Sink
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.timekeeping import SetTime
from trunkline.errors import InputError
from trunkline.transports.base import Transport

FASTEST = 1000.0
_SIMULATED_S = 600.0
_How = TypeVar("_How", Reconnect, SetTime)


def connect(
    where: str | Path,
    *,
    capture: Sink | None = None,
    reconnect: bool | Reconnect = True,
    speed: float | None = None,
    set_time: bool | SetTime = True,
) -> Session:
    """Prepare a session with a device, a virtual one or a recording; `async with` opens it.

    The first connection must succeed; from then on a lost link is brought back.

    Args:
        where: "ble:NAME", "ble:ADDRESS", "ble:" (the one paired with), "usb:PORT",
            "socket://HOST:PORT", "sim:", "sim:TAPE" or the path of a capture, or of anything else
            that `load` reads without further words; a Session(RecordedTransport(recording)) plays
            what it does not.
        capture: Where all that the device sends goes; the caller closes it.
        reconnect: Whether a lost link is brought back, or how.
        speed: Of a virtual board, virtual seconds a second; None: 1. Of a capture or a recording,
            recorded seconds a second; None: as fast as they are taken.
        set_time: Whether the device is told the time by itself, beside all else, or how.

    Raises:
        InputError: Nowhere that can be reached, a recording that cannot be used, or a speed that
            is none.
    """
    return Session(
        transport_to(str(where), speed),
        capture,
        reconnect=_how(reconnect, Reconnect),
        set_time=_how(set_time, SetTime),
    )


def transport_to(where: str, speed: float | None = None) -> Transport:
    """Give the way to a device; raises as `connect` does."""
    if speed is not None and not (0 < speed <= FASTEST and math.isfinite(speed)):
        raise InputError(
            found=f"a speed of {speed:g}",
            expected=f"more than 0 and at most {FASTEST:g} of its seconds a second",
            hint="20",
        )
    # Imported where needed: bleak and the virtual board come with extras.
    kind, colon, rest = where.partition(":")
    if kind == "ble" and colon:
        from trunkline.transports.ble import BleTransport

        return BleTransport(rest)
    if kind == "usb" and rest:
        from trunkline.transports.serial import SerialTransport

        return SerialTransport(rest)
    if kind == "socket" and rest:
        from trunkline.transports.serial import SerialTransport

        return SerialTransport(where)
    if kind == "sim" and colon:
        from trunkline.transports.simulated import SimulatedTransport

        return SimulatedTransport(
            Path(rest) if rest else None, speed=speed or 1.0, duration_s=_duration_s(rest)
        )
    if where.endswith(SUFFIX):
        from trunkline.transports.capture import CaptureTransport

        return CaptureTransport(where, speed)
    if is_recording(where):
        from trunkline.readers import load
        from trunkline.transports.recorded import RecordedTransport

        return RecordedTransport(load(where), speed=speed)
    raise InputError(
        found=where or "nothing",
        expected="ble:NAME, ble:ADDRESS, usb:PORT, sim:, sim:TAPE, a capture (.tlcap) or another "
        "recording",
        hint="sim: needs no hardware",
    )


def is_recording(where: str) -> bool:
    """Tell whether this is a file or folder that `load` reads, by its name."""
    from trunkline.readers import READERS

    path = Path(where)
    return path.suffix.lower() in READERS or (where != "" and path.is_dir())


def _how(given: bool | _How, usual: type[_How]) -> _How | None:
    if isinstance(given, bool):
        return usual() if given else None
    return given


def _duration_s(tape: str) -> float:
    if not tape:
        return _SIMULATED_S
    from trunkline.simulator.tape import tape_s

    return tape_s(Path(tape))
