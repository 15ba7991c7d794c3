"""An update over the link: pieces lost, doubled, damaged; flash full; power cut at every step."""

import contextlib
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturecore import faults, flash, frames
from tests.firmware.flashed import Flash, PowerCut, bundle, files, install, installed, use

from cable import install as install_by_cable  # isort: skip
from slots import Slots  # isort: skip
from update import CHECKED, NONE, ON_TRIAL, RECEIVING, REFUSED, Update  # isort: skip

OLD, NEW = files("old"), files("new")
DATA = bundle(NEW, version="0.2")
PIECE = 224


class Device:
    """The firmware that runs from a folder, as far as updates go."""

    def __init__(self, root):
        self.root = root
        self.slots = Slots(str(root))
        self.start = self.slots.start()
        self.told, self.reported = [], []
        self.update = Update(self.slots, self.start.folder, self.start.is_safe)
        self.was_unpacked = False
        if self.update.is_waiting and not self.start.is_safe:
            self.was_unpacked = self.update.unpack()  # it starts once more, with that
        self.update.connect(
            lambda frame, values: self.told.append((frame, values)),
            lambda code, detail=0: self.reported.append(code),
        )

    @property
    def status(self):
        """Offset, size and state."""
        self.update.tell_status()
        frame, values = self.told[-1]
        assert frame == flash.UPDATE_STATUS
        return values

    def begin(self, data=DATA, digest=None):
        digest = digest or hashlib.sha256(data).digest()
        return self.update.begin((len(data), digest), ())

    def put(self, at, data=DATA):
        piece = data[at : at + PIECE]
        self.update.data((at, piece + bytes(PIECE - len(piece))), ())

    def send(self, data=DATA):
        """Send what is missing, as a host would."""
        for at in range(self.status[0], len(data), PIECE):
            self.put(at, data)

    def end(self, data=DATA):
        return self.update.end((hashlib.sha256(data).digest(),), ())

    def work(self):
        for _ in range(2000):
            self.update.tend()

    def give(self, data=DATA):
        """Send all of an update and have it checked; return the state that leads to."""
        assert self.begin(data) == frames.ACK_DONE
        self.send(data)
        assert self.end(data) == frames.ACK_DONE
        self.work()
        return self.status[2]

    def take(self, data=DATA):
        """All of an update; it is unpacked by the next start, in safe mode at once."""
        if self.give(data) != CHECKED:
            return False
        assert self.update.is_ready
        if self.start.is_safe:
            return True
        self.slots.forgive()  # told to restart
        return Device(self.root).was_unpacked


@pytest.fixture
def root(tmp_path):
    install(tmp_path / "a", OLD)
    return tmp_path


def test_update_is_unpacked_beside_and_starts_on_trial(root):
    device = Device(root)
    assert device.status[2] == NONE
    assert device.take()
    assert installed(root / "b") == NEW
    assert installed(root / "a") == OLD
    after = Device(root)
    assert after.start.folder == "b"
    assert after.status[2] == ON_TRIAL


def test_nothing_is_left_of_a_bundle_that_was_unpacked(root):
    Device(root).take()
    assert {path.name for path in root.iterdir()} == {"a", "b", "slot.json"}


def test_update_that_does_not_start_is_undone(root):
    Device(root).take()
    folders = [Device(root).start.folder for _ in range(4)]
    assert folders == ["b", "b", "b", "a"]
    assert Slots(str(root)).is_whole("a")


def test_second_update_goes_into_the_first_folder(root):
    Device(root).take()
    device = Device(root)
    device.slots.confirm()
    assert device.take(bundle(OLD))
    assert Device(root).start.folder == "a"


def test_update_on_trial_keeps_the_way_back(root):
    Device(root).take()
    device = Device(root)
    device.begin(bundle(OLD))
    device.send(bundle(OLD))
    assert device.end(bundle(OLD)) == frames.ACK_BUSY
    assert installed(root / "a") == OLD
    device.slots.confirm()
    assert device.end(bundle(OLD)) == frames.ACK_DONE


def test_safe_mode_of_the_other_folder_updates_the_one_that_fails(root):
    install(root / "b", files("other"))
    for _ in range(6):
        Device(root)
    device = Device(root)
    assert (device.start.folder, device.start.is_safe) == ("b", True)
    assert device.take()
    assert installed(root / "a") == NEW
    assert installed(root / "b") == files("other")
    assert (Device(root).start.folder, Slots(str(root)).is_trial) == ("a", True)


def test_files_of_an_older_application_do_not_stay_in_its_folder(root):
    install(root / "b", dict(files("older"), **{"gone/gone.mpy": b"gone"}))
    Device(root).take()
    assert installed(root / "b") == NEW
    assert not (root / "b" / "gone").exists()


def test_lost_link_goes_on_where_it_ended(root):
    device = Device(root)
    device.begin()
    for at in range(0, 10 * PIECE, PIECE):
        device.put(at)
    assert device.begin() == frames.ACK_DONE
    assert device.status == (10 * PIECE, len(DATA), RECEIVING)


def test_restart_goes_on_at_the_last_kept_piece_of_flash(root):
    device = Device(root)
    device.begin()
    for at in range(0, 25 * PIECE, PIECE):
        device.put(at)
    after = Device(root)
    after.begin()
    assert after.status == (5 * 1024, len(DATA), RECEIVING)
    assert after.take()
    assert installed(root / "b") == NEW


def test_another_bundle_starts_anew(root):
    device = Device(root)
    device.begin()
    device.put(0)
    other = bundle(files("third"))
    device.begin(other)
    assert device.status[0] == 0
    assert device.take(other)
    assert installed(root / "b") == files("third")


def test_piece_out_of_order_is_counted_and_told_once(root):
    device = Device(root)
    device.begin()
    device.put(0)
    device.told.clear()
    for at in (0, 5 * PIECE, 2 * PIECE):
        device.put(at)
    assert device.update.ignored == 3
    assert device.told == [(flash.UPDATE_STATUS, (PIECE, len(DATA), RECEIVING))]


def test_piece_without_an_update_is_counted(root):
    device = Device(root)
    device.put(0)
    assert device.update.ignored == 1
    assert {path.name for path in root.iterdir()} == {"a", "slot.json"}


@pytest.mark.long_on_vm("a hundred restarts")
@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=120))
def test_pieces_in_any_order_and_number_never_make_a_wrong_update(tmp_path_factory, sent):
    root = tmp_path_factory.mktemp("flash")
    install(root / "a", OLD)
    device = Device(root)
    device.begin()
    for number, does_restart in sent:
        device.put(number * PIECE)
        if does_restart:
            device = Device(root)
            device.slots.forgive()
            device.begin()
    assert device.take()
    assert installed(root / "b") == NEW


@pytest.mark.parametrize("size", [0, 400_001, 4_294_967_295])
def test_size_that_cannot_be_is_refused(root, size):
    assert Device(root).update.begin((size, bytes(32)), ()) == frames.ACK_BAD_VALUE


def test_bundle_that_is_not_all_there_is_not_checked(root):
    device = Device(root)
    device.begin()
    device.put(0)
    assert device.end() == frames.ACK_BAD_VALUE
    assert device.status[2] == RECEIVING


def damaged(at):
    data = bytearray(DATA)
    data[at] ^= 1
    return bytes(data)


@pytest.mark.parametrize("at", [15, 3000], ids=["version", "file"])
def test_bundle_damaged_on_the_way_is_refused_and_told(root, at):
    device = Device(root)
    device.begin()
    for offset in range(0, len(DATA), PIECE):
        device.put(offset, damaged(at))
    device.end()
    device.work()
    assert device.status == (0, 0, REFUSED)
    assert device.reported == [faults.UPDATE_REFUSED]
    assert Device(root).start.folder == "a"
    assert device.take()


def other_manifest(**lines):
    """The bundle with some lines of its manifest changed; its hash is right all the same."""
    head = DATA.split(b"\n")
    for line, text in lines.items():
        head[int(line[1:])] = text.encode()
    return b"\n".join(head)


HEX = "0" * 64
BAD_BUNDLES = [
    pytest.param(damaged(3000), id="a-file-with-another-hash"),
    pytest.param(DATA + b"more", id="too-long"),
    pytest.param(DATA[:-1], id="too-short"),
    pytest.param(b"x" * 500, id="no-manifest"),
    pytest.param(b'{"version": "0.1", "files": 1}', id="no-lines"),
    pytest.param(other_manifest(l1=f'["../main.py", 10, "{HEX}"]'), id="path-outside"),
    pytest.param(bundle({"app.mpy": b"1"}), id="nothing-to-start"),
    pytest.param(bundle(dict(NEW, **{"a" * 90: b"1"})), id="long-path"),
    pytest.param(other_manifest(l2=DATA.split(b"\n")[1].decode()), id="a-file-twice"),
]


@pytest.mark.parametrize("data", BAD_BUNDLES)
def test_bundle_that_is_none_is_refused_by_the_next_start_and_what_runs_stays(root, data):
    device = Device(root)
    assert device.give(data) == CHECKED  # its hash is as announced
    device.slots.forgive()
    after = Device(root)
    assert (after.was_unpacked, after.status[2]) == (False, REFUSED)
    assert after.reported == [faults.UPDATE_REFUSED]
    assert installed(root / "a") == OLD
    assert not (root / "main.py").exists()
    assert [Device(root).start.folder for _ in range(5)] == ["a"] * 5
    assert {path.name for path in root.iterdir()} <= {"a", "b", "slot.json"}


@pytest.mark.parametrize("data", BAD_BUNDLES)
def test_bundle_that_is_none_is_refused_by_safe_mode_at_once(root, data):
    for _ in range(3):
        Device(root)
    device = Device(root)
    assert device.start.is_safe
    assert device.give(data) == REFUSED
    assert not device.update.is_ready
    assert device.reported == [faults.UPDATE_REFUSED]
    assert installed(root / "a") == OLD


@pytest.mark.parametrize("error", [MemoryError(), OSError(5)])
def test_update_that_cannot_be_unpacked_is_told_and_not_tried_again(root, monkeypatch, error):
    def fail(*_):
        raise error

    device = Device(root)
    device.give()
    with monkeypatch.context() as patched:
        patched.setattr("bundle._copy", fail)
        after = Device(root)
    assert (after.was_unpacked, after.status[2]) == (False, REFUSED)
    assert after.reported == [faults.UPDATE_REFUSED]
    assert not Device(root).update.is_waiting
    assert Device(root).start.folder == "a"
    assert after.take()


def test_start_that_ends_while_it_unpacks_is_not_repeated(root, monkeypatch):
    """What it was is not known: the device must not try it for ever."""

    def end(*_):
        raise PowerCut

    Device(root).give()
    with monkeypatch.context() as patched:
        patched.setattr("bundle._copy", end)
        with pytest.raises(PowerCut):
            Device(root)
    after = Device(root)
    assert (after.was_unpacked, after.start.folder) == (False, "a")
    assert after.take()
    assert installed(root / "b") == NEW


def test_only_the_folder_that_checked_an_update_unpacks_it(root):
    """Three starts of it failed: what runs now may be the folder that would be written."""
    install(root / "b", files("other"))
    device = Device(root)
    device.give()
    (root / "slot.json").write_text('["b", 0, 0, 0]')
    after = Device(root)
    assert (after.start.folder, after.update.is_waiting) == ("b", False)
    assert (installed(root / "a"), installed(root / "b")) == (OLD, files("other"))


class Failing(Flash):
    """Fails once, at the third piece, when so many bytes of it are in the file."""

    def __init__(self, error, torn_bytes):
        super().__init__()
        self._error, self._torn_bytes = error, torn_bytes
        self._pieces = 0

    def commit(self, path, data):
        self._pieces += path.endswith("bundle")
        is_torn = path.endswith("bundle") and self._pieces == 3
        super().commit(path, data[: self._torn_bytes] if is_torn else data)
        if is_torn:
            raise self._error


@pytest.mark.parametrize("torn_bytes", [0, 1024])
@pytest.mark.parametrize(
    ("error", "fault"), [(OSError(5), faults.FLASH_FAILED), (MemoryError(), faults.MEMORY)]
)
def test_piece_that_fails_to_be_kept_comes_once(root, monkeypatch, error, fault, torn_bytes):
    device = Device(root)
    use(monkeypatch, Failing(error, torn_bytes))
    device.begin()
    device.send()
    assert device.reported == [fault]
    assert device.status[0] == 2048 + torn_bytes
    assert device.take()
    assert installed(root / "b") == NEW


def test_firmware_that_is_not_installed_takes_no_update(tmp_path):
    device = Device(tmp_path)
    assert device.begin() == frames.ACK_FAILED


def test_too_little_room_is_refused_before_anything_is_written(root, monkeypatch):
    tight = Flash()
    tight.statvfs = lambda path: (4096, 4096, 100, 10)
    use(monkeypatch, tight)
    device = Device(root)
    assert device.begin() == frames.ACK_FAILED
    assert {path.name for path in root.iterdir()} == {"a", "slot.json"}


@pytest.mark.parametrize("room", range(0, 24, 3))
def test_full_flash_leaves_what_runs(root, monkeypatch, room):
    device = Device(root)
    full = Flash()
    full.full_from = room
    use(monkeypatch, full)
    with contextlib.suppress(OSError):  # the application answers "failed" to it
        device.begin()
    device.send()
    device.end()
    device.work()
    was_unpacked = Device(root).was_unpacked
    full.full_from = None
    assert installed(root / "a") == OLD
    device = Device(root)
    assert device.start.folder == ("b" if was_unpacked else "a")
    if not was_unpacked:
        assert device.was_unpacked or device.take()  # it may have waited for room


def run_until_cut(root, monkeypatch, cut_at):
    """Take an update until the power goes; return whether it went."""
    with monkeypatch.context() as patch:
        use(patch, Flash(cut_at))
        try:
            Device(root).take()
        except PowerCut:
            return True
    return False


@pytest.mark.cpython("scripts/update_cuts.py does it there")
@pytest.mark.parametrize("runs", ["a", "b"])
def test_power_cut_at_any_step_leaves_a_device_that_starts_and_can_go_on(
    tmp_path, monkeypatch, runs
):
    """The folder beside holds an older application, with a folder that is gone since."""
    cut_at, was_cut, beside = 0, True, "ba"[runs == "b"]
    while was_cut:
        root = tmp_path / str(cut_at)
        install(root / runs, OLD)
        install(root / beside, dict(files("older"), **{"gone/gone.mpy": b"gone"}))
        (root / "slot.json").write_text(f'["{runs}", 0, 0, 0]')
        was_cut = run_until_cut(root, monkeypatch, cut_at)
        device = Device(root)
        if device.was_unpacked:  # it waited for that start
            device = Device(root)
        assert device.start.folder == runs or installed(root / beside) == NEW
        assert device.slots.is_whole(device.start.folder)
        assert not device.start.is_safe
        has_manifest = (root / beside / "manifest.json").exists()
        assert device.slots.is_whole(beside) == has_manifest, "half an application"
        if device.start.folder == runs:
            assert installed(root / runs) == OLD
            assert device.take()
        assert installed(root / beside) == NEW
        cut_at += 1
    assert cut_at > 20


@pytest.mark.cpython("scripts/update_cuts.py does it there")
def test_second_cut_at_any_step_is_survived_too(tmp_path, monkeypatch):
    for first in range(0, 24, 5):
        for second in range(0, 24, 5):
            root = tmp_path / f"{first}-{second}"
            install(root / "a", OLD)
            run_until_cut(root, monkeypatch, first)
            run_until_cut(root, monkeypatch, second)
            device = Device(root)
            assert device.slots.is_whole(device.start.folder)
            assert installed(root / "a") == OLD


@pytest.mark.cpython("it looks at what is printed")
def test_bundle_copied_over_the_cable_is_installed_on_trial(root, capsys):
    (root / "update.bundle").write_bytes(DATA)
    install_by_cable(str(root))
    assert "Installed in /b" in capsys.readouterr().out
    assert Device(root).start.folder == "b"
    assert installed(root / "b") == NEW
    assert not (root / "update.bundle").exists()
