"""Let a coverage-guided fuzzer look for bytes that break a promise: `make fuzz`.

    python -m tests.fuzz [TARGET ...] [--seconds 60]

The time is shared out among the targets. What is found is written to tests/fuzz/found/TARGET,
where every later run of the tests tries it again.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
TARGETS = (
    *("decode", "read_log", "capture"),
    *("csv", "described", "bids", "npz", "parquet", "cwa", "mat"),
)
_SLOWEST_INPUT_S = 10  # a hang, whatever the machine
_MEMORY_MB = 2048
_LONGEST_BYTES = 8192


def fuzz(target: str, seconds: int, seed: int = 0) -> str | None:
    """Fuzz one target; return a sentence of what was done, or None where something was found.

    The same seed tries the same inputs, as far as the time goes; 0: others each time.
    """
    found = HERE / "found" / target
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh:  # what is new stays out of the committed corpus
        command = [
            *(sys.executable, "-m", "tests.fuzz.one", target),
            *(fresh, str(HERE / "corpus" / target), str(found)),
            f"-max_total_time={seconds}",
            f"-timeout={_SLOWEST_INPUT_S}",
            f"-rss_limit_mb={_MEMORY_MB}",
            f"-max_len={_LONGEST_BYTES}",
            f"-artifact_prefix={found}/",
            f"-seed={seed}",
            "-print_final_stats=1",
        ]
        run = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", run.stdout)
    reached = re.findall(r"cov: (\d+) ft: (\d+)", run.stdout)
    if run.returncode or executed is None or not reached:
        raised = re.search(r"=== Uncaught.*?(?===\d+==|$)", run.stdout, re.DOTALL)
        print(raised[0] if raised else run.stdout[-4000:], file=sys.stderr)
        return None
    places, features = reached[-1]
    return f"{target}: {executed[1]} inputs, {places} places, {features} features, nothing found"


def main() -> int:
    """Fuzz the targets named, or all; exit 1 where one is broken, 2 where it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for all of them together")
    parser.add_argument("--seed", type=int, default=0, help="0: other inputs each time")
    given = parser.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"found the target {sorted(unknown)[0]!r}; expected {', '.join(TARGETS)}")
    if find_spec("atheris") is None:
        print("Found no atheris; expected it on Linux; try: pip install 'trunkline[dev]'.")
        return 2
    targets = given.targets or TARGETS
    is_whole = True
    for target in targets:
        said = fuzz(target, max(1, given.seconds // len(targets)), given.seed)
        is_whole &= said is not None
        print(said or f"{target}: BROKEN; see tests/fuzz/found/{target}", flush=True)
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
