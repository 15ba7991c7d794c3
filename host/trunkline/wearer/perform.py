"""How a body performs each activity: what it adds to which track."""

import math

import numpy as np

from trunkline.recordings.units import STANDARD_GRAVITY_M_S2
from trunkline.wearer.body import Body
from trunkline.wearer.gait import step_rate_hz, stride
from trunkline.wearer.moment import Moment, ease_s
from trunkline.wearer.signals import Wander, spinning, tone

Random = np.random.Generator

# In a full bow the hips go back to keep the feet below the trunk's weight; engineering figures.
_HIPS_BACK_M, _FULL_BOW_DEG = 0.12, 90.0
_STAIR_RISE_M = 0.17
_TURN_S = 3.5


def slump(body: Body, moment: Moment, _: Random) -> None:
    """Curl the back at a steady rate, hold, and come up."""
    size = math.radians(moment["flexion_deg"])
    ease = ease_s(moment.drawn)
    body["slouch"].step(moment.start_s, moment.timing.onset_s, size, ease)
    back_s = moment.timing.return_s
    body["slouch"].step(moment.end_s - back_s, back_s, -size)


def curl(body: Body, moment: Moment, _: Random) -> None:
    """Curl the back, hold, and come up."""
    there_and_back(body, moment, slouch=math.radians(moment["flexion_deg"]))


def bend(body: Body, moment: Moment, _: Random) -> None:
    """Hinge, lean, turn and go down with the hips, and come back."""
    bow_deg = moment["flexion_deg"]
    there_and_back(
        body,
        moment,
        bow=math.radians(bow_deg),
        side=math.radians(moment["lateral_deg"]),
        twist=math.radians(moment["twist_deg"]),
        up=-moment["drop_m"],
        forward=-_HIPS_BACK_M * max(bow_deg, 0.0) / _FULL_BOW_DEG,
    )


def busy_bend(body: Body, moment: Moment, rng: Random) -> None:
    """Bend, with hands at work below."""
    bend(body, moment, rng)
    start_s = moment.start_s + moment.timing.onset_s
    end_s = moment.end_s - moment.timing.return_s
    for name, rms_deg in (("bow", 1.0), ("side", 1.0)):
        work = Wander(rng, math.radians(rms_deg), 0.4, start_s, end_s)
        body[name].swing(start_s, end_s, work)


def fidget(body: Body, moment: Moment, _: Random) -> None:
    """Move a little, and come back."""
    there_and_back(
        body,
        moment,
        slouch=math.radians(moment["flexion_deg"]),
        side=math.radians(moment["lateral_deg"]),
        twist=math.radians(moment["twist_deg"]),
    )


def shift(body: Body, moment: Moment, _: Random) -> None:
    """Settle in a slightly other posture."""
    for name, key in (("slouch", "flexion_deg"), ("side", "lateral_deg")):
        body[name].step(moment.start_s, moment.timing.lasts_s, math.radians(moment[key]))


def sit_down(body: Body, moment: Moment, _: Random) -> None:
    """Nod forward, lower the hips, come up; the pelvis stays tipped back."""
    _nod(body, moment)
    start_s, lasts_s = moment.start_s, moment.timing.lasts_s
    body["up"].step(start_s + 0.1 * lasts_s, 0.7 * lasts_s, -moment["drop_m"])
    body["pelvis"].step(start_s, lasts_s, -math.radians(moment["pelvis_deg"]))


def stand_up(body: Body, moment: Moment, _: Random) -> None:
    """Nod forward, raise the hips, come up: undo a `sit_down`."""
    _nod(body, moment)
    start_s, lasts_s = moment.start_s, moment.timing.lasts_s
    body["up"].step(start_s + 0.25 * lasts_s, 0.7 * lasts_s, moment["drop_m"])
    body["pelvis"].step(start_s, lasts_s, math.radians(moment["pelvis_deg"]))


def sit_to_stand(body: Body, moment: Moment, _: Random) -> None:
    """Rise from a seat, stand, and sit again."""
    timing = moment.timing
    back_s = moment.end_s - timing.return_s
    for start_s, lasts_s in ((moment.start_s, timing.onset_s), (back_s, timing.return_s)):
        body["bow"].step(start_s, lasts_s / 2, math.radians(moment["flexion_deg"]))
        body["bow"].step(start_s + lasts_s / 2, lasts_s / 2, -math.radians(moment["flexion_deg"]))
    body["up"].step(moment.start_s + 0.25 * timing.onset_s, 0.7 * timing.onset_s, moment["drop_m"])
    body["up"].step(back_s + 0.1 * timing.return_s, 0.7 * timing.return_s, -moment["drop_m"])


def lay(body: Body, moment: Moment, _: Random) -> None:
    """Tip the whole trunk over, and leave it there."""
    _lay(body, moment, 1.0)


def raise_again(body: Body, moment: Moment, _: Random) -> None:
    """Undo a `lay`."""
    _lay(body, moment, -1.0)


def take_off(body: Body, moment: Moment, _: Random) -> None:
    """Lay the case down; nobody breathes below it any more."""
    _lay(body, moment, 1.0)
    body["worn"].step(moment.start_s, moment.timing.lasts_s, -1.0)


def put_on(body: Body, moment: Moment, _: Random) -> None:
    """Undo a `take_off`."""
    _lay(body, moment, -1.0)
    body["worn"].step(moment.start_s, moment.timing.lasts_s, 1.0)


def walk(body: Body, moment: Moment, rng: Random) -> None:
    """Walk up and down, leaning as told, stepping as the speed asks."""
    _go(body, moment, rng, step_rate_hz(moment["speed_m_s"]), moment["speed_m_s"])
    now_s = moment.start_s + moment["turn_every_s"]
    while moment["turn_every_s"] and now_s + _TURN_S + 2.0 < moment.end_s:
        body["heading"].step(now_s, _TURN_S, math.pi * float(rng.choice((-1.0, 1.0))))
        now_s += moment["turn_every_s"] * float(rng.uniform(0.8, 1.2))


def climb(body: Body, moment: Moment, rng: Random) -> None:
    """Climb up or down a flight of stairs."""
    step_hz, lasts_s = moment["step_hz"], moment.timing.lasts_s
    _go(body, moment, rng, step_hz, 0.5 * step_hz)
    rise_m = moment["direction"] * _STAIR_RISE_M * step_hz * lasts_s
    body["up"].step(moment.start_s, lasts_s, rise_m, min(2.0, lasts_s / 4))


def type_on(body: Body, moment: Moment, rng: Random) -> None:
    """Type with the arms held up: key strokes reach the back as 2 to 4 mg at 3 to 7 Hz."""
    start_s, end_s = moment.start_s, moment.end_s
    lift = math.radians(moment["flexion_deg"])
    half_s = min(2.0, moment.timing.lasts_s / 3)
    body["slouch"].step(start_s, half_s, lift)
    body["slouch"].step(end_s - half_s, half_s, -lift)
    for name in ("up", "forward"):
        for hz in rng.uniform(3.0, 7.0, 3):
            amplitude_m = 0.015 / (2.0 * math.pi * hz) ** 2
            phase_rad = float(rng.uniform(0.0, 2.0 * math.pi))
            body[name].swing(start_s, end_s, tone(amplitude_m, float(hz), phase_rad))


def drive(body: Body, moment: Moment, rng: Random) -> None:
    """Sit in a car: the road shakes, and stops and bends push."""
    shaking = moment["shaking_m_s2"]
    for name, share in (("up", 1.0), ("right", 0.5), ("forward", 0.5)):
        road = Wander.shaking(
            rng, share * shaking, moment["shaking_hz"], moment.start_s, moment.end_s
        )
        body[name].swing(moment.start_s, moment.end_s, road, 3.0)
    now_s, speed_m_s = moment.start_s, moment["speed_m_s"]
    gain_s = speed_m_s / 1.2  # comfortable pulling away and braking, in m/s²
    while now_s + 2 * gain_s + 25.0 < moment.end_s:
        cruise_s = moment["stop_every_s"] * float(rng.uniform(0.7, 1.3))
        cruise_s = min(cruise_s, moment.end_s - now_s - 2 * gain_s - 10.0)
        body["speed"].step(now_s, gain_s, speed_m_s)
        turn_s = max(4.0, speed_m_s / 1.5)
        body["heading"].step(now_s + gain_s, turn_s, float(rng.choice((-1.0, 1.0))) * math.pi / 2)
        body["speed"].step(now_s + gain_s + cruise_s, gain_s, -speed_m_s)
        now_s += 2 * gain_s + cruise_s + float(rng.uniform(5.0, 20.0))


def carry_in_bag(body: Body, moment: Moment, rng: Random) -> None:
    """Swing in a bag at somebody's side."""
    start_s, end_s, speed = moment.start_s, moment.end_s, moment["speed_m_s"]
    stride(body, rng, start_s, end_s, step_rate_hz(speed), speed_m_s=speed, impact=0.3, bounce=0.6)
    for name, rms_deg in (("tilt", 8.0), ("roll", 8.0), ("heading", 15.0)):
        body[name].swing(start_s, end_s, Wander(rng, math.radians(rms_deg), 0.8, start_s, end_s))


def ride_chair(body: Body, moment: Moment, rng: Random) -> None:
    """Hang over a chair that somebody sits on: it turns, rolls and creaks."""
    now_s = moment.start_s
    while True:
        now_s += float(rng.exponential(moment["turn_every_s"]))
        takes_s = float(rng.uniform(1.0, 3.0))
        if now_s + takes_s > moment.end_s:
            return
        body["heading"].step(now_s, takes_s, math.radians(float(rng.normal(0.0, 35.0))))
        body["forward"].step(now_s, takes_s, float(rng.normal(0.0, 0.1)))
        shake = Wander.shaking(rng, 0.15, 8.0, now_s, now_s + takes_s)
        body["up"].swing(now_s, now_s + takes_s, shake, 0.2)


def slip(body: Body, moment: Moment, _: Random) -> None:
    """Let the case turn on the skin, and stay there."""
    for name in ("flexion", "lateral", "yaw"):
        size = math.radians(moment[f"{name}_deg"])
        body[f"mount_{name}"].step(moment.start_s, moment.timing.lasts_s, size)


def buzz(body: Body, moment: Moment, rng: Random) -> None:
    """Run the case's own motor: a slow sensor sees its tone folded down to a lower one."""
    start_s, end_s, hz = moment.start_s, moment.end_s, moment["motor_hz"]
    peak_m_s2 = moment["peak_mg"] * 1e-3 * STANDARD_GRAVITY_M_S2
    for name, share in (("up", 1.0), ("forward", 0.7)):
        amplitude_m = share * peak_m_s2 / (2.0 * math.pi * hz) ** 2
        body[name].swing(start_s, end_s, spinning(rng, amplitude_m, hz, start_s, end_s), 0.04)


def rest(_: Body, __: Moment, ___: Random) -> None:
    """Do nothing in particular."""


def there_and_back(body: Body, moment: Moment, **changes: float) -> None:
    """Move tracks there within the onset, and back before the end."""
    onset_s, return_s = moment.timing.onset_s, moment.timing.return_s
    for name, change in changes.items():
        body[name].step(moment.start_s, onset_s, change)
        body[name].step(moment.end_s - return_s, return_s, -change)


def _nod(body: Body, moment: Moment) -> None:
    half_s = moment.timing.lasts_s / 2
    nod = math.radians(moment["flexion_deg"])
    body["bow"].step(moment.start_s, half_s, nod)
    body["bow"].step(moment.start_s + half_s, half_s, -nod)


def _lay(body: Body, moment: Moment, sign: float) -> None:
    start_s, lasts_s = moment.start_s, moment.timing.lasts_s
    body["tilt"].step(start_s, lasts_s, sign * math.radians(moment["tilt_deg"]))
    body["roll"].step(start_s, lasts_s, sign * math.radians(moment["roll_deg"]))
    body["up"].step(start_s, lasts_s, -sign * moment["drop_m"])


def _go(body: Body, moment: Moment, rng: Random, step_hz: float, speed_m_s: float) -> None:
    start_s, end_s = moment.start_s, moment.end_s
    start_up_s = min(2.0, moment.timing.lasts_s / 3)
    for name, change in (
        ("bow", math.radians(moment["flexion_deg"])),
        ("side", math.radians(moment["lateral_deg"])),
        ("speed", speed_m_s),
    ):
        body[name].step(start_s, start_up_s, change)
        body[name].step(end_s - start_up_s, start_up_s, -change)
    stride(
        body,
        rng,
        start_s,
        end_s,
        step_hz,
        speed_m_s=moment["speed_m_s"] or 1.1,
        impact=moment["impact"],
        bounce=moment["bounce"],
    )
