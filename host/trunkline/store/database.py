"""Opening a database: the right file, the right version, safe against a power cut."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from trunkline.errors import InputError
from trunkline.store.tables import APPLICATION, SCHEMA_VERSION, Base, MetaRow
from trunkline.store.upgrade import upgrade

_WAIT_MS = 5000  # for another program that is writing
_WRITES = "trunkline_writes"


def open_engine(url_or_path: str | Path) -> Engine:
    """Open or create the database and check that it is ours, whole, and of this version.

    Raises:
        InputError: It cannot be opened, is damaged, is not ours, or is newer than this program.
    """
    engine = _connectable(str(url_or_path))
    try:
        with _plain_errors(engine):
            _prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def transaction(engine: Engine, *, is_writing: bool) -> Iterator[Session]:
    """Give a session that commits everything at the end, or nothing.

    Raises:
        InputError: The database is held by another program, full, or damaged.
    """
    options = {_WRITES: is_writing}
    with (
        _plain_errors(engine),
        Session(engine.execution_options(**options)) as session,
        session.begin(),
    ):
        yield session


def _connectable(text: str) -> Engine:
    url = text if "://" in text else f"sqlite:///{text}"
    try:
        engine = create_engine(url)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise InputError(
            found=f"the database address {text!r} ({error})",
            expected="a file path, or an SQLAlchemy address whose driver is installed",
            hint="a path such as wear.sqlite, or install the driver that the address names",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Python's own BEGIN comes too late: see _begin_sqlite
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: what was committed survives a power cut; WAL alone would risk the last commits.
        cursor.execute("PRAGMA synchronous = FULL")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock before it reads, so that what it read still holds when it writes.
    is_writing = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _prepare(engine: Engine) -> None:
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if engine.dialect.name == "sqlite":
            _check_whole(connection)
    if not tables:
        _create(engine)
    elif MetaRow.__tablename__ not in tables:
        raise _not_ours(engine)
    with transaction(engine, is_writing=False) as session:
        facts = {row.key: row.value for row in session.scalars(select(MetaRow))}
    _check_version(engine, facts)
    if int(facts["schema_version"]) < SCHEMA_VERSION:
        with transaction(engine, is_writing=True) as session:
            upgrade(session.connection())
            session.merge(MetaRow(key="schema_version", value=str(SCHEMA_VERSION)))


def _check_whole(connection: Connection) -> None:
    answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if answer != "ok":
        raise _damaged(connection.engine, str(answer))


def _create(engine: Engine) -> None:
    facts = {"application": APPLICATION, "schema_version": str(SCHEMA_VERSION)}
    with transaction(engine, is_writing=True) as session:
        # Another program may have made them between our look and our lock.
        Base.metadata.create_all(session.connection())
        for key, value in facts.items():
            session.merge(MetaRow(key=key, value=value))


def _check_version(engine: Engine, facts: dict[str, str]) -> None:
    if facts.get("application") != APPLICATION:
        raise _not_ours(engine)
    text = facts.get("schema_version", "")
    if not text.isdecimal() or int(text) < 1:
        raise _damaged(engine, f"schema version {text!r}")
    if int(text) > SCHEMA_VERSION:
        raise InputError(
            found=f"{_name(engine)} with schema version {text}",
            expected=f"version {SCHEMA_VERSION} or older",
            hint="open it with the newer Trunkline that wrote it; nothing was changed",
        )


@contextmanager
def _plain_errors(engine: Engine) -> Iterator[None]:
    """Turn what the driver says into one sentence."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", error))
        if "locked" in reason:
            raise InputError(
                found=f"{_name(engine)} held by another program",
                expected=f"it to be free within {_WAIT_MS // 1000} s",
                hint="close the other program and try again",
            ) from error
        if "is full" in reason:
            raise InputError(
                found=f"no room on the disk for {_name(engine)}",
                expected="room for what is saved; nothing of it was, and what was there is whole",
                hint="free some space, then the same again",
            ) from error
        raise _damaged(engine, reason) from error
    except SQLAlchemyError as error:
        raise _damaged(engine, str(error)) from error


def _damaged(engine: Engine, reason: str) -> InputError:
    return InputError(
        found=f"{_name(engine)} that cannot be used ({reason})",
        expected="a whole Trunkline database, or a new file in a folder that exists",
        hint="another path, or a copy from a backup",
    )


def _not_ours(engine: Engine) -> InputError:
    return InputError(
        found=f"{_name(engine)} with the tables of another program",
        expected="a Trunkline database or a new file",
        hint="another path; nothing was changed",
    )


def _name(engine: Engine) -> str:
    return f"the database {engine.url.render_as_string(hide_password=True)}"
