"""One target under the fuzzer; its library ends the process, so each has its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

# Before anything of ours is imported: what is counted is where the input leads in our code.
# Readers are imported with the first file of their kind, so they are named here.
with atheris.instrument_imports(include=["trunkline", "posturecore"]):
    import trunkline.captures.captured
    import trunkline.readers.bids
    import trunkline.readers.csv
    import trunkline.readers.cwa
    import trunkline.readers.mat
    import trunkline.readers.npz
    import trunkline.readers.parquet  # noqa: F401
    from tests.fuzz import mat_damage, mat_server, targets

_DICTIONARY = Path(__file__).with_name("words.dict")


def _frames(data: bytes, most_bytes: int, seed: int) -> bytes:
    mutated = atheris.Mutate(data, most_bytes)
    return targets.mend_checksums(mutated) if seed % 4 else mutated


def _elements(data: bytes, most_bytes: int, seed: int) -> bytes:
    return mat_damage.damage(data, seed, lambda some: atheris.Mutate(some, len(some) + 8))[
        :most_bytes
    ]


MUTATORS = {"decode": _frames, "read_log": _frames, "capture": _frames, "mat": _elements}


def _branches(count: int) -> Callable[[int], None]:
    """Make a function that takes another way for each number: what the fuzzer can see."""
    ways = "".join(f"\n    if number == {k}: return" for k in range(count))
    made: dict[str, Callable[[int], None]] = {}
    exec(f"def branch(number):{ways}", made)
    return atheris.instrument_func(made["branch"])


def _mat() -> Callable[[bytes], None]:
    """Show the fuzzer where scipy gives up: it does so in another process."""
    branch = _branches(mat_server.PLACES)

    def target(data: bytes) -> None:
        targets.mat(data)
        branch(mat_server.server().place)

    return target


def main() -> None:
    """Run the target named first; the rest are the fuzzer's own arguments."""
    name = sys.argv.pop(1)
    target = _mat() if name == "mat" else targets.TARGETS[name]
    mutator = {"custom_mutator": MUTATORS[name]} if name in MUTATORS else {}
    atheris.Setup([*sys.argv, f"-dict={_DICTIONARY}"], target, **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
