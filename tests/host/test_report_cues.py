"""What the page says about cues that were held back, and about those called wrong."""

from dataclasses import replace

from tests.host.analysis_example import analysis_example
from trunkline.decide.analysis import Cue
from trunkline.report import cues as page_cues
from trunkline.report.tables import setting_rows

EXAMPLE = analysis_example(600)


def with_cues(*rows):
    """Each: block, reason, outcome, is_wrong."""
    cues = tuple(
        Cue(block / 10, block, reason, "slouched", outcome, is_wrong)
        for block, reason, outcome, is_wrong in rows
    )
    return replace(EXAMPLE, cues=cues)


def test_reasons_for_holding_back_are_counted_most_frequent_first():
    analysis = with_cues(
        (1, "slouch", "felt", False),
        (2, "slouch", "held back: hourly cap", False),
        (3, "slouch", "snoozed", False),
        (4, "bend", "snoozed", False),
    )
    assert page_cues.held_back(analysis) == "3 held back: snoozed (2), hourly cap (1)"


def test_what_a_doubt_held_back_is_told_as_such():
    held = "held back: the sensor may have slipped"
    assert page_cues.held_back(with_cues((1, "slouch", held, False))) == (
        "1 held back: the sensor may have slipped (1)"
    )


def test_without_one_held_back_no_reason_is_given():
    assert page_cues.held_back(with_cues((1, "slouch", "felt", False))) == "0 held back"


def test_an_answer_to_good_posture_is_no_cue():
    analysis = with_cues((1, "slouch", "felt", False), (9, "corrected", "felt", False))
    assert analysis.cue_outcomes == {"felt": 1}
    assert len(page_cues.cue_table(analysis).rows) == 2


def test_the_marked_share_is_given_by_context():
    analysis = with_cues(
        (100, "slouch", "felt", True),
        (101, "slouch", "felt", False),
        (102, "slouch", "snoozed", False),
        (10**9, "bend", "felt", False),
        (103, "corrected", "felt", False),
    )
    (table,) = page_cues.mark_tables(analysis)
    counts = {row[0]: row[1:] for row in table.rows}
    assert counts["not known"] == ("1", "0", "0 %")
    assert sum(int(row[1]) for row in table.rows) == 3
    assert [row[1:] for row in table.rows if row[2] == "1"] == [("2", "1", "50 %")]
    assert page_cues.cue_table(analysis).rows[0][3] == "▼ felt, marked wrong"


def test_without_marks_there_is_no_table():
    assert page_cues.mark_tables(EXAMPLE) == ()


def test_times_and_days_are_told_as_people_say_them():
    settings = {**EXAMPLE.settings, "work_from_min": 545, "programme_start_day": 20_444}
    told = {row.name: row.value for row in setting_rows(settings)}
    assert told["work from"] == "9:05"
    assert told["quiet to"] == "0:00"
    assert told["programme start day"] == "2025-12-22"
    assert told["snooze"] == "30 min"
