"""The simulated wearer beside real backs: what agrees, within what.

The walks marked as templates shaped the simulated gait, so only the others can disagree.
"""

import importlib
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def figures():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("wearer_figures")


@pytest.fixture(scope="module")
def walks(figures):
    if not figures.DATA.is_dir():
        pytest.skip(f"no clips in {figures.DATA}; set TRUNKLINE_DATA to their folder")
    return {walk.name: walk for walk in figures.real_walks()}


@pytest.mark.parametrize("name", ["skdh 3", "skdh 6"])
def test_a_brisk_walk_that_was_no_template_has_its_twin_s_size(figures, walks, name):
    real, made = (figures.numbers(walk) for walk in (walks[name], figures.twin_of(walks[name])))
    assert not walks[name].is_template
    for mine, theirs in zip(made[:3], real[:3], strict=True):
        assert mine == pytest.approx(theirs, rel=0.2)
    for mine, theirs in zip(made[3:6], real[3:6], strict=True):
        assert mine == pytest.approx(theirs, rel=0.4)


@pytest.mark.parametrize("axis", range(3))
def test_a_brisk_walk_that_was_no_template_has_its_twin_s_spectrum(figures, walks, axis):
    real = walks["skdh 3"]
    hz, theirs = figures.spectrum(real.acc_g[:, axis], real.rate_hz)
    _, mine = figures.spectrum(figures.twin_of(real).acc_g[:, axis], real.rate_hz)
    is_compared = (hz > 1.0) & (hz < 16.0)
    difference_db = 20 * np.log10(mine / theirs)[is_compared]
    assert np.abs(difference_db).mean() < 5.0
    assert abs(difference_db.mean()) < 3.0


@pytest.mark.parametrize("name", ["mobgap 2", "mobgap 4", "mobgap 5"])
def test_gentle_walks_at_home_agree_within_a_factor_of_two(figures, walks, name):
    # They turn, stop and carry; the twin walks straight on. Sideways and turning are left out.
    real, made = (figures.numbers(walk) for walk in (walks[name], figures.twin_of(walks[name])))
    for axis in (0, 2, 4):
        assert 0.5 < made[axis] / real[axis] < 2.0


@pytest.mark.usefixtures("walks")
def test_the_simulated_slouch_is_the_mean_of_the_measured_ones(figures):
    for place, measured in figures.slouches().items():
        assert figures.spine.SLOUCH_DEG[place] == pytest.approx(np.mean(measured), abs=0.1)


@pytest.mark.parametrize("name", ["words", "keys"])
def test_the_page_s_tables_are_written_from_the_code(figures, name):
    page = (DOCS / "wearer.md").read_text("utf-8")
    table = getattr(figures, f"{name}_table")()
    assert f"<!-- table: {name} -->\n{table}<!-- end -->" in page
