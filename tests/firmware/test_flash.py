"""What is kept in flash: it survives power cuts, damage and a full disk."""

import json
import os
import sys

import pytest

from posturecore import params
from tests.firmware import parts

import battery  # isort: skip
import identity  # isort: skip
from prescription import Prescription  # isort: skip
from storage import documents  # isort: skip
from storage.documents import Storage  # isort: skip

UPRIGHT = (16393, 0, 0)


class PowerCutError(Exception):
    pass


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


@pytest.fixture
def full_flash(storage, monkeypatch):
    """The same storage after its flash has become full."""

    def refuse(*_):
        raise OSError(28)

    return lambda: monkeypatch.setattr(storage, "save", refuse)


# Storage


def test_document_is_read_back(storage):
    storage.save("a.json", {"k": [1, 2]})
    assert storage.load("a.json", None) == {"k": [1, 2]}


def test_missing_document_is_the_default_and_no_damage(storage):
    assert storage.load("a.json", 7) == 7
    assert storage.damaged == 0


# MicroPython 1.25, which the 32-bit VM is, takes what lacks its end for whole; 1.29 does not.
CUT_SHORT = [b"{", b'{"k": 1'] if sys.implementation.version >= (1, 26) else []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"nul"] + CUT_SHORT)
def test_damaged_document_is_the_default_and_counted(storage, tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    assert storage.load("a.json", 7) == 7
    assert storage.damaged == 1


def test_power_cut_before_the_rename_leaves_the_old_document(storage, tmp_path, monkeypatch):
    storage.save("a.json", "old")

    def cut(*_):
        raise PowerCutError

    monkeypatch.setattr(documents, "os", parts.Changed(os, rename=cut))
    with pytest.raises(PowerCutError):
        storage.save("a.json", "new")
    monkeypatch.undo()
    assert Storage(str(tmp_path)).load("a.json", None) == "old"
    storage.save("a.json", "newer")
    assert storage.load("a.json", None) == "newer"


@pytest.mark.parametrize("written", range(0, 12, 3))
def test_power_cut_while_writing_leaves_the_old_document(storage, tmp_path, monkeypatch, written):
    storage.save("a.json", "old")

    def cut(document, file):
        file.write(json.dumps(document)[:written])
        raise PowerCutError

    monkeypatch.setattr(documents, "json", parts.Changed(json, dump=cut))
    with pytest.raises(PowerCutError):
        storage.save("a.json", "a new document")
    assert Storage(str(tmp_path)).load("a.json", None) == "old"


# Prescription


def test_prescription_survives_a_restart(storage):
    first = Prescription(storage)
    first.change({"slouch_hold_s": 5})
    first.set_neutral(1, UPRIGHT)
    again = Prescription(storage)
    assert again.settings["slouch_hold_s"] == 5
    assert again.neutrals == {1: UPRIGHT}


def test_neutral_in_force_survives_a_restart(storage):
    first = Prescription(storage)
    first.set_neutral(0, UPRIGHT)
    first.set_neutral(2, (16000, 3000, 0))
    assert Prescription(storage).neutral == 2


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="a-list"),
        pytest.param(None, id="null"),
        pytest.param({"settings": [], "neutrals": 5}, id="other-types"),
        pytest.param({"settings": {"slouch_hold_s": "5"}}, id="text-for-a-number"),
        pytest.param({"settings": {"slouch_hold_s": 10**6}}, id="out-of-range"),
        pytest.param({"settings": {"gone_since_v2": 1}}, id="unknown-setting"),
        pytest.param({"neutrals": [[0, [1.5, "x", None]]]}, id="neutral-of-text"),
        pytest.param({"neutrals": [[0, [1.0, 2.0, 16393.0]]]}, id="neutral-of-floats"),
        pytest.param({"neutrals": [[0, [1, 2, 3]]]}, id="neutral-that-points-nowhere"),
        pytest.param({"neutrals": [[0, [0, 0, 16393]]]}, id="neutral-lying"),
        pytest.param({"neutrals": [[300, [16393, 0, 0]]]}, id="unknown-neutral"),
        pytest.param({"neutral": 2}, id="neutral-not-there"),
    ],
)
def test_unusable_prescription_falls_back_to_defaults(storage, document):
    storage.save("prescription.json", document)
    read = Prescription(storage)
    assert read.settings == params.defaults()
    assert (read.neutrals, read.neutral) == ({}, None)


def test_one_bad_setting_leaves_the_others_in_force(storage):
    settings = {"slouch_hold_s": 5, "cues_per_hour": 999}
    storage.save("prescription.json", {"settings": settings})
    read = Prescription(storage)
    assert read.settings["slouch_hold_s"] == 5
    assert read.settings["cues_per_hour"] == params.defaults()["cues_per_hour"]


def test_bad_change_changes_nothing(storage):
    prescription = Prescription(storage)
    prescription.change({"slouch_hold_s": 5})
    with pytest.raises(ValueError, match="expected"):
        prescription.change({"slouch_hold_s": 7, "cues_per_hour": -1})
    assert prescription.settings["slouch_hold_s"] == 5
    assert Prescription(storage).settings["slouch_hold_s"] == 5


def test_full_flash_changes_nothing(storage, full_flash):
    prescription = Prescription(storage)
    full_flash()
    with pytest.raises(OSError, match="28"):
        prescription.change({"slouch_hold_s": 5})
    with pytest.raises(OSError, match="28"):
        prescription.set_neutral(0, UPRIGHT)
    assert prescription.settings == params.defaults()
    assert prescription.neutrals == {}


# Identity


def test_each_boot_has_the_next_number(storage):
    assert [identity.next_boot_id(storage) for _ in range(3)] == [1, 2, 3]


def test_damaged_boot_number_starts_anew(storage, tmp_path):
    (tmp_path / "boot.json").write_text('"x"')
    assert identity.next_boot_id(storage) == 1


def test_passkey_set_at_flashing_is_used(storage, tmp_path):
    (tmp_path / "passkey.json").write_text("493817")
    assert identity.passkey(storage) == 493817


@pytest.mark.parametrize("content", ["", "0", "1000000", '"123456"', "-5"])
def test_unusable_passkey_is_replaced_and_kept(storage, tmp_path, content):
    (tmp_path / "passkey.json").write_text(content)
    made = identity.passkey(storage)
    assert 0 < made < 1_000_000
    assert identity.passkey(storage) == made


def test_passkeys_of_two_devices_differ(tmp_path):
    made = set()
    for k in range(20):
        (tmp_path / str(k)).mkdir()
        made.add(identity.passkey(Storage(str(tmp_path / str(k)))))
    assert len(made) >= 19


def test_device_starts_with_a_full_flash(storage, full_flash):
    full_flash()
    assert identity.next_boot_id(storage) == 1
    assert 0 < identity.passkey(storage) < 1_000_000


def test_name_tells_four_digits_of_the_chip():
    assert identity.name(b"\xc0\xde\x00\x00\x3f\x2a") == "Trunkline 3F2A"


def test_device_information_names_board_chip_and_firmware():
    said = identity.information(b"\xc0\xde\x00\x00\x3f\x2a", "sim", (0, 1))
    assert said == ("Trunkline", "sim", "c0de00003f2a", "0.1")


# Battery


@pytest.mark.parametrize(
    ("battery_mv", "pct"),
    [(0, 0), (3300, 0), (3600, 10), (3850, 53), (4180, 100), (5000, 100)],
)
def test_charge_from_voltage(battery_mv, pct):
    assert battery.percent(battery_mv) == pct


def test_charge_never_falls_as_voltage_rises():
    levels = [battery.percent(mv) for mv in range(3200, 4300)]
    assert levels == sorted(levels)
