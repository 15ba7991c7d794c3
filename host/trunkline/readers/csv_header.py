"""What the name of a CSV column says: a sensor, an axis, a unit.

`acc_x`, `ax`, `x_acc`, `Accel_X (g)` and `gyr_x_deg_s` are understood; a name with anything else
behind it is not, so that `x_acc_2` is never taken for the only accelerometer.
"""

import re

# How units are written behind a column's name, without separators.
_WRITTEN_UNITS = {
    **{"ms2": "m/s2", "mss": "m/s2", "g": "g", "mg": "mg"},
    **{"rads": "rad/s", "rps": "rad/s", "dps": "deg/s", "degs": "deg/s", "ds": "deg/s"},
    **{"mdps": "mdeg/s", "mdegs": "mdeg/s"},
    **{"s": "s", "sec": "s", "seconds": "s", "ms": "ms", "us": "us"},
}
ACC_WORDS = "accelerometer|acceleration|accel|acc|a"
GYR_WORDS = "gyroscope|gyro|gyr|g|w"
TIME_WORDS = "timestamp|time|t|seconds"


def parse_axis(name: str, words: str) -> tuple[str | None, str | None]:
    """Split a column's name into axis and unit; no axis: it is none of these words."""
    lower = name.lower().strip()
    match = re.fullmatch(rf"(?:{words})[ _.-]?([xyz])(.*)", lower) or re.fullmatch(
        rf"([xyz])[ _.-]?(?:{words})(?![a-z])(.*)", lower
    )
    if match is None:
        return None, None
    unit = parse_unit(match[2])
    return (None, None) if unit == "unknown" else (match[1], unit)


def parse_unit(written: str) -> str | None:
    """Read a unit such as "_m_s2", " [deg/s]" or "(g)"; None: none is written."""
    bare = re.sub(r"[^a-zµ0-9]", "", written).replace("µ", "u").replace("²", "2")
    return _WRITTEN_UNITS.get(bare, "unknown") if bare else None
