"""Bonding with a device by its passkey, once; from then on this computer needs none."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from trunkline.device.session import Session
from trunkline.device.timekeeping import SetTime
from trunkline.errors import InputError
from trunkline.protocol.events import Event, TimeNotSet
from trunkline.transports.ble import BleTransport
from trunkline.transports.bonded import BondedDevice, BondedDevices


@dataclass(frozen=True)
class Pairing:
    """What became of it.

    Attributes:
        device: The device, as it is remembered.
        has_buzzed: Whether it took the command to buzz, so that the wearer knows it is this one.
        time_not_set: Why it was not told the time; None: it was.
    """

    device: BondedDevice
    has_buzzed: bool
    time_not_set: str | None


def system_dialog(
    ask: Callable[[], Awaitable[int | None]],
) -> AbstractAsyncContextManager[None]:
    """Give what asks for the passkey on this system: `ask` on Linux, else the system itself."""
    if sys.platform != "linux":
        return nullcontext()
    from trunkline.transports.agent import passkey_agent

    return passkey_agent(ask)


async def pair(
    name: str, memory: BondedDevices, dialog: AbstractAsyncContextManager[None]
) -> Pairing:
    """Connect to a device that takes new hosts, pair, remember it, let it buzz, tell it the time.

    A device that is bonded already is asked for no passkey, and remembered again. The passkey is
    kept nowhere, the keys by the operating system.

    Args:
        name: Its name or address.
        memory: Where the device is remembered.
        dialog: What asks for the passkey meanwhile.

    Raises:
        BluetoothError: It is not heard, takes no new host, or the passkey is wrong.
        InputError: The memory cannot be written.
    """
    transport, untold = BleTransport(name), list[str]()

    def hear(event: Event) -> None:
        if isinstance(event, TimeNotSet):
            untold.append(event.reason)

    session = Session(transport, set_time=SetTime())
    session.listeners.append(hear)
    has_buzzed = True
    async with dialog, session:
        device = BondedDevice(
            session.info.device_id.hex(), transport.heard_name or name, transport.address
        )
        memory.remember(device)
        try:
            await session.vibrate("identify")
        except InputError:  # the motor has had its share for now, or the device is in safe mode
            has_buzzed = False
    return Pairing(device, has_buzzed, untold[0] if untold else None)
