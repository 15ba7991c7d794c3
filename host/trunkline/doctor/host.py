"""This computer: Python, extras, Bluetooth, ports, and room on its disk."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from serial.tools import list_ports

from trunkline.doctor.check import Check, fail, ok, warn
from trunkline.errors import BluetoothError, InputError
from trunkline.transports.bonded import bonded_devices

# A day of raw samples, as captured, is 100 MB; SQLite needs room beside what it writes [D].
_ROOM_BYTES, _LEAST_BYTES = 1_000_000_000, 100_000_000
_LISTEN_S = 1.0
# (extra, what it is for, module that comes with it, a `where` that needs it)
_EXTRAS = (
    ("ble", "a device over the air", "bleak", "ble:"),
    ("sim", "the virtual board", "bumble", "sim:"),
    ("sim", "the virtual board", "micropython_unix", "sim:"),
)


def check_host(where: str) -> tuple[Check, ...]:
    """Look at what needs no radio.

    Args:
        where: The device that this computer is to reach; "": any.
    """
    checks = [ok("python", f"Python {'.'.join(map(str, sys.version_info[:3]))}.")]
    checks += _extras(where)
    if not where or where.startswith("usb:"):
        checks.append(_ports(where.removeprefix("usb:")))
    return (*checks, _disk(Path.cwd()), _memory(where))


async def check_bluetooth(*, is_needed: bool) -> Check:
    """Look whether this computer may scan; says how many devices it hears in a second.

    Args:
        is_needed: Whether the device is to be reached over the air.
    """
    name = "bluetooth"
    if find_spec("bleak") is None:  # the extras say so
        return warn(name, "Not looked at: the extra 'ble' is not installed.", _install("ble"))
    from trunkline.transports.scanning import scan

    try:
        heard = await scan(_LISTEN_S)
    except BluetoothError as error:
        sentence, _, remedy = str(error).rpartition("; try ")
        found = sentence[0].upper() + sentence[1:] + "."
        remedy = f"Try {remedy}"
        return fail(name, found, remedy) if is_needed else warn(name, found, remedy)
    names = ", ".join(device.name or device.address for device in heard)
    return ok(name, f"The adapter is on and may be used; heard {names or 'nobody in a second'}.")


def _extras(where: str) -> list[Check]:
    checks: dict[str, Check] = {}
    for extra, purpose, module, start in _EXTRAS:
        name = f"extra {extra}"
        if find_spec(module) is not None:
            checks.setdefault(name, ok(name, f"Installed: {purpose}."))
        else:
            level = fail if where.startswith(start) else warn
            checks[name] = level(name, f"No {module}: {purpose} is missing.", _install(extra))
    return list(checks.values())


def _install(extra: str) -> str:
    return f"Try pip install 'trunkline[{extra}]'."


def _ports(wanted: str) -> Check:
    """Look whether the serial ports may be opened; a port that is a URL is for pyserial."""
    name = "usb ports"
    if "://" in wanted:
        return ok(name, f"{wanted} is opened over the network.")
    ports = [wanted] if wanted else sorted(port.device for port in list_ports.comports())
    if not ports:
        return ok(name, "No serial port; a device on a cable would be one.")
    if os.name == "nt":
        return ok(name, f"{', '.join(ports)}; Windows asks for no permission.")
    missing = [port for port in ports if not Path(port).exists()]
    if missing:
        return fail(
            name,
            f"There is no {missing[0]}.",
            "Plug it in, with a cable that carries data, and look at "
            "`python -m serial.tools.list_ports`.",
        )
    locked = [port for port in ports if not os.access(port, os.R_OK | os.W_OK)]
    if not locked:
        return ok(name, f"{', '.join(ports)} may be opened.")
    level = fail if wanted else warn
    return level(
        name,
        f"{', '.join(locked)} may not be opened by this user.",
        "Try `sudo usermod -aG dialout $USER` and log in again.",
    )


def _disk(folder: Path) -> Check:
    name = "disk"
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        return warn(name, f"{folder} cannot be looked at: {error.strerror}.", "Work elsewhere.")
    sentence = f"{free_bytes / 1e9:.1f} GB free where this was started ({folder})."
    if free_bytes >= _ROOM_BYTES:
        return ok(name, sentence)
    level = warn if free_bytes >= _LEAST_BYTES else fail
    return level(name, sentence, "Make room: a day of raw samples takes 0.1 GB.")


def _memory(where: str) -> Check:
    """Look at the list of bonded devices, which "ble:" alone needs."""
    name = "bonded devices"
    memory = bonded_devices()
    try:
        known = memory.devices()
        if where == "ble:":
            memory.the_only()
    except InputError as error:
        level = fail if where == "ble:" else warn
        found = f"{error.found[0].upper()}{error.found[1:]}; expected {error.expected}."
        return level(name, found, f"Try {error.hint}.")
    return ok(name, f"{', '.join(device.name for device in known) or 'None'}, by this user.")
