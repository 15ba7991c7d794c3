"""Draw docs/img/time.svg: how certain the times of a week are, with one anchor and with more."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib.figure import Figure

from trunkline.clocks.dating import BootClock, clocks_of
from trunkline.protocol.events import TimeAnchor
from trunkline.protocol.records import Boot
from trunkline.report.palette import BEND, MUTED, PAPER, RULE, SLOUCH
from trunkline.report.svg import element

TARGET = Path(__file__).resolve().parent / "img" / "time.svg"
HOUR_MS = 3_600_000
T0_MS = 1_790_000_000_000
UNKNOWN_MS = 0xFFFFFFFF
# Boot, the hour it starts, the hours it runs; the battery was out before the second.
BOOTS = ((1, 0, 10), (2, 20, 28), (3, 60, 12), (4, 84, 60))
ONE_ANCHOR = ((4, 100),)
ANCHORS = ((2, 22), (2, 46), (3, 64), (4, 100), (4, 122), (4, 140))
WRONG = (4, 130)  # a host that is an hour ahead
DESCRIPTION = (
    "Uncertainty in seconds over the hours of a simulated week with four starts. With one anchor"
    " in the last boot it grows with the distance from it, and jumps where the device was away."
    " With six anchors it stays within a few seconds near them. Before the battery was out the"
    " time is unknown. A seventh anchor that is an hour off changes nothing."
)


def log(anchors: tuple[tuple[int, int], ...]) -> list[Boot | TimeAnchor]:
    """Make the log of that week."""
    events: list[Boot | TimeAnchor] = []
    end_h = ran_h = 0
    for boot_id, start_h, hours in BOOTS:
        away_ms = UNKNOWN_MS if boot_id <= 2 else (start_h - end_h) * HOUR_MS
        events.append(Boot(0, boot_id, 0, 0, 0, 1, 60_000, away_ms, 0, ran_h * HOUR_MS))
        for of, hour in anchors:
            if of == boot_id:
                utc_s = T0_MS // 1000 + hour * 3600 + 3600 * ((of, hour) == WRONG)
                device_ms = (hour - start_h) * HOUR_MS
                events.append(TimeAnchor(0, of, device_ms, utc_s, 0, 50, 60))
        ran_h, end_h = hours, start_h + hours
    return events


def curve(clock: BootClock, start_h: int, hours: int) -> tuple[list[float], list[float]]:
    """Give hours and the uncertainty there in seconds; nothing where the time is unknown."""
    quarters = [start_h + k / 4 for k in range(hours * 4 + 1)]
    moments = [clock.utc_of_ms(round((at - start_h) * HOUR_MS)) for at in quarters]
    told = [(at, m.uncertainty_s) for at, m in zip(quarters, moments, strict=True) if m]
    return [at for at, _ in told], [seconds for _, seconds in told]


def draw() -> str:
    """Return the drawing."""
    figure = Figure(figsize=(8, 3.4), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot()
    series = (
        ("one anchor", SLOUCH, "--", ONE_ANCHOR),
        ("six anchors and a wrong one", BEND, "-", tuple(sorted((*ANCHORS, WRONG)))),
    )
    for name, color, line, anchors in series:
        clocks = clocks_of(log(anchors))
        for boot_id, start_h, hours in BOOTS:
            label = name if boot_id == len(BOOTS) else None
            axes.plot(*curve(clocks[boot_id], start_h, hours), line, color=color, label=label)
    for _, hour in ANCHORS:
        axes.plot(hour, 1, "v", color=BEND, markersize=6, clip_on=False, zorder=3)
    axes.plot(WRONG[1], 1, "x", color=SLOUCH, markersize=7, clip_on=False, zorder=3)
    axes.text(5, 60, "time\nunknown", ha="center", color=MUTED)
    for boot_id, start_h, hours in BOOTS:
        axes.axvspan(start_h, start_h + hours, color=RULE, alpha=0.35, lw=0)
        axes.text(start_h + 0.5, 14_000, f"boot {boot_id}", color=MUTED, va="center", fontsize=9)
    axes.set(yscale="log", ylim=(1, 30_000), xlim=(0, 144))
    axes.set(xlabel="hours", ylabel="uncertainty (s)")
    axes.set_xticks(range(0, 145, 24))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.92), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return element(figure, "time", "How certain the times of a week are", DESCRIPTION) + "\n"


if __name__ == "__main__":
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "time", "font.size": 10}):
        TARGET.write_text(draw(), encoding="utf-8")
