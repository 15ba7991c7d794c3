"""Start the application of the folder that slots.py chooses. Like boot.py, part of the loader."""

import gc
import sys

import boot

from slots import Slots

# While modules are loaded what stays is packed close, so that later what is free is in one piece.
_LOADING_BYTES = 1024


def main():
    if boot.is_button_held():
        print("The button is held: nothing is started. Let go, and reset to start as usual.")
        return
    gc.threshold(_LOADING_BYTES)  # life.py sets it anew
    slots = Slots(boot.ROOT)
    start = slots.start()
    if start.folder:
        slots.enter(start.folder)
    try:
        if start.is_safe:
            from safe import run
        else:
            from device import run
        run(slots, start)
    except KeyboardInterrupt:
        boot.feed_watchdog()
        print("Stopped over the cable; reset to start again.")
    except Exception as error:
        if not start.folder:  # not installed: whoever runs this reads what happened
            if isinstance(error, ImportError):
                print("Found no application; expected /a or /b with a manifest; copy one anew.")
            raise
        sys.print_exception(error)
        boot.reset()


main()
