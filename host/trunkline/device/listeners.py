"""Those who are told what happens; one that raises is told no more, and disturbs nobody."""

from collections.abc import Callable
from typing import TypeVar

_Told = TypeVar("_Told")


class Listeners(list[Callable[[_Told], None]]):
    """A list of callables, in the order they are told."""

    def tell(self, what: _Told, on_failure: Callable[[Exception], None]) -> None:
        """Call every listener.

        Args:
            what: What each is given.
            on_failure: Called with what a listener raised. It is not raised here: this runs in a
                transport's callback, and what that feeds must stay whole.
        """
        for listener in tuple(self):
            try:
                listener(what)
            except Exception as error:
                self.remove(listener)
                on_failure(error)
