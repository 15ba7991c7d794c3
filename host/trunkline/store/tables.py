"""The tables of the store, and their version.

    meta          what this file is, and its schema version
    wearer ──┬─── name         a pseudonymous id; the one table that may hold a person's name
             └─── session ──┬─── episode    slouches and bends
    prescription ─────┘     ├─── cue        felt and held back
                            └─── ledger     where the time went
    device_log ──┬─── record    what a device kept in its flash, byte for byte
                 └─── gap       numbers that the device had no record for

Rules:
- A name is written to `name` and read from `name`; no other column may identify a person.
- Times of day are UTC. Everything inside a session is seconds from its first sample.
- Records are never changed. A session with the source "device log" is made from them, and can be
  made anew from them at any time: of such a session only the newest revision is kept.
- A change of a table raises SCHEMA_VERSION.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import BigInteger, Double, TypeDecorator

SCHEMA_VERSION = 4
APPLICATION = "trunkline"
# SQLite numbers rows by itself only in a column declared INTEGER.
_COUNTED = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Keep an aware time as UTC; SQLite itself forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into naive UTC for the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn the database's naive UTC into an aware time."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The tables of one schema version."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        int: BigInteger,
        float: Double,
        str: Text,
        datetime: UtcDateTime,
        bytes: LargeBinary,
    }


class MetaRow(Base):
    """One fact about the file."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class WearerRow(Base):
    """A person, known here by a random id only."""

    __tablename__ = "wearer"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    time_zone: Mapped[str]


class NameRow(Base):
    """A person's name, when somebody chose to give it."""

    __tablename__ = "name"
    wearer_id: Mapped[str] = mapped_column(ForeignKey("wearer.id"), primary_key=True)
    name: Mapped[str]


class PrescriptionRow(Base):
    """A complete set of settings under the hash that episodes carry."""

    __tablename__ = "prescription"
    hash: Mapped[str] = mapped_column(String(8), primary_key=True)
    settings: Mapped[dict[str, int]] = mapped_column(JSON)


class SessionRow(Base):
    """One stretch of wear, as one analysis found it."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("device_id", "boot_id", "source", "revision"),)
    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True)
    wearer_id: Mapped[str] = mapped_column(ForeignKey("wearer.id"), index=True)
    device_id: Mapped[str]
    boot_id: Mapped[int]
    source: Mapped[str]
    revision: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    description: Mapped[str]
    is_simulated: Mapped[bool]
    placement: Mapped[str]
    rate_mhz: Mapped[int]
    started_utc: Mapped[datetime | None]
    time_uncertainty_s: Mapped[float | None]
    samples_received: Mapped[int]
    samples_lost: Mapped[int]
    prescription: Mapped[str] = mapped_column(ForeignKey("prescription.hash"))
    neutral: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))
    neutral_source: Mapped[str]
    warnings: Mapped[list[str]] = mapped_column(JSON)
    total_s: Mapped[float]
    worn_s: Mapped[float]
    off_body_s: Mapped[float]
    unknown_s: Mapped[float]
    uncalibrated_s: Mapped[float]
    lost_s: Mapped[float]
    charging_s: Mapped[float]
    link_lost_s: Mapped[float]
    app_version: Mapped[str]
    saved_utc: Mapped[datetime]


class _Part(Base):
    """A row of a session, in its place."""

    __abstract__ = True
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)


class EpisodeRow(_Part):
    """A slouch or a bend; the columns are those of `trunkline.decide.analysis.Episode`."""

    __tablename__ = "episode"
    kind: Mapped[str]
    start_s: Mapped[float]
    end_s: Mapped[float]
    start_block: Mapped[int]
    end_block: Mapped[int]
    peak_deg: Mapped[float]
    mean_deg: Mapped[float]
    peak_rate_deg_s: Mapped[float]
    is_held: Mapped[bool]
    is_cut: Mapped[bool]
    prescription: Mapped[str] = mapped_column(String(8))
    context: Mapped[str]
    mean_rate_deg_s: Mapped[float]
    twist_deg: Mapped[float | None]
    drop_m: Mapped[float | None]
    style: Mapped[str]
    confidence_pct: Mapped[int]


class CueRow(_Part):
    """A buzz, felt or held back; the columns are those of `trunkline.decide.analysis.Cue`."""

    __tablename__ = "cue"
    at_s: Mapped[float]
    block: Mapped[int]
    reason: Mapped[str]
    pattern: Mapped[str]
    outcome: Mapped[str]
    is_wrong: Mapped[bool]


class LedgerRow(_Part):
    """The time in one context."""

    __tablename__ = "ledger"
    context: Mapped[str]
    blocks: Mapped[int]
    seconds: Mapped[float]


class DeviceLogRow(Base):
    """One life of a device's log; see store/device_logs.py."""

    __tablename__ = "device_log"
    __table_args__ = (UniqueConstraint("device_id", "life"),)
    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True)
    device_id: Mapped[str]
    life: Mapped[int]
    first: Mapped[int]
    next: Mapped[int]
    acknowledged: Mapped[int]
    boot_id: Mapped[int | None]


class RecordRow(Base):
    """One record as it is in the device's flash."""

    __tablename__ = "record"
    log_id: Mapped[int] = mapped_column(ForeignKey("device_log.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes]


class GapRow(Base):
    """Numbers from `first` to below `end` that the device had no records for."""

    __tablename__ = "gap"
    log_id: Mapped[int] = mapped_column(ForeignKey("device_log.id"), primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    end: Mapped[int]
    why: Mapped[str]


PARTS: dict[str, type[_Part]] = {"episodes": EpisodeRow, "cues": CueRow, "ledger": LedgerRow}


def values(row: Base, names: tuple[str, ...]) -> dict[str, Any]:
    """Take the named columns out of a row."""
    return {name: getattr(row, name) for name in names}
