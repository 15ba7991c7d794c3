"""What the simulated sensor feels follows from how it moves."""

import numpy as np
import pytest

from trunkline.wearer import Scenario, Tissue, simulate, simulate_desk_hour, spine
from trunkline.wearer.body import Body
from trunkline.wearer.jet import Jet
from trunkline.wearer.signals import Wander, breaths, tone
from trunkline.wearer.track import Track

G = 9.80665
RATE_HZ = 60.0
SLIPPING = """
minutes = 0.5
still_s = 2
[[act]]
do = "walking"
lasts_s = 8
[[act]]
do = "strap_slip"
flexion_deg = 9
lateral_deg = 0
yaw_deg = 0
"""
MOVES = {
    **{"slouch": 0.4, "bow": 1.0, "tilt": -0.2, "pelvis": 0.2, "side": 0.3, "roll": 0.2},
    **{"twist": 0.4, "heading": 1.0, "up": -0.3, "right": 0.1, "forward": 0.2, "speed": 1.2},
    **{"mount_flexion": 0.2, "mount_lateral": -0.1, "mount_yaw": 0.4},
}


@pytest.fixture(scope="module")
def hour():
    return simulate_desk_hour()


def span(event, rate_hz=RATE_HZ):
    return slice(int(event.start_s * rate_hz), int(np.ceil(event.end_s * rate_hz)) + 1)


def turn_about(axis, angle):
    """Rotate by the right-hand rule about x, y or z."""
    j, k = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[j, j] = turn[k, k] = np.cos(angle)
    turn[k, j], turn[j, k] = np.sin(angle), -np.sin(angle)
    return turn


def attitude(flexion, lateral, yaw):
    return turn_about(0, yaw) @ turn_about(2, lateral) @ turn_about(1, -flexion)


def moved(placement, rate_hz=1000.0, **moves):
    """Move a body's tracks, each in its own time, and feel it."""
    body = Body(placement, 1.75)
    for name, change in moves.items():
        body[name].step(0.3 + 0.2 * abs(change), 1.5, change)
    time_s = np.arange(round(2.5 * rate_hz)) / rate_hz
    return body, time_s, body.feel(time_s)


def upright_to_case(body, time_s, felt):
    """Build the rotation from the case to the world, sample by sample."""
    mount = [body[f"mount_{name}"].read(time_s).value for name in ("flexion", "lateral", "yaw")]
    return np.array(
        [
            attitude(*back) @ attitude(*case)
            for back, case in zip(felt.angles_rad, np.transpose(mount), strict=True)
        ]
    )


def turned(rate_rad_s, rate_hz, vector):
    """Carry a vector that stands still in the world through a sensor's turning."""
    seen = [np.array(vector)]
    # The mean of two samples is the rate between them.
    for rate in (rate_rad_s[1:] + rate_rad_s[:-1]) / 2:
        step = rate / rate_hz
        angle = np.linalg.norm(step)
        v = seen[-1]
        if angle > 0:
            axis = -step / angle
            v = (
                v * np.cos(angle)
                + np.cross(axis, v) * np.sin(angle)
                + axis * (axis @ v) * (1 - np.cos(angle))
            )
        seen.append(v)
    return np.array(seen)


def angle_deg(one, other):
    sine = np.linalg.norm(np.cross(one, other), axis=1)
    return np.degrees(np.arctan2(sine, (one * other).sum(axis=1)))


def test_forward_flexion_is_a_negative_rate_about_y():
    _, _, felt = moved("T4", bow=np.pi / 6)
    middle = 1100
    assert felt.rate_rad_s[middle, 1] < 0 == felt.rate_rad_s[middle, 0]
    np.testing.assert_allclose(felt.force_m_s2[-1], [G * np.cos(np.pi / 6), 0, -G / 2], atol=1e-9)


def test_right_lean_is_a_positive_rate_about_z_and_left_turn_about_x():
    _, _, leaning = moved("T4", side=0.3)
    assert leaning.rate_rad_s[1100, 2] > 0
    assert np.arcsin(-leaning.force_m_s2[-1, 1] / G) == pytest.approx(0.3)
    _, _, turning = moved("T4", heading=0.3)
    assert turning.rate_rad_s[1100, 0] > 0
    # Who walks ahead and turns left is pushed to the left.
    _, _, walking = moved("T4", heading=0.3, speed=1.0)
    assert walking.force_m_s2[1100:1200, 1].max() < 0


@pytest.mark.parametrize("placement", spine.PLACEMENTS)
def test_acceleration_is_the_second_derivative_of_position(placement):
    rate_hz = 1000.0
    body, time_s, felt = moved(placement, rate_hz, **MOVES)
    heading, speed = (body[name].read(time_s).value for name in ("heading", "speed"))
    course = np.stack([0 * heading, -np.sin(heading), np.cos(heading)], axis=1)
    way_m = np.cumsum(speed[:, None] * course, axis=0) / rate_hz
    position_m = felt.offset_m + way_m
    acceleration = np.diff(position_m, 2, axis=0) * rate_hz**2
    to_world = upright_to_case(body, time_s, felt)
    expected = np.einsum("nji,nj->ni", to_world[1:-1], acceleration + np.array([G, 0.0, 0.0]))
    np.testing.assert_allclose(felt.force_m_s2[1:-1], expected, atol=5e-3)
    np.testing.assert_allclose(felt.up, to_world[:, 0, :], atol=1e-12)


@pytest.mark.parametrize("placement", spine.PLACEMENTS)
def test_the_rate_is_that_of_the_attitude(placement):
    body, time_s, felt = moved(placement, **MOVES)
    to_world = upright_to_case(body, time_s, felt)
    # R' = R [ω]×, so the skew part of Rᵀ R' is the rate.
    skew = np.einsum("nji,njk->nik", to_world[1:-1], to_world[2:] - to_world[:-2]) * 500.0
    told = np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)
    np.testing.assert_allclose(felt.rate_rad_s[1:-1], told, atol=1e-4)


@pytest.mark.parametrize("kind", ["slouch", "stoop", "squat", "walking", "short_lean", "sit_down"])
def test_integrating_the_gyroscope_returns_the_pose(hour, kind):
    for event in hour.truth.of_kind(kind)[:2]:
        rows = span(event)
        seen = turned(hour.perfect_gyr_rad_s[rows], RATE_HZ, hour.truth.up[rows][0])
        # Walking holds what 60 Hz cannot follow exactly.
        allowed_deg = 1.5 if kind == "walking" else 0.3
        assert angle_deg(seen, hour.truth.up[rows]).max() < allowed_deg


def test_integrating_the_gyroscope_of_a_walk_returns_the_pose_at_a_higher_rate():
    day = simulate("household", rate_hz=400.0, placement="L5", duration_s=70.0)
    seen = turned(day.perfect_gyr_rad_s, 400.0, day.truth.up[0])
    assert day.truth.of_kind("walking")
    assert angle_deg(seen, day.truth.up).max() < 0.3


def test_a_wobbling_and_slipping_case_still_turns_as_its_gyroscope_says():
    tissue = Tissue(tilt_deg_per_g=8.0, resonance_hz=6.0, damping=0.3)
    scenario = Scenario.parse(SLIPPING)
    day = simulate(scenario, rate_hz=400.0, mounting_deg=(20.0, 5.0, 10.0), tissue=tissue)
    seen = turned(day.perfect_gyr_rad_s, 400.0, day.truth.up[0])
    assert angle_deg(seen, day.truth.up).max() < 0.3
    walk, slip = day.truth.of_kind("walking", "strap_slip")
    rows = span(walk, 400.0)
    firm = simulate(scenario, rate_hz=400.0, mounting_deg=(20.0, 5.0, 10.0), tissue=Tissue())
    assert angle_deg(firm.truth.up[rows], day.truth.up[rows]).max() > 1.0
    moved_deg = angle_deg(day.truth.up[:1], day.truth.up[-1:])[0]
    assert moved_deg == pytest.approx(9.0, abs=2.0)
    assert abs(day.truth.flexion_deg[-1] - day.truth.flexion_deg[0]) < 2.0
    assert slip.flexion_deg == 0.0


def test_a_slow_push_tips_a_loose_case_by_its_stiffness_and_a_firm_one_not():
    up = np.tile([1.0, 0.0, 0.0], (600, 1))
    force = up * G
    force[300:, 2] += 0.1 * G
    zero = np.zeros_like(force)
    loose = Tissue(tilt_deg_per_g=5.0, resonance_hz=6.0, damping=0.4)
    _, rate, tipped = loose.wobble(force, zero, up, 100.0)
    assert np.degrees(np.arctan2(-tipped[-1, 2], tipped[-1, 0])) == pytest.approx(-0.5, abs=0.01)
    assert np.degrees(rate[:, 1].sum() / 100.0) == pytest.approx(0.5, abs=0.01)
    # It rings: it tips further than it stays.
    assert tipped[:, 2].max() > 1.15 * tipped[-1, 2]
    firm = Tissue().wobble(force, zero, up, 100.0)
    np.testing.assert_array_equal(firm[0], force)


@pytest.mark.parametrize("name", ["step", "glide", "swing", "wander", "breaths", "harmonics"])
def test_a_motion_s_rate_and_acceleration_are_derivatives_of_its_value(name):
    time_s = np.arange(0.0, 4.0, 1e-3)
    rng = np.random.default_rng(1)
    track = Track()
    if name == "step":
        track.step(0.5, 1.3, 2.0)
    elif name == "glide":
        track.step(0.5, 2.0, 2.0, 0.5)
    elif name == "swing":
        track.swing(0.2, 3.5, tone(0.7, 1.8, 0.4))
    elif name == "wander":
        track.always(Wander(rng, 0.5, 0.3, 0.0, 4.0))
    elif name == "breaths":
        track.always(breaths(rng, 0.5, 0.3, 4.0))
    else:
        angle = Jet(time_s**2, 2 * time_s, np.full_like(time_s, 2.0))
        track.always(lambda _: angle.harmonics({1: 1 + 0.5j, 3: 0.2j}))
    jet = track.read(time_s)
    rate = np.gradient(jet.value, 1e-3)[2:-2]
    acceleration = np.gradient(jet.rate, 1e-3)[2:-2]
    np.testing.assert_allclose(rate, jet.rate[2:-2], atol=5e-4 * np.ptp(rate))
    # A spline's third derivative jumps at its knots, so the difference is a little off there.
    np.testing.assert_allclose(
        acceleration, jet.acceleration[2:-2], atol=5e-3 * np.ptp(acceleration)
    )


def test_a_track_read_in_windows_is_the_track_read_at_once():
    track = Track(0.5)
    track.step(1.0, 2.0, 3.0)
    track.step(4.2, 1.0, -1.0, 0.2)
    track.swing(2.0, 8.0, tone(0.3, 1.1, 0.0))
    track.always(Wander(np.random.default_rng(2), 0.2, 0.7, 0.0, 10.0))
    time_s = np.arange(0.0, 10.0, 0.01)
    windows = [track.read(part) for part in np.array_split(time_s, 7)]
    for field in ("value", "rate", "acceleration"):
        joined = np.concatenate([getattr(window, field) for window in windows])
        np.testing.assert_allclose(joined, getattr(track.read(time_s), field), atol=1e-12)


def test_a_glide_keeps_its_speed_and_a_wander_its_size():
    track = Track()
    track.step(2.0, 10.0, 5.0, 1.0)
    time_s = np.arange(0.0, 14.0, 0.01)
    jet = track.read(time_s)
    np.testing.assert_allclose(jet.rate[(time_s > 3.1) & (time_s < 10.9)], 5.0 / 9.0)
    assert jet.value[-1] == pytest.approx(5.0)
    time_s = np.arange(0.0, 600.0, 0.05)
    rng = np.random.default_rng(0)
    assert Wander(rng, 0.3, 0.5, 0.0, 600.0)(time_s).value.std() == pytest.approx(0.3, rel=0.1)
    shaking = Wander.shaking(rng, 0.4, 4.0, 0.0, 600.0)(time_s)
    assert shaking.acceleration.std() == pytest.approx(0.4, rel=0.1)
    turning = Wander.turning(rng, 0.4, 4.0, 0.0, 600.0)(time_s)
    assert turning.rate.std() == pytest.approx(0.4, rel=0.1)


def test_a_slouch_is_seen_as_measured_by_a_curling_spine():
    for name, degrees in spine.SLOUCH_DEG.items():
        assert spine.seen_by(name, "slouch") * 23.5 == pytest.approx(degrees)
    pelvis, lumbar, thoracic, _ = spine.segment_shares("slouch") * 23.5
    # The pelvis rolls back while the chest sinks forward.
    assert pelvis < 0 < lumbar < thoracic
    np.testing.assert_allclose(spine.SEEN.sum(axis=1), 1.0)


def strapdown_height(day, rows, rate_hz):
    """Integrate the world's vertical acceleration twice between two still moments."""
    vertical = (day.perfect_acc_m_s2[rows] * day.truth.up[rows]).sum(axis=1) - G
    velocity = np.cumsum(vertical) / rate_hz
    velocity -= np.linspace(0, velocity[-1], len(velocity))
    return np.cumsum(velocity) / rate_hz


@pytest.mark.parametrize("placement", ["C7", "T4", "L5"])
def test_a_lift_drops_the_sensor_as_its_acceleration_says(placement):
    day = simulate_desk_hour(seed=4, placement=placement, duration_s=2700.0)
    lifts = day.truth.of_kind("stoop", "squat")
    assert len(lifts) == 4
    for event in lifts:
        rows = span(event)
        height_m = strapdown_height(day, rows, RATE_HZ)
        assert -height_m.min() == pytest.approx(event.sensor_drop_m, abs=0.03)
        # A stoop goes down by turning alone; a squat by the hips.
        by_hips_m = event.drop_m if event.kind == "squat" else 0.0
        lever_m = 1.75 * spine.LEVER_BY_STATURE[placement]
        upright = 1 - np.cos(np.radians(event.peak_deg))
        assert by_hips_m - 0.02 < event.sensor_drop_m < by_hips_m + lever_m * upright + 0.02


def test_forces_and_rates_stay_within_what_a_body_can_do():
    for name in ("warehouse", "household"):
        day = simulate(name, seed=2, placement="C7", duration_s=900.0)
        assert np.abs(day.perfect_acc_m_s2).max() < 4 * G
        assert np.degrees(np.abs(day.perfect_gyr_rad_s)).max() < 300.0
        assert np.isfinite(day.truth.up).all()
        np.testing.assert_allclose(np.linalg.norm(day.truth.up, axis=1), 1.0, atol=1e-9)
