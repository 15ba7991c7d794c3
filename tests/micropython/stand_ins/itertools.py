"""As much of itertools as the firmware's unit tests use, for MicroPython."""


def pairwise(items):
    items = iter(items)
    last = next(items, None)
    for item in items:
        yield last, item
        last = item


def chain(*several):
    for items in several:
        yield from items


def count(start=0):
    while True:
        yield start
        start += 1
