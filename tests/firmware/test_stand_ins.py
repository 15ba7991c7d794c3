"""What tests say with pytest and Hypothesis means the same on the VM: they can fail there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware.parts import Clock


def fails(check):
    try:
        check()
    except BaseException:  # pytest's own failures are no Exceptions
        return True
    return False


def end_with(error):
    if error:
        raise error


def expect(error, match, raised):
    with pytest.raises(error, match=match):
        end_with(raised)


@pytest.mark.parametrize(
    ("error", "match", "raised"),
    [
        pytest.param(ValueError, None, None, id="nothing"),
        pytest.param(ValueError, None, OSError(5), id="another-error"),
        pytest.param(OSError, None, ValueError("5"), id="not-below-it"),
        pytest.param(ValueError, "expected", ValueError("found"), id="other-words"),
    ],
)
def test_what_is_not_raised_as_expected_is_a_failure(error, match, raised):
    assert fails(lambda: expect(error, match, raised))


def test_what_is_raised_as_expected_is_none():
    expect(ValueError, "f[o]und", ValueError("it found"))
    expect((OSError, ValueError), None, OSError(5))


@pytest.mark.parametrize(
    ("found", "expected", "tolerance", "is_near"),
    [
        (100, 103, 3, True),
        (100, 104, 3, False),
        (1000.0005, 1000, None, True),
        (1000.01, 1000, None, False),
        ((1, 2), (1, 2.2), 0.3, True),
        ([1, 2], [1, 2.4], 0.3, False),
        ([1, 2], [1, 2, 3], 3, False),
    ],
)
def test_nearly_equal_is_as_near_as_was_said(found, expected, tolerance, is_near):
    assert (found == pytest.approx(expected, abs=tolerance)) == is_near
    assert (pytest.approx(expected, abs=tolerance) == found) == is_near


@pytest.mark.parametrize("second", [1, 2])
@pytest.mark.parametrize(("first", "third"), [pytest.param("a", 3, id="id"), ("b", 4)])
def test_arguments_of_stacked_tables_go_where_they_are_named(first, second, third):
    assert (first, third) in (("a", 3), ("b", 4))
    assert second in (1, 2)


def test_change_is_undone(monkeypatch):
    clock, table = Clock(), {"old": 1}
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now_ms", 7)
        patch.setitem(table, "old", 2)
        patch.setitem(table, "new", 3)
        assert (clock.now_ms, table) == (7, {"old": 2, "new": 3})
    assert (clock.now_ms, table) == (0, {"old": 1})


def test_change_of_what_is_not_there_is_a_failure(monkeypatch):
    assert fails(lambda: monkeypatch.setattr(Clock(), "nothing", 1))


def test_folder_is_new_and_takes_files(tmp_path):
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.log").write_bytes(b"12345")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["c.log"]
    assert (tmp_path / "a" / "b" / "c.log").stat().st_size == 5


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.sampled_from("xy"), st.binary())
def test_examples_are_of_their_kind(numbers, letter, data):
    assert 1 <= len(numbers) <= 4
    assert set(numbers) <= set(range(6))
    assert letter in "xy"
    assert isinstance(data, bytes)
