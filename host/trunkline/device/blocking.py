"""A session without await, for scripts and notebooks: the same calls, none of them written twice.

The session lives in a thread with an event loop of its own, so this works where a loop runs
already. A call waits for its result; Ctrl-C ends the wait and leaves the session.
"""

import asyncio
import concurrent.futures
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from trunkline.errors import InputError, LinkError

if TYPE_CHECKING:
    from trunkline.device.session import Session

_LOOK_S = 0.2  # how soon Ctrl-C is seen on systems where a wait cannot be interrupted


class BlockingSession:
    """All that `Session` has: what is awaited there is waited for here; a context manager.

    `stream` and `blocks` are plain iterators. Listeners are called in the session's thread: they
    may not make calls that wait.
    """

    def __init__(self, session: "Session") -> None:
        """Prepare; entering it connects."""
        self._session = session
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave = asyncio.Event()

    def __enter__(self) -> Self:
        """Connect and learn who is there."""
        ready: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(ready)), name="trunkline", daemon=True
        )
        self._thread.start()
        self._loop = ready.result()
        try:
            self._wait(self._session.__aenter__())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect, and raise what a listener raised unless something else is on its way."""
        try:
            self._wait(self._session.__aexit__(kind, error, trace))
        finally:
            self._end()

    def __getattr__(self, name: str) -> Any:
        """Give what the session has under this name."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._session, name)
        return self._waiting(value) if inspect.ismethod(value) else value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what the session has under this name."""
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._session, name, value)

    def __dir__(self) -> list[str]:
        """Name all that the session has."""
        return [name for name in dir(self._session) if not name.startswith("_")]

    async def _live(self, ready: "concurrent.futures.Future[asyncio.AbstractEventLoop]") -> None:
        ready.set_result(asyncio.get_running_loop())
        await self._leave.wait()

    def _end(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._leave.set)
            self._thread.join()
            self._loop = None

    def _waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Make a method wait for what it would give to be awaited."""

        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            result: Any = method(*arguments, **named)
            if isinstance(result, AsyncGeneratorType):
                return self._iterate(result)
            return self._wait(result) if inspect.isawaitable(result) else result

        return call

    def _iterate(self, events: AsyncGeneratorType[Any, None]) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._wait(_next(events))
                except StopAsyncIteration:
                    return
        finally:
            if self._loop is not None:  # else it has ended with the session
                self._wait(_close(events))

    def _wait(self, work: Awaitable[Any]) -> Any:
        """Let the session's thread do some work, and wait for it."""
        if self._loop is None or threading.current_thread() is self._thread:
            if isinstance(work, Coroutine):
                work.close()
            raise _misuse(self._loop is None)
        future = asyncio.run_coroutine_threadsafe(_settled(work), self._loop)
        try:
            while not concurrent.futures.wait([future], _LOOK_S).done:
                pass
        except BaseException:  # Ctrl-C
            future.cancel()
            raise
        return future.result()


async def _next(events: AsyncGeneratorType[Any, None]) -> Any:
    """Begin here, in the session's thread: the loop that sees the first step closes the rest."""
    return await anext(events)


async def _close(events: AsyncGeneratorType[Any, None]) -> None:
    while events.ag_running:  # what Ctrl-C has cancelled is still leaving
        await asyncio.sleep(0.001)
    await events.aclose()


async def _settled(work: Awaitable[Any]) -> Any:
    """Await, and again where what comes is to be awaited: the result of a calibration, say."""
    result = await work
    return await result if isinstance(result, asyncio.Future) else result


def _misuse(is_closed: bool) -> Exception:
    if is_closed:
        return LinkError("The session is not open; use it inside `with session.blocking()`.")
    return InputError(
        found="a call that waits, made by a listener",
        expected="listeners that return at once: the session waits for them",
        hint="note what is to be done, and do it in the main thread",
    )
