"""The client half of the bleak backend: one link to one device on the virtual air."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.device import Connection, Peer

from trunkline.simulator.air import VirtualAir

_Result = TypeVar("_Result")
_HOST_MTU = 517
_DEFAULT_MTU = 23
_PAIRING_TIMEOUT_S = 30


def _uuid(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))


class VirtualBleakClient(BaseBleakClient):
    """What `BleakClient` runs on; `air` is set in the subclass that is patched in."""

    air: ClassVar[VirtualAir]

    def __init__(self, address_or_ble_device: BLEDevice | str, **options: Any) -> None:
        super().__init__(address_or_ble_device, **options)
        self._name = (
            address_or_ble_device.name if isinstance(address_or_ble_device, BLEDevice) else None
        )
        self._link: Connection | None = None
        self._peer: Peer | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """Name heard in the scan, else the address."""
        return self._name or self.address

    @property
    def mtu_size(self) -> int:
        """Bytes of an ATT packet."""
        return self._link.att_mtu if self._link else _DEFAULT_MTU

    @property
    def is_connected(self) -> bool:
        """Whether the link is there."""
        return self._link is not None

    def _linked(self) -> Connection:
        if self._link is None:
            raise BleakError("Not connected")
        return self._link

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect, exchange the MTU, encrypt with a bond or pair, and discover the services."""
        if self._link is not None:
            raise BleakError("Client is already connected")
        await self.air.faults.meet("connect")
        adapter = self.air.adapter
        timeout_s = kwargs.get("timeout", self._timeout)
        address = hci.Address(self.address, hci.AddressType.RANDOM_DEVICE)
        try:
            link = await adapter.connect(address, timeout=timeout_s)
        except (core.TimeoutError, core.ConnectionError) as error:
            raise BleakDeviceNotFoundError(
                self.address, f"Device with address {self.address} was not found."
            ) from error
        except asyncio.CancelledError:
            # Else the controller goes on trying, and every later connect fails.
            await adapter.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
            raise
        self._link, self._peer = link, Peer(link)
        link.on("disconnection", self._on_disconnection)
        link.on("security_request", self._on_security_request)
        try:
            await self._set_up(pair)
        except BaseException:
            await self.disconnect()
            raise

    async def _set_up(self, pair: bool) -> None:
        link, peer = self._linked(), self._peer
        assert peer is not None
        await self._guard(peer.request_mtu(_HOST_MTU))
        if await self._has_bond():
            await self._guard(link.encrypt())  # operating systems do so at once
        elif pair:
            await self.pair()
        self.services = await self._guard(self._discover(peer))

    async def _has_bond(self) -> bool:
        keystore = self.air.adapter.keystore
        if keystore is None:
            return False
        return await keystore.get(str(self._linked().peer_address)) is not None

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            listed = BleakGATTService(service, service.handle, _uuid(service.uuid))
            found.add_service(listed)
            for characteristic in await service.discover_characteristics():
                entry = BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle,
                    _uuid(characteristic.uuid),
                    list(gatt_char_props_to_strs(characteristic.properties)),
                    lambda: self.mtu_size - 3,
                    listed,
                )
                found.add_characteristic(entry)
                for descriptor in await characteristic.discover_descriptors():
                    found.add_descriptor(
                        BleakGATTDescriptor(
                            descriptor, descriptor.handle, _uuid(descriptor.type), entry
                        )
                    )
        return found

    def _on_disconnection(self, _reason: int) -> None:
        self._link, self._peer = None, None
        self._callbacks.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    def _on_security_request(self, *_: Any) -> None:
        """The device asked for security: encrypt with the bond, else pair."""

        async def secure() -> None:
            try:
                if await self._has_bond():
                    await self._guard(self._linked().encrypt())
                else:
                    await self.pair()
            except BleakError:
                return  # the link says so itself: by refusing, or by ending

        task = asyncio.get_running_loop().create_task(secure())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def disconnect(self) -> None:
        """End the link."""
        await self.air.faults.meet("disconnect")
        if self._link is not None:
            try:
                await self._link.disconnect()
            except (core.ProtocolError, hci.HCI_Error):
                return  # it ended by itself meanwhile

    async def pair(self, *_args: Any, **_kwargs: Any) -> None:
        """Pair, asking the adapter's passkey callable if the device shows a passkey."""
        await self.air.faults.meet("pair")
        if await self._has_bond():
            return  # as BlueZ: paired already; connecting has encrypted the link
        await self._guard(self._pair_in_time(self._linked()))

    async def _pair_in_time(self, link: Connection) -> None:
        async with asyncio.timeout(_PAIRING_TIMEOUT_S):
            try:
                await link.pair()
            except core.ProtocolError as error:  # in BlueZ's words
                raise BleakError("Authentication Failed") from error

    async def unpair(self) -> None:
        """Forget the bond."""
        address = hci.Address(self.address, hci.AddressType.RANDOM_DEVICE)
        await self.disconnect()
        keystore = self.air.adapter.keystore
        if keystore is not None and await keystore.get(str(address)) is not None:
            await keystore.delete(str(address))

    async def _guard(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run `work` as long as the link lasts; its failures become bleak's own."""
        if self._link is None:
            work.close()
            raise BleakError("Not connected")
        link, task = self._link, asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        try:
            result = await link.cancel_on_disconnection(work)
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(int(error.error_code)) from error
        except asyncio.CancelledError:
            if self._link is not link and task.cancelling() == cancels:
                raise BleakError("Device disconnected") from None
            raise
        except (core.BaseBumbleError, hci.HCI_Error) as error:
            raise BleakError(str(error)) from error
        except TimeoutError as error:
            raise BleakError("Timed out") from error
        if task.cancelling() > cancels:
            # Bumble waits with asyncio.wait_for, which Python 3.11 may let end as if nothing was.
            raise asyncio.CancelledError
        return result

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,
        **_kwargs: Any,
    ) -> bytearray:
        """Read a characteristic."""
        return bytearray(await self._guard(characteristic.obj.read_value()))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_kwargs: Any
    ) -> bytearray:
        """Read a descriptor."""
        return bytearray(await self._guard(descriptor.obj.read_value()))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a characteristic."""
        await self.air.faults.meet("write")
        await self._guard(
            characteristic.obj.write_value(bytes(memoryview(data)), with_response=response)
        )

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        await self._guard(descriptor.obj.write_value(bytes(memoryview(data)), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_kwargs: Any
    ) -> None:
        """Subscribe; notifications are preferred to indications."""

        def on_value(value: bytes) -> None:
            callback(bytearray(value))

        await self.air.faults.meet("subscribe")
        await self._guard(characteristic.obj.subscribe(on_value, prefer_notify=True))
        self._callbacks[characteristic.handle] = on_value

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        callback = self._callbacks.pop(characteristic.handle, None)
        if callback is not None:
            await self._guard(characteristic.obj.unsubscribe(callback))
