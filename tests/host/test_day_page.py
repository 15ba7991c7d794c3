"""The page of a wearer's day, from a synced log: cut at midnight, nothing lost, nothing twice."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from posturecore.flash import BANDS_CDEG
from tests.host.log_device import Device, DeviceWire
from trunkline.device.session import Session
from trunkline.errors import InputError
from trunkline.report.page import render
from trunkline.report.spreadsheet import TABLES
from trunkline.store import Store
from trunkline.sync.day_page import day_page
from trunkline.sync.into_store import sync

SYNCED = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)  # three hours after the boot
FIRST, SECOND = date(2026, 11, 22), date(2026, 11, 23)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


@pytest.fixture
async def store(path, tmp_path):
    device = Device(tmp_path / "flash")
    device.boot()
    device.live(3)
    with Store.open(path) as store:
        async with Session(DeviceWire(device)) as session:
            await sync(session, store, utc_ms=lambda: round(SYNCED.timestamp() * 1000))
        yield store


def analyses(page):
    return [section.analysis for section in page.sections]


async def test_two_days_of_a_boot_add_up_to_the_boot(store):
    pages = [day_page(store, day=day) for day in (FIRST, SECOND)]
    (saved,) = store.sessions(*store.wearers())
    parts = [analysis for page in pages for analysis in analyses(page)]
    assert sum(part.wear.total_s for part in parts) == store.wear(saved.id).total_s == 10_800
    assert [part.wear.total_s for part in parts] == [7200, 3600]
    assert sum(len(part.episodes) for part in parts) == len(store.episodes(saved.id)) == 18
    assert sum(len(part.bends) for part in parts) == len(store.bends(saved.id))
    assert sum(len(part.cues) for part in parts) == len(store.cues(saved.id))


async def test_times_count_from_the_day_s_first_block(store):
    (first,), (second,) = (analyses(day_page(store, day=day)) for day in (FIRST, SECOND))
    assert first.episodes[0].start_s == second.episodes[0].start_s == 0.0
    assert second.episodes[-1].end_s <= second.wear.total_s
    assert second.cues[0].is_wrong


async def test_bands_are_those_that_the_device_counted(store):
    (analysis,) = analyses(day_page(store, day=SECOND))
    assert BANDS_CDEG == (0, 500, 1000, 1500, 2000, 3000, 6000)
    # Of each minute 590 blocks from 5° to 10° and 10 from 15° to 20°.
    bands = analysis.timeline.angle_bands_s()
    assert bands == {"below 0°": 0.0, "0 to 20°": 3600.0, "20 to 60°": 0.0, "over 60°": 0.0}
    assert set(analysis.timeline.flexion_deg.tolist()) == {7.0}


async def test_newest_day_is_shown_with_its_hours_and_what_it_is(store):
    page = day_page(store)
    assert (page.period, len(page.sections)) == (str(SECOND), 1)
    text = render(page)
    assert "00:05" in page.sections[0].heading
    assert "what the device decided while it was worn" in text
    assert "upright, still" in text
    assert "sit-to-stand" not in text  # a log tells none, which is not that there were none
    assert ">7.0°<" not in text  # the mean of a minute is not the flexion at a cue


async def test_zone_of_the_wearer_decides_where_a_day_begins(path, tmp_path):
    device = Device(tmp_path / "flash")
    device.boot()
    device.live(3)
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone="Asia/Kolkata")  # 5:30 ahead: all on the second day
        async with Session(DeviceWire(device)) as session:
            await sync(session, store, utc_ms=lambda: round(SYNCED.timestamp() * 1000))
        (analysis,) = analyses(day_page(store, wearer, SECOND))
    assert analysis.wear.total_s == 10_800


async def test_day_without_wear_and_unknown_wearers_are_one_sentence(store):
    with pytest.raises(InputError, match="expected a day of 2026-11-22, 2026-11-23"):
        day_page(store, day=SECOND + timedelta(days=1))
    with pytest.raises(InputError, match="wearer w-nobody"):
        day_page(store, "w-nobody")
    store.add_wearer(time_zone="UTC")
    with pytest.raises(InputError, match="2 wearers in the store"):
        day_page(store)


async def test_log_that_nothing_dates_is_shown_as_time_unknown(path, tmp_path):
    device = Device(tmp_path / "flash")
    device.boot()
    device.live(1)
    device.boot()  # nothing says how long it was away
    with Store.open(path) as store:
        async with Session(DeviceWire(device)) as session:
            await sync(session, store)
        page = day_page(store)
        assert page.period == "time unknown"
        assert page.sections[0].heading == "Boot 1, time unknown"


async def test_command_writes_the_page_of_a_store(store, path, run, tmp_path):
    code, _, err = run("report", path, "--day", "2026-11-22", "-o", tmp_path / "day.html")
    assert (code, err) == (0, "")
    text = (tmp_path / "day.html").read_text("utf-8")
    assert "2026-11-22" in text
    code, _, err = run("report", path, "--day", "2020-01-01", "-o", tmp_path / "none.html")
    assert code == 2
    assert "expected a day of" in err


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def test_tables_hold_what_the_page_does_and_a_dictionary_of_it(store, path, run, tmp_path):
    day = ("report", path, "--day", "2026-11-23", "-o", tmp_path / "day.html")
    code, out, _ = run(*day, "--csv", "day")
    assert code == 0
    assert [Path(line).name for line in out.splitlines()[1:]] == [
        *("cues.csv", "dictionary.json", "episodes.csv", "minutes.csv", "stretches.csv")
    ]
    (analysis,) = analyses(day_page(store, day=SECOND))
    tables = {name: rows_of(Path("day") / f"{name}.csv") for name in TABLES}
    (stretch,) = tables["stretches"]
    assert stretch["time"] == "2026-11-23T00:05:00+00:00"
    assert (float(stretch["worn_s"]), stretch["is_simulated"]) == (analysis.wear.worn_s, "0")
    episodes = [each for each in tables["episodes"] if each["kind"] == "slouch"]
    assert [float(each["peak_deg"]) for each in episodes] == [
        each.peak_deg for each in analysis.episodes
    ]
    assert episodes[0]["time"] == stretch["time"]
    assert [each["is_wrong"] for each in tables["cues"]] == [
        str(int(cue.is_wrong)) for cue in analysis.cues
    ]
    assert [float(each["flexion_deg"]) for each in tables["minutes"]] == [7.0] * 60
    assert [float(each["start_s"]) for each in tables["minutes"]] == [60.0 * k for k in range(60)]
    explained = json.loads(Path("day/dictionary.json").read_text("utf-8"))["tables"]
    for name, rows in tables.items():
        assert list(explained[f"{name}.csv"]) == list(rows[0])
    code, out, err = run(*day, "--csv", "day")
    assert (code, out) == (2, "")
    assert "File exists" in err
