"""Which application folder starts, after whatever has happened to flash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware.flashed import Flash, files, install, manifest, use

from manifest import row  # isort: skip
from slots import Slots, header  # isort: skip


@pytest.fixture
def flash(tmp_path):
    install(tmp_path / "a", files("old"))
    return tmp_path


def starts(root, count=1):
    """Start so many times, each failing; give (folder, is_safe, was_undone) of each."""
    found = []
    for _ in range(count):
        start = Slots(str(root)).start()
        found.append((start.folder, start.is_safe, start.was_undone))
    return found


def put_on_trial(root, folder="b"):
    install(root / folder, files("new"))
    Slots(str(root)).switch(folder)


def test_fresh_board_starts_its_only_folder(flash):
    assert starts(flash) == [("a", False, False)]


def test_three_failed_starts_of_a_proven_folder_lead_to_safe_mode(flash):
    assert starts(flash, 4) == [("a", False, False)] * 3 + [("a", True, False)]


def test_good_minute_forgets_the_failed_starts(flash):
    starts(flash, 2)
    slots = Slots(str(flash))
    slots.start()
    slots.confirm()
    assert starts(flash, 3) == [("a", False, False)] * 3


def test_three_failed_starts_on_trial_go_back_to_the_folder_before(flash):
    put_on_trial(flash)
    assert starts(flash, 5) == [("b", False, False)] * 3 + [("a", False, True)] * 2


def test_undone_update_is_told_until_a_good_minute(flash):
    put_on_trial(flash)
    starts(flash, 3)
    slots = Slots(str(flash))
    assert slots.start().was_undone
    slots.confirm()
    assert starts(flash) == [("a", False, False)]


def test_confirmed_update_stays(flash):
    put_on_trial(flash)
    slots = Slots(str(flash))
    slots.start()
    slots.confirm()
    assert starts(flash, 4) == [("b", False, False)] * 3 + [("b", True, False)]


@pytest.mark.parametrize("error", [OSError, MemoryError])
def test_switch_that_fails_changes_nothing_and_is_not_saved_later(flash, monkeypatch, error):
    def fail(*_):
        raise error

    install(flash / "b", files("new"))
    slots = Slots(str(flash))
    slots.start()
    with monkeypatch.context() as patched:
        patched.setattr(slots, "_write", fail)
        with pytest.raises(error):
            slots.switch("b")
    slots.forgive()
    assert (slots.folder, slots.is_trial) == ("a", False)
    assert starts(flash) == [("a", False, False)]


def test_told_restart_is_no_failed_start(flash):
    for _ in range(10):
        slots = Slots(str(flash))
        assert not slots.start().is_safe
        slots.forgive()


def test_minute_in_safe_mode_lets_the_application_try_once(flash):
    starts(flash, 3)
    slots = Slots(str(flash))
    assert slots.start().is_safe
    slots.retry()
    assert starts(flash, 2) == [("a", False, False), ("a", True, False)]


def test_safe_mode_that_fails_too_is_tried_from_the_other_folder(flash):
    install(flash / "b", files("other"))
    found = starts(flash, 12)
    assert (
        found[3:] == [("a", True, False)] * 3 + [("b", True, False)] * 3 + [("a", True, False)] * 3
    )


def test_damaged_folder_gives_way_to_a_whole_one_after_three_failures(flash):
    install(flash / "b", files("other"))
    Slots(str(flash)).confirm()
    (flash / "a" / "app.mpy").write_bytes(b"damaged")
    assert starts(flash, 4) == [("a", False, False)] * 3 + [("b", False, True)]


def test_folder_without_a_manifest_gives_way_at_once(flash):
    install(flash / "b", files("other"))
    (flash / "a" / "manifest.json").unlink()
    assert starts(flash) == [("b", False, False)]


def test_board_without_any_application_starts_none(tmp_path):
    assert starts(tmp_path, 5) == [("", False, False)] * 5
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=60))
def test_damaged_memory_of_the_loader_starts_something_all_the_same(tmp_path_factory, noise):
    root = tmp_path_factory.mktemp("flash")
    install(root / "a", files("old"))
    install(root / "b", files("other"))
    (root / "slot.json").write_bytes(noise)
    assert starts(root)[0][0] in ("a", "b")


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damaged_manifest_never_raises_and_never_names_other_files(tmp_path_factory, noise, at):
    root = tmp_path_factory.mktemp("flash")
    install(root / "a", files("old"))
    path = root / "a" / "manifest.json"
    good = path.read_bytes()
    damaged = good[:at] + noise + good[at + len(noise) :]
    path.write_bytes(damaged)
    slots = Slots(str(root))
    slots.start()
    if slots.is_whole("a"):  # the version or a blank was hit
        assert list(map(row, damaged.splitlines()[1:5])) == list(map(row, good.splitlines()[1:]))


@pytest.mark.parametrize("state", ['["c",0,0,0]', '["a",0,-1,0]', '["a"]', "7", "{}", "[[]]"])
def test_state_that_makes_no_sense_is_as_none(flash, state):
    (flash / "slot.json").write_text(state)
    assert starts(flash) == [("a", False, False)]


def test_full_flash_does_not_keep_a_board_from_starting(flash, monkeypatch):
    full = Flash()
    full.full_from = 0
    use(monkeypatch, full)
    assert starts(flash, 5) == [("a", False, False)] * 5


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('["../boot.py", 1, "{}"]', id="above"),
        pytest.param('["/boot.py", 1, "{}"]', id="absolute"),
        pytest.param('["a/../../boot.py", 1, "{}"]', id="around"),
        pytest.param('[".hidden", 1, "{}"]', id="hidden"),
        pytest.param('["manifest.json", 1, "{}"]', id="itself"),
        pytest.param('["a//b.mpy", 1, "{}"]', id="empty-part"),
        pytest.param('["a\\\\b.mpy", 1, "{}"]', id="backslash"),
        pytest.param('["a/b/c/d/e.mpy", 1, "{}"]', id="deep"),
        pytest.param('["a.mpy", -1, "{}"]', id="negative"),
        pytest.param('["a.mpy", 100001, "{}"]', id="large"),
        pytest.param('["a.mpy", "1", "{}"]', id="text-for-size"),
        pytest.param('["a.mpy", 1, "abc"]', id="short-hash"),
        pytest.param('["a.mpy", 1]', id="short-row"),
        pytest.param("[1, 1, 1]", id="numbers"),
        pytest.param('[1, 1, "{}"]', id="number-for-path"),
        pytest.param("7", id="a-number"),
    ],
)
def test_bad_line_of_a_manifest_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors are ValueErrors too
        row(line.replace("{}", "0" * 64))


@pytest.mark.parametrize("line", ["[]", '{"version": 1, "files": 1}', '{"version": "1"}'])
def test_bad_first_line_of_a_manifest_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011
        header(line)


def test_manifest_of_the_tests_is_one_the_device_reads(flash):
    assert header(manifest(files("x")).splitlines()[0]) == ("0.1", 4)
    assert Slots(str(flash)).is_whole("a")
