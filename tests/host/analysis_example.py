"""A simulated analysis for tests: a drawn flexion, judged block by block by the real decider."""

import numpy as np

from posturecore import params
from posturecore.blocks import WIDTH
from posturecore.context import CHANGING, WALKING
from posturecore.decide import Decider
from posturecore.frames import CUE, EPISODE
from posturecore.scales import ACC_LSB_PER_G, NOMINAL_RATE_MHZ, UP_LSB_PER_G, gyr_lsb
from trunkline.decide.analysis import Analysis, Cue, Episode, Wear, block_seconds
from trunkline.decide.timeline import Timeline

ROUND_BLOCKS = 6000  # ten minutes: one of everything
_CALIBRATED_AT = 50
_LOST = (5000, 5100)


def analysis_example(
    block_count=ROUND_BLOCKS, placement="T4", seed=7, *, settings=None, name="drawn"
):
    """Draw rounds of ten minutes: slouches, a short lean, a walk, bends, a nap and a gap."""
    rng = np.random.default_rng(seed)
    sign = params.SLOUCH_SIGN[params.PLACEMENTS.index(placement)]
    flexion_deg = _drawn_flexion(block_count, rng, sign)
    lateral_deg = 1.5 * np.sin(np.arange(block_count) / 170) + rng.normal(0, 0.1, block_count)
    full = params.complete({"placement": params.PLACEMENTS.index(placement), **(settings or {})})
    return _decided(_blocks(flexion_deg, rng), lateral_deg, full, placement, name)


def _drawn_flexion(block_count, rng, sign):
    at = np.arange(block_count) % ROUND_BLOCKS
    flexion_deg = 1.2 * np.sin(np.arange(block_count) / 90) + rng.normal(0, 0.15, block_count)
    for start, end, deg in (
        (400, 1700, 19),
        (2300, 3300, 16),
        (1900, 2000, 24),
        (4300, 4700, -26),
    ):
        ramp = np.clip(np.minimum(at - start, end - at) / 25, 0, 1)
        flexion_deg += (sign if deg > 0 else 1) * deg * ramp
    for start, end, deg in ((3900, 3945, 78), (4000, 4040, 46), (4100, 4260, 52)):
        flexion_deg += deg * np.clip(np.minimum(at - start, end - at) / 18, 0, 1)
    return flexion_deg


def _blocks(flexion_deg, rng):
    count = len(flexion_deg)
    angle = np.radians(flexion_deg)
    blocks = np.zeros((count, WIDTH), dtype=np.int64)
    up = np.stack([np.cos(angle), np.zeros(count), -np.sin(angle)], axis=1)
    blocks[:, 6:9] = np.rint(up * UP_LSB_PER_G)
    blocks[:, 3:6] = np.rint(up * ACC_LSB_PER_G)
    at = np.arange(count) % ROUND_BLOCKS
    blocks[:, 3] += np.where((at > 3400) & (at < 3800), rng.integers(-1600, 1600, count), 0)
    blocks[:, 3:6] += rng.integers(-30, 30, (count, 3))
    rate_deg_s = np.gradient(flexion_deg, 0.1)
    blocks[:, 1] = np.clip(-rate_deg_s / 20 * gyr_lsb(20), -32000, 32000)
    return blocks


def _decided(blocks, lateral_deg, settings, placement, name):
    decider = Decider(settings, NOMINAL_RATE_MHZ)
    events, flexion, context, state = [], [], [], []
    for index, block in enumerate(blocks.tolist()):
        if index == _CALIBRATED_AT:
            events += decider.set_neutral((UP_LSB_PER_G, 0, 0))
        if _LOST[0] <= index < _LOST[1]:
            events += decider.gap(1)
        else:
            events += decider.block(tuple(block))
        if decider.amendment:
            _amend(context, decider.amendment)
        flexion.append(decider.flexion_cdeg / 100 if decider.context else np.nan)
        context.append(decider.context)
        state.append(decider.slouch_state)
    events += decider.finish()
    block_s = block_seconds(NOMINAL_RATE_MHZ)
    flexion_deg = np.array(flexion)
    rows = [Episode.from_row(row, block_s) for frame, row in events if frame == EPISODE]
    return Analysis(
        name=name,
        is_simulated=True,
        source="drawn with numpy; no person wore the sensor",
        placement=placement,
        neutral=(1.0, 0.0, 0.0),
        neutral_source="set after five seconds, as drawn",
        settings=settings,
        episodes=tuple(row for row in rows if row.kind == "slouch"),
        bends=tuple(row for row in rows if row.kind == "bend"),
        bend_counts=dict(zip(("30", "60", "90"), decider.bend_counts, strict=True)),
        cues=tuple(Cue.from_row(row, block_s) for frame, row in events if frame == CUE),
        wear=Wear.from_ledger(decider.ledger, block_s),
        timeline=Timeline(
            block_s=block_s,
            flexion_deg=flexion_deg,
            lateral_deg=np.where(np.isnan(flexion_deg), np.nan, lateral_deg),
            context=np.array(context, dtype=np.int8),
            slouch_state=np.array(state, dtype=np.int8),
        ),
        warnings=("10 s of samples are missing: nothing is judged across them.",),
    )


def _amend(context, amendment):
    start, walked = amendment
    before, after = (CHANGING, WALKING) if walked > 0 else (WALKING, CHANGING)
    context[start:] = [after if code == before else code for code in context[start:]]
