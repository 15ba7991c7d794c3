"""What cannot become a report is said in one sentence, and nothing is lost by it."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.host.analysis_example import analysis_example
from trunkline.errors import InputError
from trunkline.report import ReportPage, ReportSection, write_report

EXAMPLE = analysis_example(600)
GOOD = ReportSection(EXAMPLE, "Desk", "Simulated: drawn.")
UNSETTABLE = replace(GOOD, analysis=replace(EXAMPLE, settings={"x": 1}))


def test_a_failed_report_leaves_the_old_one(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    bad = ReportSection(EXAMPLE, "x", "x", filter_difference={"rms_deg": 1.0})
    with pytest.raises(InputError, match="p95_deg"):
        write_report(path, ReportPage("t", "w-a", "p", (bad,)))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "page", "words"),
    [
        pytest.param("a.html", ReportPage("t", "w", "p", ()), "without a section", id="empty"),
        pytest.param(
            "a.html",
            ReportPage("t", "w", "p", (GOOD,), made_utc=datetime(2026, 1, 1)),
            "time zone",
            id="naive-time",
        ),
        pytest.param("no/a.html", ReportPage("t", "w", "p", (GOOD,)), "written", id="folder"),
        pytest.param(".", ReportPage("t", "w", "p", (GOOD,)), "written", id="not-a-file"),
        pytest.param(
            "a.html",
            ReportPage("t", "w", "p", (UNSETTABLE,)),
            "settings",
            id="settings",
        ),
    ],
)
def test_what_cannot_become_a_page_is_said_in_one_sentence(tmp_path, name, page, words):
    with pytest.raises(InputError, match=words):
        write_report(tmp_path / name, page)
