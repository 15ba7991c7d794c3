"""The store keeps what was found exactly, all or nothing, and nothing twice."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturecore.decide import LEDGER
from tests.host.analysis_example import analysis_example
from tests.host.database_dump import dump
from trunkline.decide.analysis import Cue, Episode, Wear
from trunkline.errors import InputError
from trunkline.store import Store

EXAMPLE = analysis_example()

_text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
_number = st.floats(allow_nan=False, allow_infinity=False)
_block = st.integers(0, 2**30)


def _episodes(kind):
    return st.builds(
        Episode,
        kind=st.just(kind),
        start_s=_number,
        end_s=_number,
        start_block=_block,
        end_block=_block,
        peak_deg=_number,
        mean_deg=_number,
        peak_rate_deg_s=_number,
        is_held=st.booleans(),
        is_cut=st.booleans(),
        prescription=st.integers(0, 2**32 - 1).map("{:08x}".format),
        context=_text,
        mean_rate_deg_s=_number,
        twist_deg=st.none() | _number,
        drop_m=st.none() | _number,
        style=_text,
        confidence_pct=st.integers(0, 100),
    )


_cues = st.builds(
    Cue,
    at_s=_number,
    block=_block,
    reason=_text,
    pattern=_text,
    outcome=_text,
    is_wrong=st.booleans(),
)
_wears = st.lists(st.integers(0, 10**6), min_size=len(LEDGER), max_size=len(LEDGER)).flatmap(
    lambda ledger: st.sampled_from([0.1, 0.0998, 0.1017]).map(
        lambda block_s: Wear.from_ledger(ledger, block_s)
    )
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "wear.sqlite"


@pytest.fixture
def store(path):
    with Store.open(path) as store:
        yield store


def test_a_session_comes_back_equal(store):
    wearer = store.add_wearer(time_zone="Europe/Zurich")
    session = store.save_session(wearer, EXAMPLE, device_id="a1b2", boot_id=3)
    assert EXAMPLE.episodes
    assert store.episodes(session) == EXAMPLE.episodes
    assert store.bends(session) == EXAMPLE.bends
    assert store.cues(session) == EXAMPLE.cues
    assert store.wear(session) == EXAMPLE.wear


@settings(max_examples=25, deadline=None)
@given(
    slouches=st.lists(_episodes("slouch"), max_size=4),
    bends=st.lists(_episodes("bend"), max_size=4),
    cues=st.lists(_cues, max_size=4),
    wear=_wears,
    warnings=st.lists(_text, max_size=3),
)
def test_any_analysis_survives_closing_and_opening(slouches, bends, cues, wear, warnings):
    analysis = replace(
        EXAMPLE,
        episodes=tuple(slouches),
        bends=tuple(bends),
        cues=tuple(cues),
        wear=wear,
        warnings=tuple(warnings),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "wear.sqlite")
        with Store.open(path) as store:
            wearer = store.add_wearer(time_zone="UTC")
            session = store.save_session(wearer, analysis)
        with Store.open(path) as store:
            assert store.episodes(session) == analysis.episodes
            assert store.bends(session) == analysis.bends
            assert store.cues(session) == analysis.cues
            assert store.wear(session) == analysis.wear
            assert store.sessions(wearer)[0].warnings == analysis.warnings


def test_session_facts_come_back_with_their_units(store):
    wearer = store.add_wearer(time_zone="Europe/Zurich")
    started = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    store.save_session(
        wearer,
        EXAMPLE,
        device_id="a1b2",
        boot_id=2**32 - 1,
        started_utc=started,
        time_uncertainty_s=0.25,
        samples_received=35400,
        samples_lost=600,
    )
    (saved,) = store.sessions(wearer)
    assert saved.started_utc == started
    assert saved.started_utc.tzinfo is UTC
    assert (saved.boot_id, saved.rate_mhz, saved.time_uncertainty_s) == (2**32 - 1, 60000, 0.25)
    assert (saved.samples_received, saved.samples_lost) == (35400, 600)
    assert (saved.is_simulated, saved.placement, saved.neutral) == (True, "T4", (1.0, 0.0, 0.0))
    assert store.settings(saved.prescription) == EXAMPLE.settings
    assert {episode.prescription for episode in EXAMPLE.episodes} == {saved.prescription}


def test_a_session_that_may_be_simulated_is_refused_with_the_words_to_say(store):
    with pytest.raises(InputError, match=r"replace\(analysis, is_simulated=False\)"):
        store.save_session(store.add_wearer(time_zone="UTC"), replace(EXAMPLE, is_simulated=None))


def test_unknown_time_stays_unknown(store):
    wearer = store.add_wearer(time_zone="UTC")
    store.save_session(wearer, EXAMPLE)
    (saved,) = store.sessions(wearer)
    assert saved.started_utc is None
    assert saved.time_uncertainty_s is None
    assert saved.samples_received == (6000 - 100) * 6


def test_saving_the_same_twice_changes_nothing(store, path):
    wearer = store.add_wearer(time_zone="UTC")
    first = store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=1)
    before = dump(path)
    assert store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=1) == first
    assert dump(path) == before


def test_settings_in_another_order_are_the_same_settings(store):
    wearer = store.add_wearer(time_zone="UTC")
    turned = replace(EXAMPLE, settings=dict(reversed(EXAMPLE.settings.items())))
    assert store.save_session(wearer, turned) == store.save_session(wearer, EXAMPLE)


def test_one_moment_told_in_two_zones_is_one_session(store):
    wearer = store.add_wearer(time_zone="UTC")
    here = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    first = store.save_session(wearer, EXAMPLE, started_utc=here)
    assert store.save_session(wearer, EXAMPLE, started_utc=here.astimezone(UTC)) == first


def test_a_download_that_went_on_becomes_a_new_revision(store):
    wearer = store.add_wearer(time_zone="UTC")
    at_noon = analysis_example(2400)
    first = store.save_session(wearer, at_noon, device_id="a1", boot_id=1)
    second = store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=1)
    assert second != first
    assert [saved.revision for saved in store.sessions(wearer)] == [2]
    assert [saved.revision for saved in store.sessions(wearer, all_revisions=True)] == [1, 2]
    assert store.episodes(first) == at_noon.episodes
    assert store.save_session(wearer, at_noon, device_id="a1", boot_id=1) == first


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"device_id": "a2"}, id="device"),
        pytest.param({"boot_id": 2}, id="boot"),
        pytest.param({"source": "usb"}, id="source"),
    ],
)
def test_another_device_boot_or_source_is_another_session(store, other):
    wearer = store.add_wearer(time_zone="UTC")
    store.save_session(wearer, EXAMPLE, device_id="a1", boot_id=1)
    store.save_session(wearer, EXAMPLE, **{"device_id": "a1", "boot_id": 1} | other)
    assert [saved.revision for saved in store.sessions(wearer)] == [1, 1]


def test_one_session_cannot_belong_to_two_wearers(store):
    first, second = (store.add_wearer(time_zone="UTC") for _ in range(2))
    store.save_session(first, EXAMPLE, device_id="a1", boot_id=1)
    with pytest.raises(InputError, match=first):
        store.save_session(second, EXAMPLE, device_id="a1", boot_id=1)
    assert store.sessions(second) == ()


def test_a_name_stands_in_one_table_only(store, path):
    wearer = store.add_wearer(time_zone="UTC")
    store.set_name(wearer, "Zoë Quillfeather")
    store.save_session(wearer, EXAMPLE)
    assert store.name(wearer) == "Zoë Quillfeather"
    lines = [line for line in dump(path) if "Quillfeather" in line]
    assert len(lines) == 1
    assert lines[0].startswith('INSERT INTO "name"')
    store.set_name(wearer, None)
    assert store.name(wearer) is None
    assert not [line for line in dump(path) if "Quillfeather" in line]


def test_wearers_get_different_short_ids(store):
    ids = {store.add_wearer(time_zone="Asia/Kolkata") for _ in range(20)}
    assert len(ids) == 20
    assert all(len(wearer) == 8 and wearer.startswith("w-") for wearer in ids)
    assert store.wearers() == dict.fromkeys(ids, "Asia/Kolkata")


def test_an_unsaved_analysis_leaves_no_row(store, path):
    wearer = store.add_wearer(time_zone="UTC")
    before = dump(path)
    broken = replace(EXAMPLE, cues=(replace(EXAMPLE.cues[0], at_s=float("nan")),))
    with pytest.raises(InputError, match="at_s"):
        store.save_session(wearer, broken)
    assert dump(path) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"device_id": "Anna"}, "hex", id="name-as-device"),
        pytest.param({"boot_id": -1}, "boot id", id="boot"),
        pytest.param({"started_utc": datetime(2026, 1, 1)}, "time zone", id="naive-time"),
        pytest.param({"samples_lost": -1}, "samples", id="lost"),
    ],
)
def test_facts_that_cannot_be_kept_are_refused(store, change, words):
    wearer = store.add_wearer(time_zone="UTC")
    with pytest.raises(InputError, match=words):
        store.save_session(wearer, EXAMPLE, **change)


def test_settings_outside_their_limits_are_refused(store):
    wearer = store.add_wearer(time_zone="UTC")
    with pytest.raises(InputError, match="slouch_hold_s"):
        store.save_session(wearer, replace(EXAMPLE, settings={"slouch_hold_s": 0}))


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.sessions("w-aaaaaa"), id="sessions"),
        pytest.param(lambda store: store.name("w-aaaaaa"), id="name"),
        pytest.param(lambda store: store.save_session("w-aaaaaa", EXAMPLE), id="save"),
        pytest.param(lambda store: store.episodes(9), id="episodes"),
        pytest.param(lambda store: store.wear(9), id="wear"),
        pytest.param(lambda store: store.settings("00000000"), id="settings"),
        pytest.param(lambda store: store.add_wearer(time_zone="Mars/Base"), id="time-zone"),
        pytest.param(lambda store: store.add_wearer(time_zone="../etc"), id="path"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(store, ask):
    with pytest.raises(InputError, match=r"^Found .*; expected .*; try: .*\.$"):
        ask(store)


def test_what_is_derived_takes_the_place_of_the_revision_before_under_its_id(store, path):
    wearer = store.add_wearer(time_zone="UTC")
    named = {"device_id": "a1", "boot_id": 1, "is_derived": True}
    first = store.save_session(wearer, analysis_example(2400), **named)
    assert store.save_session(wearer, EXAMPLE, **named) == first
    (saved,) = store.sessions(wearer, all_revisions=True)
    assert (saved.id, saved.revision) == (first, 2)
    assert store.episodes(first) == EXAMPLE.episodes
    assert store.wear(first) == EXAMPLE.wear
    before = dump(path)
    assert store.save_session(wearer, EXAMPLE, **named) == first
    assert dump(path) == before
