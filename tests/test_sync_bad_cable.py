"""Connecting and syncing over a cable that spoils one frame in a hundred, or one in five."""

import pytest

from posturecore import params
from tests.bad_cable import FAULTS, BadCable
from tests.cable_device import CableDevice
from tests.host.log_device import DEVICE_ID, Device
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.protocol.events import EpisodeFrame
from trunkline.protocol.records import Minutes
from trunkline.store import Gap, Store
from trunkline.sync.into_store import sync
from trunkline.transports.serial import SerialTransport

ID = DEVICE_ID.hex()
MOST_TRIES = 100
FIRST = 70_000  # another host has had what was before, and the device has it no more


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.05)


@pytest.fixture
def device(tmp_path):
    device = Device(tmp_path / "flash", first=FIRST)
    for _ in range(3):
        device.boot()
        device.live(1)
    return device


async def synced(port, store, heard):
    """Connect as often as it takes; return how often that was."""
    for tried in range(1, MOST_TRIES):
        session = Session(SerialTransport(f"socket://127.0.0.1:{port}"), answer_s=0.1)
        session.listeners.append(heard.append)
        try:
            async with session:
                await sync(session, store)
        except LinkError:
            continue
        return tried
    raise AssertionError(f"no sync in {MOST_TRIES} tries")


@pytest.mark.parametrize("share", [0.01, 0.2])
async def test_bad_cable_loses_no_record_and_brings_none_twice(device, tmp_path, share):
    cable, heard = CableDevice(device), []
    async with cable.serve() as there:
        bad = BadCable(there, share, seed=11)
        async with bad.serve() as port:
            with Store.open(tmp_path / "wear.sqlite") as store:
                tries = await synced(port, store, heard)
                (log,) = store.logs.all(ID)
                held = {record.number: record.data for record in store.logs.records(log)}
                gaps = store.logs.gaps(log)
                sessions = store.sessions(*store.wearers())
    in_flash = device.in_flash()
    assert held == {number: in_flash[number] for number in held}
    assert list(held) == list(range(FIRST, FIRST + len(held)))
    assert gaps == (Gap(0, FIRST, FIRST, "deleted: another host had acknowledged it"),)
    assert [saved.boot_id for saved in sessions] == [1, 2, 3]
    assert max(device.acknowledgements) <= FIRST + len(held)
    spoilt = sum(bad.counts[fault] for fault in FAULTS)
    # A stored frame that has lost its mark looks like a live one.
    assert not [event for event in heard if isinstance(event, EpisodeFrame | Minutes)]
    assert share / 2 < spoilt / bad.counts.total() < share * 2, (tries, bad.counts)


@pytest.fixture
def _brisk(monkeypatch):
    """Find at once, at both ends, that a frame does not go on."""
    monkeypatch.setattr("trunkline.transports.serial._READ_S", 0.02)
    monkeypatch.setattr("usb._CUT_MS", 40)


@pytest.mark.usefixtures("_brisk")
@pytest.mark.parametrize("share", [0.01, 0.2])
async def test_a_host_connects_though_the_cable_is_bad_from_the_first_byte(device, share):
    async with CableDevice(device).serve() as there:
        bad = BadCable(there, share, seed=9, spared=0)
        async with bad.serve() as port:
            for _ in range(3):
                link = SerialTransport(f"socket://127.0.0.1:{port}")
                async with Session(link, answer_s=1.0) as session:
                    assert session.info.device_id == DEVICE_ID
                    assert session.settings == params.defaults()
                    assert (await session.status()).boot_id == device.boot_id
    spoilt = sum(bad.counts[fault] for fault in FAULTS)
    assert spoilt > 0, bad.counts


@pytest.mark.usefixtures("_brisk")
async def test_a_cable_that_carries_nothing_whole_ends_in_one_sentence(device, monkeypatch):
    monkeypatch.setattr("tests.bad_cable.FAULTS", ("lose", "damage"))
    async with CableDevice(device).serve() as there, BadCable(there, 1, 5, 0).serve() as port:
        session = Session(SerialTransport(f"socket://127.0.0.1:{port}"), answer_s=0.2)
        with pytest.raises(LinkError, match=r"did not answer hello within 0.2 s; .*another cable"):
            await session.__aenter__()
