"""The recordings that come with Trunkline are real, credited, and can be built again."""

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from trunkline import examples
from trunkline.errors import InputError
from trunkline.examples.build import build
from trunkline.readers import load


def test_the_example_is_a_real_walk_at_the_lower_back():
    recording = load(examples.path("mobgap_ha001_test11_l5.npz"))
    assert (recording.placement, recording.is_simulated) == ("L5", False)
    assert recording.duration_s == pytest.approx(137.59)
    size = np.linalg.norm(recording.acc_m_s2, axis=1)
    walks = recording.extras["walking_start_end_s"]
    start, end = (int(v * 100) for v in walks[0])
    assert size[start:end].std() > 1.0 > size[:300].std()
    neutral_up = recording.extras["neutral_up"]
    assert np.linalg.norm(neutral_up) == pytest.approx(1.0)
    assert np.degrees(np.arctan2(-neutral_up[2], neutral_up[0])) == pytest.approx(16.0, abs=1.0)


def test_examples_carry_credit_and_licence():
    folder = examples.path(examples.NAMES[0]).parent
    assert {file.stem for file in folder.glob("*.npz")} == set(examples.NAMES)
    assert sum(file.stat().st_size for file in folder.glob("*.npz")) < 700_000
    credits_text = (folder / "CREDITS.md").read_text(encoding="utf-8")
    assert all(name in credits_text for name in examples.NAMES)
    assert "Apache" in (folder / "LICENSE-mobgap-Apache-2.0.txt").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="mobgap_ha001"):
        examples.path("nobody")


def test_the_example_can_be_built_again(tmp_path):
    sdist = os.environ.get("TRUNKLINE_MOBGAP_SDIST")
    if not sdist:
        pytest.skip("set TRUNKLINE_MOBGAP_SDIST to mobgap-1.2.0.tar.gz to build the example again")
    build(Path(sdist), tmp_path / "again.npz")
    again, shipped = np.load(tmp_path / "again.npz"), np.load(examples.path(examples.NAMES[0]))
    assert set(again.files) == set(shipped.files)
    for key in again.files:
        if again[key].dtype.kind == "f":
            np.testing.assert_allclose(again[key], shipped[key], atol=1e-9)


def test_another_archive_builds_no_example(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "a.txt", "a.txt")
    for name in ("a.tar.gz", "a.txt", "none"):
        with pytest.raises(InputError, match=r"mobgap 1\.2\.0"):
            build(tmp_path / name, tmp_path / "b.npz")
    assert not (tmp_path / "b.npz").exists()
