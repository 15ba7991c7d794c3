"""BlueZ's pairing agent: what asks for the passkey when a terminal pairs on Linux.

A desktop brings an agent, which shows a dialog; a terminal over ssh has none, and pairing would
fail. macOS and Windows ask by themselves, and no program may stand in for them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusObjectPath, DBusStr, DBusUInt16, DBusUInt32
from dbus_fast.errors import AuthError
from dbus_fast.service import ServiceInterface, dbus_method

from trunkline.transports.ble_troubles import bluetooth_error

_PATH = "/org/trunkline/agent"
_BLUEZ, _MANAGER = "org.bluez", "org.bluez.AgentManager1"
_ANSWERS_BY = "KeyboardOnly"  # the device shows, we type: else BlueZ would pair without a passkey
_ANSWER_S = 10.0
Ask = Callable[[], Awaitable[int | None]]


@asynccontextmanager
async def passkey_agent(ask: Ask) -> AsyncIterator[None]:
    """Answer BlueZ's question for a passkey, as long as this lasts.

    Args:
        ask: Called when BlueZ wants one; gives it, or None to break the pairing off.

    Raises:
        BluetoothError: There is no BlueZ to answer to.
    """
    try:
        work = MessageBus(bus_type=BusType.SYSTEM).connect()
        async with asyncio.timeout(_ANSWER_S):
            bus = await work
    except (OSError, EOFError, TimeoutError, AuthError) as error:
        raise bluetooth_error("Could not pair", "no service", error) from error
    try:
        bus.export(_PATH, _Agent(ask))
        await _tell(bus, "RegisterAgent", "os", _PATH, _ANSWERS_BY)
        await _tell(bus, "RequestDefaultAgent", "o", _PATH)
        yield  # BlueZ forgets an agent whose program leaves the bus
    finally:
        bus.disconnect()


class _Agent(ServiceInterface):
    """The object that BlueZ calls. What needs no passkey is refused: it would be no Trunkline."""

    def __init__(self, ask: Ask) -> None:
        super().__init__("org.bluez.Agent1")
        self._ask = ask

    @dbus_method()
    async def RequestPasskey(self, device: DBusObjectPath) -> DBusUInt32:
        """Give the passkey."""
        passkey = await self._ask()
        if passkey is None:
            raise DBusError("org.bluez.Error.Canceled", "nothing was typed")
        return passkey

    @dbus_method()
    def RequestConfirmation(self, device: DBusObjectPath, passkey: DBusUInt32) -> None:
        """Refuse numbers to be compared: the device has no display."""
        raise _rejected()

    @dbus_method()
    def RequestAuthorization(self, device: DBusObjectPath) -> None:
        """Refuse a peer that pairs without a passkey."""
        raise _rejected()

    @dbus_method()
    def AuthorizeService(self, device: DBusObjectPath, uuid: DBusStr) -> None:
        """Refuse services of this computer to a peer."""
        raise _rejected()

    @dbus_method()
    def DisplayPasskey(
        self, device: DBusObjectPath, passkey: DBusUInt32, entered: DBusUInt16
    ) -> None:
        """Show nothing: the device has no keys to type on."""

    @dbus_method()
    def Cancel(self) -> None:
        """Hear that the question is void; the pairing ends with an error of its own."""

    @dbus_method()
    def Release(self) -> None:
        """Hear that BlueZ ends."""


def _rejected() -> DBusError:
    return DBusError("org.bluez.Error.Rejected", "a Trunkline pairs by its passkey only")


async def _tell(bus: MessageBus, member: str, signature: str, *body: Any) -> None:
    message = Message(_BLUEZ, "/org/bluez", _MANAGER, member, signature=signature, body=list(body))
    try:
        async with asyncio.timeout(_ANSWER_S):
            reply = await bus.call(message)
    except TimeoutError:
        reply = None
    if reply is None or reply.message_type is MessageType.ERROR:
        detail = reply.error_name if reply is not None else "no reply"
        raise bluetooth_error("Could not pair", "no service", detail)
