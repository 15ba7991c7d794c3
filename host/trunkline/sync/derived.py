"""Sessions in a store, made from the records of a device's log that are in it.

Making them again from the same records changes nothing. More records of a boot, or a time anchor
that dates it, make the next revision of its session in the place of the one before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from posturecore.decide import LEDGER
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.clocks.dating import BootClock, Moment, clocks_of
from trunkline.errors import InputError
from trunkline.store import DeviceLog, SavedSession, Store
from trunkline.sync.logged import SOURCE, LoggedBoot, boots_in

# The virtual board's ids; no maker of chips has addresses that begin so.
_VIRTUAL = "c0de0000"
_LOST = LEDGER.index("lost")


def is_virtual(device_id: str) -> bool:
    """Tell whether a device, named in hex, is a virtual board: nobody wore it."""
    return device_id.startswith(_VIRTUAL)


def source_of(log: DeviceLog) -> str:
    """Name where the sessions of a log come from; each life of a device has its own."""
    return SOURCE if log.life == 1 else f"{SOURCE}, life {log.life}"


def choose_wearer(store: Store, device_id: str, time_zone: str) -> str:
    """Choose whose a device's new boots are: its wearer before, the only one, or a new one.

    Args:
        store: An open store.
        device_id: The device in hex.
        time_zone: Of a new wearer, an IANA name.

    Raises:
        InputError: There are several, and the device has been nobody's.
    """
    for log in reversed(store.logs.all(device_id)):
        if worn := store.logs.sessions(device_id, source_of(log)):
            return worn[max(worn)].wearer_id
    wearers = tuple(store.wearers())
    if len(wearers) > 1:
        raise InputError(
            found=f"{len(wearers)} wearers, and a device that none of them has worn yet",
            expected="to be told whose it is",
            hint="--wearer " + wearers[0],
        )
    return wearers[0] if wearers else store.add_wearer(time_zone=time_zone)


def derive(store: Store, log: DeviceLog, wearer_id: str) -> tuple[int, ...]:
    """Make the sessions of one device's log, one for each boot in which something was counted.

    Args:
        store: An open store.
        log: Which device's, and which life of it.
        wearer_id: Whose are the boots that belong to nobody yet; the others keep their wearer.

    Returns:
        The ids of the sessions, in order.

    Raises:
        InputError: No such wearer, or the database cannot be written.
    """
    records = store.logs.records(log)
    source = source_of(log)
    before = store.logs.sessions(log.device_id, source)
    clocks = clocks_of([record.event for record in records])
    return tuple(
        _save(store, boot, wearer_id, log.device_id, source, before, clocks)
        for boot in boots_in(records)
        if boot.is_worth_showing
    )


def _save(
    store: Store,
    boot: LoggedBoot,
    wearer_id: str,
    device_id: str,
    source: str,
    before: Mapping[int, SavedSession],
    clocks: Mapping[int, BootClock],
) -> int:
    clock, known = clocks.get(boot.boot_id), before.get(boot.boot_id)
    start = _start(clock.utc_of_block(0) if clock else None, known)
    ledger = boot.ledgers[-1].items if boot.ledgers else ()
    lost = ledger[_LOST][0] if len(ledger) > _LOST else 0
    return store.save_session(
        known.wearer_id if known else wearer_id,
        boot.analysis(is_simulated=is_virtual(device_id), source=source),
        device_id=device_id,
        boot_id=boot.boot_id,
        started_utc=start[0],
        time_uncertainty_s=start[1],
        samples_lost=lost * SAMPLES_PER_BLOCK,
        is_derived=True,
    )


def _start(
    found: Moment | None, known: SavedSession | None
) -> tuple[datetime | None, float | None]:
    """Choose the date of a session: that of before, unless the new one differs or is far better.

    Each contact makes all dates a little better; that alone is no new revision of them all.
    """
    if found is None:
        return None, None
    new = (found.utc, found.uncertainty_s)
    if known is None or known.started_utc is None or known.time_uncertainty_s is None:
        return new
    off_s = abs((found.utc - known.started_utc).total_seconds())
    is_as_good = found.uncertainty_s >= known.time_uncertainty_s / 2
    if is_as_good and off_s <= known.time_uncertainty_s:
        return known.started_utc, known.time_uncertainty_s
    return new


def days_of(boots: Sequence[LoggedBoot], from_record: int, time_zone: str) -> tuple[date, ...]:
    """Give the days of wear that records from a number on tell of; what is undated has none.

    Args:
        boots: All of a log.
        from_record: Number of the first record that counts.
        time_zone: The wearer's, an IANA name.
    """
    clocks = clocks_of([record.event for boot in boots for record in boot.records])
    zone, days = ZoneInfo(time_zone), set()
    for boot in boots:
        clock = clocks.get(boot.boot_id)
        if clock is None:
            continue
        for moment in map(clock.utc_of_block, boot.blocks_told(from_record)):
            if moment is not None:
                days.add(moment.utc.astimezone(zone).date())
    return tuple(sorted(days))
