import pytest

from posturecore.blocks import MOTOR, SATURATED
from posturecore.context import (
    BENDING,
    CHANGING,
    CONTEXTS,
    LYING,
    OFF_BODY,
    RECLINED,
    STILL,
    UNKNOWN,
    VIBRATING,
    WALKING,
)

from .worn import Worn, block, breathing, shaken_by_motor, walking, without_gravity


def contexts(blocks, **settings):
    return Worn(**settings).feel(blocks).contexts


def test_every_context_has_a_name():
    names = {CONTEXTS[code] for code in range(9)}
    assert len(names) == len(CONTEXTS) == 9


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param([block()], STILL, id="upright"),
        pytest.param([block(0, 30)], STILL, id="leaning aside"),
        pytest.param([block(-20.5)], RECLINED, id="leaning back"),
        pytest.param([block(-19.5)], STILL, id="leaning back a little"),
        pytest.param([block(31)], BENDING, id="bent"),
        pytest.param([block(29)], STILL, id="nearly bent"),
        pytest.param([block(turn_dps=21)], CHANGING, id="turning"),
        pytest.param([block(turn_dps=-21)], CHANGING, id="turning back"),
        pytest.param([block(turn_dps=19)], STILL, id="turning slowly"),
        pytest.param([block(flags=SATURATED)], UNKNOWN, id="saturated"),
        pytest.param([block(flags=MOTOR)], VIBRATING, id="own motor"),
        pytest.param([block(flags=MOTOR | SATURATED)], UNKNOWN, id="saturated by the motor"),
        pytest.param(without_gravity(1), UNKNOWN, id="no gravity"),
        pytest.param([block(31, turn_dps=50)], BENDING, id="turning in a bend"),
        pytest.param([block(-30, turn_dps=50)], CHANGING, id="turning while reclined"),
    ],
)
def test_one_block_is_named(blocks, expected):
    assert contexts(blocks) == [expected]


def test_a_turn_lasts_one_second():
    found = contexts([block(turn_dps=40)] + [block()] * 12)
    assert found == [CHANGING] * 10 + [STILL] * 3


def test_the_twelfth_shaken_block_of_three_seconds_is_walking():
    assert contexts(walking(13)) == [STILL] * 11 + [WALKING] * 2


def test_eleven_shaken_blocks_in_three_seconds_are_no_walking():
    third = [block(jolt_mg=200), block(), block()]
    assert WALKING not in contexts(third * 3 + [block(jolt_mg=200)] + third * 30)


def test_walking_goes_on_until_fewer_than_six_shaken_blocks_are_left():
    found = contexts(walking(30) + [block()] * 30)
    assert found == [STILL] * 11 + [WALKING] * 43 + [STILL] * 6


@pytest.mark.parametrize(("jolt_mg", "expected"), [(96, STILL), (104, WALKING)])
def test_shaken_is_a_tenth_of_g_beside_gravity(jolt_mg, expected):
    assert contexts([block(jolt_mg=jolt_mg)] * 20)[-1] == expected


def test_a_tilted_trunk_is_not_shaken_by_its_gravity():
    assert WALKING not in contexts([block(25, 20)] * 60)


@pytest.mark.parametrize(("flexion", "expected"), [(58, WALKING), (62, BENDING)])
def test_who_walks_is_upright(flexion, expected):
    assert contexts(walking(20, flexion))[-1] == expected


def test_lying_needs_its_thirty_seconds():
    assert contexts([block(-80)] * 302) == [RECLINED] * 299 + [LYING] * 3


def test_sitting_up_ends_lying_at_once():
    assert contexts([block(-80)] * 310 + [block(-50), block(-80)])[-2:] == [RECLINED] * 2


def test_lying_on_the_side_is_lying():
    assert contexts([block(0, 80)] * 300)[-1] == LYING


def test_lying_on_the_belly_is_lying():
    assert contexts([block(85)] * 300)[-1] == LYING


def test_the_wearer_may_set_when_reclining_and_lying_begin():
    settings = {"reclined_cdeg": 3000, "lying_cdeg": 4500, "lying_s": 5}
    assert contexts([block(-46)] * 51, **settings)[-3:] == [RECLINED, LYING, LYING]
    assert contexts([block(-29)], **settings) == [STILL]


@pytest.mark.parametrize("amplitude_mg", [4, 6, 8])
def test_a_breathing_wearer_is_never_off_body(amplitude_mg):
    assert set(contexts(breathing(6000, amplitude_mg=amplitude_mg))) == {STILL}


def test_a_table_is_off_body_after_five_minutes():
    found = contexts([block(jolt_mg=0.3 * (-1) ** i) for i in range(3010)])
    assert found == [STILL] * 2999 + [OFF_BODY] * 11


def test_picking_it_up_ends_off_body_at_once():
    assert contexts([block()] * 3010 + [block(jolt_mg=5)])[-2:] == [OFF_BODY, STILL]


def test_one_movement_starts_the_five_minutes_again():
    found = contexts([block()] * 2900 + [block(jolt_mg=20)] + [block()] * 2999)
    assert OFF_BODY not in found


def test_off_body_comes_before_lying():
    assert contexts([block(-90)] * 3001)[-1] == OFF_BODY


@pytest.mark.parametrize("disturbed", [shaken_by_motor(40), [block(flags=SATURATED)] * 40])
def test_what_the_motor_or_a_knock_shows_counts_for_nothing(disturbed):
    found = contexts(walking(11) + disturbed + [block()] * 3)
    assert found[-3:] == [STILL] * 3  # neither walking nor changing


def test_a_gap_ends_walking():
    worn = Worn().feel(walking(20)).gap(1).hold(0, 1)
    assert worn.contexts[-1] == STILL


def test_a_gap_ends_lying():
    worn = Worn().hold(-80, 300).gap(1).hold(-80, 1)
    assert worn.contexts[-2:] == [LYING, RECLINED]


def test_a_gap_starts_the_five_minutes_again():
    worn = Worn().hold(0, 2990).gap(1).hold(0, 2999)
    assert OFF_BODY not in worn.contexts


def test_a_gap_ends_a_turn():
    worn = Worn().hold(0, 1, turn_dps=90).gap(1).hold(0, 1)
    assert worn.contexts[-1] == STILL


def test_a_held_bend_is_a_posture_again():
    found = contexts([block()] + [block(35)] * 102)
    assert found == [STILL] + [BENDING] * 100 + [STILL] * 2
