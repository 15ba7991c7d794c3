"""The hardware folder: one pin table, and everything made from it or checked against it."""

import ast
import csv
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
HARDWARE = ROOT / "hardware"
BOARD = ROOT / "firmware" / "boards" / "xiao_esp32s3" / "board.py"
SVG = "{http://www.w3.org/2000/svg}"

# The XIAO's own names: ports/esp32/boards/SEEED_XIAO_ESP32S3/pins.csv in MicroPython.
XIAO_GPIO = dict(zip((f"D{n}" for n in range(11)), (1, 2, 3, 4, 5, 6, 43, 44, 7, 8, 9)))  # noqa: B905


def rows(name):
    with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(*arguments, folder=ROOT):
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def angles(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    import angles

    return angles


@pytest.fixture
def copy(tmp_path):
    """Return a copy of what the scripts read and write."""
    for name in ("hardware", "docs", "firmware"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    return tmp_path


def references(text):
    return set(re.findall(r"\b(?:[URQMCJWE]|CR|SW|BT)\d+\b", text))


# Pins


def test_pin_table_is_the_firmware_s():
    tree = ast.parse(BOARD.read_text(encoding="utf-8"))
    in_firmware = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id.startswith("PIN_")
    }
    in_table = {row["constant"]: int(row["gpio"]) for row in rows("pins.csv") if row["constant"]}
    assert in_table == in_firmware
    assert len(in_table) >= 8


def test_no_gpio_and_no_pad_is_used_twice():
    gpios = [row["gpio"] for row in rows("pins.csv") if row["gpio"]]
    pads = [row["xiao_pin"] for row in rows("pins.csv") if row["xiao_pin"]]
    assert len(gpios) == len(set(gpios))
    assert len(pads) == len(set(pads))


def test_every_pad_has_the_gpio_that_the_board_gives_it():
    in_table = {
        row["xiao_pin"]: int(row["gpio"]) for row in rows("pins.csv") if row["xiao_pin"][:1] == "D"
    }
    assert in_table == XIAO_GPIO


@pytest.mark.parametrize("pad", ["D2", "D6", "D7"])
def test_strapping_pin_and_uart_stay_free(pad):
    row = next(row for row in rows("pins.csv") if row["xiao_pin"] == pad)
    assert row["direction"] == "free"
    assert not row["constant"]
    assert not row["connects_to"]
    assert ("strapping" if pad == "D2" else "UART") in row["note"]


# Parts


def test_every_part_on_a_wire_is_in_the_parts_list():
    on_wires = set()
    for row in rows("pins.csv"):
        on_wires |= references(row["connects_to"] + " " + row["note"])
    listed = [row["ref"] for row in rows("bom.csv")]
    assert len(listed) == len(set(listed))
    assert on_wires - set(listed) == set()
    assert {"U2", "R1", "SW1", "M1", "BT1"} <= on_wires


def test_every_part_is_drawn_and_every_drawn_part_is_listed():
    drawn = set()
    for element in ElementTree.parse(HARDWARE / "wiring.svg").iter():
        drawn |= {element.get("data-ref")} - {None}
    mechanical = {"E1", "E2"}
    assert drawn == {row["ref"] for row in rows("bom.csv")} - mechanical


def test_every_price_says_where_it_is_from():
    for row in rows("bom.csv"):
        assert float(row["usd_each"]) > 0
        assert int(row["quantity"]) > 0
        assert row["source"].startswith("(K)"), row["ref"]


# Drawings and tables


@pytest.mark.parametrize("script", ["hardware/draw.py", "hardware/wear.py", "docs/tables.py"])
def test_what_the_script_makes_is_current(script):
    result = run(script, "--check")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        pytest.param("hardware/draw.py", "AO3400A,AO", "AO3401A,AO", id="drawing"),
        pytest.param("docs/tables.py", "3.00", "3.50", id="tables"),
    ],
)
def test_a_changed_part_makes_the_document_old(copy, script, old, new):
    path = copy / "hardware" / "bom.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert run(script, "--check", folder=copy).returncode == 1
    assert run(script, folder=copy).returncode == 0
    assert run(script, "--check", folder=copy).returncode == 0


def test_a_moved_pin_moves_in_the_drawing(copy):
    path = copy / "hardware" / "pins.csv"
    text = path.read_text(encoding="utf-8")
    text = text.replace(",,D8,7,free,,spare\n", "")
    path.write_text(text.replace("VBUS_SENSE,D9,8", "VBUS_SENSE,D8,7"), encoding="utf-8")
    assert run("hardware/draw.py", folder=copy).returncode == 0
    drawing = (copy / "hardware" / "wiring.svg").read_text(encoding="utf-8")
    assert "Pin D8, VBUS_SENSE" in drawing
    assert drawing != (HARDWARE / "wiring.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["hardware/wiring.svg", "docs/img/sensor-on-back.svg"])
def test_drawing_says_in_words_what_it_shows(path):
    root = ElementTree.parse(ROOT / path).getroot()
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title description"
    assert len(root.findtext(f"{SVG}title")) > 10
    assert len(root.findtext(f"{SVG}desc")) > 100


# Frames

# Worked out by hand apart from the script, in the ISB order (x forward, y up, z right), m/s²:
# flexion, lateral, then the three parts of the acceleration at rest.
ISB_VECTORS = [
    (0, 0, 0, 9.8066, 0),
    (20, 0, -3.3541, 9.2152, 0),
    (30, 0, -4.9033, 8.4928, 0),
    (60, 0, -8.4928, 4.9033, 0),
    (90, 0, -9.8066, 0, 0),
    (120, 0, -8.4928, -4.9033, 0),
    (-10, 0, 1.7029, 9.6577, 0),
    (0, 15, 0, 9.4725, -2.5381),
    (45, 20, -6.5162, 6.5162, -3.3541),
]


@pytest.mark.parametrize(("flexion", "lateral", "forward", "up", "right"), ISB_VECTORS)
def test_angles_agree_with_separately_computed_vectors(
    angles, flexion, lateral, forward, up, right
):
    force = np.array([up, right, forward])
    unit = tuple(force / np.linalg.norm(force))
    assert angles.flexion_deg(unit) == pytest.approx(flexion, abs=0.01)
    assert angles.lateral_deg(unit) == pytest.approx(lateral, abs=0.01)
    assert angles.up_vector(flexion, lateral) == pytest.approx(unit, abs=1e-4)


def test_inclination_of_a_mixed_lean_is_known(angles):
    assert angles.inclination_deg(angles.up_vector(45, 20)) == pytest.approx(48.36, abs=0.01)


@pytest.mark.parametrize(
    ("axis", "rate_deg_s", "flexion", "lateral"),
    [
        pytest.param(1, -30.0, 30.0, 0.0, id="forward-is-minus-y"),
        pytest.param(2, +30.0, 0.0, 30.0, id="right-is-plus-z"),
        pytest.param(0, +30.0, 0.0, 0.0, id="twist-leaves-no-trace"),
    ],
)
def test_gyroscope_signs_agree_with_the_angles(angles, axis, rate_deg_s, flexion, lateral):
    """Turn a sensor for a second; the up vector, fixed to the earth, turns the other way in it."""
    up, steps = np.array([1.0, 0.0, 0.0]), 20_000
    rate = np.zeros(3)
    rate[axis] = math.radians(rate_deg_s)
    for _ in range(steps):
        up = up - np.cross(rate, up) / steps
    up = tuple(up / np.linalg.norm(up))
    assert angles.flexion_deg(up) == pytest.approx(flexion, abs=0.01)
    assert angles.lateral_deg(up) == pytest.approx(lateral, abs=0.01)


def test_sensor_frame_is_right_handed_and_the_isb_frame_turned():
    up, right, forward = np.eye(3)
    assert np.cross(up, right) == pytest.approx(forward)
    assert np.linalg.det(np.array([forward, up, right])) == pytest.approx(1.0)


def test_page_shows_one_row_for_each_pose(angles):
    page = (ROOT / "docs" / "frames-and-units.md").read_text(encoding="utf-8")
    for flexion, lateral in angles.POSES:
        assert f"| {flexion}, {lateral} |" in page
    assert "| 15404, 0, -5607 |" in page


# The firmware's page


def test_firmware_page_names_only_what_is_there():
    page = (ROOT / "firmware" / "README.md").read_text(encoding="utf-8")
    table = page.split("| in the repository |")[1].split("\n\n")[0]
    named = re.findall(r"`([a-z_0-9/]+(?:\.py|/))`", "".join(re.findall(r"\n\| (.*?) \|", table)))
    assert len(named) > 8
    assert [path for path in named if not (ROOT / "firmware" / path).exists()] == []
