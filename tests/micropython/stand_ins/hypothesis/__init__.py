"""As much of Hypothesis as the firmware's unit tests use, for MicroPython.

`given` draws the same examples in each run, the ends of every range among them; it neither learns
nor shrinks: that is for CPython, where the same tests run.
"""

import pytest

EXAMPLES = 20


def given(*by_place, **by_name):
    def mark(thing):
        test = pytest.test_of(thing)
        test.strategies = (by_place, by_name)
        return test

    return mark


def settings(**_):
    return lambda thing: thing
