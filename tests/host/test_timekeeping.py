"""A device is told the time at every contact, beside all else; or the session says why not."""

import asyncio
from contextlib import aclosing, suppress

import pytest

import trunkline
from posturecore import flash, frames
from tests.host.log_device import Device, DeviceWire, padded
from tests.host.test_session import HELLO, Wire, polite
from trunkline import LinkError
from trunkline.cli import monitor, output
from trunkline.device.download import download
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.timekeeping import SetTime
from trunkline.doctor.device import check_device
from trunkline.protocol.events import LinkBack, TimeNotSet
from trunkline.store import Store

T0 = 1_795_000_000_000  # when the device started
HOUR_MS = 3_600_000
_SOON_S = 5.0


class Host:
    """A session that keeps the time, by a clock that is so far off."""

    def __init__(self, device, off_ms=0, spoil=lambda count, message: message, **how):
        self.device = device
        self.wire = DeviceWire(device, spoil)
        self.off_ms = off_ms
        quick = Reconnect(first_s=0.01, jitter=0.0, chance=lambda: 0.0, samples_s=0.0)
        self.session = Session(
            self.wire, reconnect=quick, set_time=SetTime(utc_ms=self.utc_ms, **how)
        )
        self.heard = []
        self.session.listeners.append(self.heard.append)

    def utc_ms(self):
        return T0 + self.device.block * 100 + self.off_ms

    def reads(self):
        """Give (from record, count) of each time the log was asked for."""
        return [values for frame, _, values, _ in self.wire.written if frame == flash.LOG_READ]

    def looks(self):
        """Tell how often the log was asked how long it is."""
        return sum(values == (flash.LOG_STATUS,) for _, _, values, _ in self.wire.written)

    def refusals(self):
        return [event for event in self.heard if isinstance(event, TimeNotSet)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.02)


@pytest.fixture
def device(tmp_path):
    """A device on its first day: an hour old."""
    device = Device(tmp_path / "flash")
    device.boot()
    device.live(1)
    return device


def told(device):
    """Give what it was told: UTC in ms, and how far off that may be."""
    anchors = [values for frame, values in logged(device) if frame == frames.TIME_ANCHOR]
    return [(values[2] * 1000 + values[3], values[4]) for values in anchors]


def logged(device):
    from posturecore import wire

    return [wire.unpack_frame(data, 0)[0::2][:2] for data in device.in_flash().values()]


async def until(is_so):
    async with asyncio.timeout(_SOON_S):
        while not is_so():
            await asyncio.sleep(0.001)


async def test_who_only_comes_and_goes_has_told_the_device_the_time(device):
    host = Host(device)
    async with host.session:
        pass
    ((utc_ms, uncertainty_ms),) = told(device)
    assert abs(utc_ms - host.utc_ms()) <= uncertainty_ms < 1000
    assert host.refusals() == []


async def test_session_that_is_asked_not_to_tells_nothing(device):
    async with Session(DeviceWire(device)) as session:
        await session.status()
    assert told(device) == []


def test_without_await_it_is_the_same(device):
    with Host(device).session.blocking() as session:
        assert session.status().boot_id == device.boot_id
    assert len(told(device)) == 1


async def test_it_is_told_again_and_again_and_only_what_is_new_is_read(device):
    host = Host(device, every_s=0.005)
    async with host.session:
        await until(lambda: len(told(device)) >= 3)
    first, *others = host.reads()
    assert first[0] + first[1] > 10
    assert {count for _, count in others} == {1}  # the anchor before


async def test_it_is_told_anew_when_a_lost_link_is_back(device):
    host = Host(device)
    async with host.session:
        await until(lambda: len(told(device)) == 1)
        device.live(1)
        host.wire.lose()
        await until(lambda: len(told(device)) == 2)
    assert [event for event in host.heard if isinstance(event, LinkBack)]
    (before_ms, _), (after_ms, uncertainty_ms) = told(device)
    assert abs(after_ms - before_ms - HOUR_MS) <= uncertainty_ms
    assert host.refusals() == []


async def test_link_that_is_lost_meanwhile_is_no_refusal(device):
    cuts = {1}
    host = Host(device, spoil=lambda count, message: None if count in cuts else message)
    async with host.session:
        await until(lambda: len(told(device)) == 1)
    assert host.refusals() == []


async def test_contradicted_clock_is_not_told_and_said_once_until_somebody_trusts_it(device):
    for _ in range(3):
        async with Host(device).session:
            device.live(1)
    host = Host(device, 5 * HOUR_MS, every_s=0.005)
    async with host.session:
        await until(lambda: host.looks() >= 10)  # at two a look: again and again
        (refusal,) = host.refusals()
        assert len(told(device)) == 3
        assert abs(refusal.off_ms - 5 * HOUR_MS) < 60_000
        assert "5 h ahead" in refusal.reason
        assert "`trunkline sync` in a terminal asks" in refusal.reason
        await host.session.set_time()
        await until(lambda: len(told(device)) >= 6)
    assert told(device)[-1][0] == pytest.approx(host.utc_ms(), abs=1000)


async def test_who_confirms_the_clock_to_a_sync_has_confirmed_it_to_the_session(device, tmp_path):
    for _ in range(3):
        async with Host(device).session:
            device.live(1)
    host = Host(device, 240 * HOUR_MS, every_s=0.005)

    async def confirm(finding):
        return True

    with Store.open(tmp_path / "wear.sqlite") as store:
        async with host.session as session:
            await session.sync(store, time_zone="UTC", confirm_clock=confirm)
            refused, count = len(host.refusals()), len(told(device))
            await until(lambda: len(told(device)) >= count + 2)
    assert len(host.refusals()) == refused


async def test_clock_that_is_confirmed_while_the_log_comes_is_not_refused(device):
    async with Host(device).session:
        pass

    def confirmed(count, message):
        host.session.trust_clock()
        return message

    host = Host(device, 240 * HOUR_MS, spoil=confirmed)
    async with host.session:
        pass
    assert (len(told(device)), host.refusals()) == (2, [])


@pytest.mark.parametrize("off_ms", [0, 5 * HOUR_MS], ids=["right", "wrong"])
async def test_anchor_of_long_ago_is_looked_for(device, off_ms):
    async with Host(device).session:
        pass
    device.live(10)  # 400 records
    host = Host(device, off_ms)
    async with host.session:
        pass
    assert len(host.reads()) == 2
    assert (len(told(device)), len(host.refusals())) == ((2, 0) if off_ms == 0 else (1, 1))


@pytest.fixture
def long_alone(device):
    """A device that was told the time once, 1300 records ago."""
    values = (device.boot_id, device.block * 100, T0 // 1000 + 3600, 0, 50, 0)
    device.append(frames.TIME_ANCHOR, padded(frames.TIME_ANCHOR, values))
    device.live(31)
    return device


@pytest.mark.parametrize("off_ms", [0, 240 * HOUR_MS], ids=["right", "wrong"])
async def test_anchor_is_looked_for_to_the_oldest_record(long_alone, off_ms):
    host = Host(long_alone, off_ms)
    async with host.session:
        pass
    asked = [number for first, count in host.reads() for number in range(first, first + count)]
    assert len(asked) == len(set(asked)) > 1300
    assert (len(told(long_alone)), len(host.refusals())) == ((2, 0) if off_ms == 0 else (1, 1))


async def test_log_that_stops_on_the_way_back_is_said_and_tells_nothing(long_alone):
    # 100 records, the 900 before in two reads, and then those before them
    host = Host(long_alone, spoil=lambda count, message: message if len(host.reads()) < 4 else b"")
    async with host.session:
        pass
    assert len(host.reads()) > 4
    assert ["no record from" in each.reason for each in host.refusals()] == [True]
    assert len(told(long_alone)) == 1


async def test_device_that_has_deleted_all_it_was_told_is_told_anew(tmp_path):
    device = Device(tmp_path / "flash", first=5000)
    device.boot()
    device.live(5)
    host = Host(device, 240 * HOUR_MS)
    async with host.session:
        pass
    assert min(device.in_flash()) == 5000
    assert (len(told(device)), host.refusals()) == (1, [])


async def test_doctor_finds_a_wrong_clock_by_an_anchor_of_long_ago(long_alone, monkeypatch):
    wire = DeviceWire(long_alone)
    monkeypatch.setattr("trunkline.device.connecting.transport_to", lambda *_: wire)
    now_ms = T0 + long_alone.block * 100 + 240 * HOUR_MS
    checks = {check.name: check for check in await check_device("usb:here", lambda: now_ms)}
    assert checks["clock"].level == "fail"
    assert len(told(long_alone)) == 1


async def test_recent_anchor_makes_a_short_read(device):
    device.live(10)
    async with Host(device).session:
        pass
    host = Host(device)
    async with host.session:
        pass
    assert [count for _, count in host.reads()] == [100]
    assert len(told(device)) == 2


async def test_one_wrong_host_of_late_does_not_refuse_a_right_one(device):
    for _ in range(3):
        async with Host(device).session:
            pass
        device.live(6)
    async with Session(DeviceWire(device)) as session:
        await session.set_time(T0 + 9 * 24 * HOUR_MS)  # unasked
    host = Host(device)
    async with host.session:
        pass
    assert host.refusals() == []
    assert len(told(device)) == 5


async def test_log_that_does_not_come_is_said_and_delays_nothing(device):
    host = Host(device, spoil=lambda count, message: b"")
    async with host.session as session, aclosing(session.stream()) as events:
        await anext(events)  # it streams already
        assert host.refusals() == []
        await until(host.refusals)
    assert "no record from" in host.refusals()[0].reason
    assert host.refusals()[0].off_ms is None
    assert told(device) == []


async def test_who_leaves_does_not_wait_for_ever(device, monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 60.0)
    host = Host(device, spoil=lambda count, message: b"", leave_s=0.01)
    async with asyncio.timeout(_SOON_S):
        async with host.session:
            pass
    assert ["ended before" in each.reason for each in host.refusals()] == [True]


async def test_who_leaves_with_an_error_waits_for_nothing(device, monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 60.0)
    host = Host(device, spoil=lambda count, message: b"", leave_s=60.0)
    async with asyncio.timeout(_SOON_S):
        with suppress(KeyError):
            async with host.session:
                raise KeyError


async def test_device_in_safe_mode_is_not_asked_for_a_log_and_not_told():
    def safe(frame, sequence, values, items):
        if values == (frames.HELLO,):
            yield frames.HELLO, (*HELLO[:-1], flash.MODES.index("safe"))
            yield frames.ACK, (frame, sequence, frames.ACK_DONE)
        else:
            yield from polite(frame, sequence, values, items)

    wire, heard = Wire(safe), []
    session = Session(wire, set_time=SetTime())
    session.listeners.append(heard.append)
    async with session:
        pass
    assert "safe mode" in heard[-1].reason
    assert {frame for frame, *_ in wire.written} == {frames.REQUEST}


async def test_error_of_ours_comes_out_of_the_session(device):
    def broken():
        raise ZeroDivisionError

    host = Host(device)
    host.session = Session(host.wire, set_time=SetTime(utc_ms=broken))
    with pytest.raises(ZeroDivisionError):
        async with host.session:
            await asyncio.sleep(0.05)


async def test_capture_has_no_clock_to_set(demo_run):
    heard = []
    async with trunkline.connect(demo_run.real.capture) as session:
        session.listeners.append(heard.append)
        await session.wait_over()
    assert not [event for event in heard if isinstance(event, TimeNotSet)]


# One download at a time


async def test_sync_right_at_contact_waits_its_turn_and_dates_all(device, tmp_path):
    device.live(20)
    host = Host(device)
    with Store.open(tmp_path / "wear.sqlite") as store:
        async with host.session as session:
            await asyncio.sleep(0)
            report = await session.sync(store, time_zone="UTC")
    assert report.records_here == report.acknowledged
    came_later = [frame for frame, _ in logged(device)[report.records_here :]]
    assert came_later in ([], [frames.TIME_ANCHOR])
    assert report.days
    assert report.damaged_bytes == 0
    assert host.refusals() == []


async def test_lost_link_frees_the_log_for_the_next(device):
    cuts = {0}
    wire = DeviceWire(device, lambda count, message: None if count in cuts else message)
    async with Session(wire, reconnect=Reconnect(first_s=0.01, jitter=0.0)) as session:
        with pytest.raises(LinkError):
            _ = [record async for record in download(session)]
        await until(lambda: not session.is_lost)
        events = [record.event async for record in download(session)]
    assert len(events) == len(device.in_flash())


# The commands


@pytest.fixture
def wrong(device, monkeypatch):
    """Let commands reach a device that was told another time than this computer has."""
    values = (device.boot_id, device.block * 100, T0 // 1000 - 24 * 3600, 0, 50, 0)
    device.append(frames.TIME_ANCHOR, padded(frames.TIME_ANCHOR, values))
    monkeypatch.setattr("trunkline.device.connecting.transport_to", lambda *_: DeviceWire(device))
    return device


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["lines", "json"])
def test_monitor_says_that_the_clock_is_in_doubt_and_does_not_tell_it(run, wrong, options):
    code, out, _ = run("monitor", "usb:here", "--seconds", "0.3", *options)
    assert code == 0
    assert out.count("expected 2026-11-") == 1
    assert ("time_not_set" in out) == bool(options)
    assert len(told(wrong)) == 1


async def test_screen_says_it_when_the_terminal_is_given_back(wrong, capsys, monkeypatch):
    monkeypatch.setattr(output.err.console, "_file", None)
    await monitor._on_screen(trunkline.connect("usb:here"), "usb:here", 0.3)
    assert capsys.readouterr().err.startswith("The device is not told the time. Found this")
    assert len(told(wrong)) == 1


def test_record_says_that_the_clock_is_in_doubt_and_does_not_tell_it(run, wrong):
    code, _, err = run("record", "usb:here", "--for", "0.3")
    assert code == 0
    assert err.count("The device is not told the time. Found this computer's clock") == 1
    assert len(told(wrong)) == 1
