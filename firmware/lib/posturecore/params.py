"""The prescription: every number a therapist or developer may set, in one table.

A parameter's place in the table is its id on the wire, so rows are only ever added at the end.
Sources: [D] our engineering default, no standard behind it; else where the number was read.
No angle here is a validated injury threshold: the slouch angle is an offset from the wearer's own
neutral posture, for a therapist to prescribe.
"""

from binascii import crc32
from struct import pack

from .coaching_params import ABOUT_COACHING
from .posture_params import ABOUT_POSTURE
from .programme import MINUTES_PER_DAY, is_within

PLACEMENTS = ("C7", "T4", "T12", "L5")

# Which way a slouch tips the sensor. Four people, upright against slouching (Ali et al. 2026):
# C7 +20.9°, T4 +23.5°, T12 +14.5°, L5 -1.7°: at L5 a slumping pelvis rolls backward.
SLOUCH_SIGN = (1, 1, 1, -1)

# A tuple: MicroPython's dicts have no order.
PARAMS = ABOUT_POSTURE + ABOUT_COACHING
# What the device needs of it; the firmware's build leaves the rest out.
NAMES = tuple([row[0] for row in PARAMS])
_DEFAULTS = tuple([row[1] for row in PARAMS])
_LOWEST = tuple([row[2] for row in PARAMS])
_HIGHEST = tuple([row[3] for row in PARAMS])
_UNITS = tuple([row[4] for row in PARAMS])


# A prescription in which the first is not below the second could never end what it begins.
_BELOW = (
    ("slouch_hysteresis_cdeg", "slouch_entry_cdeg"),
    ("bend_exit_cdeg", "bend_entry_cdeg"),
    ("bend_exit_cdeg", "bend_fast_entry_cdeg"),
)


def defaults() -> dict[str, int]:
    """Return the default prescription."""
    return dict(zip(NAMES, _DEFAULTS))


def is_usable(name: str, value: int) -> bool:
    """Tell whether there is such a setting and it may have this value."""
    if name not in NAMES or not isinstance(value, int):
        return False
    row = NAMES.index(name)
    return _LOWEST[row] <= value <= _HIGHEST[row]


def problem(name: str, value: int) -> str:
    """Say in one sentence what is wrong with a setting; an empty string when it can be used."""
    if is_usable(name, value):
        return ""
    if name not in NAMES:
        return "Found the setting {}; expected one of: {}.".format(name, ", ".join(NAMES))
    row = NAMES.index(name)
    return "Found {} = {}; expected a whole number from {} to {} {}; default {}.".format(
        name, value, _LOWEST[row], _HIGHEST[row], _UNITS[row], _DEFAULTS[row]
    ).replace(" ;", ";")


def complete(settings: dict[str, int]) -> dict[str, int]:
    """Fill a partial prescription with defaults; raises ValueError with what is wrong."""
    for name in settings:
        if not is_usable(name, settings[name]):
            # In this form the firmware's build knows a sentence, and leaves it out.
            raise ValueError("{}".format(problem(name, settings[name])))
    full = defaults()
    full.update(settings)
    for low, high in _BELOW:
        if full[low] >= full[high]:
            raise ValueError(
                "Found {} = {}; expected less than {} = {}.".format(
                    low, full[low], high, full[high]
                )
            )
    _check_hours(full)
    return full


def _check_hours(full: dict[str, int]) -> None:
    work_from, work_to = full["work_from_min"], full["work_to_min"]
    quiet_from, quiet_to = full["quiet_from_min"], full["quiet_to_min"]
    # Where cues can be felt at all, they can when work begins or when quiet hours end.
    for minute in (work_from, quiet_to % MINUTES_PER_DAY):
        is_working = work_from == work_to or is_within(minute, work_from, work_to)
        if is_working and not is_within(minute, quiet_from, quiet_to):
            return
    raise ValueError(
        "Found work hours {} to {} all in quiet hours {} to {}; expected a minute in which a cue "
        "may be felt; for none, is_silent = 1.".format(work_from, work_to, quiet_from, quiet_to)
    )


def fingerprint(settings: dict[str, int]) -> int:
    """Return the 32-bit hash that names a complete prescription in every episode."""
    return crc32(b"".join([pack("<i", settings[name]) for name in NAMES])) & 0xFFFFFFFF
