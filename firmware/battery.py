"""State of charge from the cell's voltage at rest: rough, enough for a warning in time."""

# Typical LiPo discharge at low current [from memory; to be measured on the cell used].
_CURVE = ((3300, 0), (3600, 10), (3700, 25), (3800, 45), (3900, 62), (4000, 78), (4180, 100))


def percent(battery_mv):
    """Return 0 to 100, by straight lines between the points of the curve."""
    if battery_mv <= _CURVE[0][0]:
        return 0
    low_mv, low = _CURVE[0]
    for high_mv, high in _CURVE:
        if battery_mv < high_mv:
            return low + (high - low) * (battery_mv - low_mv) // (high_mv - low_mv)
        low_mv, low = high_mv, high
    return 100
