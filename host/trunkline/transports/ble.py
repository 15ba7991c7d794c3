"""Bluetooth Low Energy through bleak's public API, on whatever system bleak runs."""

import asyncio
from collections.abc import Callable

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from posturecore import flash, frames, wire
from trunkline.errors import LinkError
from trunkline.transports.base import ignore

# BlueZ may never answer a read or write that lacks authentication: nothing waits without a limit.
_SCAN_S = 10.0
_ANSWER_S = 10.0
_PAIR_S = 60.0  # somebody has to read and type a passkey
_LEAST_MTU = wire.MAX_PAYLOAD + wire.OVERHEAD + 3
_MTU_S = 5.0  # some systems tell the agreed MTU a moment after they have connected


class BleTransport:
    """One device over the air, by name or address.

    Attributes:
        name: Its name or address as given.
        mtu: Bytes a notification can carry plus 3, once open.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.takes_commands = True
        self.mtu = 23
        self._client: BleakClient | None = None
        self._is_closing = False

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Find, connect, pair if need be, and subscribe."""
        device = await self._find()

        def lost(_: BleakClient) -> None:
            if not self._is_closing:
                on_lost()

        def received(_: BleakGATTCharacteristic, data: bytearray) -> None:
            on_data(bytes(data))

        def remembered(_: BleakGATTCharacteristic, data: bytearray) -> None:
            on_log(bytes(data))

        client = BleakClient(device, disconnected_callback=lost, timeout=_SCAN_S)
        self._client = client
        self._is_closing = False
        try:
            await client.connect()
            await asyncio.wait_for(client.pair(), _PAIR_S)
            await asyncio.wait_for(client.start_notify(frames.STREAM_UUID, received), _ANSWER_S)
            await asyncio.wait_for(client.start_notify(frames.LOG_UUID, remembered), _ANSWER_S)
        except (BleakError, TimeoutError, OSError) as error:
            await self.close()
            raise LinkError(
                f"Could not connect to {self.name}: {error or 'no answer'}; expected a paired "
                "device in range; press its button for 3 s and pair again with its passkey."
            ) from error
        self.mtu = await _agreed_mtu(client)
        if self.mtu < _LEAST_MTU:
            await self.close()
            raise LinkError(
                f"{self.name} agreed on an MTU of {self.mtu}; expected at least {_LEAST_MTU}; "
                "try another Bluetooth adapter, and on Linux BlueZ 5.62 or newer."
            )

    async def write(self, frame: bytes) -> None:
        """Write one frame with response; a piece of an update, which is not answered, without."""
        client = self._client
        if client is None or not client.is_connected:
            raise LinkError(f"{self.name} is not connected; connect again.")
        is_piece = frame[1] == flash.UPDATE_DATA
        target = frames.UPDATE_UUID if is_piece else frames.CONTROL_UUID
        try:
            work = client.write_gatt_char(target, frame, response=not is_piece)
            await asyncio.wait_for(work, _ANSWER_S)
        except (BleakError, TimeoutError, OSError) as error:
            raise LinkError(
                f"{self.name} did not take a command: {error or 'no answer'}; connect again."
            ) from error

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        self._is_closing = True
        if client is not None and client.is_connected:
            await client.disconnect()

    async def _find(self) -> BLEDevice:
        try:
            device = await BleakScanner.find_device_by_filter(
                lambda found, heard: self.name in (found.address, found.name, heard.local_name),
                timeout=_SCAN_S,
            )
        except (BleakError, OSError) as error:  # OSError: no D-Bus, so no Bluetooth service
            raise LinkError(
                f"No Bluetooth to scan with: {error}; switch the adapter on and try again."
            ) from error
        if device is None:
            raise LinkError(
                f"{self.name} was not heard within {_SCAN_S:.0f} s; expected it to advertise; "
                "bring it closer, check that it is on and not connected elsewhere."
            )
        return device


async def _agreed_mtu(client: BleakClient) -> int:
    """Give the MTU of the link as a characteristic tells it: bleak's own is always 23 on BlueZ."""
    characteristic = client.services.get_characteristic(frames.UPDATE_UUID)
    mtu = 0
    for _ in range(round(_MTU_S / 0.1)):
        mtu = characteristic.max_write_without_response_size + 3 if characteristic else 0
        if mtu >= _LEAST_MTU:
            break
        await asyncio.sleep(0.1)
    return mtu
