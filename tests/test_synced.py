"""From the board to the store and back: the same episodes from live, file and sync."""

import asyncio

import pytest

from tests import ten_cuts


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return asyncio.run(ten_cuts.show(tmp_path_factory.mktemp("shown")))


def test_sync_cut_ten_times_and_completed_has_the_episodes_of_live_and_file(shown):
    assert shown.cuts == 10
    assert len(shown.live) >= 4
    assert shown.live == shown.from_file == shown.from_store


def test_sync_cut_ten_times_loses_no_record_and_changes_none(shown):
    assert len(shown.held) > 50
    assert (shown.lost, shown.differing) == (0, 0)
    assert shown.report.gaps == ()


def test_session_is_dated_and_known_to_be_simulated(shown):
    assert (shown.report.is_simulated, shown.saved.is_simulated) == (True, True)
    assert shown.saved.started_utc is not None
    assert shown.saved.time_uncertainty_s < 60
    assert shown.report.acknowledged == max(shown.held) + 1
