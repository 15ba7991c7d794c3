"""Sessions in the database: finding their rows, and writing one with all that belongs to it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from trunkline.errors import InputError
from trunkline.store.saved import Content, Origin, SavedSession
from trunkline.store.tables import PARTS, PrescriptionRow, SessionRow, WearerRow, values

_SESSION = tuple(field.name for field in fields(SavedSession))


def write(session: Session, content: Content, revision: int) -> int:
    """Write one revision with its parts and return its id."""
    row = SessionRow(revision=revision)
    _fill(session, row, content)
    return row.id


def rewrite(session: Session, content: Content, row: SessionRow) -> int:
    """Put the next revision in a session's place and return its id, which stays."""
    for part in PARTS.values():
        session.execute(delete(part).where(part.session_id == row.id))
    row.revision += 1
    _fill(session, row, content)
    return row.id


def _fill(session: Session, row: SessionRow, content: Content) -> None:
    _keep_prescription(session, content)
    facts = {
        **content.session,
        "content_sha256": content.sha256,
        "app_version": _app_version(),
        "saved_utc": datetime.now(UTC),
    }
    for name, value in facts.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    for part, rows in content.parts.items():
        if rows:
            session.execute(insert(PARTS[part]), _numbered(rows, row.id))


def _numbered(rows: list[dict[str, Any]], session_id: int) -> list[dict[str, Any]]:
    return [
        row | {"session_id": session_id, "position": position} for position, row in enumerate(rows)
    ]


def _keep_prescription(session: Session, content: Content) -> None:
    key = content.session["prescription"]
    known = session.get(PrescriptionRow, key)
    if known is None:
        session.add(PrescriptionRow(hash=key, settings=content.settings))
        session.flush()
    elif known.settings != content.settings:
        # 32 bits can meet by chance; two prescriptions under one name must never be mixed.
        raise InputError(
            found=f"two different prescriptions with the hash {key}",
            expected="one",
            hint="change any setting by its smallest step",
        )


def revisions(session: Session, origin: Origin) -> Sequence[SessionRow]:
    """Find every revision of a session, oldest first.

    Raises:
        InputError: It belongs to another wearer.
    """
    query = select(SessionRow).where(
        SessionRow.device_id == origin.device_id,
        SessionRow.boot_id == origin.boot_id,
        SessionRow.source == origin.source,
    )
    rows = session.scalars(query.order_by(SessionRow.revision)).all()
    if rows and rows[0].wearer_id != origin.wearer_id:
        raise InputError(
            found=f"a session that is saved for {rows[0].wearer_id} already",
            expected=f"a session of {origin.wearer_id}",
            hint="the right wearer, or another source= if these are two recordings",
        )
    return rows


def saved(row: SessionRow) -> SavedSession:
    """Turn a row into what callers get."""
    found = values(row, _SESSION)
    found["neutral"] = None if row.neutral is None else tuple(row.neutral)
    found["warnings"] = tuple(row.warnings)
    return SavedSession(**found)


def wearer_row(session: Session, wearer_id: str) -> WearerRow:
    """Find a wearer; raise InputError when there is none."""
    row = session.get(WearerRow, wearer_id)
    if row is None:
        raise missing("wearer", wearer_id, "one from add_wearer or wearers")
    return row


def session_row(session: Session, session_id: int) -> SessionRow:
    """Find a session; raise InputError when there is none."""
    row = session.get(SessionRow, session_id)
    if row is None:
        raise missing("session", session_id, "one from save_session or sessions")
    return row


def missing(what: str, key: object, hint: str) -> InputError:
    """Make the error for something that is not in the store."""
    return InputError(
        found=f"no {what} {key!r} in the store", expected=f"a {what} that was saved", hint=hint
    )


def _app_version() -> str:
    try:
        return version("trunkline")
    except PackageNotFoundError:
        return "unknown"
