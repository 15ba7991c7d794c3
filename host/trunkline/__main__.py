"""`python -m trunkline` and the command `trunkline`."""

import gc

from trunkline import cli

__all__ = ["main"]

# A day's decisions are millions of small objects and no garbage: look through them less often.
_COLLECT_AFTER_OBJECTS = 50_000


def main() -> None:
    """Run the command line in a process of its own."""
    gc.set_threshold(_COLLECT_AFTER_OBJECTS)
    cli.main()


if __name__ == "__main__":
    main()
