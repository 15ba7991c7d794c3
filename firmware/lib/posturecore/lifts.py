"""Stoop-like, squat-like or mixed: from how far the trunk tipped and how far it went down.

A sensor at a height L above the hip drops by L·(1 - cos θ) when the trunk tips by θ; what it drops
beyond that, the hips dropped. It is a description, never a judgement: loads were found lower in
stooping than in squatting (von Arx 2021).

    hip drop < 80 mm and θ ≥ 50°     stoop-like
    hip drop ≥ 200 mm and θ ≤ 50°    squat-like
    else                             mixed
    not measured, not returned       unknown

Sources: the geometry and its limits are ours [D]; so are the heights above the hip as shares of
stature, until a wearer's own is set.
"""

UNKNOWN, STOOP_LIKE, SQUAT_LIKE, MIXED = range(4)
STYLES = ("unknown", "stoop-like", "squat-like", "mixed")

_HEIGHT_PERMILLE = (300, 250, 150, 60)  # of stature: C7, T4, T12, L5
_STOOP_MM, _SQUAT_MM, _LEVEL_CDEG = 80, 200, 5000
_RETURNED_MM = 150  # after a lift the trunk is as high as before
_MM_PER_CDEG_Q7 = 10  # 8 mm weigh as much as 1°: the drop of 0.45 m tipping from 50° to 51°


def height_above_hip_mm(settings: dict[str, int]) -> int:
    """Return how far above the hips the sensor sits."""
    if settings["hip_to_sensor_mm"]:
        return settings["hip_to_sensor_mm"]
    return settings["stature_cm"] * _HEIGHT_PERMILLE[settings["placement"]] // 100


def style(
    height_mm: int, flexion_cdeg: int, cosine_q14: int, drop_mm: int, doubt_mm: int
) -> tuple[int, int]:
    """Return (style, confidence in percent) of a lift that came back.

    `cosine_q14` is that of the inclination at the peak; `doubt_mm` how far the drop may be off.
    """
    hip_mm = drop_mm - (height_mm * (16384 - cosine_q14) >> 14)
    over_mm = (flexion_cdeg - _LEVEL_CDEG) * _MM_PER_CDEG_Q7 >> 7
    # How far, in millimetres, it is from not being so.
    stoop_mm = min(_STOOP_MM - hip_mm, over_mm)
    squat_mm = min(hip_mm - _SQUAT_MM, -over_mm)
    code = MIXED
    margin_mm = min(-stoop_mm, -squat_mm)
    if hip_mm < _STOOP_MM and over_mm >= 0:
        code, margin_mm = STOOP_LIKE, stoop_mm
    elif hip_mm >= _SQUAT_MM and flexion_cdeg <= _LEVEL_CDEG:
        code, margin_mm = SQUAT_LIKE, squat_mm
    margin_mm = max(0, margin_mm)
    return code, 50 + 50 * margin_mm // (margin_mm + doubt_mm)


def has_returned(height_mm: int) -> bool:
    """Tell whether the trunk is as high as before, within what can be measured."""
    return -_RETURNED_MM <= height_mm <= _RETURNED_MM
