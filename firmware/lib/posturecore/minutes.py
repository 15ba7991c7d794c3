"""Minutes of wear: how long the trunk was held at which flexion, for the log.

Minute k of a boot is blocks 600k to 600k + 599 at 60 Hz. A block counts where the angle is known
and the wearer holds the trunk: not while the context is unknown (nor uncalibrated, lost or
charging), lying or off the body; the ledger tells those. A minute in which nothing counts is left
out, and ends the record: the minutes of one record follow each other.
"""

from .context import LYING, OFF_BODY, UNKNOWN
from .flash import BANDS_CDEG
from .scales import blocks_for_s

MINUTES_PER_RECORD = 10  # [D] so much a power cut can take
_MINUTE_S = 60
_NOT_COUNTED = (UNKNOWN, LYING, OFF_BODY)


class Minutes:
    """Call `block` after each decision; what comes out is a minutes frame: (values, items)."""

    def __init__(self, rate_mhz: int) -> None:
        self._minute_blocks = blocks_for_s(_MINUTE_S, rate_mhz)
        self._minute = 0
        self._device_ms = 0
        self._bands = [0] * (len(BANDS_CDEG) + 1)
        self._total_cdeg = 0  # at most 600 times 180°, rate corrected: inside 2**30
        self._items: list[tuple[int, ...]] = []
        self._first = 0  # minute of the first item
        self._last_ms = 0  # at the end of the last item

    def block(
        self, at: int, device_ms: int, flexion_cdeg: int, context: int
    ) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]] | None:
        """Count block `at`, decided at `device_ms`; return a record that is complete, or None."""
        record = None
        minute = at // self._minute_blocks
        if minute != self._minute:
            self._close()
            told = len(self._items)
            if told == MINUTES_PER_RECORD or (told and minute > self._first + told):
                record = self._take()
            self._minute = minute
        self._device_ms = device_ms
        if context not in _NOT_COUNTED:
            self._bands[band_of(flexion_cdeg)] += 1
            self._total_cdeg += flexion_cdeg
        if (at + 1) % self._minute_blocks == 0:
            self._close()
            if len(self._items) == MINUTES_PER_RECORD:
                record = self._take()
        return record

    def finish(self) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]] | None:
        """Return what is not told yet, or None; for sleep and off."""
        self._close()
        return self._take() if self._items else None

    def _close(self) -> None:
        blocks = sum(self._bands)
        if blocks == 0:
            return
        if not self._items:
            self._first = self._minute
        self._items.append(tuple(self._bands) + (self._total_cdeg // blocks,))
        self._last_ms = self._device_ms
        for k in range(len(self._bands)):
            self._bands[k] = 0
        self._total_cdeg = 0

    def _take(self) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
        items, self._items = self._items, []
        return (self._first * self._minute_blocks, self._last_ms), tuple(items)


def band_of(flexion_cdeg: int) -> int:
    """Return which band of flexion this is: 0 below BANDS_CDEG[0], and so on."""
    band = 0
    while band < len(BANDS_CDEG) and flexion_cdeg >= BANDS_CDEG[band]:
        band += 1
    return band
