"""A host killed in the middle of a sync: nothing is lost, nothing twice, nothing promised.

The device is the firmware's own port, sender and log in a process of its own; the host that dies
is a forked process, killed by SIGKILL after so many bytes, at a commit, or after some time; up to
four of them before one may come to the end. 200 kills in `make test`, 2,000 in `make soak`.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cable_device import CableDevice, SocketTransport
from tests.host.log_device import DEVICE_ID, Device
from trunkline.device.session import Session
from trunkline.protocol.events import TimeAnchor
from trunkline.protocol.log import stored_record
from trunkline.store import Store
from trunkline.sync.into_store import sync

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL: run it on Linux")

SOAK = "TRUNKLINE_SOAK"
SEED = "TRUNKLINE_SOAK_SEED"
KILLS, SOAK_KILLS = 200, 2000
KILLS_OF_A_SYNC = 4
SYNCS_OF_A_DEVICE = 8
BATCH = 12  # records a transaction: many commits to be killed at
# The last point of each kind: a sync has come further than this by the time it is cut four times.
LAST = {"bytes": 3000.0, "commit": 6.0, "committed": 6.0, "time": 0.06}
ID = DEVICE_ID.hex()


# The device's process


def serve(pipe, root: Path) -> None:
    """Be the device; the pipe says which store to look into, and asks for the state."""
    device = Device(root)
    device.boot()
    device.live(4)
    promised_too_much: list[tuple[int, int]] = []
    store_path: list[Path] = []

    async def run():
        cable = CableDevice(device)

        def look(number):
            on_disk = next_on_disk(store_path[-1])
            if number > on_disk:
                promised_too_much.append((number, on_disk))

        cable.on_ack = look
        async with cable.serve() as port:
            pipe.send(port)
            while True:
                while not pipe.poll():
                    await asyncio.sleep(0.002)
                said = pipe.recv()
                if said is None:
                    return
                if isinstance(said, Path):
                    store_path.append(said)
                pipe.send((device.in_flash(), device.log.acknowledged, promised_too_much))

    asyncio.run(run())


def next_on_disk(path: Path) -> int:
    """Ask another program how far a store is, as its transactions that are done say."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT next FROM device_log").fetchone()
        held = database.execute("SELECT count(*) FROM record").fetchone()[0]
    return min(found[0], held) if found else 0


class Served:
    """The device's process, and what can be asked of it."""

    def __init__(self, root: Path) -> None:
        fork = multiprocessing.get_context("fork")
        self._pipe, theirs = fork.Pipe()
        self._process = fork.Process(target=serve, args=(theirs, root), daemon=True)
        self._process.start()
        self.port = self._pipe.recv()

    def ask(self, what):
        self._pipe.send(what)
        if not self._pipe.poll(10):
            raise AssertionError("the device does not answer")
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join(5)


# The host's process


def host(port: int, path: Path, point) -> int:
    """Sync in a forked process that dies at `point`; return its exit code."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(bring(port, path, point))
            os._exit(0)
        finally:
            os._exit(1)
    if point is not None and point[0] == "time":
        time.sleep(point[1])
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


async def bring(port: int, path: Path, point) -> None:
    kind, at = point or ("never", 0)
    counts = {"bytes": 0, "commit": 0, "committed": 0}

    def count(what, more):
        counts[what] += more
        if what == kind and counts[what] >= at:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store.open(path) as store:
        watch_commits(store, count)
        transport = SocketTransport(port, lambda more: count("bytes", more))
        async with Session(transport) as session:
            await sync(session, store)
            os._exit(0)


def watch_commits(store: Store, count) -> None:
    """Tell of each transaction right before and right after it is on the disk."""
    dialect = store._engine.dialect
    commit = dialect.do_commit

    def committing(connection):
        count("commit", 1)
        commit(connection)
        count("committed", 1)

    dialect.do_commit = committing


def choose(chance: random.Random):
    """Choose where to die: after bytes, before or after a commit, or after a time."""
    kind = chance.choice(("bytes", "bytes", "commit", "committed", "time"))
    at = chance.random() * LAST[kind]
    return kind, at if kind == "time" else 1 + int(at)


def check(path: Path, served: Served, *, is_complete: bool) -> None:
    """Hold a store against the device: the same bytes, from the start on, each number once."""
    on_device, acknowledged, promised_too_much = served.ask("state")
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        lives = database.execute("SELECT next FROM device_log").fetchall()
        held = database.execute("SELECT number, data FROM record ORDER BY number").fetchall()
    assert [number for number, _ in held] == list(range(len(held)))
    assert dict(held).items() <= on_device.items()
    assert lives == [(len(held),)][: len(lives)]
    assert promised_too_much == []
    if is_complete:
        assert len(held) == len(on_device) == acknowledged
        with Store.open(path) as store:
            (saved,) = store.sessions(*store.wearers())
            assert len(store.episodes(saved.id)) == len(store.bends(saved.id)) == 24


def run(folder: Path, seed: int, kills: int) -> Counter[str]:
    """Kill so many hosts; return how many died of what."""
    chance, died = random.Random(seed), Counter[str]()
    empty = folder / "empty.sqlite"
    with Store.open(empty) as store:
        store.add_wearer(time_zone="UTC")
    syncs, served = 0, Served(folder / "flash")
    while died.total() < kills:
        if syncs % SYNCS_OF_A_DEVICE == 0:
            served.close()
            served = Served(folder / f"flash-{syncs}")
        path = folder / f"{syncs}.sqlite"
        shutil.copy(empty, path)
        served.ask(path)
        died += cut(served, path, chance)
        assert host(served.port, path, None) == 0
        check(path, served, is_complete=True)
        syncs += 1
    served.close()
    return died


def cut(served: Served, path: Path, chance: random.Random) -> Counter[str]:
    """Kill one host after the other, until one comes to the end or enough have died."""
    died = Counter[str]()
    while died.total() < KILLS_OF_A_SYNC:
        kind, at = choose(chance)
        code = host(served.port, path, (kind, at))
        assert code in (0, -signal.SIGKILL), (kind, at)
        check(path, served, is_complete=code == 0)
        if code == 0:
            break
        died[kind] += 1
    return died


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr("trunkline.sync.into_store._BATCH", BATCH)


def test_host_killed_at_200_points_of_a_sync_loses_nothing_and_has_nothing_twice(tmp_path):
    died = run(tmp_path, 7, KILLS)
    assert died.total() >= KILLS
    assert min(died[kind] for kind in LAST) >= 10, died


@pytest.mark.skipif(SOAK not in os.environ, reason=f"some minutes; `make soak` sets {SOAK}=1")
def test_host_killed_at_2000_points_of_a_sync_loses_nothing_and_has_nothing_twice(tmp_path):
    seed = int(os.environ.get(SEED) or time.time())
    died = run(tmp_path, seed, SOAK_KILLS)
    print(f"\nseed {seed}: {dict(died)}")
    assert died.total() >= SOAK_KILLS


def test_what_the_kills_are_held_against_is_a_log_that_grows_with_each_contact(tmp_path):
    """Each sync tells the time, so the device's log is not the same twice."""
    served = Served(tmp_path / "flash")
    path = tmp_path / "wear.sqlite"
    served.ask(path)
    Store.open(path).close()
    before = len(served.ask("state")[0])
    assert host(served.port, path, None) == 0
    on_device = served.ask("state")[0]
    served.close()
    assert len(on_device) == before + 1
    assert isinstance(stored_record(before, on_device[before]).event, TimeAnchor)
