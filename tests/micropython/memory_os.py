"""The VM's own `os`, and what of a board's it lacks."""

from uos import *  # noqa: F403


def getenv(name):
    return {"TRUNKLINE_SIM_ROOT": "/flash", "TRUNKLINE_SIM_RTC": "/rtc"}.get(name)


def statvfs(path):
    return 4096, 4096, 2000, 1000, 1000, 0, 0, 0, 0, 255


def sync():
    pass


def urandom(count):
    return bytes(range(count))
