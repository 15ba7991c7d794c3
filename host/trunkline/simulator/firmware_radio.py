"""The virtual board's radio: carries out the calls of its `bluetooth` module with Bumble.

The attribute values stay in the firmware; this end holds the GATT table, the links, and how many
notifications are still in the radio.
"""

import asyncio
import errno
import logging
import struct
from collections import Counter
from collections.abc import Awaitable, Callable

from bumble import att
from bumble.controller import Controller
from bumble.core import ProtocolError
from bumble.device import AdvertisingType, Connection, Device

from trunkline.simulator.air import VirtualAir
from trunkline.simulator.exchange import Exchange
from trunkline.simulator.firmware_links import FirmwareLinks
from trunkline.simulator.gatt_table import GattTable
from trunkline.simulator.wire import BoardLine, Kind

_IRQ_WRITE, _IRQ_READ, _IRQ_INDICATE_DONE = 3, 4, 20
_READ_ENCRYPTED, _READ_AUTHENTICATED = 0x0200, 0x0400
_WRITE_ENCRYPTED, _WRITE_AUTHENTICATED = 0x1000, 0x2000
_NOTIFICATION = b"\x1b"
# From the receiving controller to the client's callback Bumble takes one more turn of the loop.
_DELIVERY_TURNS = 3
_logger = logging.getLogger(__name__)


class FirmwareRadio:
    """One BLE chip, driven over the line by a firmware.

    Attributes:
        sent: Notifications the radio has taken from the firmware.
        refused: Notifications refused because the queue was full (ENOMEM in the firmware).
    """

    def __init__(self, air: VirtualAir, line: BoardLine, address: str) -> None:
        self.sent = 0
        self.refused = 0
        self._air = air
        self._address = address
        self._exchange = Exchange(line)
        self._links = FirmwareLinks(self._exchange, self._on_link_lost)
        self._table = GattTable(self._read, self._write)
        self._device: Device | None = None
        self._outstanding: Counter[int] = Counter()
        self._credits = 0
        self._mtu = 256
        self._calls: dict[int, Callable[[bytes], Awaitable[bytes]]] = {
            1: self._active,
            2: self._configure,
            3: self._advertise,
            4: self._register,
            5: self._links.disconnect,
            6: self._links.pair,
            7: self._links.unpair,
            8: self._links.passkey,
            9: self._indicate,
            10: self._update,
        }

    def on_message(self, kind: int, body: bytes) -> None:
        """Take a message of the firmware's `bluetooth` module."""
        if kind == Kind.NOTIFY:
            self._notify(body)
        elif kind == Kind.CALL:
            call_id, operation = struct.unpack_from("<HB", body)
            self._exchange.spawn(self._carry_out(call_id, operation, body[3:]))
        elif kind == Kind.REPLY:
            self._exchange.take_reply(body)
        elif kind == Kind.REFUSED:
            self.refused += 1

    async def _carry_out(self, call_id: int, operation: int, arguments: bytes) -> None:
        code, payload = 0, b""
        try:
            payload = await self._calls[operation](arguments)
        except OSError as error:
            code = error.errno or errno.EIO
        except Exception:
            # Without an answer the firmware would wait for ever.
            _logger.exception("call %d of the firmware failed in the virtual radio", operation)
            code = errno.EIO
        self._exchange.answer(call_id, code, payload)

    # Power and advertising

    @property
    def _on(self) -> Device:
        if self._device is None:
            raise OSError(errno.ENODEV, "the radio is off")
        return self._device

    @property
    def _controller(self) -> Controller:
        controller = self._on.host.controller
        assert isinstance(controller, Controller)
        return controller

    async def _active(self, arguments: bytes) -> bytes:
        if arguments[0]:
            self._device = self._air.make_device("firmware", self._address)
            self._links.attach(self._device)
            self._air.on_notification_sent(self._controller, self._on_sent)
            await self._device.power_on()
        elif self._device is not None:
            await self._links.disconnect_all()
            await self.switch_off()
        return b""

    async def switch_off(self) -> None:
        """Take the radio off the air, whatever it was doing; peers see a lost link."""
        if self._device is not None:
            device, controller = self._device, self._controller
            self._device = None
            self._air.switch_off(controller)
            await asyncio.sleep(0)  # the device hears of its lost links
            await device.power_off()

    async def settle(self, timeout_s: float) -> None:
        """Let the firmware finish what the radio asked of it, for `timeout_s` at most."""
        await self._exchange.settle(timeout_s)

    async def close(self) -> None:
        """Switch off and end every task of this radio."""
        await self.switch_off()
        await self._exchange.close()

    async def _configure(self, arguments: bytes) -> bytes:
        self._mtu, bond, mitm, io, secure = struct.unpack_from("<HBBBB", arguments)
        self._links.secure(bool(bond), bool(mitm), io, bool(secure))
        self._on.gatt_server.max_mtu = self._mtu
        self._on.name = arguments[6:].decode(errors="replace")
        return b""

    async def _advertise(self, arguments: bytes) -> bytes:
        interval_us, is_connectable = struct.unpack_from("<IB", arguments)
        if not interval_us:
            await self._on.stop_advertising()
            return b""
        if not is_connectable:
            # Bumble's legacy advertiser is heard only when it is connectable.
            raise OSError(errno.EINVAL, "the virtual radio advertises connectable only")
        size = arguments[5]
        # Bumble takes the interval, in units of 0.625 ms, for milliseconds: 1.6 times too long.
        interval_ms = max(20.0, interval_us / 1000) * 0.625
        await self._on.start_advertising(
            advertising_type=AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
            advertising_data=arguments[6 : 6 + size],
            scan_response_data=arguments[6 + size :],
            advertising_interval_min=interval_ms,
            advertising_interval_max=interval_ms,
        )
        return b""

    # GATT

    async def _register(self, arguments: bytes) -> bytes:
        handles = self._table.register(self._on, arguments, self._mtu)
        return struct.pack(f"<{len(handles)}H", *handles)

    async def _read(self, link: Connection, handle: int, flags: int) -> bytes:
        self._links.check(link, bool(flags & _READ_ENCRYPTED), bool(flags & _READ_AUTHENTICATED))
        reply = await self._exchange.ask(_IRQ_READ, struct.pack("<HH", link.handle, handle))
        if reply[0]:
            raise att.ATT_Error(att.ErrorCode(reply[0]))
        return reply[1:]

    async def _write(self, link: Connection, handle: int, flags: int, value: bytes) -> None:
        self._links.check(link, bool(flags & _WRITE_ENCRYPTED), bool(flags & _WRITE_AUTHENTICATED))
        await self._exchange.ask(_IRQ_WRITE, struct.pack("<HH", link.handle, handle) + value)

    async def _indicate(self, arguments: bytes) -> bytes:
        link, attribute = self._links.get(arguments), self._table.attribute(arguments[2:4])

        async def indicate() -> None:
            status = 0
            try:
                await self._on.indicate_subscriber(link, attribute, arguments[4:], force=True)
            except (TimeoutError, ProtocolError):
                status = errno.ETIMEDOUT
            self._exchange.event(_IRQ_INDICATE_DONE, arguments[:4] + bytes([status]))

        self._exchange.spawn(indicate())
        return b""

    async def _update(self, arguments: bytes) -> bytes:
        attribute = self._table.attribute(arguments[:2])
        await self._on.notify_subscribers(attribute, arguments[2:])
        return b""

    # Notifications

    def _notify(self, body: bytes) -> None:
        handle = body[0] | body[1] << 8
        link = self._links.find(handle)
        if link is None or self._device is None:
            self._give_credits(1)  # lost with the link
            return
        self.sent += 1
        self._outstanding[handle] += 1
        # Opcode, attribute handle, value cut to the MTU: what Bumble's notify_subscriber builds,
        # without its task and its log line. No subscription needed, as on the real stack.
        pdu = _NOTIFICATION + body[2 : 1 + link.att_mtu]
        self._device.send_l2cap_pdu(handle, att.ATT_CID, pdu)

    async def drain(self, timeout_s: float) -> None:
        """Wait until what the firmware sent has been delivered, or `timeout_s` have passed."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._outstanding.total() and loop.time() < end_s:
            await asyncio.sleep(0.001)
        for _ in range(_DELIVERY_TURNS):
            await asyncio.sleep(0)

    def _on_sent(self, handle: int) -> None:
        if self._outstanding[handle]:
            self._outstanding[handle] -= 1
            self._give_credits(1)

    def _on_link_lost(self, handle: int) -> None:
        self._give_credits(self._outstanding.pop(handle, 0))

    def _give_credits(self, count: int) -> None:
        if count and not self._credits:
            asyncio.get_running_loop().call_soon(self._send_credits)
        self._credits += count

    def _send_credits(self) -> None:
        self._exchange.credit(self._credits)
        self._credits = 0
