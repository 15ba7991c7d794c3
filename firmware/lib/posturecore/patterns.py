"""What the motor can say: every pattern by name, in milliseconds on, off, on ...

No pulse is longer than 800 ms, and none of these needs more than 25 % of any 10 s; haptics.py
holds both whatever asks. A pulse must last about 30 ms to be felt as vibration. One motor, off the
midline of the spine. No two patterns are alike: told apart by number, length and order of pulses.
A pattern's place in the table is its id on the wire, so rows are only ever added at the end.
"""

(
    NONE,
    SLOUCHED,
    BENT,
    IDENTIFY,
    STRONGER,
    CORRECTED,
    BOW_NOW,
    CALIBRATED,
    REFUSED,
    SNOOZED,
    AWAKE,
    MARKED,
    PAIRING,
    BATTERY_1,
    BATTERY_2,
    BATTERY_3,
    BATTERY_4,
    BATTERY_LOW,
    OFF,
    ERROR,
) = range(20)

# (name, ms on, off, on ..., when)
_TABLE = (
    ("none", (), "never"),
    ("slouched", (200, 150, 200), "a slouch has lasted"),
    ("bent", (80,), "a deep bend has returned"),
    ("identify", (500, 300, 500, 300, 500), "a host asks which device this is"),
    (
        "slouched, stronger",
        (400, 150, 400, 150, 400),
        "a slouch goes on after `escalate_after` felt cues",
    ),
    (
        "corrected",
        (80, 120, 80),
        "good posture ended a slouch whose cue was felt, with `has_corrected_pulse`",
    ),
    ("bow now", (400,), "calibration: the standing pose is taken, bow now"),
    ("calibrated", (80, 120, 80, 120, 500), "calibration: the neutral pose is stored"),
    ("refused", (500, 120, 80, 120, 80), "calibration refused; or nothing to mark"),
    ("snoozed", (700,), "no cues are felt now: snoozed, silent or outside hours"),
    ("awake", (80, 120, 400), "cues are felt; at switch-on: ready"),
    ("marked", (80, 120, 80, 120, 80), "the last cue is marked as wrong"),
    ("pairing", (80, 80, 80, 80, 80, 80, 80, 80, 80), "a new host may pair for 60 s"),
    ("battery 1 of 4", (150,), "after the state: below 25 %"),
    ("battery 2 of 4", (150, 250, 150), "after the state: 25 to 49 %"),
    ("battery 3 of 4", (150, 250, 150, 250, 150), "after the state: 50 to 74 %"),
    ("battery 4 of 4", (150, 250, 150, 250, 150, 250, 150), "after the state: 75 % and more"),
    ("battery low", (500, 150, 200), "the battery will be empty soon"),
    ("off", (800,), "the device switches off"),
    ("error", (600, 300, 600), "something is wrong: a host tells what"),
)
PATTERN_NAMES = tuple([row[0] for row in _TABLE])
PATTERNS = tuple([row[1] for row in _TABLE])
MEANINGS = tuple([row[2] for row in _TABLE])
