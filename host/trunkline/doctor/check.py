"""One thing that was looked at, and what came of it."""

from dataclasses import dataclass

LEVELS = ("ok", "warn", "fail")


@dataclass(frozen=True)
class Check:
    """One line of the doctor's table.

    Attributes:
        name: What was looked at.
        level: One of LEVELS. "warn": it works, but not for long, or not all of it.
        sentence: What was found.
        remedy: What to do about it; "" where nothing need be done.
    """

    name: str
    level: str
    sentence: str
    remedy: str = ""


def ok(name: str, sentence: str) -> Check:
    """Give a check that found nothing wrong."""
    return Check(name, "ok", sentence)


def warn(name: str, sentence: str, remedy: str) -> Check:
    """Give a check that found something to do soon."""
    return Check(name, "warn", sentence, remedy)


def fail(name: str, sentence: str, remedy: str) -> Check:
    """Give a check that found what stands in the way."""
    return Check(name, "fail", sentence, remedy)
