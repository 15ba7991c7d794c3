"""The whole decision as a textbook would write it: floats, whole arrays, slow and obvious.

Written from docs and docstrings, not from the code it checks; shares no line with posturecore but
the names of contexts and frames. It knows one neutral pose, one prescription and no gaps.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posturecore import context as names

Floats = NDArray[np.float64]
BLOCK = 6
MG = 1 / 1000


@dataclass(frozen=True)
class Bend:
    """A forward movement that came back; blocks [start, end), degrees and °/s."""

    start: int
    end: int
    peak_deg: float
    mean_deg: float
    peak_rate_dps: float
    is_held: bool
    is_cut: bool


@dataclass(frozen=True)
class SlouchSpell:
    """A prolonged slouch; blocks [start, end), degrees from neutral in the slouching direction."""

    start: int
    end: int
    peak_deg: float
    mean_deg: float
    is_cut: bool


@dataclass
class Verdict:
    """Everything decided about a recording; arrays have one value a block."""

    flexion_deg: Floats
    lateral_deg: Floats
    inclination_deg: Floats
    context: list[int]
    bends: list[Bend] = field(default_factory=list)
    slouches: list[SlouchSpell] = field(default_factory=list)
    cues: list[tuple[int, str, str]] = field(default_factory=list)


def judge(
    samples: NDArray[np.int16],
    has_motor: NDArray[np.bool_],
    neutral: tuple[float, float, float],
    settings: dict[str, int],
    block_s: float,
) -> Verdict:
    """Decide on (N, 9) samples of gyr, acc, up; `has_motor` has one value a block."""
    groups = samples.reshape(-1, BLOCK, 9).astype(float)
    means = groups.mean(axis=1)
    gyr_dps, acc_g, up_g = means[:, :3] * 0.035, means[:, 3:6] / 4098, means[:, 6:] / 16393
    is_saturated = ((groups[:, :, :6] >= 32767) | (groups[:, :, :6] <= -32768)).any(axis=(1, 2))
    has_gravity = np.abs(np.linalg.norm(up_g, axis=1) - 1) < 0.15
    flexion, lateral, inclination = angles_deg(up_g, np.array(neutral, float))
    verdict = Verdict(flexion, lateral, inclination, [])

    bends, is_bending = find_bends(flexion, has_gravity, settings, block_s)
    verdict.bends = bends
    is_watched = has_gravity & ~is_saturated & ~has_motor
    labels: list[tuple[int, NDArray[np.bool_]]] = [  # the first that holds is the context
        (names.UNKNOWN, ~has_gravity | is_saturated),
        (names.VIBRATING, has_motor),
        (names.OFF_BODY, seen(off_body, is_watched, acc_g, block_s)),
        (names.WALKING, seen(walking, is_watched, acc_g - up_g) & (inclination < 60)),
        (names.LYING, seen(lying, is_watched, inclination, settings, block_s)),
        (names.BENDING, is_bending),
        (names.CHANGING, seen(turned, is_watched, gyr_dps)),
        (names.RECLINED, flexion < -settings["reclined_cdeg"] / 100),
        (names.STILL, np.ones(len(means), bool)),
    ]
    verdict.context = [next(code for code, holds in labels if holds[k]) for k in range(len(means))]
    is_still = np.array(verdict.context) == names.STILL
    spells, is_asking, is_new = find_slouches(flexion, is_still, settings, block_s)
    verdict.slouches = spells
    returned = [bend for bend in bends if not is_moved(bend, verdict.context)]
    verdict.cues = find_cues(returned, is_asking, is_new, settings, block_s)
    return verdict


def angles_deg(up: Floats, neutral: Floats) -> tuple[Floats, Floats, Floats]:
    """Return flexion, lean to the right and inclination of every row."""
    above = neutral / np.linalg.norm(neutral)
    right = np.cross([0.0, 0.0, 1.0], above)
    right /= np.linalg.norm(right)
    forward = np.cross(above, right)
    length = np.maximum(np.linalg.norm(up, axis=1), 1e-9)
    over, ahead, aside = up @ above / length, up @ forward / length, up @ right / length
    return (
        np.degrees(np.arctan2(-ahead, over)),
        np.degrees(np.arcsin(np.clip(-aside, -1, 1))),
        np.degrees(np.arccos(np.clip(over, -1, 1))),
    )


def blocks_for(seconds: float, block_s: float) -> int:
    return int(np.ceil(round(seconds / block_s, 6)))


def seen(rule, is_watched, values, *rest):
    """Apply a rule to the watched blocks only, as if the others had not been."""
    found = np.zeros(len(values), bool)
    found[is_watched] = rule(values[is_watched], *rest)
    return found


def walking(beside_gravity_g: Floats) -> NDArray[np.bool_]:
    """12 shaken blocks of the last 30 begin it; it goes on while there are 6."""
    is_shaken = (np.abs(beside_gravity_g) > 0.1).any(axis=1)
    is_walking = np.zeros(len(is_shaken), bool)
    for k in range(len(is_shaken)):
        count = is_shaken[max(0, k - 29) : k + 1].sum()
        was_walking = k > 0 and is_walking[k - 1]
        is_walking[k] = count >= (6 if was_walking else 12)
    return is_walking


def lying(inclination_deg: Floats, settings: dict[str, int], block_s: float) -> NDArray[np.bool_]:
    needed = blocks_for(settings["lying_s"], block_s)
    is_tilted = inclination_deg > settings["lying_cdeg"] / 100
    return np.array(
        [
            k + 1 >= needed and is_tilted[k + 1 - needed : k + 1].all()
            for k in range(len(is_tilted))
        ],
        bool,
    )


def turned(gyr_dps: Floats) -> NDArray[np.bool_]:
    """Turning within the last second, this block included."""
    is_turning = (np.abs(gyr_dps) > 20).any(axis=1)
    return np.array([is_turning[max(0, k - 9) : k + 1].any() for k in range(len(gyr_dps))], bool)


def off_body(acc_g: Floats, block_s: float) -> NDArray[np.bool_]:
    """Five whole minutes, one after the other, in none of which an axis moved by over 3 mg.

    The block that breaks a minute belongs to none.
    """
    minute = blocks_for(60, block_s)
    is_off = np.zeros(len(acc_g), bool)
    start, minutes = 0, 0
    for k in range(len(acc_g)):
        if np.ptp(acc_g[start : k + 1], axis=0).max() > 3 * MG:
            start, minutes = k + 1, 0
        elif k + 1 - start == minute:
            start, minutes = k + 1, minutes + 1
        is_off[k] = minutes >= 5
    return is_off


def find_bends(
    flexion: Floats, has_gravity: NDArray[np.bool_], settings: dict[str, int], block_s: float
) -> tuple[list[Bend], NDArray[np.bool_]]:
    """Return the bends worth logging, and where a bend that is not held goes on."""
    degrees = {name: value / 100 for name, value in settings.items() if "cdeg" in name}
    rate = np.zeros(len(flexion))
    both = has_gravity[1:] & has_gravity[:-1]
    rate[1:][both] = np.diff(flexion)[both] / block_s
    begins = (flexion >= degrees["bend_entry_cdeg"]) | (
        (flexion >= degrees["bend_fast_entry_cdeg"]) & (rate >= degrees["bend_fast_rate_cdeg_s"])
    )
    has_ended = flexion < degrees["bend_exit_cdeg"]
    held = blocks_for(settings["bend_held_s"], block_s)
    shortest = blocks_for(settings["bend_min_ms"] / 1000, block_s)
    bends: list[Bend] = []
    is_bending = np.zeros(len(flexion), bool)
    k = 0
    while k < len(flexion):
        if not (has_gravity[k] and begins[k]):
            k += 1
            continue
        start, end = k, k + 1
        while end < len(flexion) and not (has_gravity[end] and has_ended[end]):
            end += 1
        inside = np.arange(start, end)
        inside = inside[has_gravity[inside]]
        # It is held from the first block with gravity in which it is longer than that.
        late = inside[inside + 1 - start > held]
        is_bending[start : late[0] if len(late) else end] = True
        peak = flexion[inside].max()
        if peak >= degrees["bend_peak_cdeg"] and end - start >= shortest:
            mean = np.minimum(flexion[inside], 90).mean()
            swift = np.abs(rate[inside]).max()
            bends.append(Bend(start, end, peak, mean, swift, len(late) > 0, end == len(flexion)))
        k = end + 1
    return bends, is_bending


def find_slouches(
    flexion: Floats, is_still: NDArray[np.bool_], settings: dict[str, int], block_s: float
) -> tuple[list[SlouchSpell], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return prolonged slouches, the slouched blocks in which one goes on, and its first."""
    offset = flexion * (-1 if settings["placement"] == 3 else 1)
    entry = settings["slouch_entry_cdeg"] / 100
    leave = entry - settings["slouch_hysteresis_cdeg"] / 100
    hold, reset, pause = (
        blocks_for(settings[f"slouch_{name}_s"], block_s) for name in ("hold", "reset", "pause")
    )
    spells: list[SlouchSpell] = []
    is_asking, is_new = np.zeros(len(flexion), bool), np.zeros(len(flexion), bool)
    k = 0
    while k < len(flexion):
        if not (is_still[k] and offset[k] >= entry):
            k += 1
            continue
        over, good, paused, is_cut = [k], 0, 0, True
        for k in range(k + 1, len(flexion)):  # noqa: B020 - the outer loop goes on after the spell
            if is_still[k] and offset[k] >= leave:
                over.append(k)
                good = paused = 0
            elif is_still[k]:
                good, paused = good + 1, 0
            else:
                good, paused = 0, paused + 1
            if good >= reset or paused >= pause:
                is_cut = False
                break
        k += 1
        if len(over) >= hold:
            angles = offset[over]
            mean = np.minimum(angles, 90).mean()
            spells.append(SlouchSpell(over[0], over[-1] + 1, angles.max(), mean, is_cut))
            is_asking[over[hold - 1 :]] = True
            is_new[over[hold - 1]] = True
    return spells, is_asking, is_new


def is_moved(bend: Bend, context: list[int]) -> bool:
    """Tell whether the sensor, not the wearer, came up: from a bed or from a table."""
    return context[bend.end - 1] in (names.LYING, names.OFF_BODY)


def find_cues(
    bends: list[Bend],
    is_asking: NDArray[np.bool_],
    is_new: NDArray[np.bool_],
    settings: dict[str, int],
    block_s: float,
) -> list[tuple[int, str, str]]:
    """Return (block, reason, outcome) of every cue, felt or held back."""
    refractory = blocks_for(settings["slouch_refractory_s"], block_s)
    hour = blocks_for(3600, block_s)
    deep = {
        bend.end
        for bend in bends
        if not bend.is_cut and bend.peak_deg >= settings["bend_cue_cdeg"] / 100
    }
    cues: list[tuple[int, str, str]] = []
    felt: list[int] = []
    asked_at = -refractory
    for k in range(len(is_asking)):
        reasons = ["bend"] if k in deep else []
        if is_asking[k] and (is_new[k] or k - asked_at >= refractory):
            reasons.append("slouch")
            asked_at = k
        for reason in reasons:
            if settings["cues_per_hour"] == 0:
                outcome = "silent"
            elif felt and k - felt[-1] < refractory:
                outcome = "held back: too soon"
            elif sum(k - block < hour for block in felt) >= settings["cues_per_hour"]:
                outcome = "held back: hourly cap"
            else:
                outcome = "felt"
                felt.append(k)
            cues.append((k, reason, outcome))
    return cues
