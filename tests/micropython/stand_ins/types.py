"""As much of types as the firmware's unit tests use, for MicroPython."""


class SimpleNamespace:
    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)
