"""The virtual air: Bumble radios that hear each other, faults to order, and the host's adapter."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Self

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import InvalidArgumentError, PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.host import Host
from bumble.keys import KeyStore, MemoryKeyStore
from bumble.link import LocalLink

from trunkline.simulator.controller import VirtualController
from trunkline.simulator.radio_faults import RadioFaults

HOST_ADDRESS = "F0:F1:F2:F3:F4:F5"
# An L2CAP header is length (2) and channel (2); channel 4 is ATT; 0x1B is a notification.
_NOTIFICATION_HEAD = b"\x04\x00\x1b"
_CONNECTION_TIMEOUT = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR


_log = logging.getLogger(__name__)


def _on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what Bumble raises in itself when a link goes away under it; report the rest.

    Bumble has tasks for pairing and encryption that nobody awaits, and answers commands whose
    caller was cancelled. Whoever asked for the link gets an error of its own.
    """
    error = context.get("exception")
    frames = list(traceback.walk_tb(error.__traceback__)) if error else []
    if frames and str(frames[-1][0].f_globals.get("__name__")).startswith("bumble"):
        _log.debug("radio: %r", error)
    else:
        loop.default_exception_handler(context)


class VirtualAir(LocalLink):
    """One stretch of air with the host's own radio on it; an async context manager.

    Attributes:
        rssi_dbm: Signal strength that every scan reports.
        interval_s: Connection interval; 0 delivers at once.
        packets_per_interval: Packets a link carries in one interval.
        faults: What the host's adapter refuses, and where links break.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bumble leaves it untyped
        self.rssi_dbm = -50
        self.interval_s = 0.0
        self.packets_per_interval = 6
        self.faults = RadioFaults()
        self.adapter = self.make_device("host", HOST_ADDRESS)
        self._away: set[hci.Address] = set()
        self._queues: dict[tuple[Controller, hci.Address], list[Callable[[], None]]] = {}
        self._sent_hooks: dict[Controller, Callable[[int], None]] = {}
        self._addresses: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        """Power the host's adapter on."""
        asyncio.get_running_loop().set_exception_handler(_on_loop_error)
        await self.adapter.power_on()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch every radio off."""
        for controller in list(self.controllers):
            self.switch_off(controller)
        self._queues.clear()
        await self.adapter.power_off()
        # Let what Bumble has put off to later turns of the loop run out.
        for _ in range(5):
            await asyncio.sleep(0)

    @contextlib.contextmanager
    def as_adapter(
        self, passkey: Callable[[], int | Awaitable[int | None]] | None = None
    ) -> Iterator[None]:
        """Make `bleak.BleakClient` and `bleak.BleakScanner` use this air's adapter.

        Args:
            passkey: Called when the device shows a passkey; returns what the user types, now or
                once it has been typed; None breaks the pairing off.
                None pairs without one ("just works").
        """
        from trunkline.simulator.bleak_backend import patched_bleak

        with patched_bleak(self, passkey):
            yield

    def make_device(self, name: str, address: str, keystore: KeyStore | None = None) -> Device:
        """Put a radio with a Bumble host on the air; it is silent until powered on."""
        own = hci.Address(address)
        configuration = DeviceConfiguration(name=name, address=own)
        # Else connect() to a bonded peer that is absent scans for ever, without a timeout.
        configuration.address_resolution_offload = True
        configuration.irk = bytes(own) * 2 + b"IRK!"
        device = Device(config=configuration)
        device.host = Host()
        device.host.controller = VirtualController(name, self, own)
        device.keystore = keystore if keystore is not None else MemoryKeyStore()
        return device

    def address_for(self, identity: str) -> str:
        """The static address of a board; the same identity keeps its address."""
        number = len(self._addresses) + 1
        return self._addresses.setdefault(identity, f"C0:DE:00:00:{number >> 8:02X}:{number:02X}")

    # Faults

    def may_connect(self, advertiser: hci.Address) -> bool:
        """Whether a connection can be made now; if not, the radio has just gone out of range."""
        if self.faults.leaves_when_connecting:
            self.faults.leaves_when_connecting = False
            self._away.add(advertiser)
        return advertiser not in self._away

    def is_apart(self, one: Controller, other: Controller) -> bool:
        """Whether one of two radios is out of range."""
        return bool(self._away) and bool(self._away & {one.random_address, other.random_address})

    async def take_away(self, address: str, supervision_s: float = 0.2) -> None:
        """Take a radio out of range; its links end after the supervision timeout."""
        self._away.add(hci.Address(address))
        await asyncio.sleep(supervision_s)
        self.drop_links(address)

    def bring_back(self, address: str) -> None:
        """Bring a radio back into range."""
        self._away.discard(hci.Address(address))

    def drop_links(self, address: str) -> None:
        """End a radio's links as a supervision timeout does, seen by both ends."""
        controller = self.find_le_controller(hci.Address(address))
        if controller is not None:
            self._drop_links(controller)

    def _drop_links(self, controller: Controller) -> None:
        for connection in list(controller.le_connections.values()):
            peer = self.find_le_controller(connection.peer_address)
            back = peer.le_connections.get(connection.self_address) if peer else None
            self._queues.pop((controller, connection.peer_address), None)
            self._queues.pop((peer or controller, connection.self_address), None)
            controller.on_le_disconnected(connection, _CONNECTION_TIMEOUT)
            if peer is not None and back is not None:
                peer.on_le_disconnected(back, _CONNECTION_TIMEOUT)

    def switch_off(self, controller: Controller) -> None:
        """Take a radio off the air at once, as a pulled battery does."""
        controller.le_legacy_advertiser.stop()
        self._drop_links(controller)
        self.controllers.discard(controller)
        self._sent_hooks.pop(controller, None)

    # Traffic

    def on_notification_sent(self, controller: Controller, hook: Callable[[int], None]) -> None:
        """Call `hook(connection_handle)` for every notification that has left `controller`."""
        self._sent_hooks[controller] = hook

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry a packet; upstream always stamps the sender's random address on it.

        A central that connected with its public address would then not be recognised, so the
        link's own address is used.
        """
        link = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if link is None or receiver is None or self.is_apart(sender_controller, receiver):
            return
        loop = asyncio.get_running_loop()
        arriving = self.faults.arriving(data)

        def deliver() -> None:
            if arriving:
                receiver.on_link_acl_data(link.self_address, transport, arriving)
            hook = self._sent_hooks.get(sender_controller)
            if hook is not None and data[2:5] == _NOTIFICATION_HEAD:
                hook(link.handle)
            if arriving is not data:
                self._drop_links(sender_controller)  # now: nothing comes behind it

        queue = (sender_controller, destination_address)
        if self.interval_s or self._queues.get(queue):  # never overtake what waits
            self._queue(queue, deliver)
        else:
            loop.call_soon(deliver)

    def _queue(self, key: tuple[Controller, hci.Address], deliver: Callable[[], None]) -> None:
        queue = self._queues.setdefault(key, [])
        queue.append(deliver)
        if len(queue) == 1:
            asyncio.get_running_loop().call_later(self.interval_s, self._flush, key)

    def _flush(self, key: tuple[Controller, hci.Address]) -> None:
        queue = self._queues.get(key, [])
        for deliver in queue[: self.packets_per_interval]:
            deliver()
        del queue[: self.packets_per_interval]
        if queue:
            asyncio.get_running_loop().call_later(self.interval_s, self._flush, key)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Carry a control packet; upstream raises when the receiver has just gone."""
        sender = self.find_le_controller(sender_address)
        receiver = self.find_le_controller(receiver_address)
        if sender is None or receiver is None or self.is_apart(sender, receiver):
            return
        with contextlib.suppress(InvalidArgumentError):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)
