"""The pairing agent, on a real D-Bus with a stand-in for BlueZ that asks it."""

import asyncio
import shutil
import sys

import pytest

from trunkline.errors import BluetoothError

if sys.platform != "linux":
    pytest.skip("only Linux has BlueZ", allow_module_level=True)
if shutil.which("dbus-daemon") is None:
    pytest.skip("needs dbus-daemon: apt-get install dbus", allow_module_level=True)

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from trunkline.transports.agent import passkey_agent

CONFIG = """<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
</policy></busconfig>"""


class BlueZ:
    """As much of the daemon as an agent meets."""

    def __init__(self, bus, refuses=()):
        self.bus, self.refuses, self.calls, self.agent = bus, refuses, [], None
        bus.add_message_handler(self._take)

    def _take(self, message):
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        self.calls.append((message.member, *message.body))
        if message.member in self.refuses:
            return Message.new_error(message, "org.bluez.Error.AlreadyExists", "no")
        self.agent = (message.sender, message.body[0])
        return Message.new_method_return(message)

    async def ask(self, member, signature="", *body):
        name, path = self.agent
        body = ["/org/bluez/hci0/dev_1", *body]
        call = Message(
            name, path, "org.bluez.Agent1", member, signature="o" + signature, body=body
        )
        async with asyncio.timeout(5):
            return await self.bus.call(call)


@pytest.fixture
async def bus(tmp_path, monkeypatch):
    """A bus of its own, where the system's would be."""
    (tmp_path / "bus.conf").write_text(CONFIG.format(tmp_path / "bus"))
    daemon = await asyncio.create_subprocess_exec(
        *("dbus-daemon", f"--config-file={tmp_path / 'bus.conf'}", "--nofork", "--nosyslog"),
        "--print-address",  # once it listens
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(10):
            await daemon.stdout.readline()
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
        async with asyncio.timeout(5):
            bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        yield bus
        bus.disconnect()
    finally:
        daemon.terminate()
        await daemon.wait()


@pytest.fixture
async def bluez(bus):
    await bus.request_name("org.bluez")
    return BlueZ(bus)


def typed(number):
    async def ask():
        return number

    return ask


@pytest.mark.parametrize("number", [0, 246801, 999999])
async def test_passkey_that_is_typed_reaches_bluez(bluez, number):
    async with passkey_agent(typed(number)):
        answer = await bluez.ask("RequestPasskey")
    assert (answer.signature, answer.body) == ("u", [number])
    assert [call[0] for call in bluez.calls] == ["RegisterAgent", "RequestDefaultAgent"]
    assert bluez.calls[0][2] == "KeyboardOnly"  # else BlueZ might pair without any passkey


async def test_nothing_typed_breaks_the_pairing_off(bluez):
    async with passkey_agent(typed(None)):
        answer = await bluez.ask("RequestPasskey")
    assert answer.error_name == "org.bluez.Error.Canceled"


@pytest.mark.parametrize(
    ("member", "signature", "body"),
    [
        ("RequestConfirmation", "u", [123456]),
        ("RequestAuthorization", "", []),
        ("AuthorizeService", "s", ["180a"]),
    ],
)
async def test_peer_that_pairs_without_the_passkey_is_rejected(bluez, member, signature, body):
    async with passkey_agent(typed(1)):
        answer = await bluez.ask(member, signature, *body)
    assert answer.error_name == "org.bluez.Error.Rejected"


async def test_agent_leaves_the_bus_at_the_end(bluez):
    async with passkey_agent(typed(1)):
        pass
    assert (await bluez.ask("RequestPasskey")).message_type is MessageType.ERROR


@pytest.mark.parametrize("member", ["RegisterAgent", "RequestDefaultAgent"])
async def test_bluez_that_takes_no_agent_is_one_sentence(bluez, member):
    bluez.refuses = (member,)
    with pytest.raises(BluetoothError, match="Could not pair: found no Bluetooth service"):
        async with passkey_agent(typed(1)):
            pass


async def test_no_bluez_and_no_bus_are_one_sentence(bus, monkeypatch):
    for _ in range(2):
        with pytest.raises(BluetoothError, match="Could not pair: found no Bluetooth service"):
            async with passkey_agent(typed(1)):
                pass
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
