"""What the button does: from a gesture to the part that acts, and an answer by touch."""

from button import FIVE_TIMES, HELD, HELD_LONG, PRESSED, THRICE, TWICE, Button
from posturecore.patterns import AWAKE, MARKED, OFF, PAIRING, REFUSED, SNOOZED

_GET_READY_S = 5  # to take the hand from the button and stand upright

# (gesture, what the wearer does, what the device does, what answers)
GESTURES = (
    (
        PRESSED,
        "a press",
        "snooze begins, or ends; state and battery are told",
        (SNOOZED, AWAKE),
    ),
    (TWICE, "two presses", "the last cue, up to 5 min ago, was wrong", (MARKED, REFUSED)),
    (
        THRICE,
        "three presses",
        "calibration with the bow: 5 s to stand upright, `calibration_s` still, then bow",
        (AWAKE, REFUSED),
    ),
    (
        FIVE_TIMES,
        "five presses",
        "every host is forgotten, and a new one may pair",
        (PAIRING, REFUSED),
    ),
    (HELD, "held for 3 s", "a new host may pair", (PAIRING,)),
    (HELD_LONG, "held for 10 s", "switches off", (OFF,)),
)


class Controls:
    """Call `tend` with every step.

    `pair` and `switch_off` are called for the two holds, `forget` for five presses: it returns
    whether flash took it.
    """

    def __init__(
        self, board, prescription, coaching, calibration, touch, pair, forget, switch_off
    ):
        self._board = board
        self._prescription = prescription
        self._coaching = coaching
        self._calibration = calibration
        self._touch = touch
        self._pair = pair
        self._forget = forget
        self._switch_off = switch_off
        self._button = Button(board.ticks_diff)

    def tend(self):
        """Look at the button; return the gesture that ended now, or button.NOTHING."""
        gesture = self._button.feed(self._board.button.value(), self._board.ticks_ms())
        if gesture == PRESSED:
            self._coaching.press()
            self._touch.state(self._coaching.code)
        elif gesture == TWICE:
            self._touch.say(MARKED if self._coaching.mark() else REFUSED)
        elif gesture == THRICE:
            self._touch.say(AWAKE if self._calibrate() else REFUSED)
        elif gesture == FIVE_TIMES:
            self._touch.say(PAIRING if self._forget() else REFUSED)
        elif gesture == HELD:
            self._pair()
            self._touch.say(PAIRING)
        elif gesture == HELD_LONG:
            self._touch.say(OFF)
            self._switch_off()
        return gesture

    def _calibrate(self):
        # The pose in force; another name is chosen by a host.
        return self._calibration.start(self._prescription.neutral or 0, True, _GET_READY_S)
