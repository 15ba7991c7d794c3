"""When it was: the records of a device's log, given UTC with its uncertainty, or "time unknown".

    clocks = clocks_of(events)            # the log's events, in order of record number
    clock = clocks[boot_id]               # the boot record before a record names its boot
    clock.utc_of_block(start_block)       # Moment(utc_ms, uncertainty_ms), or None: time unknown
    clock.utc_of_ms(device_ms)            # the same, of ms since that boot

A host asks host_clock.py before it gives a device the time, and greeting.py gives it.

Rules, in the order they are applied:
- A boot is named by its record; what follows counts from it. Records before the first boot record
  belong to the boot that the first anchor or status names, else to none.
- Boots follow each other on one line where the next boot's record tells how long the last one ran
  and how long the device was away since. A battery that was out, a boot without records (safe
  mode) and more than 49 days away end the line.
- All anchors of a line speak for all its boots, each with its own uncertainty, that of a host's
  clock, of the device's drift and of the times away (anchors.py). Up to a third may be wrong.
  Those that contradict the majority are set aside, and told.
- No anchor on the line, or one that is uncertain by more than a day: time unknown. What lies
  before and after is told as bounds, and is never used as a date.

Nothing here reads a clock or a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from trunkline.clocks.anchors import Consensus, Point, Statement
from trunkline.clocks.ties import DeviceTime, Ties
from trunkline.protocol.events import Event, Status, TimeAnchor
from trunkline.protocol.records import Boot, LedgerFrame, Minutes, Power

HOST_CLOCK_MS = 1000
"""How far a host's own clock is off that sets itself over the network [D]; a leap second, too."""
AWAY_PPM = 50_000
"""How far the clock is off that runs while the device is off: an RC oscillator, 5 % [M]."""
AWAY_MS = 3000
"""What a start adds: the last sign of life, the new clock's beginning [D]."""
MOST_UNCERTAIN_MS = 86_400_000
"""A time less certain than a day is no date [D]."""
_UNKNOWN_MS = 0xFFFFFFFF
_WRAP_MS = 1 << 32
_BACK_MS = 3_600_000  # records may be told a little late; what goes back by more has wrapped
_LAST_WORDS_MS = 20_000  # between the last sign of life and the last record of a boot
_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """A moment in UTC.

    Attributes:
        utc_ms: ms since 1970.
        uncertainty_ms: The truth is at most so far off.
    """

    utc_ms: int
    uncertainty_ms: int

    @property
    def utc(self) -> datetime:
        """The moment as a datetime in UTC."""
        return _START + timedelta(milliseconds=self.utc_ms)

    @property
    def uncertainty_s(self) -> float:
        """How far off it may be, in seconds."""
        return self.uncertainty_ms / 1000


@dataclass
class _BootLog:
    """One boot as its records tell it."""

    boot_id: int | None
    start: Boot | None
    ties: Ties
    anchors: list[tuple[int, TimeAnchor]] = field(default_factory=list)  # unwrapped ms
    seen_ms: int = 0
    offset: Point = field(default_factory=lambda: Point(0, 0, 0))  # of its start, on its line

    def unwrap(self, device_ms: int) -> int:
        """Give ms since boot of a count that begins anew every 49.7 days; call it in order."""
        least_ms = self.seen_ms - _BACK_MS
        ms = device_ms + max(0, -(-(least_ms - device_ms) // _WRAP_MS)) * _WRAP_MS
        self.seen_ms = max(self.seen_ms, ms)
        return ms

    def at(self, ms: int) -> Point:
        return Point(self.offset.ms + ms, self.offset.run_ms + ms, self.offset.slack_ms)


class BootClock:
    """The clock of one boot.

    Attributes:
        boot_id: Names the boot.
        source: "anchors": a host told the time in this boot; "neighbours": in another that is
            linked to it; "unknown".
        last_ms: ms since boot of the latest record that tells them.
        set_aside: Anchors of this boot that contradict the majority.
        not_before: ms of UTC; the boots before this one tell that it is later. None: no bound.
        not_after: ms of UTC; the boots after it tell that it is earlier. None: no bound.
    """

    def __init__(self, log: _BootLog, consensus: Consensus | None, set_aside: list[TimeAnchor]):
        """Use `clocks_of`."""
        self.boot_id = log.boot_id
        self.last_ms = log.seen_ms
        self.set_aside = tuple(set_aside)
        self.not_before: int | None = None
        self.not_after: int | None = None
        self._log = log
        self._consensus = consensus
        self._is_told_itself = len(log.anchors) > len(set_aside)

    @property
    def source(self) -> str:
        """Where its time comes from."""
        if self.utc_of_ms(self.last_ms) is None:
            return "unknown"
        return "anchors" if self._is_told_itself else "neighbours"

    def utc_of_ms(self, device_ms: int) -> Moment | None:
        """Date a moment of the device's clock; None: time unknown.

        Args:
            device_ms: ms since this boot. After 49.7 days the device begins anew at 0; add 2**32
                for each time.
        """
        return self._moment(DeviceTime(device_ms, 0))

    def ms_of_block(self, block: int) -> DeviceTime:
        """Give the device's clock at the beginning of a block."""
        return self._log.ties.at(block)

    def utc_of_block(self, block: int) -> Moment | None:
        """Date the beginning of a block; None: time unknown."""
        return self._moment(self._log.ties.at(block))

    def _moment(self, at: DeviceTime) -> Moment | None:
        if self._consensus is None:
            return None
        low, high = self._consensus.at(self._log.at(at.ms))
        middle = (low + high) // 2
        uncertainty_ms = high - middle + at.uncertainty_ms
        return None if uncertainty_ms > MOST_UNCERTAIN_MS else Moment(middle, uncertainty_ms)


def clocks_of(events: Iterable[Event | None]) -> dict[int, BootClock]:
    """Give each boot of a device's log its clock.

    Args:
        events: What the records say, in order of their numbers; None where one cannot be read.
            Live `Status` and `TimeAnchor` frames may stand among them.

    Returns:
        Clocks by boot id, in order of the boots. A boot id that comes twice names neither boot:
        it is left out.
    """
    boots = _boots(events)
    clocks: list[BootClock] = []
    for line in _lines(boots):
        clocks += _line_clocks(line)
    _bound(clocks)
    ids = [clock.boot_id for clock in clocks]
    return {
        clock.boot_id: clock
        for clock in clocks
        if clock.boot_id is not None and ids.count(clock.boot_id) == 1
    }


def _boots(events: Iterable[Event | None]) -> list[_BootLog]:
    boots = [_BootLog(None, None, Ties(0))]
    for event in events:
        now = boots[-1]
        if isinstance(event, Boot):
            boots.append(_BootLog(event.boot_id, event, Ties(event.rate_mhz)))
        elif isinstance(event, Power | LedgerFrame):
            now.ties.add(event.block_index, now.unwrap(event.device_ms))
        elif isinstance(event, Minutes):
            now.unwrap(event.device_ms)
        elif isinstance(event, Status | TimeAnchor):
            _take_named(now, event)
    return boots if boots[0].boot_id is not None else boots[1:]


def _take_named(boot: _BootLog, event: Status | TimeAnchor) -> None:
    if boot.boot_id is None:
        boot.boot_id = event.boot_id
    if event.boot_id != boot.boot_id:  # a live one of another boot: its place is not known
        return
    if isinstance(event, TimeAnchor):
        boot.anchors.append((boot.unwrap(event.device_ms), event))
    else:
        boot.ties.add(event.sample_index // 6, boot.unwrap(event.uptime_ms))


def _lines(boots: list[_BootLog]) -> list[list[_BootLog]]:
    """Put boots on lines, and each boot at its place."""
    lines: list[list[_BootLog]] = []
    for boot in boots:
        offset = _offset_after(lines[-1][-1], boot) if lines else None
        if offset is None:
            lines.append([boot])
        else:
            boot.offset = offset
            lines[-1].append(boot)
    return lines


def _offset_after(last: _BootLog, boot: _BootLog) -> Point | None:
    """Give where a boot begins on the line of the one before; None: that is not known."""
    start = boot.start
    if start is None or start.away_ms == _UNKNOWN_MS or last.boot_id != start.boot_id - 1:
        return None
    ran_ms = start.last_uptime_ms
    while ran_ms < last.seen_ms - _BACK_MS:
        ran_ms += _WRAP_MS
    if ran_ms < last.seen_ms - _LAST_WORDS_MS:  # it says less than its own records do
        return None
    slack_ms = AWAY_MS + start.away_ms * AWAY_PPM // (1_000_000 - AWAY_PPM)
    return Point(
        last.offset.ms + ran_ms + start.away_ms,
        last.offset.run_ms + ran_ms,
        last.offset.slack_ms + slack_ms,
    )


def _line_clocks(line: list[_BootLog]) -> list[BootClock]:
    told = [(boot, ms, anchor) for boot in line for ms, anchor in boot.anchors]
    if not told:
        return [BootClock(boot, None, []) for boot in line]
    consensus = Consensus([_statement(boot, ms, anchor) for boot, ms, anchor in told])
    aside = [
        (boot, anchor)
        for (boot, _, anchor), is_true in zip(told, consensus.is_true, strict=True)
        if not is_true
    ]
    return [
        BootClock(boot, consensus, [anchor for of, anchor in aside if of is boot]) for boot in line
    ]


def _statement(boot: _BootLog, ms: int, anchor: TimeAnchor) -> Statement:
    utc_ms = anchor.utc_s * 1000 + anchor.utc_ms
    return Statement(boot.at(ms), utc_ms, anchor.uncertainty_ms + HOST_CLOCK_MS)


def _bound(clocks: list[BootClock]) -> None:
    """Tell those without a time what is before and after them."""
    before: int | None = None
    for clock in clocks:
        clock.not_before = before
        before = _latest(clock, before)
    after: int | None = None
    for clock in reversed(clocks):
        clock.not_after = after
        if (start := clock.utc_of_ms(0)) is not None:
            end = start.utc_ms + start.uncertainty_ms
            after = end if after is None else min(after, end)


def _latest(clock: BootClock, before: int | None) -> int | None:
    last = clock.utc_of_ms(clock.last_ms)
    if last is None:
        return before
    least = last.utc_ms - last.uncertainty_ms
    return least if before is None else max(before, least)
