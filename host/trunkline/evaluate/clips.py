"""The same decisions on people who really walked: a clip that is shipped, two where they are.

Placements: a lower back was recorded; its data are also judged as if from the other placements,
where forward instead of backward is a slouch, so that an alert is possible at all.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posturecore.context import OFF_BODY, STILL, UNKNOWN, WALKING
from posturecore.params import PLACEMENTS
from trunkline import examples
from trunkline.decide.analysis import Analysis
from trunkline.decide.replay import analyze
from trunkline.decide.transition import KINDS, SIT_TO_STAND, STAND_TO_SIT
from trunkline.errors import InputError
from trunkline.evaluate import truth
from trunkline.evaluate.corpus import STRICT
from trunkline.evaluate.tables import Table
from trunkline.readers import load
from trunkline.recordings.recording import STANDARD_GRAVITY_M_S2, Recording

FloatArray = NDArray[np.float64]

GAIT, RISING = "skdh_lumbar_gait", "skdh_lumbar_sit2stand"
_LEANS_DEG = (-12.0, 0.0, 12.0)
# As few as the rules allow stands between a decision and a buzz.
_EAGER = STRICT | {"slouch_dose_cdeg_s": 1500, "cues_per_hour": 30, "slouch_refractory_s": 10}
# scikit-digital-health wears it upside down, z to the back: there the forward acceleration of a
# stride comes a quarter before the vertical, on the mobgap clip a quarter after; and who sits
# down bows forward.
_UPSIDE = np.diag([-1.0, 1.0, -1.0])
_IN_DOUBT = "a worn back that is taken for none"
_NO_SPANS = np.empty((0, 2))
# What sit2stand finds in this clip from rest (the expected result of its own test, sit2standpy
# 1.1.3): an algorithm's word, which the signal bears out. Nobody labelled the clip.
RISES_S = ((23.24, 24.65), (36.60, 38.24), (81.64, 83.32))


def table(folder: Path | None) -> Table:
    """Judge the shipped clip, and those of scikit-digital-health in a folder.

    Raises:
        InputError: The folder does not hold them.
    """
    rows = list(_of_mobgap())
    if folder is not None:
        rows += _of_gait(skdh(folder, GAIT))
        rows += _of_rising(skdh(folder, RISING))
    else:
        rows.append(("skdh", "not run: `--clips FOLDER` names a folder that holds them", "–"))
    return Table("clips", ("clip", "what", "found"), tuple(rows))


def skdh(folder: Path, name: str) -> Recording:
    """Read a lumbar clip of scikit-digital-health.

    Raises:
        InputError: No such file.
    """
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise InputError(
            found=f"no {path.name} in {str(folder)!r}",
            expected=f"{GAIT}.npz and {RISING}.npz: accel (g), time (s), gyro (rad/s)",
            hint="leave --clips out",
        )
    with np.load(path) as file:
        gyr = file["gyro"] @ _UPSIDE if "gyro" in file.files else None
        rate_hz = 1 / float(np.median(np.diff(file["time"])))
        acc = file["accel"].astype(float) @ _UPSIDE * STANDARD_GRAVITY_M_S2
    return Recording.from_arrays(rate_hz, acc, gyr, "L5")


def _of_mobgap() -> Iterator[tuple[str, str, str]]:
    recording = load(examples.path(examples.NAMES[0]))
    spans = recording.extras["walking_start_end_s"]
    neutral = recording.extras["neutral_up"]
    analysis = analyze(recording, neutral=neutral)
    found, real = _seconds(analysis), _seconds(analysis, spans)
    both = int((found & real).sum())
    name = "mobgap HA001 Test 11, 138 s"
    score = 2 * both / (found.sum() + real.sum())
    yield name, "walking by the second, F1 (target ≥ 0.85)", f"{score:.3f}"
    parts = f"{both / real.sum():.3f}, {both / found.sum():.3f}"
    yield name, "… sensitivity, precision", parts
    yield name, "slouch alerts while the reference walks", _alerted(recording, neutral, spans)
    seats = " and ".join(f"{len(_starts_s(analysis, kind))} {kind}s" for kind in KINDS)
    yield name, "transitions (no reference; read off the signal: 2 and 2)", seats
    yield name, _IN_DOUBT, _doubted(analysis)


def _of_gait(recording: Recording) -> Iterator[tuple[str, str, str]]:
    upright = np.array([1.0, 0.0, 0.0])
    analysis = analyze(recording, neutral=upright)
    name = "skdh gait, 45 s"
    walks = (analysis.timeline.context[40:430] == WALKING).mean()
    yield name, "share of seconds 4 to 43 called walking (no reference: one walk)", f"{walks:.3f}"
    spans = np.array([[4.0, 43.0]])
    yield name, "slouch alerts in seconds 4 to 43", _alerted(recording, upright, spans)
    yield name, "transitions in a walk (target 0)", str(len(analysis.transitions))
    yield name, _IN_DOUBT, _doubted(analysis)


def _of_rising(recording: Recording) -> Iterator[tuple[str, str, str]]:
    upright = np.array([1.0, 0.0, 0.0])
    analysis = analyze(recording, neutral=upright)
    name = "skdh sit-to-stand, 91 s"
    yield name, "slouch alerts not in an upright, still block", _alerted(recording, upright)
    yield name, "sit-to-stands found, and others (target 3, 0)", _rises(analysis)
    sits = ", ".join(f"{start_s:.1f}" for start_s in _starts_s(analysis, STAND_TO_SIT))
    yield name, "stand-to-sits, s (no reference; read off the signal: 7, 30, 68, 88)", sits
    yield name, _IN_DOUBT, _doubted(analysis)
    yield name, "bends logged (least peak 40°)", str(len(analysis.bends))


def _starts_s(analysis: Analysis, kind: str) -> list[float]:
    return [each.start_s for each in analysis.transitions if each.kind == kind]


def _rises(analysis: Analysis) -> str:
    """Pair the sit-to-stands with those of the reference."""
    found, _, others = truth.pair(RISES_S, analysis.rises, SIT_TO_STAND)
    errors_s = [
        f"{rise.start_s - start_s:+.1f}"
        for start_s, end_s in RISES_S
        for rise in analysis.rises
        if rise.start_s < end_s and rise.end_s > start_s
    ]
    return f"{found} of {len(RISES_S)}, begun {', '.join(errors_s) or 'never'} s; {others} others"


def _doubted(analysis: Analysis) -> str:
    """Count what is neither judged nor moving, though the sensor was worn all the time."""
    doubted = np.isin(analysis.timeline.context, (UNKNOWN, OFF_BODY)).sum()
    return f"{doubted * analysis.timeline.block_s:.1f} s"


def _alerted(recording: Recording, neutral: FloatArray, spans: FloatArray = _NO_SPANS) -> str:
    """Count over placements, both slouch rules and three neutrals, at 5° and 3 s."""
    runs = alerts = others = 0
    for placement in PLACEMENTS:
        for rule in (0, 1):
            for lean_deg in _LEANS_DEG:
                analysis = analyze(
                    _moved(recording, placement),
                    _EAGER | {"slouch_rule": rule},
                    neutral=_turned(neutral, lean_deg),
                )
                walked, stood = _count(analysis, spans)
                runs, alerts, others = runs + 1, alerts + walked, others + stood
    return f"{alerts} in {runs} runs at 5° and 3 s ({others} elsewhere)"


def _count(analysis: Analysis, spans: FloatArray) -> tuple[int, int]:
    wrong = right = 0
    for cue in analysis.cues:
        if cue.reason != "slouch":
            continue
        walks = any(start <= cue.at_s < end for start, end in spans)
        if walks or analysis.timeline.context[cue.block] != STILL:
            wrong += 1
        else:
            right += 1
    return wrong, right


def _moved(recording: Recording, placement: str) -> Recording:
    return Recording.from_arrays(
        recording.rate_hz,
        recording.acc_m_s2,
        recording.gyr_rad_s,
        placement,
        axes=recording.axes,
    )


def _turned(up: FloatArray, lean_deg: float) -> FloatArray:
    """Lean a neutral pose, so that walking itself looks slouched."""
    cosine, sine = np.cos(np.radians(lean_deg)), np.sin(np.radians(lean_deg))
    turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    leaned: FloatArray = turn @ up
    return leaned


def _seconds(analysis: Analysis, spans: FloatArray | None = None) -> NDArray[np.bool_]:
    """Tell which whole seconds are walking: as decided, or in the reference's spans."""
    time_s = analysis.timeline.time_s + analysis.timeline.block_s / 2
    walks = analysis.timeline.context == WALKING
    if spans is not None:
        inside = [(time_s >= start) & (time_s < end) for start, end in spans]
        walks = np.any(inside, axis=0)
    whole = len(walks) // 10
    is_walk: NDArray[np.bool_] = walks[: whole * 10].reshape(whole, 10).mean(axis=1) >= 0.5
    return is_walk
