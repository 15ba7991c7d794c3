"""The table of what makes a time uncertain, from the code's own constants."""

from markdown import markdown

from trunkline.clocks import anchors, dating, host_clock, ties
from trunkline.device import greeting


def times() -> str:
    """Return each source of uncertainty, how much it is taken for, and where that is from."""
    hour_s = anchors.DRIFT_PPM * 3.6e-3
    day_s = anchors.WANDER_PPM * 86.4e-3
    rows = [
        [
            "the way of an anchor",
            f"half the round trip + {greeting.GRANULARITY_MS} ms",
            "measured",
        ],
        ["a host's own clock", f"{_s(dating.HOST_CLOCK_MS)}", "[D], a leap second included"],
        [
            "the device's clock, one anchor",
            f"{anchors.DRIFT_PPM:g} ppm: {hour_s:g} s for each hour from it",
            "[D]; a crystal awake, an RC oscillator asleep",
        ],
        [
            "the same, rate learnt from anchors",
            f"what they leave open, + {anchors.WANDER_PPM:g} ppm: {day_s:.2g} s a day",
            "[D]",
        ],
        [
            "away: off, or between two starts",
            f"{dating.AWAY_PPM / 10_000:g} % of it + {_s(dating.AWAY_MS)}",
            "[M] an RC oscillator; [D]",
        ],
        ["a block and the clock, tied", _s(ties.TIE_MS), "a FIFO's batch and a turn of the loop"],
        [
            "block 0 and the start",
            f"{_s(ties.START_MS)} ± {_s(ties.START_UNCERTAINTY_MS)}",
            "[D]; self-test, opening the log",
        ],
        ["blocks beyond the last tie", f"{ties.RATE_PPM / 10_000:g} % of the time since", "[D]"],
        ["no date any more", f"more than {_h(dating.MOST_UNCERTAIN_MS)}", "[D]"],
        [
            "a host's clock is asked about",
            f"more than {_s(host_clock.TOLERANCE_MS)} beyond all this",
            "[D]",
        ],
    ]
    return markdown(["what", "how uncertain", "source"], rows)


def _s(ms: int) -> str:
    return f"{ms / 1000:g} s"


def _h(ms: int) -> str:
    return f"{ms / 3_600_000:g} h"


TABLES = {"times": times}
