"""The page of a wearer's day, from the records that a store has of their device.

A device's log has no samples. The curve is the mean flexion of each minute, the bands are counted
by the device block by block, wear is its ledger, which it tells every ten minutes of wear: a
stretch between two of its entries is of the day that it begins in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import numpy as np

from posturecore.context import UNKNOWN
from trunkline.clocks.dating import BootClock, Moment, clocks_of
from trunkline.clocks.local_time import local_time
from trunkline.decide.analysis import Analysis, block_seconds
from trunkline.decide.timeline import Timeline
from trunkline.errors import InputError
from trunkline.report import ReportPage, ReportSection
from trunkline.store import DeviceLog, Store
from trunkline.sync.derived import is_virtual, source_of
from trunkline.sync.logged import LoggedBoot, boots_in

# The device's bands of flexion that each band of the report is the sum of.
_BANDS = {"below 0°": (0,), "0 to 20°": (1, 2, 3, 4), "20 to 60°": (5, 6), "over 60°": (7,)}


@dataclass(frozen=True, eq=False)
class MinuteTimeline(Timeline):
    """A timeline of means over minutes, with bands that were counted block by block.

    Attributes:
        bands_s: Seconds in each band of flexion.
        told: The minutes as the device told them; see `minutes`.
    """

    bands_s: Mapping[str, float]
    told: tuple[tuple[float, float, float], ...]

    @property
    def is_momentary(self) -> bool:
        """Deny it: a value is the mean of its minute."""
        return False

    def minutes(self) -> tuple[tuple[float, float, float], ...]:
        """Give the minutes as the device told them."""
        return self.told

    def angle_bands_s(self) -> dict[str, float]:
        """Give the seconds of worn flexion in bands, as the device counted them."""
        return dict(self.bands_s)


@dataclass(frozen=True)
class Stretch:
    """Blocks of one boot within one day.

    Attributes:
        log: The device's log.
        boot: The boot.
        clock: Its clock; None: time unknown.
        day: On the wearer's calendar; None: time unknown.
        first: First block.
        end: First block after; None: to the end of what is told.
    """

    log: DeviceLog
    boot: LoggedBoot
    clock: BootClock | None
    day: date | None
    first: int
    end: int | None


def day_page(store: Store, wearer_id: str | None = None, day: date | None = None) -> ReportPage:
    """Make the page of one day of a wearer.

    Args:
        store: An open store that devices were synced into.
        wearer_id: Whose; None: the only wearer there is.
        day: On the wearer's calendar; None: the newest, or where no time is known all there is.

    Raises:
        InputError: No such wearer, several to choose from, or nothing of that day.
    """
    wearer_id = _wearer(store, wearer_id)
    zone = ZoneInfo(store.wearers()[wearer_id])
    stretches = list(_stretches(store, wearer_id, zone))
    days = sorted({each.day for each in stretches if each.day is not None})
    if not stretches or (day is not None and day not in days):
        raise InputError(
            found=f"nothing of {day or 'any day'} for {wearer_id}",
            expected="a day of " + (", ".join(map(str, days)) or "a device that was synced"),
            hint="`trunkline sync` brings what a device has logged",
        )
    wanted = day or (days[-1] if days else None)
    chosen = [each for each in stretches if each.day == wanted]
    undated = sum(each.day is None for each in stretches)
    is_told = wanted is None or not undated
    return ReportPage(
        title="Posture report",
        wearer=wearer_id,
        period=str(wanted) if wanted else "time unknown",
        sections=tuple(_section(each, zone) for each in chosen),
        facts=tuple(_facts(store, chosen)),
        footnotes=() if is_told else (f"{undated} stretches of unknown time are left out.",),
    )


def _wearer(store: Store, wearer_id: str | None) -> str:
    known = tuple(store.wearers())
    if wearer_id in known:
        return str(wearer_id)
    if wearer_id is None and len(known) == 1:
        return known[0]
    raise InputError(
        found=f"wearer {wearer_id}" if wearer_id else f"{len(known)} wearers in the store",
        expected="one of " + (", ".join(known) or "none, there is nobody yet"),
        hint="--wearer " + (known[0] if known else "after `trunkline sync`"),
    )


def _stretches(store: Store, wearer_id: str, zone: ZoneInfo) -> Iterator[Stretch]:
    for log in store.logs.all():
        saved = store.logs.sessions(log.device_id, source_of(log))
        boots = boots_in(store.logs.records(log))
        clocks = clocks_of([record.event for boot in boots for record in boot.records])
        for boot in boots:
            if boot.boot_id in saved and saved[boot.boot_id].wearer_id == wearer_id:
                yield from _of_boot(log, boot, clocks.get(boot.boot_id), zone)


def _of_boot(
    log: DeviceLog, boot: LoggedBoot, clock: BootClock | None, zone: ZoneInfo
) -> Iterator[Stretch]:
    """Cut a boot where a day begins, at the ledger's entries."""
    edges = sorted({0, *(ledger.block_index for ledger in boot.ledgers)})
    starts = edges[:-1] or edges  # a boot without a ledger is one piece
    pieces = [(a, b, _day(clock, a, zone)) for a, b in zip(starts, [*edges[1:], 0], strict=False)]
    for day, same in groupby(pieces, key=lambda piece: piece[2]):
        whole = list(same)
        is_last = whole[-1] is pieces[-1]
        yield Stretch(log, boot, clock, day, whole[0][0], None if is_last else whole[-1][1])


def _day(clock: BootClock | None, block: int, zone: ZoneInfo) -> date | None:
    moment = clock.utc_of_block(block) if clock else None
    return moment.utc.astimezone(zone).date() if moment else None


def _section(stretch: Stretch, zone: ZoneInfo) -> ReportSection:
    boot, is_simulated = stretch.boot, is_virtual(stretch.log.device_id)
    analysis = boot.analysis(is_simulated=is_simulated, first=stretch.first, end=stretch.end)
    start = stretch.clock.utc_of_block(stretch.first) if stretch.clock else None
    made = "Simulated: nobody wore this virtual board. " if is_simulated else ""
    return ReportSection(
        replace(analysis, timeline=_timeline(stretch, analysis)),
        _heading(stretch, analysis, zone),
        f"{made}From the log of device {stretch.log.device_id}, boot {boot.boot_id}: what the "
        "device decided while it was worn. The curve is the mean of each minute; what the wearer "
        "was doing from moment to moment is not in a log.",
        start=start.utc.astimezone(zone) if start else None,
        uncertainty_s=start.uncertainty_s if start else None,
    )


def _heading(stretch: Stretch, analysis: Analysis, zone: ZoneInfo) -> str:
    start = stretch.clock.utc_of_block(stretch.first) if stretch.clock else None
    if start is None:
        return f"Boot {stretch.boot.boot_id}, time unknown"
    end_utc_ms = start.utc_ms + round(analysis.wear.total_s * 1000)
    return f"{_said(start, zone)} to {_said(replace(start, utc_ms=end_utc_ms), zone)}"


def _said(moment: Moment, zone: ZoneInfo) -> str:
    return local_time(moment.utc_ms, zone, moment.uncertainty_ms)


def _timeline(stretch: Stretch, analysis: Analysis) -> MinuteTimeline:
    block_s = block_seconds(stretch.boot.rate_mhz)
    count = round(analysis.wear.total_s / block_s)
    minute_blocks = round(timedelta(minutes=1).total_seconds() / block_s)
    flexion_deg, bands = np.full(count, np.nan), np.zeros(8, dtype=np.int64)
    told = []
    for minute in stretch.boot.minutes:
        at = minute.block - stretch.first
        if 0 <= at < count:
            flexion_deg[at : at + minute_blocks] = minute.mean_deg
            bands += minute.bands
            worn_s = sum(minute.bands) * block_s
            told.append((round(at * block_s, 3), minute.mean_deg, round(worn_s, 3)))
    return MinuteTimeline(
        block_s=block_s,
        flexion_deg=flexion_deg,
        lateral_deg=np.full(count, np.nan),
        context=np.full(count, UNKNOWN, dtype=np.int8),
        slouch_state=np.zeros(count, dtype=np.int8),
        bands_s={
            name: round(float(bands[list(parts)].sum()) * block_s, 3)
            for name, parts in _BANDS.items()
        },
        told=tuple(told),
    )


def _facts(store: Store, stretches: list[Stretch]) -> Iterator[tuple[str, str]]:
    """Tell which devices, and what is missing in their logs."""
    for log in {each.log.id: each.log for each in stretches}.values():
        yield "device", log.device_id
        for gap in store.logs.gaps(log):
            said = f"{gap.count} of the records {gap.first} to {gap.end - 1}: {gap.why}"
            yield "missing in its log", said
