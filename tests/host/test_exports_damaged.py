"""An export whose description is damaged, or of tomorrow, is refused in one sentence."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from trunkline import InputError, load
from trunkline.exports import export

from .exported import recording_of


def written(folder, kind, change):
    """Export a recording and change its description."""
    path = folder / f"a.{kind}"
    export(recording_of(40, extras={"label": np.zeros(40, "u1")}), path)
    if kind == "csv":
        beside = path.with_suffix(".json")
        beside.write_text(json.dumps(change(json.loads(beside.read_text("utf-8")))), "utf-8")
    elif kind == "parquet":
        table = pq.read_table(path)
        said = json.dumps(change(json.loads(table.schema.metadata[b"trunkline"])))
        pq.write_table(table.replace_schema_metadata({b"trunkline": said.encode()}), path)
    else:
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        arrays["trunkline"] = json.dumps(change(json.loads(str(arrays["trunkline"]))))
        np.savez(path, **arrays)
    return path


CHANGES = {
    "no rate": lambda said: {key: said[key] for key in said if key != "rate_hz"},
    "rate": lambda said: said | {"rate_hz": "fast"},
    "gaps": lambda said: said | {"gaps": [[5]]},
    "gap outside": lambda said: said | {"gaps": [[4000, 1.0]]},
    "start": lambda said: said | {"start_utc": 5},
    "quality": lambda said: said | {"quality": {}},
    "count": lambda said: said | {"quality": said["quality"] | {"held_samples": "many"}},
    "axes": lambda said: said | {"axes": "XYZ"},
    "placement": lambda said: said | {"placement": None},
}


@pytest.mark.parametrize("kind", ["csv", "npz", "parquet"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_damaged_description_is_refused(tmp_path, kind, change):
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, kind, change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "npz", "parquet"])
def test_a_description_of_tomorrow_asks_for_tomorrow_s_version(tmp_path, kind):
    path = written(tmp_path, kind, lambda said: said | {"format": "trunkline recording 2"})
    with pytest.raises(InputError, match="read it with the version of trunkline that wrote it"):
        load(path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"dtype": "O", "shape": [1], "values": [1]}, id="objects"),
        pytest.param({"dtype": "<U999999999", "shape": [9], "values": ["a"] * 9}, id="memory"),
        pytest.param({"dtype": "<f8", "shape": [2], "values": [1.0]}, id="shape"),
        pytest.param({"dtype": "<f8", "shape": [40], "columns": ["none"]}, id="column"),
        pytest.param([], id="list"),
    ],
)
def test_an_extra_that_cannot_be_is_refused(tmp_path, kind, extra):
    path = written(tmp_path, kind, lambda said: said | {"extras": {"bad": extra}})
    with pytest.raises(InputError, match="not whole"):
        load(path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_another_s_description_is_none_of_ours(tmp_path, kind):
    """The table is then read by its columns, as any other."""
    recording = load(written(tmp_path, kind, lambda said: {"made by": "somebody"}))
    assert (recording.placement, recording.sample_count) == ("T4", 40)


def test_a_csv_that_lost_all_its_rows_is_one_sentence(tmp_path):
    path = written(tmp_path, "csv", lambda said: said)
    path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    with pytest.raises(InputError, match="no row with numbers"):
        load(path)


def test_a_lost_column_is_named(tmp_path):
    path = tmp_path / "a.parquet"
    export(recording_of(40), path)
    pq.write_table(pq.read_table(path).drop_columns(["acc_y_m_s2"]), path)
    with pytest.raises(InputError, match="without the column acc_y_m_s2"):
        load(path)
