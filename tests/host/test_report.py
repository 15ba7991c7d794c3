"""The report says what was found, says it to everybody, and needs nothing but itself."""

import functools
import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from posturecore.decide import LEDGER
from tests.host.analysis_example import analysis_example
from tests.host.page_reader import Page
from trunkline.decide.analysis import Wear
from trunkline.decide.timeline import Timeline
from trunkline.decide.transition import Transition
from trunkline.errors import InputError
from trunkline.report import ReportPage, ReportSection, wording, write_report

EXAMPLE = analysis_example()
HOUR = analysis_example(36_000, name="hour")
MADE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def written(tmp_path):
    def write(*sections, **facts):
        facts = {"title": "A week", "wearer": "w-7f3k2q", "period": "one week"} | facts
        page = ReportPage(sections=sections, made_utc=MADE, **facts)
        return write_report(tmp_path / "report.html", page).read_text("utf-8")

    return write


@functools.cache
def example_page():
    with tempfile.TemporaryDirectory() as folder:
        page = ReportPage("A week", "w-7f3k2q", "one week", (section(),), made_utc=MADE)
        return write_report(Path(folder, "a.html"), page).read_text("utf-8")


def section(analysis=EXAMPLE, heading="Desk", **more):
    return ReportSection(analysis, heading, "Simulated: drawn.", **more)


def test_the_page_asks_for_nothing_outside_itself(written):
    text = written(section(), section(HOUR, "Hour"))
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<script|\bon\w+=|@import|\bsrc=|<link|<iframe|url\((?!#)", text)
    assert "default-src 'none'" in text


def test_the_page_is_well_formed_and_every_reference_leads_somewhere(written):
    page = Page(written(section(), section(HOUR, "Hour"), footnotes=("One.",)))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)


def test_every_slouch_bend_and_cue_stands_in_a_table(written):
    tables = Page(written(section(HOUR))).tables
    assert len(HOUR.episodes) > 5
    for caption, found in (
        ("Prolonged slouches", [(e.start_s, e.peak_deg) for e in HOUR.episodes]),
        ("Bends", [(b.start_s, b.peak_deg) for b in HOUR.bends]),
    ):
        rows = tables[caption][1:]
        shown = [(row[1], row[list(tables[caption][0]).index("lasted") + 1]) for row in rows]
        assert shown == [(wording.clock(at), wording.degrees(peak)) for at, peak in found]
    outcomes = [row[3][2:] for row in tables["Cues"][1:]]
    assert outcomes == [cue.outcome for cue in HOUR.cues]
    marks = [row[3][0] for row in tables["Cues"][1:]]
    assert marks == ["▼" if cue.outcome == "felt" else "▽" for cue in HOUR.cues]
    assert {"felt", "held back: hourly cap"} <= set(outcomes)


def test_the_printed_ledger_adds_up_to_the_printed_total(written):
    block_s = 0.0998  # a real chip's block: plain rounding to 0.1 s would not add up
    ledger = [0, 797, 0, 812, 1834, 0, 3353, 1841, 1763, 313, 1324, 0, 0]
    wear = Wear.from_ledger(ledger, block_s)
    assert sum(round(value, 1) for value in wear.by_context_s.values()) != pytest.approx(
        round(wear.total_s, 1), abs=0.01
    )
    tables = Page(written(section(replace(EXAMPLE, wear=wear)))).tables
    *rows, last = tables["Where the time went"][1:]
    assert len(rows) == sum(count > 0 for count in ledger)
    assert sum(_tenths(row[2]) for row in rows) == _tenths(last[2])
    assert sum(_tenths(row[3]) for row in rows) == _tenths(last[3]) == 1000
    assert _tenths(last[2]) == round(wear.total_s * 10)


def test_a_ledger_that_does_not_add_up_is_refused(written):
    wear = replace(EXAMPLE.wear, total_s=EXAMPLE.wear.total_s + 1)
    with pytest.raises(InputError, match="add up"):
        written(section(replace(EXAMPLE, wear=wear)))


def test_angle_bands_stand_with_seconds_and_share():
    *rows, last = Page(example_page()).tables["Time in angle bands"][1:]
    found = EXAMPLE.timeline.angle_bands_s()
    assert {row[0]: _tenths(row[2]) / 10 for row in rows} == pytest.approx(
        {name: value for name, value in found.items() if value}, abs=0.1
    )
    assert last[3] == "100.0 %"


@pytest.mark.parametrize(
    ("is_simulated", "badge", "other"),
    [
        pytest.param(True, "SIMULATED", "REAL", id="simulated"),
        pytest.param(False, "REAL", "SIMULATED", id="real"),
    ],
)
def test_a_badge_says_what_is_real(written, is_simulated, badge, other):
    words = Page(written(section(replace(EXAMPLE, is_simulated=is_simulated)))).words
    assert words.count(badge) == 2
    assert other not in words


def test_the_figure_has_text_words_and_a_lane_for_each_context(written):
    page = Page(written(section(motor=((101.7, 550),))))
    drawn = set(page.drawn)
    assert {"S1", "B1", "cue felt", "motor ran", "upright, still", "walking", "12°"} <= drawn
    assert "lying" not in drawn
    figures = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(figures) == 2
    assert all(len(attrs["aria-labelledby"].split()) == 2 for attrs in figures)


def test_settings_show_their_unit_and_what_was_changed(written):
    strict = analysis_example(1200, settings={"slouch_entry_cdeg": 850})
    rows = {row[0]: row[1:3] for row in _settings(Page(written(section(strict))))}
    assert rows["slouch entry"] == ["8.5°", "changedfrom 12°"]
    assert rows["slouch hold"] == ["60 s", "default"]
    assert rows["placement"] == ["T4", "default"]
    assert len(rows) == len(strict.settings)


def test_the_same_settings_are_listed_once_and_others_again(written):
    other = analysis_example(1200, settings={"slouch_hold_s": 30})
    page = Page(written(section(), section(HOUR, "Hour"), section(other, "Strict")))
    assert page.text.count("Settings in force") == 3
    assert len(_settings(page)) == 2 * len(other.settings)
    assert "The same as in “Desk” above" in page.text


def test_two_prescriptions_in_one_section_are_never_mixed_in_silence(written):
    first, *rest = EXAMPLE.episodes
    mixed = replace(EXAMPLE, episodes=(replace(first, prescription="deadbeef"), *rest))
    assert "prescription deadbeef" in Page(written(section(mixed))).text
    assert "other settings" not in Page(example_page()).text


@pytest.mark.parametrize(
    "words",
    [
        "lifted or carried",
        "sat or stood",
        "Twist",
        "shape of the spine",
        "±3 to 5°",
        "No health claim.",
        "No angle here is an injury threshold",
        "Call emergency services now",
        "passing or holding urine",
        "See a clinician promptly",
        "10 s of samples are missing",
    ],
)
def test_limits_and_red_flags_are_said(words):
    assert words in Page(example_page()).text


def test_the_summary_comes_first_with_the_numbers_that_matter(written):
    text = Page(written(section(HOUR), facts=(("Frames dropped", "0"),))).text
    top = text[: text.index("Prolonged slouches")]
    assert "12 prolonged slouches longest 2 min 8 s" in _turned(top)
    assert "18 bends deepest 79°, 6 held" in _turned(top)
    assert "6 cues felt 18 held back" in _turned(top)
    assert "Frames dropped 0" in top


def test_rises_are_counted_with_what_one_sensor_cannot_tell(written):
    rise = Transition("sit-to-stand", 10.0, 12.0, 0.4, 0.6, 90)
    sit = replace(rise, kind="stand-to-sit")
    seated = replace(EXAMPLE, transitions=(rise, sit, rise))
    per_hour = f"{2 / EXAMPLE.wear.worn_s * 3600:.2f}".rstrip("0").rstrip(".")
    text = Page(written(section(seated))).text
    assert f"Found 2 sit-to-stands ({per_hour} per worn hour) and 1 stand-to-sit, told" in text
    assert "misses some, and may take a long squat for a seat" in text
    assert "Found no sit-to-stands and no stand-to-sits" in Page(written(section(EXAMPLE))).text
    assert "sit-to-stand" not in Page(written(section(replace(seated, neutral=None)))).text


def test_a_lower_back_sensor_is_said_to_miss_the_upper_back(written):
    page = Page(written(section(analysis_example(placement="L5"))))
    assert "cannot see a slouch of the upper back" in page.text
    assert "−12°" in page.drawn


def test_filter_difference_and_motor_are_said_in_words(written):
    difference = {"rms_deg": 0.412, "p95_deg": 0.83, "max_deg": 2.1}
    text = Page(written(section(filter_difference=difference, motor=((1.0, 600),)))).text
    assert "0.41°" in text
    assert "2.10° at most" in text
    assert "motor ran 1 time, 0.6 s" in text


def test_a_wearer_who_never_calibrated_gets_a_page(written):
    count = 900
    nothing = replace(
        EXAMPLE,
        neutral=None,
        neutral_source="none",
        episodes=(),
        bends=(),
        cues=(),
        wear=Wear.from_ledger([*[0] * (len(LEDGER) - 2), count, 0], 0.1),
        timeline=Timeline(
            0.1,
            np.full(count, np.nan),
            np.full(count, np.nan),
            np.zeros(count, np.int8),
            np.zeros(count, np.int8),
        ),
    )
    text = Page(written(section(nothing))).text
    assert "No neutral pose" in text
    assert "No prolonged slouch." in text
    assert "no neutral pose was known" in text


def test_a_recording_shorter_than_a_block_gets_a_page(written):
    empty = np.zeros(0)
    timeline = Timeline(0.1, empty, empty, empty.astype(np.int8), empty.astype(np.int8))
    wear = Wear.from_ledger([0] * len(LEDGER), 0.1)
    short = replace(EXAMPLE, episodes=(), bends=(), cues=(), wear=wear, timeline=timeline)
    assert "No cue was asked for." in Page(written(section(short))).text


def test_what_people_typed_cannot_become_markup(written):
    nasty = "<script>alert(1)</script>&\"'"
    named = replace(EXAMPLE, name=nasty, source=nasty, warnings=(nasty,))
    text = written(section(named, nasty), title=nasty, facts=((nasty, nasty),), footnotes=(nasty,))
    assert "<script" not in text
    assert Page(text).text.count("<script>alert(1)</script>") >= 6


def test_the_same_page_gives_the_same_bytes(written):
    assert written(section(), section(HOUR, "Hour")) == written(section(), section(HOUR, "Hour"))


def test_eight_hours_stay_small(written):
    timeline = HOUR.timeline
    day = Timeline(
        timeline.block_s,
        *(
            np.tile(values, 8)
            for values in (
                timeline.flexion_deg,
                timeline.lateral_deg,
                timeline.context,
                timeline.slouch_state,
            )
        ),
    )
    wear = Wear.from_ledger(
        [round(value * 80) for value in HOUR.wear.by_context_s.values()], timeline.block_s
    )
    text = written(
        *[section(replace(HOUR, timeline=day, wear=wear), f"Day {n}") for n in range(5)]
    )
    assert len(text.encode()) < 1_500_000


def test_no_text_of_the_page_is_smaller_than_the_readers_own():
    style = re.search(r"<style>(.*?)@media", example_page(), re.DOTALL)[1]
    sizes = re.findall(r"font-size: ([\d.]+)(rem|em|%)", style)
    assert ("100", "%") in sizes
    assert all(float(size) >= (100 if unit == "%" else 1) for size, unit in sizes)


def _tenths(text):
    return round(float(re.sub(r"[^\d.]", "", text)) * 10)


def _settings(page):
    tables = [rows for caption, rows in page.tables.items() if caption.startswith("Settings")]
    return [row for rows in tables for row in rows if row[0] != "setting"]


def _turned(text):
    """Put each number of the summary before its name, as the style sheet does."""
    nouns = "prolonged slouches|bends|cues felt"
    return re.sub(rf"({nouns}) (\d+)", r"\2 \1", text)
