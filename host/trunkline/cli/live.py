"""The live view of `trunkline monitor`, made for 80 columns and 24 lines.

Nothing speaks by colour alone: each coloured thing has a word or a place of its own.
"""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from posturecore import params
from trunkline.cli.output import clock
from trunkline.device.live import TREND_BLOCKS, Line, LiveView

_BANDS = {"good": "green", "near": "yellow", "beyond": "bold red"}
_STATES = {"good": "green", "begun": "yellow", "prolonged": "bold red"}
_KINDS = {
    "cue": "magenta",
    "episode": "cyan",
    **dict.fromkeys(("fault", "device_fault", "link_lost", "dropped"), "red"),
}
_DIGITS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": (" █ ", " █ ", " ▀ "),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    "-": ("   ", "▀▀▀", "   "),
    "°": ("█▀█", "▀▀▀", "   "),
}
_LEVELS = " ▁▂▃▄▅▆▇█"
_LEFT = 28  # columns of the big angle
_TREND_ROWS = 5
_AXIS = 6  # columns left of the trend
_FIXED_ROWS = 19  # all but what happened
_STEPS_DEG = (5.0, 10.0, 15.0, 20.0, 40.0)  # of the trend, a row each


class LivePicture:
    """A view as rich draws it, over the whole height that there is."""

    def __init__(
        self, view: LiveView, origin: str, is_away: bool, rssi_dbm: int | None = None
    ) -> None:
        """Prepare to draw.

        Args:
            view: What there is to show.
            origin: Where the device is, and whether it is simulated.
            is_away: Whether the link is lost.
            rssi_dbm: Signal strength when the device was found; None: not known.
        """
        self._view = view
        self._origin = origin
        self._is_away = is_away
        self._rssi_dbm = rssi_dbm

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines."""
        width = options.max_width - 2
        rows = max(0, (options.height or options.size.height) - _FIXED_ROWS)
        lines = [
            *self._head(width),
            *self._now(),
            Text(),
            *_trend(self._view, width),
            _rule(width),
            *self._link(),
            _rule(width),
            *_happened(self._view.lines, rows, width),
        ]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
            yield Text(" ").append_text(line)

    def _head(self, width: int) -> list[Text]:
        hello, view = self._view.hello, self._view
        who = "waiting for a device" if hello is None else f"device {hello.device_id.hex()}"
        title = Text.assemble((who, "bold"))
        if hello is not None:
            placement = params.PLACEMENTS[view.settings["placement"]]
            title.append(f"  boot {hello.boot_id}  {placement}")
        state = Text("link lost", style="bold red") if self._is_away else Text("live", "green")
        return [
            _sides(title, Text(self._origin, style="yellow"), width),
            _sides(
                Text("q or Ctrl-C ends", style="dim"), state.append(f"  {clock(view.at_s)}"), width
            ),
            _rule(width),
        ]

    def _now(self) -> list[Text]:
        view, posture = self._view, self._view.posture
        facts = [("posture", _posture(view)), ("slouch", _slouch(view))]
        facts += [("doing", Text(posture.context if posture else "–"))]
        facts += [("cues", Text(view.coaching or "–")), ("last cue", _last_cue(view))]
        big = _big_angle(view)
        return [
            Text.assemble(left, (f"{name:<10}", "dim"), fact)
            for left, (name, fact) in zip(big, facts, strict=True)
        ]

    def _link(self) -> list[Text]:
        view, status = self._view, self._view.status
        link = [("frames", f"{view.frames_hz:.1f}/s"), ("missing", str(view.missing_frames))]
        device: list[tuple[str, str]] = []
        if status is not None:
            link += [("dropped", str(status.frames_dropped))]
            device += [("battery", f"{status.battery_mv / 1000:.2f} V")]
            device += [("samples lost", str(status.samples_lost))]
        if self._rssi_dbm is not None:
            link += [("heard at", f"{self._rssi_dbm} dBm")]
        if view.log_pct is not None:
            device += [("log", f"{view.log_pct} % full")]
        return [_pairs("link", link), _pairs("device", device)]


def _sides(left: Text, right: Text, width: int) -> Text:
    gap = max(1, width - left.cell_len - right.cell_len)
    return Text.assemble(left, " " * gap, right)


def _rule(width: int) -> Text:
    return Text("─" * width, style="dim")


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> Text:
    text = Text(f"{title:<9}")
    for name, value in pairs:
        text.append(f"{name} ", style="dim")
        text.append(f"{value}   ")
    return text


def _big_angle(view: LiveView) -> list[Text]:
    """Draw the flexion over three lines, with a line above and its direction below."""
    posture = view.posture
    if posture is None or not view.is_calibrated:
        lines = ["", "not calibrated:", "stand still, upright,", "for a few seconds", ""]
        lines = lines if view.is_calibrated is False else [""] * len(lines)
        return [Text(f"  {line:<{_LEFT - 2}}", style="yellow") for line in lines]
    glyphs = [_DIGITS[sign] for sign in f"{posture.flexion_deg + 0.0:.0f}°".replace("-0°", "0°")]
    rows = [" ".join(glyph[row] for glyph in glyphs) for row in range(3)]
    lean = "forward" if posture.flexion_deg >= 0 else "back"
    side = "right" if posture.lateral_deg >= 0 else "left"
    words = f"{lean}, {abs(posture.lateral_deg):.0f}° {side}"
    return [
        Text(" " * _LEFT),
        *(Text(f"  {row:<{_LEFT - 2}}", style=_BANDS[posture.band]) for row in rows),
        Text(f"  {words:<{_LEFT - 2}}", style="dim"),
    ]


def _posture(view: LiveView) -> Text:
    if view.posture is None or not view.is_calibrated:
        return Text("–")
    entry_deg = view.settings["slouch_entry_cdeg"] / 100
    exit_deg = entry_deg - view.settings["slouch_hysteresis_cdeg"] / 100
    words = {
        "good": f"good: below {exit_deg:g}°",
        "near": f"near: {exit_deg:g}° to {entry_deg:g}°",
        "beyond": f"beyond {entry_deg:g}°",
    }
    band = view.posture.band
    return Text(words[band], style=_BANDS[band])


def _slouch(view: LiveView) -> Text:
    if view.posture is None:
        return Text("–")
    state = view.posture.state
    if state == "good":
        return Text("none", style=_STATES["good"])
    hold = "" if view.settings["slouch_rule"] else f" of {view.settings['slouch_hold_s']} s"
    return Text(f"{state}, {view.posture.over_s:.0f} s{hold}", style=_STATES.get(state, ""))


def _last_cue(view: LiveView) -> Text:
    if not view.last_cue:
        return Text("–")
    return Text(f"{view.last_cue}, {clock(view.cue_ago_s)} ago", style=_KINDS["cue"])


def _trend(view: LiveView, width: int) -> list[Text]:
    """Draw the last two minutes' offsets, a column for some blocks; coloured by band."""
    columns = width - _AXIS
    means = _means(view.trend_deg, columns)
    entry_deg = view.settings["slouch_entry_cdeg"] / 100
    exit_deg = entry_deg - view.settings["slouch_hysteresis_cdeg"] / 100
    top_deg = max((mean for mean in means if mean is not None), default=0.0)
    steps_deg = (step for step in _STEPS_DEG if step * _TREND_ROWS >= top_deg)
    per_row = next(steps_deg, _STEPS_DEG[-1])
    lines = []
    for row in reversed(range(_TREND_ROWS)):
        floor_deg = row * per_row
        line = Text(f"{floor_deg + per_row:>4.0f}° ")
        for mean in means:
            if mean is None:
                line.append(" ")
                continue
            level = min(8, max(row == 0, round((mean - floor_deg) / per_row * 8)))
            band = "good" if mean < exit_deg else "near" if mean < entry_deg else "beyond"
            line.append(_LEVELS[max(0, level)], style=_BANDS[band].removeprefix("bold "))
        lines.append(line)
    ends = Text(" " * _AXIS + "2 min ago", style="dim")
    return [*lines, _sides(ends, Text("now", style="dim"), width)]


def _means(values: tuple[float | None, ...], columns: int) -> list[float | None]:
    """Bring two minutes of blocks into columns; those before the first are None."""
    padded = (None,) * (TREND_BLOCKS - len(values)) + values
    means: list[float | None] = []
    for k in range(columns):
        part = padded[k * TREND_BLOCKS // columns : (k + 1) * TREND_BLOCKS // columns]
        known = [value for value in part if value is not None]
        means.append(sum(known) / len(known) if known else None)
    return means


def _happened(lines: tuple[Line, ...], rows: int, width: int) -> list[Text]:
    newest = lines[-rows:] if rows else ()
    found = [
        Text.assemble(
            (f"{clock(line.at_s):>8}  ", "dim"),
            (f"{line.what.replace('_', ' '):<13}", _KINDS.get(line.what, "")),
            line.words,
        )
        for line in reversed(newest)
    ]
    return found + [Text()] * (rows - len(found))
