"""Write the tables of the documents from code, pins.csv and bom.csv; `--check` for CI.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what is in between is replaced.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

import angles
import currents
import files
import gestures
import protocol
import times
import troubles
from markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
HARDWARE = ROOT / "hardware"
DOCUMENTS = (
    "hardware/README.md",
    "firmware/README.md",
    "docs/files.md",
    "docs/frames-and-units.md",
    "docs/protocol.md",
    "docs/troubleshooting.md",
    "docs/time.md",
)
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = dict[str, str]


def read(name: str) -> list[Row]:
    """Read one of the hardware's tables."""
    with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wiring() -> str:
    """Return every pad of the board: what it is called, where it goes and why."""
    head = ["XIAO pin", "GPIO", "net", "direction", "goes to", "note"]
    names = ("xiao_pin", "gpio", "net", "direction", "connects_to", "note")
    rows = [[row[name] or "–" for name in names] for row in read("pins.csv")]
    return markdown(head, rows)


def constants() -> str:
    """Return the pins that the firmware uses, with the constant that holds each."""
    head = ["constant", "GPIO", "XIAO pin", "goes to", "note"]
    names = ("constant", "gpio", "xiao_pin", "connects_to", "note")
    rows = [[row[name] or "–" for name in names] for row in read("pins.csv")]
    return markdown(head, [row for row in rows if row[0].startswith("PIN_")])


def parts() -> str:
    """Return the parts to buy, with a total."""
    head = ["ref", "part", "value", "maker's number", "quantity", "US$ each", "source"]
    names = ("ref", "part", "value", "manufacturer_part", "quantity", "usd_each", "source")
    table = read("bom.csv")
    rows = [[row[name] or "–" for name in names] for row in table]
    total = sum(int(row["quantity"]) * float(row["usd_each"]) for row in table)
    rows.append(["", "**together**", "", "", "", f"**{total:.0f}**", "a recalled sum: check"])
    return markdown(head, rows)


def vectors() -> str:
    """Return test vectors for the angle formulas, each computed back from the up vector."""
    head = [
        "flexion, lateral (°)",
        "acceleration at rest x, y, z (m/s²)",
        "gravity x, y, z (counts)",
        "θ, φ, I back from it (°)",
    ]
    rows = []
    for flexion, lateral in angles.POSES:
        up = angles.up_vector(flexion, lateral)
        acc = ", ".join(f"{angles.GRAVITY_M_S2 * part + 0.0:.4f}" for part in up)
        counts = ", ".join(str(part) for part in angles.gravity_counts(up))
        back = angles.flexion_deg(up), angles.lateral_deg(up), angles.inclination_deg(up)
        found = ", ".join(f"{round(angle, 2) + 0.0:g}" for angle in back)
        rows.append([f"{flexion}, {lateral}", plain(acc), counts, plain(found)])
    return markdown(head, rows)


def plain(text: str) -> str:
    """Write minus zero as zero."""
    return text.replace("-0.0000", "0.0000")


TABLES = {
    "wiring": wiring,
    "constants": constants,
    "parts": parts,
    "vectors": vectors,
    **protocol.TABLES,
    **currents.TABLES,
    **gestures.TABLES,
    **troubles.TABLES,
    **times.TABLES,
    **files.TABLES,
}


def refreshed(text: str) -> str:
    """Return the text of a document with every marked table written anew."""
    return MARKED.sub(lambda mark: mark[1] + TABLES[mark[2]]() + mark[3], text)


def main() -> int:
    """Write the tables, or with `--check` only say which documents are old; return exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is old")
    is_check = parser.parse_args().check
    old = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        fresh = refreshed(text)
        if fresh != text:
            old.append(name)
            if not is_check:
                (ROOT / name).write_text(fresh, encoding="utf-8")
    if is_check and old:
        print(f"Tables are old in {', '.join(old)}: run python docs/tables.py.")
    return 1 if is_check and old else 0


if __name__ == "__main__":
    sys.exit(main())
