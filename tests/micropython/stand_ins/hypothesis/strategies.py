"""Draws for `given`, from MicroPython's own random numbers."""

import random


class Strategy:
    def __init__(self, draw):
        self.draw = draw

    def map(self, change):
        return Strategy(lambda: change(self.draw()))

    def filter(self, is_good):
        def draw():
            while True:
                value = self.draw()
                if is_good(value):
                    return value

        return Strategy(draw)

    def __or__(self, other):
        return one_of(self, other)


def _below(count):
    """A number from 0 on, of any size."""
    value = 0
    for _ in range(-(-len("%x" % count) // 7) + 1):
        value = value << 28 | random.getrandbits(28)
    return value % count


def integers(min_value, max_value):
    def draw():
        chance = _below(8)
        if chance < 2:
            return max_value if chance else min_value
        return min_value + _below(max_value - min_value + 1)

    return Strategy(draw)


def booleans():
    return sampled_from((False, True))


def none():
    return just(None)


def just(value):
    return Strategy(lambda: value)


def sampled_from(values):
    return Strategy(lambda: values[_below(len(values))])


def one_of(*several):
    return Strategy(lambda: several[_below(len(several))].draw())


def tuples(*several):
    return Strategy(lambda: tuple([one.draw() for one in several]))


def lists(items, min_size=0, max_size=10):
    return Strategy(lambda: [items.draw() for _ in range(integers(min_size, max_size).draw())])


def sets(items, max_size=10):
    return lists(items, 0, max_size).map(set)


def binary(min_size=0, max_size=40):
    return lists(integers(0, 255), min_size, max_size).map(bytes)
