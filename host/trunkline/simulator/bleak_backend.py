"""A bleak backend on the virtual air, for host code with plain `BleakClient`, `BleakScanner`."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, ClassVar, Self

import bleak
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement
from bumble.pairing import PairingConfig, PairingDelegate

from trunkline.simulator.air import VirtualAir
from trunkline.simulator.bleak_client import VirtualBleakClient
from trunkline.simulator.bonds import Passkey

_UUID_LISTS = {
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.INCOMPLETE_LIST_OF_32_BIT_SERVICE_CLASS_UUIDS: 4,
    AdvertisingData.COMPLETE_LIST_OF_32_BIT_SERVICE_CLASS_UUIDS: 4,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
}
_SERVICE_DATA = {
    AdvertisingData.SERVICE_DATA_16_BIT_UUID: 2,
    AdvertisingData.SERVICE_DATA_32_BIT_UUID: 4,
    AdvertisingData.SERVICE_DATA_128_BIT_UUID: 16,
}
Typed = Callable[[], int | Awaitable[int | None]]
_NAMES = (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME)


def _uuid(raw: bytes) -> str:
    return normalize_uuid_str(UUID.from_bytes(raw).to_hex_str("-"))


def _advertisement(heard: Advertisement) -> AdvertisementData:
    name: str | None = None
    tx_power: int | None = None
    uuids: list[str] = []
    manufacturer: dict[int, bytes] = {}
    service: dict[str, bytes] = {}
    for kind, raw in heard.data.ad_structures:
        if kind in _NAMES:
            name = raw.decode(errors="replace")
        elif kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA:
            manufacturer[int.from_bytes(raw[:2], "little")] = bytes(raw[2:])
        elif kind == AdvertisingData.TX_POWER_LEVEL:
            tx_power = int.from_bytes(raw[:1], "little", signed=True)
        elif size := _UUID_LISTS.get(kind):
            uuids += [_uuid(raw[i : i + size]) for i in range(0, len(raw), size)]
        elif size := _SERVICE_DATA.get(kind):
            service[_uuid(raw[:size])] = bytes(raw[size:])
    return AdvertisementData(name, manufacturer, service, uuids, tx_power, heard.rssi, (heard,))


class VirtualBleakScanner(BaseBleakScanner):
    """What `BleakScanner` runs on; `air` is set in the subclass that is patched in."""

    air: ClassVar[VirtualAir]

    def __init__(
        self,
        detection_callback: Any,
        service_uuids: list[str] | None,
        scanning_mode: str = "active",
        **_options: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._is_active = scanning_mode == "active"

    def _on_advertisement(self, heard: Advertisement) -> None:
        advertisement = _advertisement(heard)
        if not self.is_allowed_uuid(advertisement.service_uuids):
            return
        address = heard.address.to_string(False)
        device = self.create_or_update_device(
            address, address, advertisement.local_name, heard.address, advertisement
        )
        self.call_detection_callbacks(device, advertisement)

    async def start(self) -> None:
        """Start scanning."""
        await self.air.faults.meet("scan")
        self.seen_devices.clear()
        adapter = self.air.adapter
        adapter.on("advertisement", self._on_advertisement)
        adapter.advertisement_accumulators.clear()
        await adapter.start_scanning(active=self._is_active, filter_duplicates=False)

    async def stop(self) -> None:
        """Stop scanning."""
        self.air.adapter.remove_listener("advertisement", self._on_advertisement)
        await self.air.adapter.stop_scanning()


class VirtualBleakAdapter(BaseBleakAdapter):
    """What `BleakAdapter` runs on; `air` is set in the subclass that is patched in."""

    air: ClassVar[VirtualAir]

    @classmethod
    async def get(cls, **_options: Any) -> Self:
        """Give the host's adapter."""
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        """List whom the adapter is connected to; every device here has the service."""
        peers = [link.peer_address for link in self.air.adapter.connections.values()]
        return [BLEDevice(peer.to_string(False), None, peer) for peer in peers]


class _Keyboard(PairingDelegate):
    """The operating system's pairing agent: asks the user for the passkey."""

    def __init__(self, passkey: Typed) -> None:
        super().__init__(PairingDelegate.IoCapability.KEYBOARD_INPUT_ONLY)
        self._passkey = passkey

    async def get_number(self) -> int | None:
        """Give what the user types."""
        typed = self._passkey()
        number = typed if isinstance(typed, int) else await typed
        return None if number is None else Passkey(number)


def _pairing_config(passkey: Typed | None) -> PairingConfig:
    delegate = (
        _Keyboard(passkey)
        if passkey is not None
        else PairingDelegate(PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT)
    )
    return PairingConfig(sc=True, mitm=passkey is not None, bonding=True, delegate=delegate)


@contextlib.contextmanager
def patched_bleak(air: VirtualAir, passkey: Typed | None) -> Iterator[None]:
    """Make bleak choose this backend on `air`; restores its choice on exit."""
    client: type[BaseBleakClient] = type("AirClient", (VirtualBleakClient,), {"air": air})
    scanner: type[BaseBleakScanner] = type("AirScanner", (VirtualBleakScanner,), {"air": air})
    adapter: type[BaseBleakAdapter] = type("AirAdapter", (VirtualBleakAdapter,), {"air": air})
    kinds = {"client": client, "scanner": scanner, "adapter": adapter}
    names = [f"get_platform_{kind}_backend_type" for kind in kinds]
    before = [(name, getattr(bleak, name)) for name in names]
    config_before = air.adapter.pairing_config_factory
    air.adapter.pairing_config_factory = lambda _connection: _pairing_config(passkey)
    for name, backend in zip(names, kinds.values(), strict=True):
        setattr(bleak, name, lambda backend=backend: (backend, "trunkline-virtual-air"))
    try:
        yield
    finally:
        for name, choice in before:
            setattr(bleak, name, choice)
        air.adapter.pairing_config_factory = config_before
