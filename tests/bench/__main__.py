"""Measure everything and print one table; ends with 1 if a claim is broken.

python -m tests.bench                all, in about eight minutes
python -m tests.bench accuracy       one part: accuracy, leans, speed, day, command,
                                     detectors, flash, energy or sync
"""

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec

from .table import Row, as_markdown


def parts() -> dict[str, Callable[[], Iterator[Row]]]:
    """Name what can be measured here, and say what cannot."""
    if find_spec("vqf") is None:
        raise SystemExit("vqf is not installed; run: pip install 'trunkline[bench]'")
    from . import accuracy, broad, command, detectors, energy, flash, speed, sync

    found: dict[str, Callable[[], Iterator[Row]]] = {
        "accuracy": accuracy.on_broad,
        "leans": accuracy.on_leans,
        "speed": speed.of_filters,
        "day": speed.of_the_rest,
        "command": command.of_replay,
        "detectors": detectors.of_corpus,
        "flash": flash.of_log,
        "energy": energy.of_day,
        "sync": sync.of_day,
    }
    if not broad.FOLDER.is_dir():
        print(broad.MISSING)
        del found["accuracy"]
    return found


def main(wanted: list[str]) -> int:
    """Measure the parts named, or all."""
    known = parts()
    unknown = set(wanted) - set(known)
    if unknown:
        raise SystemExit(f"Found {', '.join(sorted(unknown))}; expected {', '.join(known)}.")
    rows = [row for name in wanted or known for row in known[name]()]
    print(as_markdown(rows))
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":  # the detectors' processes import this file again
    sys.exit(main(sys.argv[1:]))
