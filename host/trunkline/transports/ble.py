"""Bluetooth Low Energy through bleak's public API, on whatever system bleak runs."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from posturecore import flash, frames, wire
from trunkline.errors import LinkError
from trunkline.transports.base import Transport, ignore
from trunkline.transports.ble_troubles import PAIRING, bluetooth_error, trouble_of
from trunkline.transports.bonded import bonded_devices
from trunkline.transports.scanning import find

_Result = TypeVar("_Result")
# BlueZ may never answer a read or write that lacks authentication, and macOS waits for ever for
# the user's permission: nothing waits without a limit.
_SCAN_S = 65.0  # a worn device that is alone is on the air for 2 s in each minute
_CONNECT_S = 20.0
_ANSWER_S = 10.0
_PAIR_S = 60.0  # somebody has to read and type a passkey
_PACKETS_S = 3.0  # how long the system may take to tell the size agreed on
_LEAVE_S = 5.0
_FRAME_BYTES = wire.MAX_PAYLOAD + wire.OVERHEAD
_HEAD_BYTES = 3  # of a notification
_POLL_S = 0.1


class BleTransport(Transport):
    """One device over the air.

    Attributes:
        name: Its name or address as given; once open, of the bonded device if none was given.
        heard_name: The name it advertises; "" until it was heard.
        address: What the system calls it; "" until that is known. That of a bonded device stays,
            on one computer.
        mtu: Bytes a notification can carry plus 3, once open.
    """

    def __init__(self, name: str = "") -> None:
        """Prepare the link.

        Args:
            name: Name or address. "": the device that `trunkline pair` remembers.
        """
        self.name = name
        self.takes_commands = True
        self.is_over = False
        self.heard_name = self.address = ""
        self._rssi_dbm: int | None = None
        self.mtu = 23
        self._client: BleakClient | None = None
        self._is_open = False

    @property
    def rssi_dbm(self) -> int | None:
        """Signal strength of the device when it was last found; None: not known."""
        return self._rssi_dbm

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Find, connect, pair if need be, and subscribe.

        Raises:
            InputError: No name was given, and not exactly one device is remembered.
            BluetoothError: Bluetooth, or the device, does not let us; the message says what to do.
        """
        await self.close()
        found, self._rssi_dbm = await find(self._wanted(), _SCAN_S)
        self.heard_name = found.name or ""

        def lost(_: BleakClient) -> None:
            if self._is_open:  # else whoever opens hears of it
                self._is_open = False
                on_lost()

        client = BleakClient(found, disconnected_callback=lost, timeout=_CONNECT_S)
        self._client = client
        try:
            await self._step("connect", client.connect(), 2 * _CONNECT_S)  # it has its own limit
            await self._pair(client)
            await self._subscribe(client, frames.STREAM_UUID, on_data)
            await self._subscribe(client, frames.LOG_UUID, on_log)
            self.mtu = await self._step("subscribe", _agreed_mtu(client), _ANSWER_S)
            self._check(client)
        except BaseException:
            await self.close()
            raise
        self.address = client.address
        self._is_open = True

    async def write(self, frame: bytes) -> None:
        """Write one frame with response; a piece of an update, which is not answered, without."""
        client = self._client
        if client is None or not client.is_connected:
            raise LinkError(f"{self.name} is not connected; connect again.")
        is_piece = frame[1] == flash.UPDATE_DATA
        target = frames.UPDATE_UUID if is_piece else frames.CONTROL_UUID
        work = client.write_gatt_char(target, frame, response=not is_piece)
        await self._step("write", work, _ANSWER_S)

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        self._is_open = False
        if client is not None:
            # It may have gone by itself meanwhile; an adapter pulled out never answers.
            with contextlib.suppress(BleakError, OSError, TimeoutError, EOFError):
                async with asyncio.timeout(_LEAVE_S):
                    await client.disconnect()

    def _wanted(self) -> tuple[str, ...]:
        """Give what it may be known by, the best for a message first."""
        if not self.name:
            bonded = bonded_devices().the_only()
            self.name, self.address = bonded.name, bonded.address
        return (self.name, self.address) if self.address else (self.name,)

    async def _pair(self, client: BleakClient) -> None:
        try:
            await self._step(PAIRING, client.pair(), _PAIR_S)
        except NotImplementedError:
            # macOS pairs, and asks for the passkey, when something protected is first read.
            await self._step(PAIRING, client.read_gatt_char(frames.STREAM_UUID), _PAIR_S)

    async def _subscribe(
        self, client: BleakClient, uuid: str, take: Callable[[bytes], None]
    ) -> None:
        def received(_: BleakGATTCharacteristic, data: bytearray) -> None:
            take(bytes(data))

        await self._step("subscribe", client.start_notify(uuid, received), _ANSWER_S)

    def _check(self, client: BleakClient) -> None:
        if not client.is_connected:
            raise bluetooth_error(f"Could not connect to {self.name}", "gone")
        if self.mtu < _FRAME_BYTES + _HEAD_BYTES:
            raise bluetooth_error(
                f"Could not connect to {self.name}", "small packets", f"an MTU of {self.mtu}"
            )

    async def _step(self, phase: str, work: Awaitable[_Result], limit_s: float) -> _Result:
        """Do one thing within its time; what bleak raises becomes a sentence."""
        try:
            async with asyncio.timeout(limit_s):
                return await work
        except (BleakError, OSError, TimeoutError, EOFError) as error:
            what = f"Could not connect to {self.name}"
            if phase == "write":
                what = f"{self.name} did not take a command"
            address = self._client.address if self._client else self.name
            raise bluetooth_error(what, trouble_of(error, phase), error, address) from error


async def _agreed_mtu(client: BleakClient) -> int:
    """Give the MTU; BlueZ tells it through a characteristic only, and not always at once."""
    target = client.services.get_characteristic(frames.UPDATE_UUID)
    if target is None:
        return client.mtu_size
    end_s = asyncio.get_running_loop().time() + _PACKETS_S
    while target.max_write_without_response_size < _FRAME_BYTES:
        if asyncio.get_running_loop().time() >= end_s:
            break
        await asyncio.sleep(_POLL_S)
    return target.max_write_without_response_size + _HEAD_BYTES
