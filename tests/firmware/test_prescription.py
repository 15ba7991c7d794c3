"""What the device keeps of a calibration over a reboot."""

import pytest

from posturecore.bow import NOMINAL
from prescription import Prescription
from storage.documents import Storage

UPSIDE_DOWN = (-16393, 0, 0)
AHEAD = (0, 3000, -16107)


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


def test_forward_from_a_bow_is_kept_over_a_reboot(storage):
    Prescription(storage).set_neutral(0, UPSIDE_DOWN, AHEAD)
    again = Prescription(storage)
    assert again.neutrals == {0: UPSIDE_DOWN}
    assert (again.neutral, again.ahead) == (0, AHEAD)
    assert again.upright()[0] == pytest.approx(-16384, abs=4)


def test_without_a_bow_forward_is_the_sensors_own(storage):
    kept = Prescription(storage)
    kept.set_neutral(1, (16000, 0, 3500))
    assert (kept.ahead, kept.upright()) == (NOMINAL, (16384, 0, 0))


def test_a_damaged_forward_reads_as_nominal(storage):
    Prescription(storage).set_neutral(0, UPSIDE_DOWN, AHEAD)
    document = storage.load("prescription.json", {})
    for damaged in (None, [1, 2], "x", [0, 0, 0]):
        document["ahead"] = damaged
        storage.save("prescription.json", document)
        assert Prescription(storage).ahead == NOMINAL
