"""The virtual board's bonds and pairing: its firmware keeps the keys and shows the passkey.

A bond, as the firmware stores it without looking inside:

    key    address type u8 | address 6 bytes, little-endian
    value  flags u8: 1 = authenticated, 2 = has identity key | identity address type u8
           | long-term key 16 | identity key 16 (zeros if none)
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable

from bumble import hci
from bumble.keys import KeyStore, PairingKeys
from bumble.pairing import PairingDelegate

IRQ_GET_SECRET = 29
IRQ_SET_SECRET = 30
IRQ_PASSKEY_ACTION = 31
ACTION_INPUT, ACTION_DISPLAY, ACTION_COMPARE = 2, 3, 4
_PEER_SECRET = 2  # MicroPython's key-store type for a peer's keys
_PASSKEY_TIMEOUT_S = 30

Ask = Callable[[int, bytes], Awaitable[bytes]]


class Passkey(int):
    """A passkey that counts as given even when it is 000000, which Bumble asserts on."""

    def __bool__(self) -> bool:
        """Always."""
        return True


def _key(name: str) -> bytes:
    address = hci.Address(name)
    return bytes([address.address_type]) + bytes(address)


def _pack(keys: PairingKeys) -> bytes:
    ltk = keys.ltk or keys.ltk_central or keys.ltk_peripheral
    if ltk is None:
        raise ValueError("found a bond without a long-term key; expected LE pairing")
    flags = int(ltk.authenticated) | (2 if keys.irk else 0)
    irk = keys.irk.value if keys.irk else bytes(16)
    return struct.pack("<BB16s16s", flags, keys.address_type or 0, ltk.value, irk)


def _unpack(value: bytes) -> PairingKeys:
    flags, address_type, ltk, irk = struct.unpack("<BB16s16s", value)
    is_authenticated = bool(flags & 1)
    return PairingKeys(
        address_type=hci.AddressType(address_type),
        ltk=PairingKeys.Key(ltk, is_authenticated),
        irk=PairingKeys.Key(irk, is_authenticated) if flags & 2 else None,
    )


class FirmwareBonds(KeyStore):
    """Bonds kept by the firmware through _IRQ_GET_SECRET and _IRQ_SET_SECRET.

    Attributes:
        authenticated: By peer, whether the key last fetched came from a pairing with passkey.
            Encryption fetches the key, so this is known before anything is read over the link.
    """

    def __init__(self, ask: Ask) -> None:
        self.authenticated: dict[str, bool] = {}
        self._ask = ask

    async def _set(self, name: str, value: bytes | None) -> None:
        key = _key(name)
        head = bytes([_PEER_SECRET, len(key), value is not None])
        await self._ask(IRQ_SET_SECRET, head + key + (value or b""))

    async def delete(self, name: str) -> None:
        """Make the firmware forget a peer."""
        await self._set(name, None)

    async def update(self, name: str, keys: PairingKeys) -> None:
        """Make the firmware keep a peer's keys."""
        await self._set(name, _pack(keys))

    async def get(self, name: str) -> PairingKeys | None:
        """Give a peer's keys; None if the firmware has none."""
        value = await self._ask(IRQ_GET_SECRET, bytes([_PEER_SECRET, 0]) + _key(name))
        keys = _unpack(value) if value else None
        self.authenticated[name] = bool(keys and keys.ltk and keys.ltk.authenticated)
        return keys

    async def get_all(self) -> list[tuple[str, PairingKeys]]:
        """Give nothing: MicroPython cannot list names with keys.

        Bumble asks for all bonds only to resolve private addresses, which the virtual air does
        not use.
        """
        return []


class FirmwareDelegate(PairingDelegate):
    """What the firmware shows and enters during pairing."""

    def __init__(self, io: int, passkey_action: Callable[[int, int], Awaitable[int]]) -> None:
        super().__init__(io_capability=PairingDelegate.IoCapability(io))
        self._passkey_action = passkey_action

    async def _ask(self, action: int, value: int) -> int:
        async with asyncio.timeout(_PASSKEY_TIMEOUT_S):
            return await self._passkey_action(action, value)

    async def generate_passkey(self) -> int:
        """Let the firmware choose the passkey that it shows."""
        return Passkey(await self._ask(ACTION_DISPLAY, 0))

    async def get_number(self) -> int | None:
        """Let the firmware enter the passkey that the peer shows."""
        return Passkey(await self._ask(ACTION_INPUT, 0))

    async def compare_numbers(self, number: int, digits: int) -> bool:
        """Let the firmware say whether the numbers are the same."""
        return bool(await self._ask(ACTION_COMPARE, number))
