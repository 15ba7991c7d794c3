"""A scenario says what it means, is refused with a sentence if it does not, and is performed."""

from itertools import pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from posturecore.context import CONTEXTS
from trunkline.cli import app
from trunkline.errors import InputError
from trunkline.readers import load
from trunkline.wearer import ACTIVITIES, VOCABULARY, Scenario, scenario_names, simulate

G = 9.80665
# One scenario that needs every activity, however short.
HEAD = 'title = "A test"\nminutes = 4\nstill_s = 5\n'


def script(*acts, head=HEAD):
    lines = [head]
    for act in acts:
        do, *rest = act.split("; ")
        lines += ["[[act]]", f'do = "{do}"', *rest]
    return Scenario.parse("\n".join(lines), "test")


def rows_of(day, name):
    return day.truth.activity == ACTIVITIES.index(name)


def context_of(day, name):
    return day.truth.context == CONTEXTS.index(name)


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_is_performed_and_named_as_simulated(name):
    scenario = Scenario.shipped(name)
    day = simulate(name, seed=5, rate_hz=25.0, duration_s=min(scenario.minutes * 60, 1200.0))
    assert day.recording.is_simulated
    assert scenario.title in day.recording.source
    assert day.truth.events
    assert {event.kind for event in day.truth.events} <= set(VOCABULARY)
    assert np.isfinite(day.recording.acc_m_s2).all()
    # Nothing but a buzz or a fidget happens while something else does.
    acts = [e for e in day.truth.events if e.kind not in ("fidget", "motor_buzz")]
    for before, after in pairwise(acts):
        assert before.end_s <= after.start_s or "typing" in (before.kind, after.kind)


def test_the_shipped_scenarios_use_every_activity():
    used = {act.do for name in scenario_names() for act in Scenario.shipped(name).acts}
    # Restlessness and the motor's buzzes are drawn on top of the acts.
    assert used | {"fidget", "shift", "motor_buzz"} == set(VOCABULARY)


def test_sizes_are_drawn_within_their_range_and_differ():
    scenario = script("slouch; flexion_deg = [18, 20]; rate_dps = 2; hold_s = [1, 2]; times = 8")
    sizes = [e.flexion_deg for e in simulate(scenario).truth.of_kind("slouch")]
    assert len(sizes) == 8 == len(set(sizes))
    assert all(18.0 <= size <= 20.0 for size in sizes)
    other = [e.flexion_deg for e in simulate(scenario, seed=2).truth.of_kind("slouch")]
    assert set(sizes).isdisjoint(other)


@pytest.mark.parametrize("rate_dps", [0.3, 2.0])
def test_a_slump_sinks_at_the_rate_that_is_written(rate_dps):
    head = HEAD + "[wearer]\nsway_deg = 0\nbreath_deg = 0\ntremor_deg = 0\n"
    act = f"slouch; flexion_deg = 20; rate_dps = {rate_dps}; hold_s = 30"
    day = simulate(script(act, head=head))
    (event,) = day.truth.of_kind("slouch")
    middle = int((event.start_s + event.onset_s / 2) * 60)
    assert np.gradient(day.truth.flexion_deg, 1 / 60)[middle] == pytest.approx(rate_dps, rel=1e-3)
    assert event.peak_deg == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize(
    ("act", "context"),
    [
        ("stoop", "bending"),
        ("squat", "bending"),
        ("twisting_lift", "bending"),
        ("tie_shoes", "bending"),
        ("walking; lasts_s = 20", "walking"),
        ("stairs_up", "walking"),
        ("carrying; lasts_s = 20", "walking"),
        ("sit_down", "changing"),
        ("short_lean", "upright-still"),
        ("lean_back; hold_s = 20", "reclined"),
        ("motor_buzz", "vibrating"),
        ("slouch; rate_dps = 1; hold_s = 10", "upright-still"),
    ],
)
def test_what_is_done_has_its_context_in_truth(act, context):
    day = simulate(script(act, head=HEAD.replace("= 4", "= 1.5")))
    (event,) = (e for e in day.truth.events if e.kind == act.split(";")[0])
    middle = int((event.start_s + event.end_s) / 2 * 60)
    assert CONTEXTS[day.truth.context[middle]] == context
    assert CONTEXTS[day.truth.context[int(event.start_s * 60) - 2]] == "upright-still"


def test_lying_and_off_body_are_states_that_last():
    lying = simulate(script("lie_down; roll_deg = 0", "rest; lasts_s = 30", "get_up"))
    rows = context_of(lying, "lying")
    assert 25 * 60 < rows.sum() < 50 * 60
    assert lying.truth.flexion_deg[rows].max() < -65.0
    assert abs(lying.truth.flexion_deg[-1]) < 3.0
    off = simulate(script("take_off", "rest; lasts_s = 60", "put_on"))
    rows = np.flatnonzero(context_of(off, "off-body"))[60:-60]
    # A table does not breathe: what is left is the chip's noise and bias.
    still = off.perfect_acc_m_s2[rows]
    assert np.ptp(still, axis=0).max() < 1e-9
    worn = off.perfect_acc_m_s2[: 5 * 60]
    assert np.ptp(worn, axis=0).max() / G * 1000 > 4.0


def test_a_car_shakes_pushes_and_is_sat_in():
    scenario = script("driving; lasts_s = 200", head=HEAD + 'start = "sitting"\n')
    day = simulate(scenario)
    (event,) = day.truth.of_kind("driving")
    rows = slice(int((event.start_s + 5) * 60), int((event.end_s - 5) * 60))
    acc = day.perfect_acc_m_s2[rows]
    assert 0.2 < acc[:, 0].std() < 1.0
    # Pulling away and braking, at 1.2 m/s² on average and 1.875 times that at most.
    slow = np.array([np.convolve(acc[:, 2], np.ones(60) / 60, "valid")])
    assert 1.5 < np.abs(slow).max() < 3.5
    assert (day.truth.context[rows] == CONTEXTS.index("upright-still")).mean() > 0.7


def test_stairs_rise_and_a_twisting_lift_twists():
    day = simulate(script("stairs_up; lasts_s = 10; step_hz = 1.6", "twisting_lift"))
    stairs, lift = day.truth.of_kind("stairs_up", "twisting_lift")
    rows = slice(int(stairs.start_s * 60), int(stairs.end_s * 60) + 1)
    assert np.ptp(day.truth.height_m[rows]) == pytest.approx(0.17 * 16, abs=0.1)
    assert lift.twist_range_deg == pytest.approx(lift.twist_deg, abs=3.0)
    assert lift.twist_deg > 20.0


@pytest.mark.parametrize("motor_hz", [163, 180])
def test_a_buzz_shakes_the_case_and_no_more(motor_hz):
    # 180 Hz is three times the sampling rate: a steady tone would stand still.
    act = f"motor_buzz; lasts_s = 0.5; peak_mg = 300; motor_hz = {motor_hz}"
    day = simulate(script(act))
    (event,) = day.truth.of_kind("motor_buzz")
    rows = slice(int(event.start_s * 60) + 3, int(event.end_s * 60) - 3)
    assert np.ptp(day.perfect_acc_m_s2[rows, 0]) / G * 1000 > 150.0
    assert np.ptp(day.truth.flexion_deg[rows]) < 0.5


def test_a_placement_sees_its_own_share_of_the_same_story():
    scenario = script("stoop; flexion_deg = 80", "slouch; rate_dps = 2; hold_s = 10")
    seen = {
        place: simulate(scenario, placement=place).truth for place in ("L5", "T12", "T4", "C7")
    }
    stoop = {place: truth.of_kind("stoop")[0].peak_deg for place, truth in seen.items()}
    assert stoop["L5"] == pytest.approx(0.6 * stoop["T4"], abs=2.0)
    slouch = {place: truth.of_kind("slouch")[0].flexion_deg for place, truth in seen.items()}
    assert slouch["L5"] < 0 < slouch["T12"] < slouch["C7"] < slouch["T4"]
    starts = {tuple(e.start_s for e in truth.events) for truth in seen.values()}
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[act]]\ndo = "juggle"', "'juggle'.* expected one of slouch"),
        ('[[act]]\ndo = "slouch"\nflexion_rad = 1', "'flexion_rad'.*try: flexion_deg"),
        ('[[act]]\ndo = "slouch"\nsong = 1', "'song' in .*act 1"),
        ('[[act]]\ndo = "slouch"\nflexion_deg = "20"', "expected a number"),
        ('[[act]]\ndo = "slouch"\nflexion_deg = [25, 18]', "low first"),
        ('[[act]]\ndo = "slouch"\nflexion_deg = 400', "flexion_deg from -120 to 120"),
        ('[[act]]\ndo = "slouch"\nrate_dps = 0', "rate_dps from 0.02"),
        ('[[act]]\ndo = "slouch"\nhold_s = inf', "hold_s from 0"),
        ('[[act]]\ndo = "stand_up"', "'stand_up' while standing.*sit_down"),
        ('[[act]]\ndo = "sit_down"\ntimes = 2', "'sit_down' repeated"),
        ('repeat = true\n[[act]]\ndo = "sit_down"', "'sit_down' while sitting"),
        ('[[act]]\ndo = "slouch"\ntimes = 2.5', "whole numbers"),
        ("[wearer]\nstature_cm = 175", "'stature_cm'.*try: stature_m"),
        ("[shoes]\nsize = 44", "'shoes'"),
        ("minutes = [1, 2]", "one number"),
        ("minutes = -3", "minutes from"),
        ('start = "lying"', "'standing' or 'sitting'"),
        ('repeat = "yes"', "true or false"),
        ("act = 3", "list of tables"),
        ("wearer = 3", "a table"),
        ("[[act", "a TOML file"),
    ],
)
def test_what_a_scenario_cannot_mean_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(InputError, match=sentence):
        Scenario.parse(text, "mine")


def test_a_scenario_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="desk_hour"):
        simulate("no_such_day")
    with pytest.raises(InputError, match="--list"):
        Scenario.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="--list"):
        Scenario.load(tmp_path / "bytes.toml")


def test_the_command_simulates_a_file_of_one_s_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(HEAD + '[[act]]\ndo = "stoop"\n', "utf-8")
    options = ["--scenario", "mine.toml", "--placement", "L5", "--rate", "50", "--minutes", "1"]
    result = CliRunner().invoke(app, ["simulate", "-o", "day.npz", *options])
    assert result.exit_code == 0
    assert "SIMULATED" in result.output
    recording = load(tmp_path / "day.npz")
    assert (recording.placement, recording.rate_hz, recording.duration_s) == ("L5", 50.0, 60.0)
    assert recording.is_simulated


def test_the_command_lists_what_is_shipped():
    result = CliRunner().invoke(app, ["simulate", "--list"])
    assert result.exit_code == 0
    for name in scenario_names():
        assert name in result.output
