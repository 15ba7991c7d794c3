"""`trunkline sync`: what it prints, for people and for programs, and how it fails."""

import json
from dataclasses import replace
from datetime import date

import pytest

from trunkline.cli import sync as command
from trunkline.store import Gap, Store
from trunkline.sync.report import Progress, SyncReport

REPORT = SyncReport(
    device_id="a1b2",
    is_simulated=False,
    wearer_id="w-7f3k2q",
    life=1,
    records_new=210,
    records_here=400,
    bytes=9000,
    seconds=3.0,
    gaps=(Gap(5, 30, 9, "thinned for room"),),
    boots=(3, 4),
    days=(date(2026, 11, 22), date(2026, 11, 23)),
    sessions=(1, 2),
    unknown_records=1,
    damaged_bytes=0,
    link_losses=0,
    acknowledged=405,
    clock_doubt="Found this computer's clock at 1970.",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


def test_virtual_board_is_synced_into_a_new_store(run, path):
    code, out, err = run("sync", "sim:", "--store", path, "--json")
    assert code == 0, err
    said = json.loads(out)
    assert said["is_simulated"]
    assert said["gaps"] == []
    with Store.open(path) as store:
        (log,) = store.logs.all()
        assert len(store.logs.records(log)) == said["records_new"] == said["acknowledged"] > 3
        assert list(store.wearers()) == [said["wearer_id"]]


def test_summary_names_records_days_gaps_and_doubts(capsys):
    command._print(REPORT, "wear.sqlite")
    told = capsys.readouterr()
    assert "210 new records (9.0 kB, 3.0 kB/s) of wearer w-7f3k2q" in told.out
    assert "Days: 2026-11-22, 2026-11-23" in told.out
    assert "Missing: 9 of the records 5 to 29: thinned for room." in told.out
    assert "not told the time. Found this computer's clock at 1970." in told.err
    assert "1 records are of kinds that this version cannot read" in told.err


@pytest.mark.parametrize(
    ("sessions", "words"), [((), "no wear logged yet"), ((1,), "time unknown")]
)
def test_summary_tells_no_wear_from_wear_at_an_unknown_time(capsys, sessions, words):
    command._print(replace(REPORT, days=(), sessions=sessions), "wear.sqlite")
    assert f"Days: {words}" in capsys.readouterr().out


def test_pace_says_rate_and_time_left():
    progress = Progress(records=100, total=400, bytes=5000, seconds=2.0)
    assert command._pace(progress) == ", 2.5 kB/s, 0:06 left"
    assert command._pace(Progress(0, 400, 0, 0.0)) == ""


@pytest.mark.parametrize(
    ("where", "code", "words"),
    [
        pytest.param("nowhere", 2, "ble:NAME", id="no-such-way"),
        pytest.param("day.tlcap", 2, "has no log", id="capture"),
        pytest.param("usb:/dev/nothing", 1, "no such port", id="no-such-port"),
    ],
)
def test_what_cannot_be_synced_is_one_sentence(run, path, where, code, words):
    exit_code, _, err = run("sync", where, "--store", path)
    assert exit_code == code
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_unknown_wearer_is_refused_before_anything_comes(run, path):
    code, _, err = run("sync", "sim:", "--store", path, "--wearer", "w-nobody")
    assert code == 2
    assert "no wearer 'w-nobody'" in err
    with Store.open(path) as store:
        assert store.logs.all() == ()


@pytest.mark.parametrize(
    ("told", "zone"), [("Asia/Kolkata", "Asia/Kolkata"), ("Mars/Base", "UTC"), (":/x", "UTC")]
)
def test_new_wearer_lives_in_this_computer_s_time_zone(monkeypatch, told, zone):
    monkeypatch.setenv("TZ", told)
    assert command.local_zone() == zone


def test_new_wearer_s_time_zone_may_be_said(run, path):
    code, _, err = run("sync", "sim:", "--store", path, "--time-zone", "America/Lima")
    assert code == 0, err
    with Store.open(path) as store:
        assert list(store.wearers().values()) == ["America/Lima"]
