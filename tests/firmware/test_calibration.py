"""Taking a neutral pose on the device: kept, told, felt, or refused aloud."""

import pytest

from posturecore.bow import NOMINAL
from posturecore.calibrate import DONE, MOVING, NO_BEND, NO_GRAVITY, NOT_STORED
from posturecore.decide import IS_CUT
from posturecore.frames import CALIBRATION, EPISODE
from posturecore.patterns import BOW_NOW, CALIBRATED, REFUSED
from tests.core.bows import bow_blocks, mounted, turned
from tests.core.worn import block, up_counts
from tests.firmware.coached import Coached, pulses_of

SIT = 1


@pytest.fixture
def coached(tmp_path):
    return Coached(tmp_path, slouch_hold_s=5)


def felt(coached):
    coached.pass_ms(4000)
    return coached.pulses()


def test_a_still_pose_is_kept_told_and_felt(coached):
    assert coached.calibration.start(SIT, False)
    coached.hold(4, 49)
    assert coached.calibration.is_running
    coached.hold(4, 1)
    up = up_counts(4)
    assert coached.of(CALIBRATION) == [(SIT, DONE, 50) + up + (0,) + NOMINAL]
    assert coached.prescription.neutral == SIT
    assert coached.prescription.neutrals[SIT] == up
    assert felt(coached) == pulses_of(CALIBRATED)
    coached.hold(4, 1)
    assert coached.decider.flexion_cdeg == 0


def test_it_holds_from_the_block_it_names(coached):
    coached.hold(15, 60)
    coached.calibration.start(0, False)
    coached.hold(15, 50)
    episode = coached.of(EPISODE)[0]
    assert episode[2] & IS_CUT
    assert episode[4] == coached.of(CALIBRATION)[0][2] == 110


def test_a_wearer_who_moves_is_refused_by_touch(coached):
    coached.calibration.start(0, False)
    coached.hold(0, 10).wear([block(0, turn_dps=30)])
    assert coached.of(CALIBRATION)[0][:3] == (0, MOVING, 11)
    assert not coached.calibration.is_running
    assert coached.prescription.neutral is None
    assert felt(coached) == pulses_of(REFUSED)


def test_lost_samples_refuse_aloud(coached):
    coached.calibration.start(0, False)
    coached.hold(0, 10)
    coached.calibration.gap()
    assert coached.of(CALIBRATION)[0][1] == NO_GRAVITY
    assert felt(coached) == pulses_of(REFUSED)


def test_a_gap_with_nothing_under_way_says_nothing(coached):
    coached.calibration.gap()
    assert coached.told == felt(coached) == []


def test_a_pose_that_flash_does_not_take_is_not_used(coached, monkeypatch):
    def full(*_):
        raise OSError(28)

    monkeypatch.setattr(coached.prescription._storage, "save", full)
    coached.calibration.start(0, False)
    coached.hold(4, 50)
    assert coached.of(CALIBRATION)[0][1] == NOT_STORED
    coached.hold(4, 1)
    assert coached.decider.flexion_cdeg == 400


def test_the_wearer_is_asked_to_bow_by_touch(coached):
    coached.calibration.start(0, True)
    coached.hold(0, 51)
    assert felt(coached) == pulses_of(BOW_NOW)


def test_with_the_bow_any_mounting_will_do(coached):
    rotation = turned((1, 2, 3), 100)
    coached.calibration.start(0, True)
    coached.wear(mounted([block()] * 50 + bow_blocks(50), rotation))
    told = coached.of(CALIBRATION)[0]
    assert told[1] == DONE
    assert told[7:] == coached.prescription.ahead != NOMINAL
    coached.wear(mounted([block(30)], rotation))
    assert abs(coached.decider.flexion_cdeg - 3000) < 50


def test_who_does_not_bow_is_refused(coached):
    coached.calibration.start(0, True)
    coached.hold(0, 201)
    assert coached.of(CALIBRATION)[0][1] == NO_BEND
    assert felt(coached)[1:] == pulses_of(REFUSED)


def test_a_second_calibration_must_wait(coached):
    assert coached.calibration.start(0, False)
    assert not coached.calibration.start(SIT, False)
    coached.hold(0, 50)
    assert [values[0] for values in coached.of(CALIBRATION)] == [0]


def test_there_is_time_to_get_ready(coached):
    coached.calibration.start(0, False, 5)
    coached.wear([block(0, turn_dps=50)] * 50).hold(0, 50)
    assert coached.of(CALIBRATION)[0][1] == DONE


def test_the_pose_in_force_is_told_to_who_asks(coached):
    coached.calibration.say()
    assert coached.told == []
    coached.calibration.use(SIT, up_counts(5), NOMINAL)
    coached.calibration.say()
    assert coached.of(CALIBRATION) == [(SIT, DONE, 0) + up_counts(5) + (0,) + NOMINAL]


def test_a_pose_that_is_none_changes_nothing(coached):
    with pytest.raises(ValueError, match="expected a gravity vector"):
        coached.calibration.use(0, (1, 2, 3), NOMINAL)
    assert coached.decider.is_calibrated
    assert coached.told == []
