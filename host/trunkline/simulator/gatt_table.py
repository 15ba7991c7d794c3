"""The firmware's GATT services as Bumble attributes: built from the bytes `bluetooth` sends."""

from collections.abc import Awaitable, Callable

from bumble import att, gatt_server
from bumble.core import UUID
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Descriptor, Service

_READ, _WRITE = 0x02, 0x0C
_PERMISSIONS = att.Attribute.Permissions

Read = Callable[[Connection, int, int], Awaitable[bytes]]
Write = Callable[[Connection, int, int, bytes], Awaitable[None]]


class _Bytes:
    """Take fields off the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, size: int = 1) -> int:
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "little")

    def uuid(self) -> UUID:
        size = self.number()
        self._at += size
        return UUID.from_bytes(self._data[self._at - size : self._at])


def _permissions(flags: int) -> att.Attribute.Permissions:
    permissions = _PERMISSIONS(0)
    if flags & _READ:
        permissions |= _PERMISSIONS.READABLE
    if flags & _WRITE:
        permissions |= _PERMISSIONS.WRITEABLE
    # Encryption and authentication are checked where they are known: Bumble takes a "just works"
    # link as authenticated.
    return permissions


class GattTable:
    """The attributes a firmware registered, by handle."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write
        self._attributes: dict[int, att.Attribute[bytes]] = {}

    def attribute(self, handle: bytes) -> att.Attribute[bytes]:
        """Give the attribute of a little-endian handle; OSError (EINVAL) if there is none."""
        found = self._attributes.get(int.from_bytes(handle, "little"))
        if found is None:
            raise OSError(22, "no such attribute")
        return found

    def register(self, device: Device, packed: bytes, mtu: int) -> list[int]:
        """Replace the device's services; return the value handles in the order registered."""
        server = gatt_server.Server(device)
        server.max_mtu = mtu
        device.gatt_server = server
        device.add_default_services()
        source = _Bytes(packed)
        order: list[Characteristic[bytes] | Descriptor] = []
        for _ in range(source.number()):
            uuid = source.uuid()
            made = [self._characteristic(source, order) for _ in range(source.number())]
            device.add_service(Service(uuid, made))
        self._attributes = {attribute.handle: attribute for attribute in order}
        return [attribute.handle for attribute in order]

    def _characteristic(
        self, source: _Bytes, order: list[Characteristic[bytes] | Descriptor]
    ) -> Characteristic[bytes]:
        uuid, flags = source.uuid(), source.number(2)
        descriptors = [self._descriptor(source) for _ in range(source.number())]
        characteristic: Characteristic[bytes] = Characteristic(
            uuid,
            Characteristic.Properties(flags & 0xFF),
            _permissions(flags),
            descriptors=descriptors,
        )
        characteristic.value = self._value(characteristic, flags)
        order += [characteristic, *descriptors]
        return characteristic

    def _descriptor(self, source: _Bytes) -> Descriptor:
        uuid, flags = source.uuid(), source.number(2)
        descriptor = Descriptor(uuid, _permissions(flags))
        descriptor.value = self._value(descriptor, flags)
        return descriptor

    def _value(self, attribute: att.Attribute[bytes], flags: int) -> CharacteristicValue[bytes]:
        # Bumble looks at no permissions but those for encryption.
        async def read(link: Connection) -> bytes:
            if not flags & _READ:
                raise att.ATT_Error(att.ATT_READ_NOT_PERMITTED_ERROR)
            return await self._read(link, attribute.handle, flags)

        async def write(link: Connection, value: bytes) -> None:
            if not flags & _WRITE:
                raise att.ATT_Error(att.ATT_WRITE_NOT_PERMITTED_ERROR)
            await self._write(link, attribute.handle, flags, bytes(value))

        return CharacteristicValue(read=read, write=write)
