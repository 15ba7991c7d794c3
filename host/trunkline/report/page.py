"""The page: what goes in, and the one file that comes out.

Rules:
- One file, no script, no request: it can be mailed, archived and opened without a network.
- The same page gives the same bytes.
- What is real and what is simulated is said where it is shown.
- Prescriptions are never mixed in silence.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from posturecore import params
from trunkline.decide.analysis import Analysis
from trunkline.errors import InputError
from trunkline.report import cues, palette, tables, wording
from trunkline.report.figure import slouch_line_deg, timeline_svg

_HERE = Path(__file__).parent
_TEMPLATE = "page.html.j2"
_MOST_BYTES = 1_500_000
_WIDE_IN, _NARROW_IN = 9.0, 3.7
_DIFFERENCE = ("rms_deg", "p95_deg", "max_deg")


@dataclass(frozen=True, eq=False)
class ReportSection:
    """One recording or day on the page.

    Attributes:
        analysis: What was found.
        heading: Its heading.
        what_is_real: What was measured and what was made, in a sentence or two.
        motor: (at_s, duration_ms) of each run of the virtual motor.
        filter_difference: Host's own filter against the device's gravity in degrees, under
            "rms_deg", "p95_deg" and "max_deg"; None: not compared.
        start: When it began, on the wearer's clock; None: time unknown.
        uncertainty_s: How far that may be off; None: not known.
    """

    analysis: Analysis
    heading: str
    what_is_real: str
    motor: tuple[tuple[float, int], ...] = ()
    filter_difference: Mapping[str, float] | None = None
    start: datetime | None = None
    uncertainty_s: float | None = None


@dataclass(frozen=True, eq=False)
class ReportPage:
    """Everything on the page.

    Attributes:
        title: Its title.
        wearer: A pseudonymous id, never a name.
        period: The time it covers, in words.
        sections: What was found, one recording or day each.
        facts: (label, value) about link and device.
        made_utc: When it was made, aware.
        footnotes: Sentences for the end of the page.
    """

    title: str
    wearer: str
    period: str
    sections: tuple[ReportSection, ...]
    facts: tuple[tuple[str, str], ...] = ()
    made_utc: datetime = field(default_factory=lambda: datetime.now(UTC))
    footnotes: tuple[str, ...] = ()


def write_report(path: str | Path, page: ReportPage) -> Path:
    """Write the page as one HTML file and return its path.

    An existing file is replaced only when the new one is complete.

    Raises:
        InputError: The page has no section or cannot be drawn, or the file cannot be written.
    """
    text = render(page)
    data = text.encode()
    if len(data) > _MOST_BYTES:
        raise InputError(
            found=f"a report of {len(data) / 1e6:.1f} MB",
            expected=f"at most {_MOST_BYTES / 1e6:.1f} MB",
            hint="fewer sections, or shorter ones",
        )
    target = Path(path)
    try:
        _replace(target, data)
    except OSError as error:
        raise InputError(
            found=f"the path {str(target)!r} that cannot be written ({error.strerror})",
            expected="a file in a folder that exists and may be written",
            hint="another path",
        ) from error
    return target


def render(page: ReportPage) -> str:
    """Give the page as text.

    Raises:
        InputError: The page has no section, or a section cannot be drawn.
    """
    if not page.sections:
        raise InputError(
            found="a report without a section",
            expected="at least one analysis",
            hint="ReportSection(analysis, heading, what_is_real)",
        )
    if page.made_utc.tzinfo is None:
        raise InputError(
            found=f"the time {page.made_utc} without a time zone",
            expected="an aware time",
            hint="datetime.now(UTC)",
        )
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(_TEMPLATE).render(
        page=page,
        made=page.made_utc.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        sections=list(_views(page.sections)),
        colours=palette.names(),
    )


def _views(sections: tuple[ReportSection, ...]) -> Iterable[dict[str, object]]:
    """Give what the template needs for each section."""
    shown: dict[str, str] = {}  # prescription: heading of the section that lists it
    for number, section in enumerate(sections, 1):
        analysis = section.analysis
        settings = _complete(analysis.settings)
        prescription = f"{params.fingerprint(settings):08x}"
        key = f"section-{number}"
        wear = tables.wear_bars(analysis.wear)
        angles = tables.angle_bars(analysis.timeline)
        yield {
            "key": key,
            "section": section,
            "analysis": analysis,
            "summary": _summary(analysis),
            "figures": {
                "wide": Markup(timeline_svg(analysis, section.motor, f"{key}-wide", _WIDE_IN)),
                "narrow": Markup(
                    timeline_svg(analysis, section.motor, f"{key}-narrow", _NARROW_IN)
                ),
            },
            "tables": (
                tables.slouch_table(analysis),
                tables.bend_table(analysis),
                cues.cue_table(analysis),
                *cues.mark_tables(analysis),
            ),
            "motor": tables.motor_sentence(section.motor) if section.motor else "",
            "angles": angles,
            "angles_sum": tables.total_bar(angles),
            "wear": wear,
            "wear_sum": tables.total_bar(wear),
            "difference": _difference(section.filter_difference),
            "settings": tables.setting_rows(settings),
            "prescription": prescription,
            "settings_shown_in": shown.get(prescription),
            "rises": tables.rise_sentence(analysis),
            "warnings": [
                *analysis.warnings,
                *_mixed(analysis, prescription),
                *_blind_spot(analysis),
            ],
        }
        shown.setdefault(prescription, section.heading)


def _summary(analysis: Analysis) -> dict[str, str]:
    """Give the numbers that are read first."""
    share = tables.near_neutral_share(analysis)
    felt = analysis.cue_outcomes["felt"]
    longest_s = max((episode.duration_s for episode in analysis.episodes), default=0.0)
    deepest_deg = max((bend.peak_deg for bend in analysis.bends), default=0.0)
    held = sum(bend.is_held for bend in analysis.bends)
    entry = wording.setting(analysis.settings["slouch_entry_cdeg"], "0.01°")
    return {
        "worn": wording.span(analysis.wear.worn_s),
        "total": wording.span(analysis.wear.total_s),
        "near": "—" if share is None else f"{100 * share:.0f} %",
        "entry": entry,
        "line": f"{slouch_line_deg(analysis):g}°".replace("-", "−"),
        "slouches": str(len(analysis.episodes)),
        "slouches_are": _noun(analysis.episodes, "prolonged slouch", "prolonged slouches"),
        "longest": f"longest {wording.span(longest_s)}" if analysis.episodes else "none prolonged",
        "bends": str(len(analysis.bends)),
        "bends_are": _noun(analysis.bends, "bend", "bends"),
        "deepest": (
            f"deepest {deepest_deg:.0f}°" + (f", {held} held" if held else "")
            if analysis.bends
            else "none logged"
        ),
        "felt": str(felt),
        "held_back": cues.held_back(analysis),
    }


def _noun(found: Sized, one: str, many: str) -> str:
    return one if len(found) == 1 else many


def _mixed(analysis: Analysis, prescription: str) -> list[str]:
    """Say when something was judged by other settings than those that are listed."""
    found = {episode.prescription for episode in (*analysis.episodes, *analysis.bends)}
    others = ", ".join(sorted(found - {prescription}))
    if not others:
        return []
    return [
        f"Some slouches or bends were judged by other settings (prescription {others}) than "
        f"those listed here ({prescription}): do not compare their numbers."
    ]


def _blind_spot(analysis: Analysis) -> list[str]:
    """Say what a sensor at the pelvis cannot see."""
    if analysis.placement != "L5":
        return []
    return [
        "A sensor at L5 sees the pelvis: it cannot see a slouch of the upper back, so few "
        "slouches here do not mean good posture."
    ]


def _difference(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    if any(name not in found for name in _DIFFERENCE):
        raise InputError(
            found=f"a filter difference with {', '.join(found) or 'nothing'}",
            expected=", ".join(_DIFFERENCE),
            hint="all three, in degrees",
        )
    rms, most, largest = (f"{found[name]:.2f}°" for name in _DIFFERENCE)
    return (
        f"The host’s own filter and the device’s gravity differ by {rms} (root mean square), "
        f"{most} at the 95th percentile and {largest} at most."
    )


def _complete(settings: Mapping[str, int]) -> dict[str, int]:
    try:
        return params.complete(dict(settings))
    except ValueError as error:
        raise InputError(
            found="settings that no device can hold",
            expected="whole numbers inside the limits of posturecore.params",
            hint=str(error).rstrip("."),
        ) from error


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)  # mkstemp makes files that only the owner may read
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
