"""Perform a scenario: draw it, move a body through it, and let a sensor record it."""

import math
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.recordings.recording import MAX_RATE_HZ, MIN_RATE_HZ, PLACEMENTS, Recording
from trunkline.wearer import plan
from trunkline.wearer.activities import VOCABULARY
from trunkline.wearer.body import Body, Felt
from trunkline.wearer.day import SimulatedDay, Truth
from trunkline.wearer.events import event_of
from trunkline.wearer.labels import label
from trunkline.wearer.moment import Moment
from trunkline.wearer.scenario import Scenario
from trunkline.wearer.sensor import Imu, Tissue
from trunkline.wearer.signals import Wander, breaths

FloatArray = NDArray[np.float64]

LEAST_S = 20.0
# A day at 200 Hz, in about 7 GB.
MOST_SAMPLES = 24 * 3600 * 200
# Short enough for the processor's cache, long enough to make Python's share small.
_WINDOW = 1 << 14
# Slow sway: mostly below a third of a hertz.
_SWAY_S = 1.5
# What muscles and the heart add: mostly below 3 Hz.
_TREMOR_S = 0.16


def simulate(
    scenario: Scenario | str,
    seed: int = 1,
    rate_hz: float = 60.0,
    placement: str = "T4",
    duration_s: float | None = None,
    *,
    mounting_deg: tuple[float, ...] = (0.0, 0.0),
    imu: Imu | None = None,
    tissue: Tissue | None = None,
) -> SimulatedDay:
    """Simulate a wearer, with exact truth.

    The same seed tells the same story at every rate and placement. A shorter duration leaves out
    what does not fit.

    Args:
        scenario: A `Scenario`, or the name of a shipped one.
        seed: The same seed gives the same day on the same machine; 0 or more.
        rate_hz: Samples a second, 25 to 1000.
        placement: C7, T4, T12 or L5.
        duration_s: How long, in seconds, at least 20; None: as long as the scenario says.
        mounting_deg: How far the case leans forward and to the right on an upright back, and is
            turned about the spine to the left; on top of the scenario's own.
        imu: The sensor's errors; None: the scenario's.
        tissue: How the case wobbles; None: the scenario's.

    Raises:
        InputError: A name, placement, rate, seed or duration that cannot be simulated.
    """
    script = Scenario.shipped(scenario) if isinstance(scenario, str) else scenario
    lasts_s = script.minutes * 60.0 if duration_s is None else duration_s
    _check(placement, rate_hz, lasts_s, seed)
    body, moments, fit = _perform(script, placement, lasts_s, seed, mounting_deg)
    felt = _feel(body, round(lasts_s * rate_hz), rate_hz)
    sits = tissue or Tissue(fit["tilt_deg_per_g"], fit["resonance_hz"], fit["damping"])
    force, rate, up = sits.wobble(felt.force_m_s2, felt.rate_rad_s, felt.up, rate_hz)
    chip = imu or Imu(**plan.draw(script.imu, _stream(seed, "chip")))
    acc, gyr = chip.measure(force, rate, rate_hz, seed)
    recording = Recording.from_arrays(
        rate_hz,
        acc,
        gyr,
        placement,
        name=f"simulated-{script.name}-{seed}",
        is_simulated=True,
        source=f"simulated: {script.title}, seed {seed}",
    )
    truth = _truth(felt, up, moments, script.start, placement, rate_hz)
    return SimulatedDay(recording, truth, force, rate, script.name, seed)


def simulate_desk_hour(
    seed: int = 1,
    rate_hz: float = 60.0,
    placement: str = "T4",
    duration_s: float = 3600.0,
    *,
    mounting_deg: tuple[float, ...] = (0.0, 0.0),
    imu: Imu | None = None,
) -> SimulatedDay:
    """Simulate an hour at a desk: the shipped scenario "desk_hour"; see `simulate`."""
    return simulate(
        "desk_hour", seed, rate_hz, placement, duration_s, mounting_deg=mounting_deg, imu=imu
    )


def _check(placement: str, rate_hz: float, duration_s: float, seed: int) -> None:
    is_rate = MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ
    is_long = duration_s >= LEAST_S and duration_s * rate_hz <= MOST_SAMPLES
    if placement in PLACEMENTS and is_rate and is_long and seed >= 0:
        return
    raise InputError(
        found=f"placement {placement!r}, {rate_hz:g} Hz, {duration_s:g} s and seed {seed}",
        expected=f"one of {', '.join(PLACEMENTS)}, {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz, "
        f"at least {LEAST_S:g} s, at most {MOST_SAMPLES} samples and a seed of 0 or more",
        hint="simulate 600 s or more at 60 Hz to see a slouch",
    )


def _stream(seed: int, affair: str) -> np.random.Generator:
    # One stream of random numbers for each affair: none disturbs another.
    return np.random.default_rng([seed, ("story", "body", "chip").index(affair)])


def _perform(
    script: Scenario, placement: str, lasts_s: float, seed: int, mounting_deg: tuple[float, ...]
) -> tuple[Body, list[Moment], plan.Values]:
    """Draw the day, and add all of it to a body: also what it did, and how the case sits."""
    story, motion = _stream(seed, "story"), _stream(seed, "body")
    wearer = plan.draw(script.wearer, story)
    moments = plan.acts(script, lasts_s, story)
    overlaid = [*plan.restlessness(moments, script.start, lasts_s, wearer, story)]
    overlaid += plan.buzzes(moments, lasts_s, script.motor, story)
    moments = sorted([*moments, *overlaid], key=lambda moment: moment.start_s)
    body = _living(placement, wearer, lasts_s, motion)
    fit = plan.draw(script.fit, story)
    _mount(body, fit, mounting_deg)
    for moment in moments:
        VOCABULARY[moment.kind].perform(body, moment, motion)
    return body, moments, fit


def _living(placement: str, wearer: plan.Values, lasts_s: float, rng: np.random.Generator) -> Body:
    body = Body(placement, wearer["stature_m"])
    breath_hz, size = wearer["breath_per_min"] / 60.0, math.radians(wearer["breath_deg"])
    body["breath"].always(breaths(rng, size, breath_hz, lasts_s), body["worn"])
    for name, share in (("tilt", 1.0), ("roll", 1.0), ("twist", 1.7)):
        rms = math.radians(share * wearer["sway_deg"])
        body[name].always(Wander(rng, rms, _SWAY_S, 0.0, lasts_s), body["worn"])
    for name in ("tilt", "roll"):
        rms = math.radians(wearer["tremor_deg"])
        body[name].always(Wander(rng, rms, _TREMOR_S, 0.0, lasts_s), body["worn"])
    return body


def _mount(body: Body, fit: plan.Values, mounting_deg: tuple[float, ...]) -> None:
    for index, name in enumerate(("mount_flexion", "mount_lateral", "mount_yaw")):
        more_deg = mounting_deg[index] if index < len(mounting_deg) else 0.0
        # Before the first sample.
        body[name].step(-2.0, 1.0, math.radians(fit[f"{name}_deg"] + more_deg))


def _feel(body: Body, count: int, rate_hz: float) -> Felt:
    whole = Felt(*(np.empty((count, 3)) for _ in fields(Felt)))
    for first in range(0, count, _WINDOW):
        rows = slice(first, min(first + _WINDOW, count))
        part = body.feel(np.arange(rows.start, rows.stop) / rate_hz)
        for field in fields(Felt):
            getattr(whole, field.name)[rows] = getattr(part, field.name)
    return whole


def _truth(
    felt: Felt, up: FloatArray, moments: list[Moment], start: str, placement: str, rate_hz: float
) -> Truth:
    angles_deg, height_m = np.degrees(felt.angles_rad), felt.offset_m[:, 0]
    activity, context = label(moments, start, len(up), rate_hz)
    events = (event_of(each, placement, angles_deg, height_m, rate_hz) for each in moments)
    flexion_deg, lateral_deg, yaw_deg = (angles_deg[:, axis].copy() for axis in range(3))
    return Truth(
        flexion_deg, lateral_deg, yaw_deg, up, height_m.copy(), activity, context, tuple(events)
    )
