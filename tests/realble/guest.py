"""What is tried inside the virtual machine: the host library, as a user's program has it.

Each step prints one line: STEP, its name, how long it took, and what was seen. Times are those of
a machine emulated in software: they say nothing about a real one.
"""

import asyncio
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import bleak
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

from posturecore import frames
from trunkline.device.connecting import connect
from trunkline.device.download import acknowledge, download
from trunkline.device.session import Session
from trunkline.device.timekeeping import SetTime
from trunkline.errors import LinkError
from trunkline.protocol.events import Samples, TimeNotSet
from trunkline.transports.ble import BleTransport

SHARED = Path("/mnt")
_STREAM_S = 20
_STEP_S = 120  # emulation is slow; a hang must end all the same
_Result = TypeVar("_Result")


class _Agent(ServiceInterface):
    """Types the passkey, as a person at the desk does."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Agent1")
        self.passkey = 0

    @method()
    def RequestPasskey(self, _device: "o") -> "u":  # noqa: F821 - D-Bus names and types
        return self.passkey

    @method()
    def Cancel(self) -> None:
        pass

    @method()
    def Release(self) -> None:
        pass


class _BlueZ:
    """The daemon, as far as a desktop's settings speak to it."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def call(
        self, path: str, interface: str, member: str, signature: str, *body: Any
    ) -> None:
        message = Message(
            "org.bluez", path, interface, member, signature=signature, body=list(body)
        )
        reply = await self._bus.call(message)
        if reply.message_type is MessageType.ERROR:
            raise OSError(f"{member}: {reply.error_name} {reply.body}")

    async def power_on(self) -> None:
        properties = "org.freedesktop.DBus.Properties"
        powered = ("org.bluez.Adapter1", "Powered", Variant("b", True))
        while True:  # the adapter appears once the kernel has met it
            try:
                return await self.call("/org/bluez/hci0", properties, "Set", "ssv", *powered)
            except OSError:
                await asyncio.sleep(0.2)

    async def register(self, agent: _Agent) -> None:
        self._bus.export("/agent", agent)
        manager = "org.bluez.AgentManager1"
        await self.call("/org/bluez", manager, "RegisterAgent", "os", "/agent", "KeyboardOnly")
        await self.call("/org/bluez", manager, "RequestDefaultAgent", "o", "/agent")


async def _step(name: str, work: Awaitable[_Result]) -> _Result:
    began = time.monotonic()
    async with asyncio.timeout(_STEP_S):
        result = await work
    seen = "" if result is None or isinstance(result, Session) else str(result)
    print(f"STEP {name}: {time.monotonic() - began:.1f} s. {seen}"[:250], flush=True)
    return result


async def _refused(work: Awaitable[Any]) -> str:
    try:
        await work
    except LinkError as error:
        return str(error)
    raise RuntimeError("a wrong passkey was taken")


async def _connect(address: str) -> Session:
    session = Session(BleTransport(address), answer_s=30)
    await session.__aenter__()
    return session


async def _stream(session: Session) -> str:
    """Stream a while; every sample between the first and the last must be there."""
    indices: list[int] = []

    def take(event: object) -> None:
        if isinstance(event, Samples):
            indices.extend(range(event.sample_index, event.sample_index + len(event.items)))

    session.listeners.append(take)
    await session.set_stream(samples=True, decisions=True)
    await asyncio.sleep(_STREAM_S)
    await session.set_stream()
    await asyncio.sleep(1)
    session.listeners.remove(take)
    status = await session.status()
    if indices != list(range(indices[0], indices[-1] + 1)) or len(indices) < 10 * _STREAM_S:
        raise RuntimeError(f"{len(indices)} samples from {indices[:1]} to {indices[-1:]}")
    return f"{len(indices)} samples, none missing; dropped by the device: {status.frames_dropped}"


async def _download(session: Session) -> str:
    numbers = [record.number async for record in download(session)]
    if not numbers or numbers != list(range(len(numbers))):
        raise RuntimeError(f"records {numbers}")
    await acknowledge(session, numbers[-1] + 1)
    return f"{len(numbers)} records"


async def _visit(address: str) -> str:
    """Do as a user's program does; on leaving, the device has been told the time by itself."""
    untold: list[str] = []
    visit = connect(f"ble:{address}", set_time=SetTime(leave_s=_STEP_S))
    visit.listeners.append(
        lambda event: untold.append(event.reason) if isinstance(event, TimeNotSet) else None
    )
    async with visit as session:
        status = await session.status()
    if untold:
        raise RuntimeError(untold[0])
    return f"battery {status.battery_mv} mV"


async def _dated(session: Session) -> str:
    """Find the time that was told in the log."""
    kinds = [record.data[1] async for record in download(session)]
    if frames.TIME_ANCHOR not in kinds:
        raise RuntimeError(f"no anchor among records of the kinds {kinds}")
    return f"{kinds.count(frames.TIME_ANCHOR)} of {len(kinds)} records"


async def _lose(session: Session) -> str:
    (SHARED / "drop").touch()  # the air outside ends the link
    if not await session.wait_lost(_STEP_S):
        raise RuntimeError("nobody said that the link was lost")
    return "told by an event"


async def main() -> None:
    """Go through all the steps."""
    told = json.loads((SHARED / "told.json").read_text())
    address = told["address"]
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bluez, agent = _BlueZ(bus), _Agent()
    await _step("adapter on", bluez.power_on())
    await bluez.register(agent)
    found = await _step("scan", bleak.BleakScanner.find_device_by_address(address, timeout=60))
    if found is None:
        raise RuntimeError(f"{address} was not heard")
    agent.passkey = told["passkey"] ^ 1
    await _step("wrong passkey", _refused(_connect(address)))
    agent.passkey = told["passkey"]
    session = await _step("connect, pair, hello", _connect(address))
    print(f"STEP device: {session.info}", flush=True)
    await _step("stream", _stream(session))
    await _step("vibrate", session.vibrate())
    await _step("log", _download(session))
    await _step("leave", session.close())
    await _step("visit, time told by itself", _visit(address))
    session = await _step("connect again, bonded", _connect(address))
    await _step("time in the log", _dated(session))
    await _step("link loss", _lose(session))
    await session.close()
    session = await _step("connect after the loss", _connect(address))
    await _step("status", session.status())
    await session.close()
    bus.disconnect()


if __name__ == "__main__":
    try:
        asyncio.run(main())
        (SHARED / "done").touch()
    except BaseException as error:
        print(f"STEP failed: {type(error).__name__}: {error}", flush=True)
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(0)
