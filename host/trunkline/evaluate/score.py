"""Simulate one case, decide on it as the device does, and hold the decisions against the truth."""

from collections.abc import Iterator

import numpy as np

from posturecore.coach import DOUBTED, OUTCOMES
from posturecore.context import CONTEXTS, OFF_BODY
from posturecore.slouch import PROLONGED
from trunkline.decide.analysis import Analysis, Episode
from trunkline.decide.replay import analyze
from trunkline.decide.slip import find_slip
from trunkline.decide.transition import KINDS
from trunkline.evaluate import truth
from trunkline.evaluate.corpus import Case
from trunkline.evaluate.outcome import FalseAlert, Lift, Outcome, Seconds, Slouched
from trunkline.evaluate.truth import BLOCKS_PER_S, Blocks
from trunkline.wearer import SimulatedDay, simulate

MINUTES = 45.0
_BOUT_S = 10
_SLACK_BLOCKS = 10
# The dose rule may alert a far slouch within twenty seconds.
_SHORTEST_DOSE_S = 20


def run(case: Case, seed: int, minutes: float = MINUTES) -> Outcome:
    """Perform a case and score every detector.

    Args:
        case: What to perform.
        seed: Which day of it.
        minutes: Longest time, if the case is no longer one; a shorter scenario is performed whole.
    """
    return score(case, seed, *run_day(case, seed, minutes))


def run_day(case: Case, seed: int, minutes: float) -> tuple[SimulatedDay, Analysis]:
    """Perform a case, and decide on it."""
    day = simulate(
        case.script,
        seed,
        placement=case.placement,
        duration_s=60 * min(minutes * case.longer, case.script.minutes),
        mounting_deg=case.mounting_deg,
        imu=case.imu,
        tissue=case.tissue,
    )
    return day, analyze(day.recording, case.settings)


def score(case: Case, seed: int, day: SimulatedDay, analysis: Analysis) -> Outcome:
    """Hold an analysis against the truth of its day."""
    blocks = Blocks.of(day)
    count = min(len(blocks.context), len(analysis.timeline.context))
    blocks = Blocks(blocks.flexion_deg[:count], blocks.context[:count])
    allowed = truth.allowed(blocks, analysis.settings)
    false = tuple(_false_alerts(blocks, allowed, analysis))
    bends, errors, ends = _bends(blocks, analysis)
    seconds, bouts = _contexts(blocks, analysis)
    squares, known = _angles(blocks, analysis)
    slip = find_slip(analysis.timeline)
    return Outcome(
        case=case.name,
        rule=case.rule,
        seed=seed,
        is_calibrated=analysis.neutral is not None,
        hours={
            name: float((blocks.context == code).sum()) / BLOCKS_PER_S / 3600
            for code, name in enumerate(CONTEXTS)
        },
        slouched=tuple(_slouches(blocks, analysis)),
        alerts=len(_alerts(analysis)),
        false_alerts=false,
        **_minutes(blocks, allowed, analysis),
        bends=bends,
        bend_errors_deg=errors,
        bend_ends_s=ends,
        lifts=tuple(_lifts(day, analysis)),
        seconds=seconds,
        context_delays_s=bouts,
        squares_deg2=squares,
        blocks=known,
        transitions={
            kind: truth.pair(truth.transitions(day, kind), analysis.transitions, kind)
            for kind in KINDS
        },
        slipped_s=truth.slipped_s(day),
        slip_told_s=None if slip is None else slip.at_s,
    )


def _alerts(analysis: Analysis) -> list[int]:
    """List the blocks that asked for a cue: what the cap holds back is still a decision.

    What is held back because the sensor may have slipped is none; nor is a slouch found by it.
    """
    return [block for block, is_alert in _asked(analysis) if is_alert]


def _asked(analysis: Analysis) -> list[tuple[int, bool]]:
    asked = [cue for cue in analysis.cues if cue.reason == "slouch"]
    return [(cue.block, cue.outcome != OUTCOMES[DOUBTED]) for cue in asked]


def _slouches(blocks: Blocks, analysis: Analysis) -> Iterator[Slouched]:
    settings = analysis.settings
    hold = truth.least_s(settings) * BLOCKS_PER_S
    offset = truth.offset_deg(blocks, settings)
    is_on = _alerted(analysis)
    for start, end in truth.slouches(blocks, settings):
        found = np.flatnonzero(is_on[start : end + _SLACK_BLOCKS])
        # A decision comes with the end of its block.
        delay = (int(found[0]) + 1 - hold) / BLOCKS_PER_S if len(found) else None
        over = float(offset[start:end].mean()) - settings["slouch_entry_cdeg"] / 100
        was_on = len(found) > 0 and int(found[0]) == 0
        lasts_s = (end - start) / BLOCKS_PER_S
        yield Slouched(start / BLOCKS_PER_S, lasts_s, over, delay, was_on)


def _alerted(analysis: Analysis) -> truth.BoolArray:
    """Tell in which blocks a prolonged slouch is on whose last cue was no mere doubt."""
    is_on: truth.BoolArray = analysis.timeline.slouch_state == PROLONGED
    for start, end in truth.runs(is_on):
        for at, is_alert in _asked(analysis):
            if start <= at < end:
                is_on[at:end] = is_alert
    return is_on


def _false_alerts(
    blocks: Blocks, allowed: truth.BoolArray, analysis: Analysis
) -> Iterator[FalseAlert]:
    """Pick the alerts that come where none may, or before which the back was mostly upright."""
    settings = analysis.settings
    hold_s = _SHORTEST_DOSE_S if settings["slouch_rule"] else settings["slouch_hold_s"]
    hold = hold_s * BLOCKS_PER_S
    for at in _alerts(analysis):
        before = slice(max(0, at + 1 - hold), at + 1)
        # What has just begun shows in no sensor yet: not even a first step.
        since = max(0, at - _SLACK_BLOCKS)
        fair = np.flatnonzero(blocks.may_slouch[since : at + 1])
        if not len(fair) or 2 * allowed[before].sum() < hold:
            context = CONTEXTS[blocks.context[since + int(fair[-1]) if len(fair) else at]]
            yield FalseAlert(at / BLOCKS_PER_S, context, float(blocks.flexion_deg[at]))


def _minutes(blocks: Blocks, allowed: truth.BoolArray, analysis: Analysis) -> dict[str, int]:
    minute = 60 * BLOCKS_PER_S
    count = len(allowed) // minute
    rows = slice(0, count * minute)
    is_quiet = ~(allowed | (blocks.context == OFF_BODY))[rows].reshape(count, minute).any(axis=1)
    alerted = np.zeros(count, dtype=bool)
    for at in _alerts(analysis):
        # The reset time after a slouch belongs to it.
        was_slouched = allowed[max(0, at - 5 * BLOCKS_PER_S) : at + 1].any()
        if at // minute < count and not was_slouched:
            alerted[at // minute] = True
    return {
        "quiet_minutes": int(is_quiet.sum()),
        "alerted_minutes": int((alerted & is_quiet).sum()),
    }


def _bends(
    blocks: Blocks, analysis: Analysis
) -> tuple[tuple[int, int, int], tuple[float, ...], tuple[float, ...]]:
    """Pair what was logged with the excursions of the back, by overlap in time."""
    left = list(analysis.bends)
    errors, ends, missed = [], [], 0
    for real in truth.bends(blocks, analysis.settings):
        found = next((b for b in left if _overlap(b, real.start, real.end)), None)
        if found is not None:
            left.remove(found)
        if real.is_border:
            continue
        if found is None:
            missed += 1
            continue
        errors.append(found.peak_deg - real.peak_deg)
        ends.append((found.end_block - real.end) / BLOCKS_PER_S)
    return (len(errors), missed, len(left)), tuple(errors), tuple(ends)


def _overlap(bend: Episode, start: int, end: int) -> bool:
    return bend.start_block < end + _SLACK_BLOCKS and bend.end_block > start - _SLACK_BLOCKS


def _lifts(day: SimulatedDay, analysis: Analysis) -> Iterator[Lift]:
    sign = {"stoop-like": 0.01, "squat-like": -0.01}
    for event in day.truth.of_kind("stoop", "squat"):
        middle = round((event.start_s + event.end_s) / 2 * BLOCKS_PER_S)
        found = next((b for b in analysis.bends if b.start_block <= middle < b.end_block), None)
        if found is None:
            yield Lift(event.kind, "not logged", 0.0)
        else:
            scored = sign.get(found.style, 0.0) * found.confidence_pct
            yield Lift(event.kind, found.style, scored)


def _contexts(
    blocks: Blocks, analysis: Analysis
) -> tuple[dict[str, Seconds], dict[str, tuple[float, ...]]]:
    """Count seconds in which the wearer did one thing throughout; most blocks decide."""
    count = len(blocks.context) // BLOCKS_PER_S
    rows = slice(0, count * BLOCKS_PER_S)
    real = blocks.context[rows].reshape(count, BLOCKS_PER_S)
    said = analysis.timeline.context[rows].reshape(count, BLOCKS_PER_S)
    is_clear = (real == real[:, :1]).all(axis=1)
    seconds: dict[str, Seconds] = {}
    delays: dict[str, tuple[float, ...]] = {}
    for code, name in enumerate(CONTEXTS):
        is_real, is_said = real[:, 0] == code, (said == code).mean(axis=1) >= 0.5
        pairs = ((is_real, is_said), (is_real, ~is_said), (~is_real, is_said))
        right, missed, false = (int((a & b & is_clear).sum()) for a, b in pairs)
        seconds[name] = (right, missed, false, int(is_clear.sum()) - right - missed - false)
        delays[name] = tuple(
            float(np.argmax(is_said[start:end]))
            for start, end in truth.runs(is_real)
            if end - start >= _BOUT_S and is_said[start:end].any()
        )
    return seconds, delays


def _angles(blocks: Blocks, analysis: Analysis) -> tuple[dict[str, float], dict[str, int]]:
    error = analysis.timeline.flexion_deg[: len(blocks.context)] - blocks.flexion_deg
    squares, known = {}, {}
    for code, name in enumerate(CONTEXTS):
        there = error[(blocks.context == code) & np.isfinite(error)]
        squares[name], known[name] = float((there**2).sum()), len(there)
    return squares, known
