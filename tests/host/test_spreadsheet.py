"""The tables of a report: what a spreadsheet makes of them, and times on the wearer's clock."""

import csv
import resource
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from trunkline.errors import InputError, TrunklineError
from trunkline.report import ReportPage, ReportSection, write_tables

from .analysis_example import analysis_example

EXAMPLE = analysis_example()
VIENNA = ZoneInfo("Europe/Vienna")
# Forty seconds before the clock is put back from 3:00 to 2:00.
LATE = datetime(2026, 10, 25, 2, 59, 20, tzinfo=VIENNA)


def written(folder, **section):
    page = ReportPage("t", "w-1", "p", (ReportSection(EXAMPLE, "=1+1", "x", **section),))
    return {path.stem: path for path in write_tables(folder, page)}


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_times_follow_the_wearers_clock_over_its_change(tmp_path):
    files = written(tmp_path / "out", start=LATE, uncertainty_s=2.5)
    (stretch,) = rows_of(files["stretches"])
    assert (stretch["time"], stretch["uncertainty_s"]) == ("2026-10-25T02:59:20+02:00", "2.5")
    first, second = rows_of(files["minutes"])[:2]
    assert first["time"] == "2026-10-25T02:59:20+02:00"
    assert second["time"] == "2026-10-25T02:00:20+01:00"


def test_what_is_not_known_is_empty_and_no_text_is_a_formula(tmp_path):
    files = written(tmp_path / "out")
    (stretch,) = rows_of(files["stretches"])
    assert (stretch["time"], stretch["uncertainty_s"], stretch["name"]) == ("", "", "'=1+1")
    assert files["stretches"].read_bytes().startswith(b"\xef\xbb\xbf")  # for Excel
    assert len(rows_of(files["episodes"])) == len(EXAMPLE.episodes) + len(EXAMPLE.bends)


def test_a_folder_that_is_there_or_cannot_be_made_is_one_sentence(tmp_path):
    for folder in (tmp_path, tmp_path / "none" / "out"):
        with pytest.raises(InputError, match="expected a new folder"):
            written(folder)


def test_a_disk_that_is_full_half_way_leaves_no_folder(tmp_path):
    sizes = {name: path.stat().st_size for name, path in written(tmp_path / "whole").items()}
    assert sizes["stretches"] < sizes["episodes"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (sizes["stretches"], before[1]))
    try:
        with pytest.raises(TrunklineError, match="expected room for the file"):
            written(tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "out").exists()
