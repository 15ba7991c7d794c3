"""What a sync says: how far it is, and what it has brought."""

from dataclasses import dataclass
from datetime import date

from trunkline.store import Gap


@dataclass(frozen=True)
class Progress:
    """How far a sync is.

    Attributes:
        records: Records that have come.
        total: Records that there are to come, as far as the device has told.
        bytes: Bytes of the records that have come.
        seconds: Since it began.
    """

    records: int
    total: int
    bytes: int
    seconds: float

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate; None: nothing has come yet."""
        if not self.records:
            return None
        return self.seconds / self.records * max(0, self.total - self.records)


@dataclass(frozen=True)
class SyncReport:
    """What a sync has brought.

    Attributes:
        device_id: The device in hex.
        is_simulated: Whether the device is a virtual board: nobody wore it.
        wearer_id: Whose the new boots are.
        life: Which life of the device's log; above 1: its flash was erased.
        records_new: Records that are new here.
        records_here: Records in the store now, of this life.
        bytes: Bytes of the new records, as they are in the device's flash.
        seconds: How long it took.
        gaps: What is missing among the new records, and why.
        boots: Boot ids that the new records are of, in order.
        days: Days of the wearer's calendar that the new records tell of, as far as they are dated.
        sessions: Ids of all sessions made from this log.
        unknown_records: New records that this version cannot read; they are kept.
        damaged_bytes: Bytes of the log that were no frame: what stood there was asked for again.
        link_losses: How often the link was lost and came back.
        acknowledged: Records below, the device may delete.
        clock_doubt: Why the device was not told the time: what speaks against this host's clock.
            None: it was told.
    """

    device_id: str
    is_simulated: bool
    wearer_id: str
    life: int
    records_new: int
    records_here: int
    bytes: int
    seconds: float
    gaps: tuple[Gap, ...]
    boots: tuple[int, ...]
    days: tuple[date, ...]
    sessions: tuple[int, ...]
    unknown_records: int
    damaged_bytes: int
    link_losses: int
    acknowledged: int
    clock_doubt: str | None

    @property
    def rate_bytes_s(self) -> float:
        """Bytes of records a second."""
        return self.bytes / self.seconds if self.seconds else 0.0
