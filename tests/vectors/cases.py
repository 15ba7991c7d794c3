"""What the golden vectors cover: the inputs. Expected results are computed by `write`."""

SEED = 20260917

ANGLES = [
    [0, 0], [0, 1], [1, 0], [0, -1], [-1, 0], [1, 1], [-1, -1], [1, -1], [-1, 1],
    [-1, -30000], [1, -30000], [32767, 32768], [32768, 32767], [-32768, -32768],
    [1 << 29, 1 << 29], [-(1 << 29), 1], [1, -(1 << 29)], [62373887, 275645211],
    [8192, 14189], [3, 400000000], [-123456, 65432], [511, 32767], [512, 32767], [513, 32767],
]  # fmt: skip

# neutral pose, then a pose, as up vectors in counts
POSES = [
    [[16393, 0, 0], [16393, 0, 0]],
    [[16393, 0, 0], [15404, 0, -5607]],
    [[16393, 0, 0], [0, 0, -16393]],
    [[16393, 0, 0], [-8197, 0, -14197]],
    [[16393, 0, 0], [10892, -5607, -10892]],
    [[16393, 0, 0], [15834, -4243, 0]],
    [[15404, 2000, -5607], [12000, -3000, -10754]],
    [[14000, -4000, 7500], [9000, 4100, -13000]],
    [[8300, 100, 14100], [-16000, 300, 3000]],
    [[32767, 32767, 32767], [-32768, -32768, -32768]],
    [[16393, 0, 0], [0, 0, 0]],
]

_QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10, "cues_per_hour": 3}
_READY = ["calibrate", 50, 0, 8]

# Each: name, settings, rate_mhz, steps. Step lists: see synthetic.py.
DECISIONS = [
    {
        "name": "a slouch, long enough to be cued until the cap",
        "settings": _QUICK,
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 30, 0, 0, 0, 0, 20, 0],
            ["move", 30, 0, 1500, 0, 0, 20, 0],
            ["move", 600, 1500, 1400, 200, 0, 20, 0],
            ["move", 15, 1400, 300, 0, 0, 20, 0],
            ["move", 40, 300, 100, 0, 0, 20, 0],
        ],
    },
    {
        "name": "slouch, walk, slouch again; the walk pauses or ends it",
        "settings": _QUICK,
        "rate_mhz": 59312,
        "steps": [
            _READY,
            ["move", 90, 1400, 1450, -300, 0, 20, 0],
            ["move", 120, 600, 700, 0, 900, 60, 0],
            ["move", 60, 1400, 1450, 0, 0, 20, 0],
            ["move", 260, 500, 500, 0, 700, 60, 0],
            ["move", 120, 1300, 1500, 0, 0, 20, 0],
            ["finish"],
        ],
    },
    {
        "name": "bends: slow, fast, deep, short, shallow, held, sideways",
        "settings": {},
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 60, 0, 5500, 0, 0, 20, 0],
            ["move", 60, 5500, 0, 0, 0, 20, 0],
            ["move", 6, 0, 7500, 0, 0, 20, 0],
            ["move", 12, 7500, 7500, 500, 0, 20, 0],
            ["move", 6, 7500, 0, 0, 0, 20, 0],
            ["move", 2, 0, 4500, 0, 0, 20, 0],
            ["move", 2, 4500, 0, 0, 0, 20, 0],
            ["move", 10, 0, 3500, 0, 0, 20, 0],
            ["move", 10, 3500, 0, 0, 0, 20, 0],
            ["move", 10, 0, 8800, 1500, 0, 20, 0],
            ["move", 150, 8800, 9400, 1500, 0, 20, 0],
            ["move", 20, 9400, 0, 0, 0, 20, 0],
            ["move", 30, 0, 0, 0, 0, 20, 0],
        ],
    },
    {
        "name": "gaps in a slouch, in a bend and before the neutral pose",
        "settings": _QUICK,
        "rate_mhz": 60000,
        "steps": [
            ["move", 20, 0, 0, 0, 0, 20, 0],
            ["gap", 7, 0],
            _READY,
            ["move", 100, 1500, 1500, 0, 0, 20, 0],
            ["gap", 1, 1],
            ["move", 100, 1500, 1500, 0, 0, 20, 0],
            ["move", 20, 0, 7000, 0, 0, 20, 0],
            ["gap", 600, 0],
            ["move", 20, 7000, 0, 0, 0, 20, 0],
        ],
    },
    {
        "name": "saturated, motor, no gravity",
        "settings": _QUICK,
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 100, 1500, 1500, 0, 0, 20, 0],
            ["move", 12, 1500, 1500, 0, 40000, 20, 0],
            ["move", 12, 1500, 1500, 0, 900, 400, 2],
            ["dead", 15],
            ["move", 60, 1500, 1500, 0, 0, 20, 0],
            ["move", 20, 1500, 6500, 0, 0, 20, 0],
            ["dead", 10],
            ["move", 20, 6500, 0, 0, 0, 20, 0],
            ["dead", 260],
        ],
    },
    {
        "name": "new settings and a new neutral pose in the middle",
        "settings": _QUICK,
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 80, 1500, 1500, 0, 0, 20, 0],
            ["settings", {"slouch_entry_cdeg": 1000, "slouch_hold_s": 2, "placement": 0}],
            ["move", 80, 1500, 1500, 0, 0, 20, 0],
            ["neutral", 15834, 300, -4243],
            ["move", 80, 1500, 1500, 0, 0, 20, 0],
            ["move", 20, 1500, 7000, 0, 0, 20, 0],
            ["neutral", 16393, 0, 0],
            ["move", 20, 7000, 0, 0, 0, 20, 0],
            ["settings", {"cues_per_hour": 0, "slouch_hold_s": 1}],
            ["move", 80, 1500, 1500, 0, 0, 20, 0],
            ["finish"],
        ],
    },
    {
        "name": "at L5 a slouch tips backward; leaning back further is reclined",
        "settings": {"placement": 3, "slouch_hold_s": 2, "slouch_entry_cdeg": 500},
        "rate_mhz": 62100,
        "steps": [
            ["calibrate", 50, 700, 8],
            ["move", 80, 100, 50, 0, 0, 20, 0],
            ["move", 80, 1200, 1200, 0, 0, 20, 0],
            ["move", 60, -1800, -1900, 0, 0, 20, 0],
        ],
    },
    {
        "name": "lying down, then taken off and put on a table",
        "settings": {},
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 60, 0, -8500, 0, 0, 20, 0],
            ["move", 360, -8500, -8500, 2000, 0, 30, 0],
            ["move", 3100, -9000, -9000, 0, 0, 1, 0],
            ["move", 60, -9000, 0, 0, 0, 20, 0],
        ],
    },
    {
        "name": "lifts: squatting, stooping, in between, at two placements",
        "settings": {"slouch_rule": 1, "slouch_dose_cdeg_s": 4000, "slouch_refractory_s": 10},
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["squat", 30, 500, 4500],
            ["move", 30, 0, 0, 0, 0, 8, 0],
            ["squat", 30, 330, 7500],
            ["move", 30, 0, 0, 0, 0, 8, 0],
            ["squat", 40, 480, 6000],
            ["move", 100, 2200, 1800, 0, 0, 8, 0],
            ["move", 60, 0, 0, 0, 0, 8, 0],
            ["settings", {"placement": 3, "stature_cm": 190}],
            ["squat", 24, 450, 4100],
            ["squat", 24, 80, 7000],
            ["move", 30, 0, 0, 0, 0, 8, 0],
        ],
    },
    {
        "name": "a walk of twelve steps, a halt, the charger",
        "settings": {"slouch_hold_s": 3, "slouch_entry_cdeg": 500},
        "rate_mhz": 60000,
        "steps": [
            _READY,
            ["move", 50, 700, 700, 0, 700, 20, 0],
            ["move", 60, 700, 700, 0, 0, 20, 0],
            ["move", 40, 700, 700, 0, 0, 1, 4],
            ["move", 40, 700, 700, 0, 0, 20, 0],
            ["finish"],
        ],
    },
    {
        "name": "calibrations that are refused",
        "settings": {},
        "rate_mhz": 60000,
        "steps": [
            ["calibrate", 30, 7000, 8],
            ["calibrate", 30, 0, 600],
            ["calibrate", 30, 500, 8],
            ["move", 30, 500, 500, 0, 0, 20, 0],
        ],
    },
]
