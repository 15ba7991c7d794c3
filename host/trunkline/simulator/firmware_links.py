"""The virtual radio's links: who is connected, how strong the keys are, how pairing goes on."""

import asyncio
import struct
from collections.abc import Callable

from bumble import att, hci
from bumble.device import Connection, Device
from bumble.pairing import PairingConfig
from bumble.smp import PairingMethod

from trunkline.simulator.bonds import IRQ_PASSKEY_ACTION, FirmwareBonds, FirmwareDelegate
from trunkline.simulator.exchange import Exchange

_IRQ_CONNECT, _IRQ_DISCONNECT, _IRQ_MTU, _IRQ_UPDATE, _IRQ_ENCRYPTION = 1, 2, 21, 27, 28
_KEY_BYTES = 16
_ENOTCONN = 107


class FirmwareLinks:
    """Links by connection handle."""

    def __init__(self, exchange: Exchange, on_lost: Callable[[int], None]) -> None:
        self._exchange = exchange
        self._on_lost = on_lost
        self._bonds = FirmwareBonds(exchange.ask)
        self._device: Device | None = None
        self._links: dict[int, Connection] = {}
        self._is_authenticated: dict[int, bool] = {}
        self._bonded: set[int] = set()
        self._passkeys: dict[int, asyncio.Future[int]] = {}
        self._security = (False, False, 3, False)

    def attach(self, device: Device) -> None:
        """Serve a device's links."""
        self._device = device
        device.keystore = self._bonds
        device.pairing_config_factory = self._pairing_config
        device.on("connection", self._on_connection)

    def secure(self, bond: bool, mitm: bool, io: int, secure_connections: bool) -> None:
        """Set how the next pairing is done."""
        self._security = (bond, mitm, io, secure_connections)

    def find(self, handle: int) -> Connection | None:
        """Give the link with a handle; None if it has ended."""
        return self._links.get(handle)

    def get(self, arguments: bytes) -> Connection:
        """Give the link a call's arguments begin with; OSError (ENOTCONN) if it has ended."""
        link = self._links.get(arguments[0] | arguments[1] << 8)
        if link is None:
            raise OSError(_ENOTCONN, "no such connection")
        return link

    def check(self, link: Connection, needs_encryption: bool, needs_passkey: bool) -> None:
        """Refuse access as NimBLE does.

        Bumble takes a "just works" link as authenticated, so its own check would never refuse.
        """
        if (needs_encryption or needs_passkey) and not link.encryption:
            raise att.ATT_Error(
                att.ErrorCode.INSUFFICIENT_ENCRYPTION
                if link.handle in self._bonded
                else att.ErrorCode.INSUFFICIENT_AUTHENTICATION
            )
        if needs_passkey and not self._is_authenticated.get(link.handle):
            raise att.ATT_Error(att.ErrorCode.INSUFFICIENT_AUTHENTICATION)

    # Calls

    async def disconnect(self, arguments: bytes) -> bytes:
        """gap_disconnect: b"\\0" when there is no such link."""
        link = self._links.get(arguments[0] | arguments[1] << 8)
        if link is None:
            return b"\0"

        async def disconnect() -> None:
            await link.disconnect()

        self._exchange.spawn(disconnect())
        return b"\1"

    async def disconnect_all(self) -> None:
        """End every link, in order."""
        for link in list(self._links.values()):
            await link.disconnect()

    async def pair(self, arguments: bytes) -> bytes:
        """gap_pair: ask the central for security."""
        self.get(arguments).request_pairing()
        return b""

    async def unpair(self, arguments: bytes) -> bytes:
        """gap_unpair: make the firmware forget a key."""
        address = hci.Address(arguments[1:], hci.AddressType(arguments[0]))
        await self._bonds.delete(str(address))
        return b"\1"

    async def passkey(self, arguments: bytes) -> bytes:
        """gap_passkey: what the firmware shows or enters."""
        handle, _, value = struct.unpack("<HBI", arguments)
        waiting = self._passkeys.pop(handle, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(value)
        return b""

    # Events

    def _pairing_config(self, link: Connection) -> PairingConfig:
        bond, mitm, io, secure_connections = self._security

        async def passkey_action(action: int, value: int) -> int:
            waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._passkeys[link.handle] = waiting
            question = struct.pack("<HBI", link.handle, action, value)
            self._exchange.event(IRQ_PASSKEY_ACTION, question)
            return await waiting

        return PairingConfig(
            sc=secure_connections,
            mitm=mitm,
            bonding=bond,
            delegate=FirmwareDelegate(io, passkey_action),
        )

    def _on_connection(self, link: Connection) -> None:
        handle = link.handle
        self._links[handle] = link
        peer = struct.pack("<HB", handle, int(not link.peer_address.is_public))
        peer += bytes(reversed(bytes(link.peer_address)))
        self._exchange.event(_IRQ_CONNECT, peer)

        def on_mtu() -> None:
            self._exchange.event(_IRQ_MTU, struct.pack("<HH", handle, link.att_mtu))

        def on_disconnection(_reason: int) -> None:
            self._links.pop(handle, None)
            self._is_authenticated.pop(handle, None)
            self._bonded.discard(handle)
            self._on_lost(handle)
            self._exchange.event(_IRQ_DISCONNECT, peer)

        link.on("connection_att_mtu_update", on_mtu)
        link.on("connection_parameters_update", lambda *_: self._on_update(link))
        link.on("disconnection", on_disconnection)
        link.on("connection_encryption_change", lambda *_: self._on_encryption(link))
        link.on("pairing_start", lambda: self._exchange.spawn(self._delete_bond(link)))
        link.on("pairing", lambda keys: self._on_paired(link, bool(keys.ltk.authenticated)))
        link.on("pairing_failure", lambda _reason: self._report(link))
        self._exchange.spawn(self._recognise(link))

    def _on_update(self, link: Connection) -> None:
        parameters = link.parameters
        state = struct.pack(
            "<HHHHB",
            link.handle,
            round(parameters.connection_interval / 1.25),
            parameters.peripheral_latency,
            round(parameters.supervision_timeout / 10),
            0,
        )
        self._exchange.event(_IRQ_UPDATE, state)

    async def _recognise(self, link: Connection) -> None:
        if await self._bonds.get(str(link.peer_address)):
            self._bonded.add(link.handle)

    async def _delete_bond(self, link: Connection) -> None:
        """As MicroPython's binding: whoever pairs again loses the old bond, and may try anew."""
        if link.handle in self._bonded:
            await self._bonds.delete(str(link.peer_address))

    def _on_paired(self, link: Connection, is_authenticated: bool) -> None:
        self._is_authenticated[link.handle] = is_authenticated
        self._bonded.add(link.handle)
        self._report(link)

    def _on_encryption(self, link: Connection) -> None:
        session = self._device and self._device.smp_manager.sessions.get(link.handle)
        if session and not session.completed:  # encrypted by a pairing in progress
            is_authenticated = session.pairing_method != PairingMethod.JUST_WORKS
        else:
            is_authenticated = self._bonds.authenticated.get(str(link.peer_address), False)
        self._is_authenticated[link.handle] = is_authenticated
        self._report(link)

    def _report(self, link: Connection) -> None:
        is_encrypted = bool(link.encryption)
        is_authenticated = is_encrypted and self._is_authenticated.get(link.handle, False)
        is_bonded = is_encrypted and self._security[0]
        key_bytes = _KEY_BYTES if is_encrypted else 0
        state = struct.pack(
            "<HBBBB", link.handle, is_encrypted, is_authenticated, is_bonded, key_bytes
        )
        self._exchange.event(_IRQ_ENCRYPTION, state)
