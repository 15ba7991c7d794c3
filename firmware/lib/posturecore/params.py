"""The prescription: every number a therapist or developer may set, in one table.

A parameter's place in the table is its id on the wire, so rows are only ever added at the end.
Sources: [D] our engineering default, no standard behind it; else where the number was read.
No angle here is a validated injury threshold: the slouch angle is an offset from the wearer's own
neutral posture, for a therapist to prescribe.
"""

from binascii import crc32
from struct import pack

PLACEMENTS = ("C7", "T4", "T12", "L5")

# Which way a slouch tips the sensor. Four people, upright against slouching (Ali et al. 2026):
# C7 +20.9°, T4 +23.5°, T12 +14.5°, L5 -1.7°: at L5 a slumping pelvis rolls backward.
SLOUCH_SIGN = (1, 1, 1, -1)

# (name, default, low, high, unit, meaning, source). A tuple: MicroPython's dicts have no order.
PARAMS = (
    (
        "placement",
        1,
        0,
        3,
        "",
        "where the sensor sits: 0 C7, 1 T4, 2 T12, 3 L5",
        "T3-T4 sees slouch best [D]",
    ),
    (
        "slouch_entry_cdeg",
        1200,
        300,
        4000,
        "0.01°",
        "offset from neutral that starts a slouch",
        "[D] 12°",
    ),
    (
        "slouch_hysteresis_cdeg",
        400,
        0,
        2000,
        "0.01°",
        "how far below entry the offset must fall to be good again",
        "[D] 4°",
    ),
    (
        "slouch_hold_s",
        60,
        1,
        900,
        "s",
        "how long a slouch must last before it counts and cues",
        "[D] 60 s, therapists 15-300 s",
    ),
    (
        "slouch_reset_s",
        2,
        1,
        60,
        "s",
        "how long good posture must last to end a slouch",
        "[D] 2 s; one open tracker uses 1 s",
    ),
    (
        "slouch_pause_s",
        20,
        1,
        300,
        "s",
        "a walk, bend or other break this long ends a slouch",
        "[D]",
    ),
    (
        "slouch_refractory_s",
        60,
        10,
        1800,
        "s",
        "least time between two cues",
        "[D] 60 s",
    ),
    (
        "cues_per_hour",
        6,
        0,
        30,
        "",
        "most cues felt in any hour; 0 is silent: cues are logged, not felt",
        "[D] 6, against nagging",
    ),
    (
        "bend_entry_cdeg",
        3000,
        1500,
        6000,
        "0.01°",
        "flexion that starts a bend at any speed",
        "[D] 30°",
    ),
    (
        "bend_fast_entry_cdeg",
        2000,
        1000,
        6000,
        "0.01°",
        "flexion that starts a bend when moving fast",
        "[D] 20°",
    ),
    (
        "bend_fast_rate_cdeg_s",
        1500,
        500,
        10000,
        "0.01°/s",
        "what counts as fast",
        "[D] 15°/s",
    ),
    (
        "bend_exit_cdeg",
        1500,
        500,
        4000,
        "0.01°",
        "flexion below which a bend has returned",
        "[D] 15°",
    ),
    (
        "bend_peak_cdeg",
        4000,
        1500,
        9000,
        "0.01°",
        "least peak flexion of a bend that is logged",
        "[D] 40°",
    ),
    (
        "bend_min_ms",
        800,
        200,
        5000,
        "ms",
        "shortest bend that is logged",
        "[D] 0.8 s",
    ),
    (
        "bend_held_s",
        10,
        2,
        60,
        "s",
        "a bend longer than this is a held bend, no longer a movement",
        "[D] 10 s",
    ),
    (
        "bend_cue_cdeg",
        6000,
        3000,
        18000,
        "0.01°",
        "peak that earns one pulse after the return; the highest value: never",
        "[D] 60°",
    ),
    (
        "calibration_s",
        5,
        3,
        8,
        "s",
        "how long to stand still for the neutral pose",
        "[D] 5 s, at least 3",
    ),
    (
        "reclined_cdeg",
        2000,
        500,
        6000,
        "0.01°",
        "leaning back by this much is reclined, not slouched",
        "[D] 20°",
    ),
    (
        "lying_cdeg",
        6000,
        4500,
        9000,
        "0.01°",
        "inclination that is lying once it lasts",
        "[D] 60°; 64.9° at the hip (Vähä-Ypyä 2018)",
    ),
    (
        "lying_s",
        30,
        5,
        300,
        "s",
        "how long the inclination must last to be lying",
        "[D] 30 s",
    ),
    (
        "slouch_rule",
        0,
        0,
        1,
        "",
        "0 a slouch counts by its hold time, 1 by its dose",
        "[D]; half the cues in a study of exposure variation",
    ),
    (
        "slouch_dose_cdeg_s",
        30000,
        1000,
        200000,
        "0.01°·s",
        "offset beyond entry, summed over time, that counts and cues",
        "[D] 300°·s: 10° too much for 42 s",
    ),
    (
        "slouch_leak_s",
        60,
        10,
        600,
        "s",
        "time in which good posture lets the dose fall to 37 %",
        "[D] 60 s",
    ),
    (
        "stature_cm",
        172,
        120,
        220,
        "cm",
        "the wearer's height, from which the sensor's height above the hip is reckoned",
        "[D]",
    ),
    (
        "hip_to_sensor_mm",
        0,
        0,
        800,
        "mm",
        "the sensor's height above the hip; 0: reckoned from stature and placement",
        "[D]",
    ),
)
NAMES = tuple([row[0] for row in PARAMS])


# A prescription in which the first is not below the second could never end what it begins.
_BELOW = (
    ("slouch_hysteresis_cdeg", "slouch_entry_cdeg"),
    ("bend_exit_cdeg", "bend_entry_cdeg"),
    ("bend_exit_cdeg", "bend_fast_entry_cdeg"),
)


def defaults() -> dict[str, int]:
    """Return the default prescription."""
    return {row[0]: row[1] for row in PARAMS}


def problem(name: str, value: int) -> str:
    """Say in one sentence what is wrong with a setting; an empty string when it can be used."""
    if name not in NAMES:
        return "Found the setting {}; expected one of: {}.".format(name, ", ".join(NAMES))
    _, default, low, high, unit = PARAMS[NAMES.index(name)][:5]
    if not isinstance(value, int) or not low <= value <= high:
        return "Found {} = {}; expected a whole number from {} to {} {}; default {}.".format(
            name, value, low, high, unit, default
        ).replace(" ;", ";")
    return ""


def complete(settings: dict[str, int]) -> dict[str, int]:
    """Fill a partial prescription with defaults; raises ValueError with what is wrong."""
    for name in settings:
        fault = problem(name, settings[name])
        if fault:
            raise ValueError(fault)
    full = defaults()
    full.update(settings)
    for low, high in _BELOW:
        if full[low] >= full[high]:
            raise ValueError(
                "Found {} = {}; expected less than {} = {}.".format(
                    low, full[low], high, full[high]
                )
            )
    return full


def fingerprint(settings: dict[str, int]) -> int:
    """Return the 32-bit hash that names a complete prescription in every episode."""
    return crc32(b"".join([pack("<i", settings[name]) for name in NAMES])) & 0xFFFFFFFF
