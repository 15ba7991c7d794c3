"""Runs at every start, before main.py, and is imported by it: what the loader needs of the board.

Short on purpose: MicroPython brings USB up after it, and runs it on each soft reset of mpremote.
Such a soft reset does not stop a watchdog, so it is fed here until the application takes over or
somebody resets; else a file could not be copied after the application was interrupted.
"""

import machine

ROOT = "/"
_PIN_BUTTON = 4  # to ground
_FEED_MS = 1000
_WATCHDOG_MS = 8000
_TIMER_ID = 1


def is_button_held():
    """Tell whether the button is pressed: the way out of an application that does not run.

    Not after deep sleep: there the press is what has just switched the device on.
    """
    if machine.reset_cause() == machine.DEEPSLEEP_RESET:
        return False
    return not machine.Pin(_PIN_BUTTON, machine.Pin.IN, machine.Pin.PULL_UP).value()


def feed_watchdog():
    """Feed the watchdog from a timer, from now until the next reset or `stop_feeding`."""
    watchdog = machine.WDT(timeout=_WATCHDOG_MS)
    timer = machine.Timer(_TIMER_ID)
    timer.init(mode=machine.Timer.PERIODIC, period=_FEED_MS, callback=lambda _: watchdog.feed())


def stop_feeding():
    """From here on the application feeds it, or it bites."""
    machine.Timer(_TIMER_ID).deinit()


def reset():
    """Start again, as after switching on."""
    machine.reset()


if machine.reset_cause() == machine.SOFT_RESET:
    feed_watchdog()
