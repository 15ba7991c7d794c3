"""The store: wearers and their sessions, in SQLite or any database that SQLAlchemy knows.

Rules:
- Nothing is overwritten. A session is named by (device, boot, source). Saving it again with the
  same content changes nothing and returns the same id; other content (a download that went on, a
  late time anchor, other settings) becomes the next revision, and the older ones stay.
- A session belongs to one wearer; the same session for another is refused.
- Names stay in their own table.
"""

import secrets
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine, select

from posturecore.decide import KINDS
from trunkline.decide.analysis import Analysis, Cue, Episode, Wear
from trunkline.errors import InputError
from trunkline.store.database import open_engine, transaction
from trunkline.store.device_logs import DeviceLogs
from trunkline.store.saved import (
    WEAR_TOTALS,
    Origin,
    SavedSession,
    content_of,
    samples_in,
)
from trunkline.store.sessions import (
    missing,
    revisions,
    rewrite,
    saved,
    session_row,
    wearer_row,
    write,
)
from trunkline.store.tables import (
    CueRow,
    EpisodeRow,
    LedgerRow,
    NameRow,
    PrescriptionRow,
    SessionRow,
    WearerRow,
    values,
)

# Without 0, 1, i, l and o: an id is read aloud and typed.
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_LENGTH = 6
_EPISODE = tuple(field.name for field in fields(Episode))
_CUE = tuple(field.name for field in fields(Cue))


class Store:
    """Keep wearers, sessions, episodes, cues and wear; close it, or use it as `with`.

    Attributes:
        logs: The records of devices.
    """

    def __init__(self, engine: Engine) -> None:
        """Take an engine that `open` has checked."""
        self._engine = engine
        self.logs = DeviceLogs(engine)

    @classmethod
    def open(cls, url_or_path: str | Path) -> Self:
        """Open or create a store.

        Args:
            url_or_path: A file for SQLite, or an SQLAlchemy address.

        Raises:
            InputError: It cannot be opened, is damaged, is not a Trunkline database, or is newer.
        """
        return cls(open_engine(url_or_path))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Use the store for the length of a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def add_wearer(self, *, time_zone: str) -> str:
        """Add a wearer and return a new pseudonymous id such as "w-7f3k2q".

        Args:
            time_zone: An IANA name such as "Europe/Zurich": days begin at its midnight.

        Raises:
            InputError: No such time zone.
        """
        _check_time_zone(time_zone)
        with transaction(self._engine, is_writing=True) as session:
            wearer_id = _new_id()
            while session.get(WearerRow, wearer_id) is not None:
                wearer_id = _new_id()
            session.add(WearerRow(id=wearer_id, time_zone=time_zone))
        return wearer_id

    def wearers(self) -> dict[str, str]:
        """Give every wearer's id and time zone."""
        with transaction(self._engine, is_writing=False) as session:
            rows = session.scalars(select(WearerRow).order_by(WearerRow.id))
            return {row.id: row.time_zone for row in rows}

    def set_name(self, wearer_id: str, name: str | None) -> None:
        """Write a wearer's name into the one table that holds names; None removes it.

        Raises:
            InputError: No such wearer.
        """
        with transaction(self._engine, is_writing=True) as session:
            wearer_row(session, wearer_id)
            old = session.get(NameRow, wearer_id)
            if name is not None:
                session.merge(NameRow(wearer_id=wearer_id, name=name))
            elif old is not None:
                session.delete(old)

    def name(self, wearer_id: str) -> str | None:
        """Read a wearer's name; None: nobody gave one.

        Raises:
            InputError: No such wearer.
        """
        with transaction(self._engine, is_writing=False) as session:
            wearer_row(session, wearer_id)
            row = session.get(NameRow, wearer_id)
            return None if row is None else row.name

    def save_session(
        self,
        wearer_id: str,
        analysis: Analysis,
        *,
        device_id: str = "",
        boot_id: int = 0,
        source: str | None = None,
        started_utc: datetime | None = None,
        time_uncertainty_s: float | None = None,
        samples_received: int | None = None,
        samples_lost: int = 0,
        is_derived: bool = False,
    ) -> int:
        """Save what was found in one stretch of wear, all or nothing, and return its id.

        Args:
            wearer_id: Whose.
            analysis: What was found; its timeline is not kept.
            device_id: The device in hex; empty when no device took part.
            boot_id: The device's boot that counted the time.
            source: Names the session, with device and boot; None: the analysis's own source.
            started_utc: Time of day of the first sample, aware; None: unknown.
            time_uncertainty_s: How far it may be off, in seconds; None: unknown.
            samples_received: Samples that arrived; None: those that the blocks hold.
            samples_lost: Samples known to be missing.
            is_derived: It was made from records in `logs`, and can be made again: the newest
                revision takes the place of the one before, under the same id.

        Raises:
            InputError: No such wearer, another wearer's session, or values that cannot be kept.
        """
        if samples_received is None:
            samples_received = samples_in(analysis)
        origin = Origin(
            wearer_id=wearer_id,
            device_id=device_id,
            boot_id=boot_id,
            source=analysis.source if source is None else source,
            started_utc=started_utc,
            time_uncertainty_s=time_uncertainty_s,
            samples_received=samples_received,
            samples_lost=samples_lost,
        )
        content = content_of(analysis, origin)
        with transaction(self._engine, is_writing=True) as session:
            wearer_row(session, wearer_id)
            older = revisions(session, origin)
            for row in older:
                if row.content_sha256 == content.sha256:
                    return row.id
            if is_derived and older:
                return rewrite(session, content, older[-1])
            return write(session, content, len(older) + 1)

    def sessions(self, wearer_id: str, *, all_revisions: bool = False) -> tuple[SavedSession, ...]:
        """List a wearer's sessions in the order of saving, each in its newest revision.

        Args:
            wearer_id: Whose.
            all_revisions: Give the older revisions too.

        Raises:
            InputError: No such wearer.
        """
        with transaction(self._engine, is_writing=False) as session:
            wearer_row(session, wearer_id)
            query = select(SessionRow).where(SessionRow.wearer_id == wearer_id)
            rows = session.scalars(query.order_by(SessionRow.id)).all()
            newest = {(row.device_id, row.boot_id, row.source): row.id for row in rows}
            wanted = {row.id for row in rows} if all_revisions else set(newest.values())
            return tuple(saved(row) for row in rows if row.id in wanted)

    def episodes(self, session_id: int) -> tuple[Episode, ...]:
        """Give a session's prolonged slouches, as `Analysis.episodes`.

        Raises:
            InputError: No such session.
        """
        return self._episodes(session_id, KINDS[0])

    def bends(self, session_id: int) -> tuple[Episode, ...]:
        """Give a session's bends, as `Analysis.bends`.

        Raises:
            InputError: No such session.
        """
        return self._episodes(session_id, KINDS[1])

    def _episodes(self, session_id: int, kind: str) -> tuple[Episode, ...]:
        query = select(EpisodeRow).where(EpisodeRow.session_id == session_id)
        query = query.where(EpisodeRow.kind == kind).order_by(EpisodeRow.position)
        with transaction(self._engine, is_writing=False) as session:
            session_row(session, session_id)
            return tuple(Episode(**values(row, _EPISODE)) for row in session.scalars(query))

    def cues(self, session_id: int) -> tuple[Cue, ...]:
        """Give a session's buzzes, felt and held back.

        Raises:
            InputError: No such session.
        """
        query = select(CueRow).where(CueRow.session_id == session_id).order_by(CueRow.position)
        with transaction(self._engine, is_writing=False) as session:
            session_row(session, session_id)
            return tuple(Cue(**values(row, _CUE)) for row in session.scalars(query))

    def wear(self, session_id: int) -> Wear:
        """Say where a session's time went.

        Raises:
            InputError: No such session.
        """
        query = select(LedgerRow).where(LedgerRow.session_id == session_id)
        with transaction(self._engine, is_writing=False) as session:
            row = session_row(session, session_id)
            ledger = session.scalars(query.order_by(LedgerRow.position))
            by_context_s = {part.context: part.seconds for part in ledger}
            return Wear(**values(row, WEAR_TOTALS), by_context_s=by_context_s)

    def settings(self, prescription: str) -> dict[str, int]:
        """Give the complete settings behind a prescription's 8 hex digits.

        Raises:
            InputError: No session was saved with it.
        """
        with transaction(self._engine, is_writing=False) as session:
            row = session.get(PrescriptionRow, prescription)
            if row is None:
                raise missing("prescription", prescription, "one that a saved session names")
            return dict(row.settings)


def _new_id() -> str:
    return "w-" + "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def _check_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            found=f"the time zone {name!r}",
            expected="an IANA name that this computer knows",
            hint='"Europe/Zurich" or "UTC"; on Windows also install the package tzdata',
        ) from error
