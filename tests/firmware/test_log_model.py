"""The log against a simple model: whatever happens in whatever order, nothing is lost unsaid."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from posturecore import flash, frames
from tests.firmware.test_log import Torn, cue, minutes, read

from storage import segments  # isort: skip
from storage.log import Log  # isort: skip

SIZE_BYTES = 24 * 4096
FILE_BLOCKS = 3
NO_SPACE = 28


class LogMachine(RuleBasedStateMachine):
    """`written` is what `append` took; `safe` says below which number it must be in flash."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.written, self.safe, self.acknowledged = {}, 0, 0
        self.start()

    def start(self):
        self.log = Log(self.folder.name, SIZE_BYTES, segment_blocks=FILE_BLOCKS)

    def teardown(self):
        if hasattr(self, "folder"):
            try:
                self.check_all()
            finally:
                self.folder.cleanup()

    def note(self):
        self.safe = max(self.safe, self.log.durable)

    @rule(count=st.integers(1, 60), kind=st.sampled_from([cue, minutes]), tends=st.booleans())
    def append(self, count, kind, tends):
        for _ in range(count):
            self.add(kind)
            if tends:
                self.log.tend()
        self.note()

    @rule(cues=st.integers(0, 8))
    def spend_a_day(self, cues):
        for _ in range(60):
            self.add(minutes)
            for _ in range(cues):
                self.add(cue)
            self.log.sync()
        self.note()

    def add(self, kind):
        frame, values, *rest = kind(self.log.next)
        items = rest[0] if rest else ()
        self.written[self.log.append(frame, values, items)] = (frame, values, items)

    @rule()
    def sync(self):
        assert self.log.sync() or self.log.is_full
        self.note()

    @rule(steps=st.integers(1, 20))
    def tend(self, steps):
        for _ in range(steps):
            self.log.tend()
        self.note()

    @rule(back=st.integers(0, 300))
    def acknowledge(self, back):
        number = max(0, self.log.next - back)
        self.log.acknowledge(number)
        self.acknowledged = max(self.acknowledged, min(number, self.log.durable))
        assert self.log.acknowledged == self.acknowledged

    @rule()
    def cut_power(self):
        self.start()
        assert self.log.acknowledged == self.acknowledged
        assert self.log.next >= self.safe
        # What was not yet safe may be there, or be a torn end that was left out.
        there = {row[0] for row in read(self.log) if row[1] != flash.LOST}
        self.written = {k: self.written[k] for k in self.written if k < self.safe or k in there}
        self.note()

    @rule(number=st.integers(0, 3000))
    def leave_half_a_file(self, number):
        Path(self.folder.name, "log", f"{number:08x}.log.new").write_bytes(b"\xa5half a file")

    @rule(error=st.sampled_from([5, NO_SPACE]), keep_bytes=st.integers(0, 60))
    def fail_to_write(self, error, keep_bytes):
        failures = self.log.failures
        self.add(cue)
        real, left = open, [1]

        def failing(path, mode="r", **options):
            file = real(path, mode, **options)
            if mode == "ab" and left.pop():
                left.append(0)
                return Torn(file, error, keep_bytes)
            left.append(0)
            return file

        segments.open = failing
        try:
            self.log.tend()
        finally:
            del segments.open
        assert self.log.failures - failures in (0, 1)
        self.note()

    @rule(start=st.integers(0, 3000))
    def reading_from_the_middle_gives_the_end_of_all(self, start):
        found = read(self.log)
        assert read(self.log, start) == [row for row in found if row[0] >= start]

    @invariant()
    def counts_are_sane(self):
        if hasattr(self, "log"):
            assert self.log.oldest <= self.log.durable <= self.log.next
            assert self.log.used_bytes <= SIZE_BYTES
            on_disk = sum(
                -(-path.stat().st_size // 4096)
                for path in Path(self.folder.name, "log").glob("*.log")
            )
            assert on_disk * 4096 <= SIZE_BYTES

    @rule()
    def check_all(self):
        found = read(self.log)
        numbers = [row[0] for row in found]
        assert numbers == sorted(set(numbers))
        lost = [row[2] for row in found if row[1] == flash.LOST]
        for number, kind, values, items in found:
            if kind == flash.LOST:
                assert values[0] == number
            else:
                assert (kind, values, items) == self.written[number]
        there = {row[0] for row in found if row[1] != flash.LOST}
        for number in range(self.acknowledged, self.safe):
            if number not in there:
                causes = {cause for first, end, _, cause in lost if first <= number < end}
                assert causes, f"record {number} is gone unsaid"
                if number in self.written and self.written[number][0] == frames.CUE:
                    assert causes >= {1}, f"record {number} is gone for its room"
        for first, end, count, _ in lost:
            assert 0 < count <= end - first


LogMachine.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_log_behaves_as_its_model = LogMachine.TestCase
