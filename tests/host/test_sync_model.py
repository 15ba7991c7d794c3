"""Syncing against a simple model: two hosts, a bad link, restarts, erased flash, in any order."""

import asyncio
import contextlib
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from posturecore import flash, wire
from tests.host.log_device import DEVICE_ID, Device, DeviceWire
from trunkline.device.session import Session
from trunkline.errors import LinkError
from trunkline.store import Store
from trunkline.sync.into_store import sync

ID = DEVICE_ID.hex()
SMALL_BYTES = 80 * 1024  # some tens of hours: then what was acknowledged is deleted, or thinned
HOSTS = st.sampled_from(["anna", "ben"])


class Line:
    """A line that loses some messages of the log, and at last the link."""

    def __init__(self, cut_after, share, seed):
        self._left, self._share, self._chance = cut_after, share, random.Random(seed)

    def __call__(self, count, message):
        self._left -= 1
        if self._left == 0:
            return None
        return b"" if self._chance.random() < self._share else message


class SyncMachine(RuleBasedStateMachine):
    """`seen` is what was ever in flash, by life: a life ends when the flash is erased.

    `promised` is the highest number that was acknowledged in this life.
    """

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.stores = {name: Store.open(root / f"{name}.sqlite") for name in ("anna", "ben")}
        self.device = Device(root / "flash", SMALL_BYTES)
        self.seen, self.promised = {}, 0
        self.device.boot()
        self.look()

    def teardown(self):
        if hasattr(self, "folder"):
            for store in self.stores.values():
                store.close()
            self.folder.cleanup()

    def look(self):
        for number, data in self.device.in_flash().items():
            self.seen.setdefault(number, set()).add(data)

    @rule(hours=st.integers(1, 6))
    def live(self, hours):
        self.device.live(hours)
        self.look()

    @rule()
    def restart(self):
        self.device.boot()
        self.look()

    @rule()
    def erase(self):
        self.device.erase()
        self.device.boot()
        self.seen, self.promised = {}, 0
        self.look()

    @rule(name=HOSTS)
    def sync_to_the_end(self, name):
        self.bring(name, DeviceWire(self.device))
        held = self.held(name)
        kept = {k: d for k, d in self.device.in_flash().items() if d[1] != flash.LOST}
        assert kept.items() <= held.items()
        self.check_gaps(name, held)

    @rule(
        name=HOSTS,
        cut_after=st.integers(0, 40),
        share=st.sampled_from([0, 0.1, 0.4]),
        seed=st.integers(0, 999),
    )
    def sync_over_a_bad_line(self, name, cut_after, share, seed):
        with contextlib.suppress(LinkError):
            self.bring(name, DeviceWire(self.device, Line(cut_after, share, seed)))

    def bring(self, name, wire):
        store = self.stores[name]

        def look(number):
            log = store.logs.newest(ID)
            assert number <= log.next, f"{number} acknowledged, {log.next} on the disk"
            self.promised = max(self.promised, number)

        wire.on_ack = look

        async def run():
            async with Session(wire) as session:
                return await sync(session, store)

        try:
            asyncio.run(run())
        finally:
            self.look()

    def log(self, name):
        return self.stores[name].logs.newest(ID)

    def held(self, name):
        records = self.stores[name].logs.records(self.log(name))
        return {record.number: record.data for record in records}

    def check_gaps(self, name, held):
        """Every number below the next is here, or in the list of what is missing."""
        logs = self.stores[name].logs
        log = self.log(name)
        missing = {
            number for gap in logs.gaps(log) for number in range(gap.first, gap.end)
        } | held.keys()
        assert missing >= set(range(log.first, log.next))

    @invariant()
    def hosts_hold_only_what_was_in_flash(self):
        for name in getattr(self, "stores", ()):
            log = self.log(name)
            if log is None or not self.is_of_this_life(name):
                continue
            for number, data in self.held(name).items():
                assert data in self.seen[number], number

    def is_of_this_life(self, name):
        """Tell whether a host's newest log is the device's, by its newest record."""
        log, records = self.log(name), self.stores[name].logs.records(self.log(name))
        return bool(records) and records[-1].data in self.seen.get(log.next - 1, ())

    @invariant()
    def what_was_acknowledged_and_is_gone_is_on_a_disk_or_said_to_be_lost(self):
        held = set()
        for name in getattr(self, "stores", ()):
            if self.log(name) is not None and self.is_of_this_life(name):
                held |= self.held(name).keys()
        if hasattr(self, "stores"):
            now = self.device.in_flash()
            gone = {k for k in self.seen if k < self.promised and k not in now}
            assert gone - held - self.said_to_be_lost() == set()

    def said_to_be_lost(self):
        told = [d for all_seen in self.seen.values() for d in all_seen if d[1] == flash.LOST]
        ranges = [wire.unpack_frame(data, 0)[2][:2] for data in told]
        return {number for first, end in ranges for number in range(first, end)}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("trunkline.device.download._STALL_S", 0.01)
    monkeypatch.setattr("trunkline.sync.into_store._BATCH", 40)


class TestSyncing(SyncMachine.TestCase):
    settings = settings(max_examples=12, stateful_step_count=12)
