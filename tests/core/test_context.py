import math

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


def test_steps_are_walking_from_the_sixth_on():
    found = contexts(walking(60))
    assert found[28:] == [WALKING] * 32  # a step begins in blocks 3, 8, 13, 18, 23 and 28
    assert set(found[:28]) == {CHANGING}


def test_walking_ends_when_no_step_has_come_for_sixteen_blocks():
    found = contexts(walking(60) + breathing(30))
    assert found[60:] == [WALKING] * 15 + [STILL] * 15  # the last step was in block 58


def test_what_was_walked_is_told_afterwards():
    worn = Worn()
    amendments = []
    for one in walking(60) + [block()] * 30:
        worn.feel([one])
        if worn.decider.amendment:
            amendments.append((worn.decider.at - 1, *worn.decider.amendment))
    first, last = amendments
    assert first == (28, 3, 25)  # from the first step on
    assert last == (75, 54, -21)  # up to the last step but one: feet come together
    assert worn.decider.ledger[WALKING] == 54 - 3


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(walking(28), False, id="five steps"),
        pytest.param(walking(29), True, id="six steps"),
        pytest.param([block(jolt_mg=90 * (-1) ** (i // 3)) for i in range(90)], False, id="weak"),
        pytest.param(
            [block(jolt_mg=200 if i % 18 < 2 else -20) for i in range(200)], False, id="too slow"
        ),
    ],
)
def test_what_is_walking(steps, expected):
    assert (WALKING in contexts(steps)) is expected


def test_walking_is_found_in_any_mounting():
    turned = [
        (*one[:3], one[4], -one[3], one[5], one[7], -one[6], *one[8:]) for one in walking(60)
    ]
    worn = Worn().set_neutral(turned[0][6:9]).feel(turned)
    assert worn.contexts[-1] == WALKING


@pytest.mark.parametrize(("jolt_mg", "expected"), [(96, STILL), (104, CHANGING)])
def test_shaken_is_a_tenth_of_g_beside_gravity(jolt_mg, expected):
    assert contexts([block(jolt_mg=jolt_mg)] * 20)[-1] == expected


def test_a_tilted_trunk_is_not_shaken_by_its_gravity():
    assert WALKING not in contexts([block(25, 20)] * 60)


@pytest.mark.parametrize(("flexion", "expected"), [(58, WALKING), (62, BENDING)])
def test_who_walks_is_upright(flexion, expected):
    assert contexts(walking(40, flexion))[-1] == expected


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


@pytest.mark.parametrize("amplitude_mg", [2.5, 4, 6, 8])
def test_a_breathing_wearer_is_never_off_body(amplitude_mg):
    assert set(contexts(breathing(6000, amplitude_mg=amplitude_mg))) == {STILL}


@pytest.mark.parametrize("amplitude_mg", [2.5, 4, 8])
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(walking(60), id="walked"),
        pytest.param(breathing(90, 45), id="bent"),
        pytest.param([block(turn_dps=40)] * 5, id="turned"),
    ],
)
def test_a_wearer_who_breathes_after_a_movement_is_never_in_doubt(before, amplitude_mg):
    found = contexts(before + breathing(600, amplitude_mg=amplitude_mg))
    assert UNKNOWN not in found
    assert found[-1] == STILL


def test_a_table_is_in_doubt_after_twenty_seconds_and_off_body_after_five_minutes():
    found = contexts([block(jolt_mg=0.3 * (-1) ** i) for i in range(3010)])
    assert found == [STILL] * 200 + [UNKNOWN] * 2800 + [OFF_BODY] * 10


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(walking(60, 20), id="carried in a bag"),
        pytest.param([block(turn_dps=90)] * 10, id="turned over"),
        pytest.param([block(35)] * 60, id="held bent"),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"slouch_entry_cdeg": 500, "slouch_hold_s": 3}])
def test_what_is_put_down_leaning_is_no_slouch(before, settings):
    worn = Worn(**settings).feel(breathing(100)).feel(before).feel([block(22)] * 4000)
    assert worn.cues == []
    assert STILL not in worn.contexts[-3800:]


def test_a_bump_on_a_table_wins_no_trust():
    bumped = ([block(18)] * 280 + [block(18, jolt_mg=60)] * 10) * 9
    for tilt in (18.5, 18, 17.5) * 3:
        bumped += [block(tilt, jolt_mg=150)] * 2 + [block(tilt)] * 298
    worn = Worn(slouch_hold_s=3).feel([block(18)] * 10 + bumped)
    assert STILL not in worn.contexts[250:]


def test_a_wearer_is_judged_again_after_a_few_breaths():
    found = contexts([block()] * 1000 + breathing(100))
    assert found[1000] == UNKNOWN
    assert found[1050:] == [STILL] * 50


def test_a_gap_gives_the_benefit_of_the_doubt():
    worn = Worn().feel([block()] * 500).gap(1).feel([block()])
    assert worn.contexts[-2:] == [UNKNOWN, STILL]


def test_picking_it_up_ends_off_body_at_once():
    assert contexts([block()] * 3013 + [block(jolt_mg=5)])[-2:] == [OFF_BODY, UNKNOWN]


def test_a_chest_that_only_turns_in_breathing_is_not_off_body():
    breaths = [block(turn_dps=0.6 * math.sin(2 * math.pi * i / 43)) for i in range(6000)]
    assert OFF_BODY not in contexts(breaths)


def test_one_movement_starts_the_five_minutes_again():
    found = contexts([block()] * 2900 + [block(jolt_mg=20)] + [block()] * 2999)
    assert OFF_BODY not in found


def test_off_body_comes_before_lying():
    assert contexts([block(-90)] * 3001)[-1] == OFF_BODY


@pytest.mark.parametrize("disturbed", [shaken_by_motor(40), [block(flags=SATURATED)] * 40])
def test_what_the_motor_or_a_knock_shows_counts_for_nothing(disturbed):
    found = contexts([block()] * 3 + disturbed + [block()] * 3)
    assert found[-3:] == [STILL] * 3  # neither walking nor changing


def test_a_gap_ends_walking():
    worn = Worn().feel(walking(40)).gap(1).hold(0, 1)
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
    found = contexts([block(), *breathing(102, 35)])
    assert found == [STILL] + [BENDING] * 100 + [STILL] * 2
