"""What the loader needs of the virtual board; its button may be held from the start."""

import os

ROOT = os.getenv("TRUNKLINE_SIM_ROOT") or "."


def is_button_held():
    return os.getenv("TRUNKLINE_SIM_BUTTON") == "held"


def feed_watchdog():
    """Nothing to do: the virtual watchdog ends with the program."""


def reset():
    from chip import RESET
    from hostlink import hostlink

    hostlink().restart(RESET)
