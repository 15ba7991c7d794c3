"""The whole decision as a textbook would write it: floats, whole arrays, slow and obvious.

Written from docs and docstrings, not from the code it checks; shares no line with posturecore but
the names of contexts and frames. It knows one neutral pose, one prescription and no gaps.
"""

from dataclasses import dataclass, field
from itertools import pairwise

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
    said: int  # the block in which it is logged


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
    doubt_deg: Floats = field(default_factory=lambda: np.empty(0))


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

    vertical_g = (acc_g * up_g).sum(axis=1) - 1
    rests = at_rest(groups, gyr_dps, vertical_g) & has_gravity
    bends, is_bending = find_bends(flexion, has_gravity, rests, settings, block_s)
    verdict.bends = bends
    is_watched = has_gravity & ~is_saturated & ~has_motor
    is_stepping, is_walking = walking(is_watched, vertical_g * 1000)
    is_moving = (np.abs(acc_g - up_g) > 0.1).any(axis=1) | (np.abs(gyr_dps) > 20).any(axis=1)
    looks, signs, is_off = look_for_life(is_watched, means, block_s)
    labels: list[tuple[int, NDArray[np.bool_]]] = [  # the first that holds is the context
        (names.UNKNOWN, ~has_gravity | is_saturated),
        (names.VIBRATING, has_motor),
        (names.OFF_BODY, is_off),
        (names.WALKING, is_walking & (inclination < 60)),
        (names.LYING, seen(lying, is_watched, inclination, settings, block_s)),
        (names.BENDING, is_bending),
        (names.CHANGING, seen(lately, is_watched, is_moving) | is_stepping),
        (names.RECLINED, flexion < -settings["reclined_cdeg"] / 100),
        (names.STILL, np.ones(len(means), bool)),
    ]
    verdict.context = [next(code for code, holds in labels if holds[k]) for k in range(len(means))]
    for k in np.flatnonzero(in_doubt(looks, signs, verdict.context)):
        if verdict.context[k] == names.STILL:
            verdict.context[k] = names.UNKNOWN
    is_still = np.array(verdict.context) == names.STILL
    spells, is_asking, is_new, _ = find_slouches(flexion, is_still, settings, block_s)
    verdict.slouches = spells
    is_over = is_watched & ~is_stepping
    verdict.doubt_deg = doubts_deg(flexion, verdict.context, is_over, settings, block_s)
    beyond = find_beyond(flexion, is_still, verdict.doubt_deg, settings, block_s)
    returned = [bend for bend in bends if not is_moved(bend, verdict.context)]
    verdict.cues = find_cues(returned, is_asking, is_new, beyond, settings, block_s)
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


def walking(
    is_watched: NDArray[np.bool_], vertical_mg: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where steps are under way, and where they are a bout of walking.

    Six steps, each at most 16 blocks after the one before, four of them over 100 mg.
    """
    is_stepping, is_walking = np.zeros((2, len(vertical_mg)), bool)
    steps: list[int] = []
    strong: set[int] = set()
    was_below = False
    for k in np.flatnonzero(is_watched):
        if steps and k - steps[-1] > 16:
            steps, strong = [], set()
        else:
            is_rise = vertical_mg[k] > 38 and was_below
            if vertical_mg[k] < -20:
                was_below = True
            elif is_rise and (not steps or k - steps[-1] >= 4):
                steps.append(k)
                was_below = False
            if steps and k - steps[-1] <= 1 and vertical_mg[k] > 100:
                strong.add(steps[-1])
        is_stepping[k] = len(steps) > 0
        is_walking[k] = is_bout(steps, strong)
    return is_stepping, is_walking


def is_bout(steps: list[int], strong: set[int]) -> bool:
    return len(steps) >= 6 and len(strong) >= 4


def at_rest(groups: Floats, gyr_dps: Floats, vertical_g: Floats) -> NDArray[np.bool_]:
    spread_g = np.ptp(groups[:, :, 3:6], axis=1) / 4098
    return (
        (np.abs(vertical_g) < 0.04)
        & (np.abs(gyr_dps) < 8).all(axis=1)
        & (spread_g <= 0.06).all(axis=1)
    )


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


def lately(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where it held within the last second, this block included."""
    return np.array([holds[max(0, k - 9) : k + 1].any() for k in range(len(holds))], bool)


def look_for_life(
    is_watched: NDArray[np.bool_], means: Floats, block_s: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a sign of life is looked for, where it is found, and where it is long gone.

    A sign is 1.5 mg or 0.5 °/s from the pose at the last one; long is five minutes.
    """
    looks, signs, is_off = np.zeros((3, len(means)), bool)
    counts = np.floor(means)
    gyr_dps, acc_g = counts[:, :3] * 0.035, counts[:, 3:6] / 4098
    since, was_off = None, False
    for k in np.flatnonzero(is_watched):
        if k % 5 == 0 or was_off:
            looks[k] = True
            signs[k] = (
                since is None
                or np.abs(acc_g[k] - acc_g[since]).max() > 1.5 * MG
                or np.abs(gyr_dps[k] - gyr_dps[since]).max() > 0.5
            )
            since = k if signs[k] else since
            was_off = k - since >= blocks_for(300, block_s)
        is_off[k] = was_off
    return looks, signs, is_off


def in_doubt(
    looks: NDArray[np.bool_], signs: NDArray[np.bool_], context: list[int]
) -> NDArray[np.bool_]:
    """Tell where trust was used up and has not come back to twelve seconds."""
    is_lost = np.zeros(len(context), bool)
    trust_s = 20.0
    for k in range(len(context)):
        if looks[k]:
            trust_s = min(20, trust_s + 5) if signs[k] else max(0, trust_s - 0.5)
        is_lost[k] = trust_s == 0 or (k > 0 and is_lost[k - 1] and trust_s < 12)
        if context[k] in (names.WALKING, names.BENDING, names.CHANGING):
            trust_s = min(3, trust_s)
    return is_lost


def find_bends(
    flexion: Floats,
    has_gravity: NDArray[np.bool_],
    rests: NDArray[np.bool_],
    settings: dict[str, int],
    block_s: float,
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
            is_cut, is_held = end == len(flexion), len(late) > 0
            said = end if is_cut else said_at(end, rests, has_gravity & begins, has_gravity)
            bends.append(Bend(start, end, peak, mean, swift, is_held, is_cut, said))
        k = end + 1
    return bends, is_bending


def said_at(end, rests, begins, has_gravity) -> int:
    """Return when a bend is logged: at rest, a second later, or when the next begins."""
    for k in range(end, len(rests)):
        if has_gravity[k] and (rests[k] or k - end >= 10 or (k > end and begins[k])):
            return k
    return len(rests)


def find_slouches(
    flexion: Floats, is_still: NDArray[np.bool_], settings: dict[str, int], block_s: float
) -> tuple[list[SlouchSpell], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return prolonged slouches, the slouched blocks in which one goes on, its first, and all."""
    offset = flexion * (-1 if settings["placement"] == 3 else 1)
    entry = settings["slouch_entry_cdeg"] / 100
    leave = entry - settings["slouch_hysteresis_cdeg"] / 100
    hold, reset, pause = (
        blocks_for(settings[f"slouch_{name}_s"], block_s) for name in ("hold", "reset", "pause")
    )
    spells: list[SlouchSpell] = []
    is_asking, is_new, is_on = np.zeros((3, len(flexion)), bool)
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
            # It ends with the block before k, unless the stream ended first.
            is_on[over[hold - 1] : len(flexion) if is_cut else k - 1] = True
    return spells, is_asking, is_new, is_on


def doubts_deg(
    flexion: Floats,
    context: list[int],
    is_over: NDArray[np.bool_],
    settings: dict[str, int],
    block_s: float,
) -> Floats:
    """Return by how much a cue must be beyond the angle: half a minute's walk or more tells it."""
    offset = flexion * (-1 if settings["placement"] == 3 else 1)
    limit = settings["walk_doubt_cdeg"] / 100
    doubt, walk, found = 0.0, [], np.zeros(len(flexion))
    for k in range(len(flexion)):
        if context[k] == names.WALKING:
            walk.append(offset[k])
        elif is_over[k]:
            if len(walk) >= blocks_for(30, block_s) and np.mean(walk) < 30:
                doubt = np.mean(walk) - limit / 2 if np.mean(walk) >= limit else 0.0
            walk = []
        found[k] = doubt
    return found


def find_beyond(
    flexion: Floats,
    is_still: NDArray[np.bool_],
    doubt_deg: Floats,
    settings: dict[str, int],
    block_s: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where cues are beyond doubt, and the slouched blocks in which they may be asked."""
    sign = -1 if settings["placement"] == 3 else 1
    is_sure, may_ask = np.ones((2, len(flexion)), bool)
    edges = [0, *(np.flatnonzero(np.diff(doubt_deg)) + 1), len(flexion)]
    for start, end in pairwise(edges):
        if doubt_deg[start] > 0:
            rows = slice(start, end)
            straight = flexion[rows] - sign * doubt_deg[start]
            _, asking, _, on = find_slouches(straight, is_still[rows], settings, block_s)
            is_sure[rows], may_ask[rows] = on, asking | ~on
    return is_sure, may_ask


def is_moved(bend: Bend, context: list[int]) -> bool:
    """Tell whether the sensor, not the wearer, came up: from a bed or from a table."""
    return bend.said == len(context) or context[bend.said - 1] in (names.LYING, names.OFF_BODY)


def find_cues(
    bends: list[Bend],
    is_asking: NDArray[np.bool_],
    is_new: NDArray[np.bool_],
    beyond: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    settings: dict[str, int],
    block_s: float,
) -> list[tuple[int, str, str]]:
    """Return (block, reason, outcome) of every cue, felt or held back."""
    refractory = blocks_for(settings["slouch_refractory_s"], block_s)
    hour = blocks_for(3600, block_s)
    deep = {
        bend.said
        for bend in bends
        if not bend.is_cut and bend.peak_deg >= settings["bend_cue_cdeg"] / 100
    }
    cues: list[tuple[int, str, str]] = []
    felt: list[int] = []
    asked_at = -refractory
    is_sure, may_ask = beyond
    for k in range(len(is_asking)):
        reasons = ["bend"] if k in deep else []
        is_due = is_new[k] or k - asked_at >= refractory or (is_sure[k] and not is_sure[k - 1])
        if is_asking[k] and may_ask[k] and is_due:
            reasons.append("slouch")
            asked_at = k
        for reason in reasons:
            if settings["cues_per_hour"] == 0:
                outcome = "silent"
            elif reason == "slouch" and not is_sure[k]:
                outcome = "held back: the sensor may have slipped"
            elif felt and k - felt[-1] < refractory:
                outcome = "held back: too soon"
            elif sum(k - block < hour for block in felt) >= settings["cues_per_hour"]:
                outcome = "held back: hourly cap"
            else:
                outcome = "felt"
                felt.append(k)
            cues.append((k, reason, outcome))
    return cues
