"""Write the golden vectors: `python -m tests.vectors.write`; with --check only compare.

Exit code 1 when --check finds a file that is stale.
"""

import json
import random
import sys
from pathlib import Path

from posturecore import wire
from posturecore.angles import TrunkFrame, atan2_cdeg
from posturecore.frames import FRAMES

from .cases import ANGLES, DECISIONS, POSES, SEED
from .synthetic import Player

FOLDER = Path(__file__).parent
_LIMITS = {"b": (-128, 127), "B": (0, 255), "h": (-(1 << 15), (1 << 15) - 1)}
_LIMITS |= {"H": (0, (1 << 16) - 1), "i": (-(1 << 31), (1 << 31) - 1), "I": (0, (1 << 32) - 1)}


def angles() -> dict:
    dice = random.Random(SEED)
    pairs = ANGLES + [
        [dice.randint(-size, size), dice.randint(-size, size)]
        for size in (100, 32768, 1 << 20, 1 << 29)
        for _ in range(60)
    ]
    return {
        "atan2_cdeg": [[y, x, atan2_cdeg(y, x)] for y, x in pairs],
        "poses": [[neutral, up, *_measure(neutral, up)] for neutral, up in POSES],
    }


def _measure(neutral: list[int], up: list[int]) -> list[int]:
    trunk, vector = TrunkFrame(*neutral), tuple(up)
    return [
        trunk.flexion_cdeg(vector),
        trunk.lateral_cdeg(vector),
        trunk.inclination_cdeg(vector),
    ]


def frames() -> list[dict]:
    dice = random.Random(SEED)
    rows = []
    for frame, (name, _, fields, item_fields, _) in sorted(FRAMES.items()):
        for edge in (0, 1, None):
            values = [_value(code, edge, dice) for _, code, _ in fields]
            count = (0, wire.items_per_frame(frame), 3)[edge or 0] if item_fields else 0
            items = [[_value(code, edge, dice) for _, code, _ in item_fields]] * count
            packed = [bytes.fromhex(v) if isinstance(v, str) else v for v in values]
            sequence = dice.randrange(1 << 16)
            data = wire.pack_frame(frame, sequence, tuple(packed), tuple(map(tuple, items)))
            rows.append(
                {
                    "name": name,
                    "frame": frame,
                    "sequence": sequence,
                    "values": values,
                    "items": items,
                    "hex": data.hex(),
                }
            )
    return rows


def _value(code: str, edge: int | None, dice: random.Random) -> int | str:
    if code.endswith("s"):
        return dice.randbytes(int(code[:-1])).hex()
    low, high = _LIMITS[code]
    return dice.randint(low, high) if edge is None else (low, high)[edge]


def decisions() -> list[dict]:
    cases = [dict(case, seed=SEED + i) for i, case in enumerate(DECISIONS)]
    return [dict(case, expected=Player(case).outcome()) for case in cases]


def _lines(value: list | dict, depth: int) -> str:
    """JSON with one line an entry of the outer levels, so that a change reads well."""
    if depth == 0 or not isinstance(value, list | dict):
        return json.dumps(value, separators=(", ", ": "), ensure_ascii=False)
    if isinstance(value, list):
        return "[\n" + ",\n".join(_lines(entry, depth - 1) for entry in value) + "\n]"
    rows = (json.dumps(key) + ": " + _lines(value[key], depth - 1) for key in value)
    return "{\n" + ",\n".join(rows) + "\n}"


def texts() -> dict[str, str]:
    """Return the text of every golden file by its name."""
    return {
        "angles.json": _lines(angles(), 2) + "\n",
        "frames.json": _lines(frames(), 1) + "\n",
        "decisions.json": _lines(decisions(), 3) + "\n",
    }


def stale() -> list[str]:
    """Name the golden files that are missing or differ from what the code says."""
    return [
        name
        for name, text in texts().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text
    ]


def main() -> int:
    if "--check" in sys.argv[1:]:
        names = stale()
        for name in names:
            print(f"{name} is stale; see tests/vectors/README.md before running make vectors")
        return 1 if names else 0
    for name, text in texts().items():
        (FOLDER / name).write_text(text, "utf-8")
        print(f"{name}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
