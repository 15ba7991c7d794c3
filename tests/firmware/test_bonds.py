"""The keys of hosts: kept over power cuts, four hosts at most, nothing of a stranger's."""

import pytest

from ble.bonds import Bonds  # isort: skip
from storage.documents import Storage  # isort: skip


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


@pytest.fixture
def bonds(storage):
    return Bonds(storage)


def test_saved_bond_survives_a_restart(bonds, storage):
    bonds.set(2, b"\x01peer", b"key", True)
    assert bonds.save()
    again = Bonds(storage)
    assert again.get(2, 0, b"\x01peer") == b"key"
    assert again.get(1, 0, b"\x01peer") is None
    assert len(again) == 1


def test_bond_takes_memoryviews_as_the_stack_gives_them(bonds):
    bonds.set(2, memoryview(b"peer"), memoryview(b"key"), True)
    assert bonds.get(2, 0, memoryview(b"peer")) == b"key"


def test_bonds_are_listed_by_index(bonds):
    for k in range(3):
        bonds.set(2, bytes([k]), bytes([10 + k]), True)
    bonds.set(1, b"own", b"other kind", True)
    assert [bonds.get(2, k, None) for k in range(4)] == [b"\x0a", b"\x0b", b"\x0c", None]


def test_new_keys_of_a_host_replace_its_old_ones(bonds):
    for k in range(50):
        bonds.set(2, b"peer", bytes([k]), True)
    assert len(bonds) == 1
    assert bonds.get(2, 0, b"peer") == b"\x31"


def test_four_hosts_are_kept_and_the_first_goes_with_all_its_keys(bonds):
    bonds.set(10, b"irk", b"identity", False)
    for k in range(30):
        bonds.set(1, bytes([k]), b"ours", True)
        bonds.set(2, bytes([k]), b"theirs", True)
    assert len(bonds) == 4
    assert [bonds.get(kind, 0, bytes([25])) for kind in (1, 2)] == [None, None]
    assert [bonds.get(kind, 0, bytes([26])) for kind in (1, 2)] == [b"ours", b"theirs"]
    assert bonds.get(10, 0, b"irk") == b"identity"


def test_host_that_may_not_bond_leaves_nothing(bonds):
    assert not bonds.set(2, b"peer", b"key", False)
    assert bonds.is_saved
    assert bonds.get(2, 0, b"peer") is None


def test_what_the_stack_deletes_comes_back_unless_the_host_pairs_anew(bonds, storage):
    bonds.set(2, b"peer", b"key", True)
    bonds.save()
    assert bonds.set(2, b"peer", None, False)
    assert not bonds.set(2, b"peer", None, False)
    assert bonds.get(2, 0, b"peer") is None
    assert Bonds(storage).get(2, 0, b"peer") == b"key"
    bonds.restore()
    assert bonds.get(2, 0, b"peer") == b"key"


def test_keys_that_come_while_flash_is_written_are_not_taken_for_saved(bonds, storage):
    bonds.set(2, b"first", b"key", True)
    write = storage.save

    def interrupted(name, rows):
        bonds.set(2, b"second", b"key", True)  # the radio's IRQ
        write(name, rows)

    storage.save = interrupted
    assert bonds.save()
    assert not bonds.is_saved
    assert Bonds(storage).get(2, 0, b"second") is None
    storage.save = write
    assert bonds.save()
    assert Bonds(storage).get(2, 0, b"second") == b"key"


def test_keys_that_flash_refuses_are_undone(bonds, storage):
    def refuse(*_):
        raise OSError(28, "no room")

    bonds.set(2, b"peer", b"key", True)
    bonds.save()
    bonds.set(2, b"peer", b"new", True)
    storage.save = refuse
    assert not bonds.save()
    assert bonds.get(2, 0, b"peer") == b"key"
    assert bonds.is_saved


def test_forgotten_hosts_are_gone_for_good_and_so_is_the_identity(bonds, storage):
    bonds.set(10, b"irk", b"identity", False)
    bonds.set(2, b"peer", b"key", True)
    bonds.save()
    assert bonds.forget()
    again = Bonds(storage)
    assert (len(again), again.get(10, 0, b"irk")) == (0, None)


@pytest.mark.parametrize(
    "content",
    ["5", "{}", "null", '[["x"], 5, [2, "zz", "00"], [2, 7, "00"]]', "[[2, "],
)
def test_damaged_bonds_are_nobodys_and_the_device_is_not_taken_for_new(storage, tmp_path, content):
    assert len(Bonds(storage)) == 0
    (tmp_path / "bonds.json").write_text(content)
    bonds = Bonds(storage)
    assert (storage.damaged > 0, len(bonds)) == (True, 1)
    assert [bonds.get(kind, 0, None) for kind in (1, 2, 10)] == [None, None, None]
    bonds.set(10, b"irk", b"identity", False)
    assert bonds.save()
    assert len(Bonds(storage)) == 1  # nor at the start after
    assert bonds.forget()
    assert len(Bonds(storage)) == 0
