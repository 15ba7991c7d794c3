"""What the wearer did in each sample, and what a decision should call it."""

import numpy as np
from numpy.typing import NDArray

from posturecore.context import CONTEXTS
from trunkline.wearer.activities import ACTIVITIES, STATE_CONTEXT, VOCABULARY
from trunkline.wearer.events import span
from trunkline.wearer.moment import Moment

Labels = NDArray[np.uint8]

# A slower movement is posture; a quicker one is a change of it.
_CHANGE_S = 4.0
# These come on top of something else, which goes on.
_OVERLAID = ("fidget", "shift", "motor_buzz")


def label(moments: list[Moment], start: str, count: int, rate_hz: float) -> tuple[Labels, Labels]:
    """Label every sample.

    Args:
        moments: What was performed.
        start: The state at the first sample.
        count: How many samples.
        rate_hz: Samples a second.

    Returns:
        Activities as indices into `ACTIVITIES`, contexts as indices into `CONTEXTS`.
    """
    state = start
    activity = np.full(count, ACTIVITIES.index(state), dtype=np.uint8)
    context = np.full(count, CONTEXTS.index(STATE_CONTEXT[state]), dtype=np.uint8)
    # The motor last: it shakes whatever else goes on.
    for each in sorted(moments, key=lambda one: (one.kind == "motor_buzz", one.start_s)):
        rows = span(each.start_s, each.end_s, rate_hz, count)
        if each.kind not in _OVERLAID:
            activity[rows] = ACTIVITIES.index(each.kind)
        _name(context, each, STATE_CONTEXT[state], rate_hz)
        leads_to = VOCABULARY[each.kind].leads_to
        if leads_to is not None:
            state = leads_to
            activity[rows.stop :] = ACTIVITIES.index(state)
            context[rows.stop :] = CONTEXTS.index(STATE_CONTEXT[state])
    return activity, context


def _name(context: Labels, moment: Moment, state: str, rate_hz: float) -> None:
    word, timing = VOCABULARY[moment.kind], moment.timing
    held_from_s = moment.start_s + timing.onset_s
    held_to_s = moment.end_s - timing.return_s
    for start_s, end_s, name in (
        (moment.start_s, held_from_s, word.moving),
        (held_from_s, held_to_s, word.holding),
        (held_to_s, moment.end_s, word.moving),
    ):
        is_slow = name == "changing" and end_s - start_s > _CHANGE_S and word.leads_to is None
        if end_s > start_s and name is not None and not is_slow:
            rows = span(start_s, end_s, rate_hz, len(context))
            context[rows] = CONTEXTS.index(name)
        elif end_s > start_s and moment.kind not in _OVERLAID:
            context[span(start_s, end_s, rate_hz, len(context))] = CONTEXTS.index(state)
