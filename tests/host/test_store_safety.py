"""The store refuses what is not its own, and survives a kill at any moment."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from posturecore import frames, wire
from tests.host.analysis_example import analysis_example
from tests.host.database_dump import dump
from trunkline.errors import InputError
from trunkline.protocol.log import stored_record
from trunkline.store import SCHEMA_VERSION, Store
from trunkline.store.database import open_engine, transaction

ROOT = Path(__file__).parents[2]
EXAMPLE = analysis_example()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


ADDED = {
    2: {
        "episode": "context mean_rate_deg_s twist_deg drop_m style confidence_pct",
        "session": "charging_s link_lost_s",
    },
    3: {"cue": "is_wrong"},
}
TABLES_OF_FOUR = ("record", "gap", "device_log")


def make_old(path, version):
    """Take out of a store what came after a version."""
    for added in (ADDED[number] for number in ADDED if number > version):
        for table, columns in added.items():
            for column in columns.split():
                _execute(path, f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in TABLES_OF_FOUR:
        _execute(path, f"DROP TABLE {table}")
    _execute(path, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_store_of_an_older_schema_is_brought_up(path, version):
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="UTC")
        session = store.save_session(wearer, EXAMPLE)
    make_old(path, version)
    with Store.open(path) as store:
        (bend, *_) = store.bends(session)
        assert bend.peak_deg == EXAMPLE.bends[0].peak_deg
        if version == 1:
            assert (bend.style, bend.drop_m, bend.context) == ("unknown", None, "unknown")
            assert store.wear(session).charging_s == 0
        if version < 3:
            assert [c.is_wrong for c in store.cues(session)] == [False] * len(EXAMPLE.cues)
        store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=2)
        log = store.logs.begin("a1")
        store.logs.append(log, [stored_record(0, wire.pack_frame(frames.CUE, 0, (1, 0, 1, 0)))])
    with Store.open(path) as store:  # and is then a store like any other
        assert store.sessions(wearer)
        assert store.logs.newest("a1").next == 1


def test_a_newer_schema_is_refused_and_left_alone(path):
    Store.open(path).close()
    _execute(path, f"UPDATE meta SET value = '{SCHEMA_VERSION + 1}' WHERE key = 'schema_version'")
    before = dump(path)
    with pytest.raises(InputError, match=f"schema version {SCHEMA_VERSION + 1}"):
        Store.open(path)
    assert dump(path) == before


def test_another_programs_database_is_refused_and_left_alone(path):
    _execute(path, "CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(InputError, match="another program"):
        Store.open(path)
    assert dump(path) == ["BEGIN TRANSACTION;", "CREATE TABLE bookmarks (url TEXT);", "COMMIT;"]


def test_a_file_that_is_no_database_is_refused(path):
    path.write_text("start,end\n" * 500)
    with pytest.raises(InputError, match="cannot be used"):
        Store.open(path)
    assert path.read_text() == "start,end\n" * 500


def test_a_damaged_page_is_found_at_opening(path):
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="UTC")
        for boot in range(5):
            store.save_session(wearer, EXAMPLE, boot_id=boot)
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be used"):
        Store.open(path)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("/no/such/folder/wear.sqlite", id="folder"),
        pytest.param("nosuchdatabase://x", id="dialect"),
        pytest.param("://", id="no-address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address):
    with pytest.raises(InputError):
        Store.open(address)


def test_a_database_held_by_another_program_is_said_so(path, monkeypatch):
    monkeypatch.setattr("trunkline.store.database._WAIT_MS", 50)
    with Store.open(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(InputError, match="held by another program"):
                store.add_wearer(time_zone="UTC")
            assert store.wearers() == {}
        finally:
            other.close()


def test_a_commit_waits_until_it_would_survive_a_power_cut(path):
    # No kill of a program shows it: the system keeps what it was given. 2 is FULL.
    engine = open_engine(path)
    with transaction(engine, is_writing=True) as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2
    engine.dispose()


def test_two_writers_at_once_make_one_session(path):
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="UTC")
    found = []

    def save():
        with Store.open(path) as store:
            found.append(store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=1))

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


KILLED_BEFORE_COMMIT = """
import os, signal, sys
from sqlalchemy import Engine, event
from posturecore import frames, wire
from tests.host.analysis_example import analysis_example
from trunkline.store import Store
path, wearer = sys.argv[1:]
store, example = Store.open(path), analysis_example()
event.listen(Engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
store.save_session(wearer, example, boot_id=2)
"""

SAVES_UNTIL_KILLED = """
import sys
from posturecore import frames, wire
from tests.host.analysis_example import analysis_example
from trunkline.store import Store
path, wearer = sys.argv[1:]
store, example = Store.open(path), analysis_example()
for boot_id in range(10, 100000):
    store.save_session(wearer, example, boot_id=boot_id)
    print(boot_id, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL: run it on Linux or macOS")
def test_a_save_killed_before_its_commit_leaves_nothing_half_written(path):
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="UTC")
        store.save_session(wearer, EXAMPLE, boot_id=1)
    before = dump(path)
    done = subprocess.run([sys.executable, "-c", KILLED_BEFORE_COMMIT, path, wearer], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    with Store.open(path) as store:
        assert dump(path) == before
        store.save_session(wearer, EXAMPLE, boot_id=2)
        assert [saved.boot_id for saved in store.sessions(wearer)] == [1, 2]


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL: run it on Linux or macOS")
def test_every_session_is_whole_after_a_kill_at_any_moment(path):
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="UTC")
    command = [sys.executable, "-c", SAVES_UNTIL_KILLED, path, wearer]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        announced = [writer.stdout.readline() for _ in range(3)]
        time.sleep(0.0137)
        writer.kill()
        announced += writer.stdout.read().split()
    with Store.open(path) as store:
        sessions = store.sessions(wearer)
        assert len(sessions) >= len(announced)
        for saved in sessions:
            assert store.episodes(saved.id) == EXAMPLE.episodes
            assert store.bends(saved.id) == EXAMPLE.bends
            assert store.cues(saved.id) == EXAMPLE.cues
            assert store.wear(saved.id) == EXAMPLE.wear


def _execute(path, statement):
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute(statement)
    finally:
        connection.close()
