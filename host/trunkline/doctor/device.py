"""The device: who it is, its firmware, clock, log, battery, calibration and its faults."""

import re
from collections.abc import Callable
from datetime import timedelta

from posturecore import faults, flash, frames
from trunkline.device.connecting import connect
from trunkline.device.greeting import greet
from trunkline.device.session import Session
from trunkline.device.told import told_clocks
from trunkline.doctor.check import Check, fail, ok, warn
from trunkline.errors import InputError, LinkError, TrunklineError
from trunkline.protocol.events import Event, Hello, Status
from trunkline.protocol.records import DeviceFault, LogStatus
from trunkline.sources import firmware_path

_SAFE = flash.MODES.index("safe")
_LOW_MV, _EMPTY_MV = 3500, 3300  # where firmware/power.py warns, and switches off
_DAY_BYTES = 18_000  # of the log, a simulated desk day: CHANGELOG
# What stands in the way of wearing it; the other faults are told, and it goes on.
_GRAVE = frozenset(
    (
        faults.SENSOR_MISSING,
        faults.SENSOR_WRONG,
        faults.SENSOR_SELF_TEST,
        faults.LOG_FULL,
        faults.FLASH_FAILED,
        faults.BATTERY_EMPTY,
        faults.SAFE_MODE,
    )
)
# These have lines of their own.
_ELSEWHERE = frozenset(
    (faults.SAFE_MODE, faults.BATTERY_LOW, faults.NOT_CALIBRATED, faults.TIME_UNKNOWN)
)


async def check_device(where: str, now_utc_ms: Callable[[], int]) -> tuple[Check, ...]:
    """Connect and look; nothing is changed but that the device is told the time, as always.

    Args:
        where: As `connect` takes it.
        now_utc_ms: This computer's clock.

    Raises:
        InputError: Nowhere that can be reached, or a recording.
    """
    session = connect(where, reconnect=False, set_time=False)  # before it is told, it is heard
    if not session.takes_commands:
        raise InputError(
            found=f"{where}, a recording",
            expected="a device",
            hint="`trunkline check` says what is whole in it",
        )
    heard: list[Event] = []
    session.listeners.append(heard.append)
    checks: list[Check] = []
    try:
        async with session:
            await _look(session, checks, now_utc_ms)
    except InputError:
        raise
    except TrunklineError as error:
        checks.append(_lost(error))
    return (*checks, *_faults(heard))


async def _look(session: Session, checks: list[Check], now_utc_ms: Callable[[], int]) -> None:
    status = await session.status()
    info = session.info
    checks += [_device(info, status), _firmware(info), _battery(status)]
    if info.mode == _SAFE:
        _, sentence, remedy, _ = faults.FAULTS[faults.SAFE_MODE]
        checks.append(fail("mode", sentence, remedy))
        return  # nothing else answers there
    checks += [_calibration(status), _samples(status)]
    log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
    checks.append(_storage(log))
    checks.append(await _clock(session, now_utc_ms))


def _lost(error: TrunklineError) -> Check:
    sentence, has_remedy, remedy = str(error).rpartition("; try ")
    if not has_remedy:
        return fail("device", str(error), "Connect again.")
    return fail("device", f"{sentence}.", f"Try {remedy}")


def _device(info: Hello, status: Status) -> Check:
    up = timedelta(seconds=status.uptime_ms // 1000)
    return ok("device", f"Found {info.device_id.hex()}, up for {up}, boot {info.boot_id}.")


def _firmware(info: Hello) -> Check:
    """Compare with the firmware that this package carries; another protocol is refused before."""
    name = "firmware"
    has = (info.firmware_major, info.firmware_minor)
    carried = _carried()
    sentence = f"Version {has[0]}.{has[1]}, protocol {info.version}"
    if has == carried:
        return ok(name, f"{sentence}, as this package carries.")
    if has < carried:
        return warn(
            name,
            f"{sentence}; this package carries {carried[0]}.{carried[1]}.",
            "Update the device: firmware/README.md, Update.",
        )
    return warn(
        name,
        f"{sentence}; newer than the {carried[0]}.{carried[1]} of this package.",
        "Try pip install --upgrade trunkline.",
    )


def _carried() -> tuple[int, int]:
    text = (firmware_path() / "version.py").read_text(encoding="utf-8")
    found = re.search(r"^FIRMWARE = \((\d+), (\d+)\)", text, re.MULTILINE)
    if found is None:
        raise ValueError("found no line FIRMWARE = (major, minor) in firmware/version.py")
    return int(found[1]), int(found[2])


def _battery(status: Status) -> Check:
    name = "battery"
    sentence = f"{status.battery_mv / 1000:.2f} V."
    if status.battery_mv >= _LOW_MV:
        return ok(name, sentence)
    level = warn if status.battery_mv >= _EMPTY_MV else fail
    return level(name, sentence, faults.FAULTS[faults.BATTERY_LOW][2])


def _calibration(status: Status) -> Check:
    name = "calibration"
    if status.is_calibrated:
        return ok(name, "It knows the wearer's upright pose.")
    _, sentence, remedy, _ = faults.FAULTS[faults.NOT_CALIBRATED]
    return warn(name, sentence, remedy)


def _samples(status: Status) -> Check:
    name = "samples"
    bad = (status.samples_lost, status.imu_faults, status.frames_dropped)
    sentence = (
        f"{status.sample_index} since it started; {bad[0]} lost, {bad[1]} transfers from the "
        f"sensor failed, {bad[2]} frames did not fit through the link."
    )
    if not status.samples_lost:
        return ok(name, sentence)
    return warn(name, sentence, "A few after a start are no harm; else look at its faults below.")


def _storage(log: LogStatus) -> Check:
    """Look how much of the log no host has, in days of a simulated desk worker."""
    name = "storage"
    kept, waiting = log.next - log.oldest, log.next - max(log.oldest, log.acknowledged)
    waiting_bytes = log.used_bytes * waiting // max(1, kept)
    days = waiting_bytes / _DAY_BYTES
    left = (log.size_bytes - waiting_bytes) / _DAY_BYTES
    sentence = (
        f"{log.used_bytes / 1000:.0f} of {log.size_bytes / 1000:.0f} kB used; {waiting} records, "
        f"about {days:.1f} days of wear, are on no host yet; room for about {left:.0f} more."
    )
    if waiting_bytes < log.size_bytes // 2:
        return ok(name, sentence)
    level = warn if waiting_bytes < log.size_bytes * 9 // 10 else fail
    return level(name, sentence, "Bring them to this computer with `trunkline sync`.")


async def _clock(session: Session, now_utc_ms: Callable[[], int]) -> Check:
    """Compare this computer's clock with what earlier hosts told the device, and tell it."""
    name = "clock"
    try:
        clocks = await told_clocks(session)
    except LinkError as error:
        sentence, _, remedy = str(error).partition("; try ")
        return warn(name, f"{sentence}.", f"Try {remedy}" if remedy else "Try again, closer by.")
    status = await session.status()
    now_ms = now_utc_ms()
    greeting = await greet(session, now_utc_ms, clocks=clocks)
    if greeting.finding is not None:
        sentence, _, remedy = greeting.finding.sentence.rpartition("; try: ")
        return fail(name, f"{sentence}.", f"Try: {remedy}")
    clock = clocks.get(status.boot_id)
    moment = clock.utc_of_ms(status.uptime_ms) if clock else None
    if moment is None:
        return ok(name, "It did not know the time; now it is told.")
    off_s = (now_ms - moment.utc_ms) / 1000
    return ok(
        name,
        f"Device and computer differ by {abs(off_s):.1f} s; the device is sure of its time to "
        f"{moment.uncertainty_s:.1f} s.",
    )


def _faults(heard: list[Event]) -> list[Check]:
    """Give a line for each fault that the device has told, the last word on each."""
    told = {event.code: event for event in heard if isinstance(event, DeviceFault)}
    lines = []
    for code, event in told.items():
        if code in _ELSEWHERE:
            continue
        if code >= len(faults.FAULTS):
            lines.append(warn("fault", f"Fault {code}, unknown here.", "Update this package."))
            continue
        name, sentence, remedy, meaning = faults.FAULTS[code]
        if meaning:
            sentence = f"{sentence.rstrip('.')} ({meaning}: {event.detail})."
        level = fail if code in _GRAVE else warn
        lines.append(level(f"fault: {name}", sentence, remedy))
    return lines
