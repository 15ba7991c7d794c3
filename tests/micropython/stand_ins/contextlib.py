"""As much of contextlib as the firmware's unit tests use, for MicroPython."""


class suppress:
    def __init__(self, *errors):
        self._errors = errors

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        return kind is not None and issubclass(kind, self._errors)


class ExitStack:
    def __init__(self):
        self._entered = []

    def __enter__(self):
        return self

    def enter_context(self, context):
        value = context.__enter__()
        self._entered.append(context)
        return value

    def __exit__(self, *error):
        while self._entered:
            self._entered.pop().__exit__(*error)


def contextmanager(generate):
    return lambda *args, **kwargs: _Generated(generate(*args, **kwargs))


class _Generated:
    def __init__(self, generator):
        self._generator = generator

    def __enter__(self):
        return next(self._generator)

    def __exit__(self, kind, error, _):
        try:
            if kind is None:
                next(self._generator)
            else:
                self._generator.throw(error)
        except StopIteration:
            return True
        return False
