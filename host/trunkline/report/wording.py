"""Numbers as people read them: times, angles, shares that add up."""

import math
from collections.abc import Sequence

_UNITS = {
    "0.01°": (100, "°"),
    "0.01°/s": (100, "°/s"),
    "0.01°·s": (100, "°·s"),
    "s": (1, " s"),
    "ms": (1, " ms"),
    "": (1, ""),
}


def clock(at_s: float) -> str:
    """Tell a moment since the first sample, such as "6:57.5" or "1:02:03.0"."""
    tenths = round(at_s * 10)
    hours, rest = divmod(tenths, 36000)
    minutes, rest = divmod(rest, 600)
    seconds = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def span(duration_s: float) -> str:
    """Tell how long something lasts, such as "7.2 s", "2 min 7 s" or "1 h 0 min"."""
    if duration_s < 59.95:
        return f"{duration_s:.1f} s"
    seconds = round(duration_s)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(duration_s / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def count(number: int, one: str, many: str | None = None) -> str:
    """Tell a number of things, such as "no bends", "1 bend" or "3 bends"."""
    plural = many or one + "s"
    return f"{number or 'no'} {one if number == 1 else plural}"


def degrees(value_deg: float) -> str:
    """Tell an angle to the tenth, with a real minus sign."""
    return f"{value_deg:.1f}°".replace("-", "−")


def setting(value: int, unit: str) -> str:
    """Tell a setting in the unit that people use: hundredths become whole degrees."""
    divisor, sign = _UNITS.get(unit, (1, f" {unit}"))
    return f"{value / divisor:g}{sign}"


def apportion(parts: Sequence[float], step: float) -> list[float]:
    """Round parts to multiples of `step` so that they still add up to the rounded sum.

    Plain rounding can leave a table whose lines do not add up to its last line. Here the parts
    that lost most by rounding down get the steps that are left over.
    """
    exact = [part / step for part in parts]
    # A whole number that a float falls short of must not be rounded down.
    whole = [math.floor(value + 1e-6) for value in exact]
    spare = round(sum(exact)) - sum(whole)
    by_loss = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in by_loss[:spare]:
        whole[i] += 1
    return [value * step for value in whole]
