"""Looking for devices: what each says of itself in the advertising data, for anybody to hear."""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bleak import BleakAdapter, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from posturecore import frames
from trunkline.transports.ble_troubles import bluetooth_error, trouble_of
from trunkline.transports.bonded import BondedDevices, bonded_devices

_Result = TypeVar("_Result")
_BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"  # 0x180F
# macOS asks the user for permission before it scans, for as long as they take.
_GRACE_S = 15.0
_NOT_KNOWN_DBM = (
    127,
    -127,
)  # Core specification Vol 4 Part E 7.7.65.2; bleak, where BlueZ is silent


@dataclass(frozen=True)
class HeardDevice:
    """One device that advertises.

    Attributes:
        name: As it calls itself, "Trunkline 3F2A"; "" if it has not told.
        address: What this system calls it; on macOS a number of its own. A device with a private
            address has another one tomorrow, unless this system is bonded with it.
        battery_pct: 0 to 100; None: it has not told.
        rssi_dbm: Signal strength: about -50 beside the computer, -90 at the edge.
        is_bonded: True: `trunkline pair` has bonded it with this computer. None: not told. bleak's
            public API tells of a bond on no system, so one that was made in the settings of
            Windows, macOS or Linux is None here, and connects all the same.
    """

    name: str
    address: str
    battery_pct: int | None
    rssi_dbm: int
    is_bonded: bool | None


async def scan(
    duration_s: float = 5.0, bonded: BondedDevices | None = None
) -> tuple[HeardDevice, ...]:
    """List the Trunklines that are heard, the strongest first.

    A device that is connected, to this computer or another, is silent. One that is worn alone is
    on the air for 2 s a minute, in a drawer for 2 s in ten; a press of its button puts it on the
    air for a minute.

    Args:
        duration_s: How long to listen. On the air a device speaks four times a second.
        bonded: The memory of bonded devices. None: this user's.

    Raises:
        BluetoothError: There is no Bluetooth to scan with; the message says what to do.
    """
    memory = bonded if bonded is not None else bonded_devices()
    known = memory.devices()
    names = {name for device in known for name in (device.name, device.address)}
    work = BleakScanner.discover(duration_s, return_adv=True, service_uuids=[frames.SERVICE_UUID])
    heard = await _scanned(work, duration_s)
    found = [_heard(device, said, names) for device, said in heard.values()]
    return tuple(sorted(found, key=lambda device: -device.rssi_dbm))


async def find(wanted: Sequence[str], limit_s: float) -> tuple[BLEDevice, int | None]:
    """Find one device by name or address; give its signal strength in dBm, too, where it is known.

    Args:
        wanted: Its name, its address, or both; messages name it by the first.
        limit_s: How long to listen.

    Raises:
        BluetoothError: It is not heard, or there is no Bluetooth to scan with.
    """
    names = {name.lower() for name in wanted}
    heard_dbm: list[int] = []

    def is_it(device: BLEDevice, said: AdvertisementData) -> bool:
        told = (device.address, device.name, said.local_name)
        is_wanted = any(name is not None and name.lower() in names for name in told)
        if is_wanted and said.rssi not in _NOT_KNOWN_DBM:
            heard_dbm.append(said.rssi)
        return is_wanted

    device = await _scanned(BleakScanner.find_device_by_filter(is_it, limit_s), limit_s)
    if device is not None:
        return device, heard_dbm[-1] if heard_dbm else None
    what = f"Could not connect to {wanted[0]}"
    if await _is_connected_here(names):
        raise bluetooth_error(what, "in use")
    raise bluetooth_error(what, "not heard", f"{limit_s:g} s long")


def battery_pct(said: AdvertisementData) -> int | None:
    """Read the battery level out of advertising data; None: it is not there."""
    level = said.service_data.get(_BATTERY, b"")
    return level[0] if len(level) == 1 and level[0] <= 100 else None


def _heard(device: BLEDevice, said: AdvertisementData, bonded: Collection[str]) -> HeardDevice:
    name = said.local_name or device.name or ""
    is_bonded = True if name in bonded or device.address in bonded else None
    return HeardDevice(name, device.address, battery_pct(said), said.rssi, is_bonded)


async def _scanned(work: Awaitable[_Result], limit_s: float) -> _Result:
    try:
        async with asyncio.timeout(limit_s + _GRACE_S):
            return await work
    except (BleakError, OSError, TimeoutError, EOFError) as error:
        trouble = trouble_of(error, "scan")
        raise bluetooth_error("No Bluetooth to scan with", trouble, error) from error


async def _is_connected_here(names: Collection[str]) -> bool:
    """Tell whether this system holds the link itself: then the device is silent to all."""
    try:
        async with asyncio.timeout(_GRACE_S):
            adapter = await BleakAdapter.get()
        work = adapter.get_connected_devices([frames.SERVICE_UUID])
        async with asyncio.timeout(_GRACE_S):
            devices = await work
    except (BleakError, OSError, TimeoutError, EOFError, NotImplementedError):
        return False  # not every system tells
    told = [name for device in devices for name in (device.address, device.name) if name]
    return any(name.lower() in names for name in told)
