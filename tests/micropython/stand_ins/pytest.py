"""As much of pytest as the firmware's unit tests use, for MicroPython.

    fixture(scope="module"), with or without yield     mark.parametrize, stacked, with param(id=)
    raises(error, match=)                              mark.cpython(why): not run here
    approx(number or several, rel=, abs=)              tmp_path, tmp_path_factory, monkeypatch

What it has not is an error where it is used, never a test that passes.
"""

import re

FIXTURES = {}


class Fixture:
    def __init__(self, make, scope):
        self.make, self.scope = make, scope


def fixture(make=None, scope="function"):
    if make is None:
        return lambda make: fixture(make, scope)
    FIXTURES[make.__name__] = Fixture(make, scope)
    return make


class Test:
    """A test with its rows of arguments, one of which has the id "" where there are none."""

    def __init__(self, function):
        self.function = function
        self.rows = [("", {})]
        self.strategies = (), {}

    def strategies_of(self, names):
        """The strategy of each argument that `given` fills: by place, it fills the last ones."""
        by_place, by_name = self.strategies
        return dict(by_name, **dict(zip(names[len(names) - len(by_place) :], by_place)))

    def add(self, rows):
        self.rows = [
            (("%s-%s" % (id, old_id)).rstrip("-"), dict(old, **new))
            for old_id, old in self.rows
            for id, new in rows
        ]


def test_of(thing):
    return thing if isinstance(thing, Test) else Test(thing)


class Row:
    def __init__(self, values, id):
        self.values, self.id = values, id


def param(*values, id=None):
    return Row(values, id)


class _Mark:
    def parametrize(self, names, rows, ids=None):
        several = not isinstance(names, str) or "," in names
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",")]
        found = []
        for k, row in enumerate(rows):
            if not isinstance(row, Row):
                row = Row(tuple(row) if several else (row,), None)
            if len(row.values) != len(names):
                raise ValueError("found %r; expected values for %r" % (row.values, names))
            found.append((row.id or "%d" % k, dict(zip(names, row.values))))
        return lambda thing: self._with(thing, found)

    def _with(self, thing, rows):
        test = test_of(thing)
        test.add(rows)
        return test

    def cpython(self, why):
        return lambda thing: thing

    long_on_vm = cpython


mark = _Mark()


class raises:
    def __init__(self, errors, match=None):
        self._errors, self._match = errors, match
        self.value = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert kind is not None, "did not raise"
        if not issubclass(kind, self._errors):
            return False
        self.value = error
        if self._match is not None:
            assert re.search(self._match, str(error)), "%r does not match %r" % (
                str(error),
                self._match,
            )
        return True


class approx:
    def __init__(self, expected, rel=None, abs=None):
        self._expected, self._rel, self._abs = expected, rel, abs

    def __eq__(self, other):
        if not isinstance(self._expected, (list, tuple)):
            return self._is_near(other, self._expected)
        return len(other) == len(self._expected) and all(
            self._is_near(*pair) for pair in zip(other, self._expected)
        )

    def _is_near(self, found, expected):
        by_rel = 0 if self._rel is None and self._abs is not None else self._rel or 1e-6
        allowed = max(by_rel * abs(expected), self._abs or 1e-12)
        return abs(found - expected) <= allowed


class MonkeyPatch:
    """Changes that `undo` takes back, last first."""

    def __init__(self):
        self._undoings = []

    def setattr(self, *target, raising=True):
        if len(target) == 2:
            module, name = target[0].rsplit(".", 1)
            target = (__import__(module), name, target[1])
        thing, name, value = target
        had, old = hasattr(thing, name), getattr(thing, name, None)
        assert had or not raising, "has no %s" % name
        self._undoings.append(lambda: setattr(thing, name, old) if had else delattr(thing, name))
        setattr(thing, name, value)

    def setitem(self, thing, key, value):
        had, old = key in thing, thing.get(key)
        self._undoings.append(lambda: thing.update({key: old}) if had else thing.pop(key, None))
        thing[key] = value

    def undo(self):
        while self._undoings:
            self._undoings.pop()()

    def context(self):
        return _Context()


class _Context:
    def __enter__(self):
        self._patch = MonkeyPatch()
        return self._patch

    def __exit__(self, *_):
        self._patch.undo()
