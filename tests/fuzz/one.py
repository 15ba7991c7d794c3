"""One target under the fuzzer; its library ends the process, so each has its own."""

import sys
from pathlib import Path

import atheris

# Before anything of ours is imported: what is counted is where the input leads in our code.
# Readers are imported with the first file of their kind, so they are named here.
with atheris.instrument_imports(include=["trunkline", "posturecore"]):
    import trunkline.captures.captured
    import trunkline.readers.csv
    import trunkline.readers.cwa
    import trunkline.readers.npz
    import trunkline.readers.parquet  # noqa: F401
    from tests.fuzz import targets

_DICTIONARY = Path(__file__).with_name("words.dict")


def _mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
    mutated = atheris.Mutate(data, most_bytes)
    return targets.mend_checksums(mutated) if seed % 4 else mutated


def main() -> None:
    """Run the target named first; the rest are the fuzzer's own arguments."""
    name = sys.argv.pop(1)
    mutator = {"custom_mutator": _mutate} if name in ("decode", "read_log", "capture") else {}
    atheris.Setup([*sys.argv, f"-dict={_DICTIONARY}"], targets.TARGETS[name], **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
