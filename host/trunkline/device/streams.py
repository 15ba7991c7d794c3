"""Events for those who iterate: queues with a bound, and what a device must stream for them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress

from posturecore import frames
from trunkline.errors import InputError, TrunklineError
from trunkline.protocol.events import Blocks, Decisions, Dropped, Event, Samples

LIMIT = 1000  # events [D]: more than two minutes of all that a device streams
_STREAMED = {
    Samples: frames.STREAM_SAMPLES,
    Blocks: frames.STREAM_BLOCKS,
    Decisions: frames.STREAM_DECISIONS,
}
BLOCKS_SOMEHOW = 0x100  # no bit of a device's: its blocks, or samples to make them of


class Queue(AsyncIterator[Event]):
    """Events that wait for one consumer; the oldest give way to new ones, and are counted."""

    def __init__(self, wish: int, limit: int, on_taken: Callable[[], None] | None) -> None:
        """Start empty.

        Args:
            wish: Which of what a device streams is wanted; all else always is.
            limit: How many events may wait.
            on_taken: Called after each that was taken: the source waits for room and nothing
                gives way. None: the source waits for nobody.

        Raises:
            InputError: A limit below 1.
        """
        if limit < 1:
            raise InputError(
                found=f"a limit of {limit}", expected="1 event or more", hint=f"limit={LIMIT}"
            )
        self.wish = wish
        self._kept = wish if not wish & BLOCKS_SOMEHOW else _EITHER
        self._limit = limit
        self._on_taken = on_taken
        self._events: deque[Event] = deque()
        self._dropped = 0
        self._is_ended = False
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether a source that waits should do so."""
        return len(self._events) >= self._limit

    def put(self, event: Event) -> None:
        """Add an event, if it is wanted; never waits."""
        streamed = _STREAMED.get(type(event))
        if streamed is not None and not streamed & self._kept:
            return
        if self._on_taken is None and self.is_full:
            self._events.popleft()
            self._dropped += 1
        self._events.append(event)
        self._changed.set()

    def end(self, error: Exception | None) -> None:
        """Let the consumer take what waits, and then stop, or raise `error`."""
        if not self._is_ended:
            self._is_ended, self._error = True, error
            self._changed.set()

    async def __anext__(self) -> Event:
        """Wait for the next event."""
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._is_ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return Dropped(dropped)
        event = self._events.popleft()
        if self._on_taken is not None:
            self._on_taken()
        return event


_EITHER = frames.STREAM_SAMPLES | frames.STREAM_BLOCKS


class Streams:
    """All queues of one session.

    Attributes:
        chosen: What the device is to stream, whoever iterates.
    """

    def __init__(self, is_file: bool) -> None:
        """Start without any; `is_file`: the source waits for those who iterate."""
        self.chosen = 0
        self._is_file = is_file
        self._queues: list[Queue] = []
        self._waiters = 0
        self._changed = asyncio.Event()
        self._end: tuple[Exception | None] | None = None

    @property
    def wanted(self) -> int:
        """What the device must stream for all of them."""
        mask = self.chosen
        for queue in self._queues:
            mask |= queue.wish
        if mask & BLOCKS_SOMEHOW and not mask & frames.STREAM_SAMPLES:
            mask |= frames.STREAM_BLOCKS
        return mask & ~BLOCKS_SOMEHOW

    def put(self, event: Event) -> None:
        """Give an event to every queue."""
        for queue in self._queues:
            queue.put(event)

    def end(self, error: Exception | None) -> None:
        """End every queue, and those that are still to come."""
        self._end = self._end or (error,)
        for queue in self._queues:
            queue.end(*self._end)

    def add(self, wish: int, limit: int) -> Queue:
        """Give a queue of what comes from now on; see `Queue`."""
        queue = Queue(wish, limit, self._changed.set if self._is_file else None)
        if self._end is not None:
            queue.end(*self._end)
        self._queues.append(queue)
        self._changed.set()
        return queue

    def remove(self, queue: Queue) -> None:
        """Give it nothing more."""
        self._queues.remove(queue)
        self._changed.set()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a file play: somebody waits for its end."""
        self._waiters += 1
        self._changed.set()
        try:
            yield
        finally:
            self._waiters -= 1

    async def room(self) -> None:
        """Wait until a file may go on: somebody wants it, and all have room."""
        while not (self._queues or self._waiters) or any(q.is_full for q in self._queues):
            self._changed.clear()
            await self._changed.wait()


class Listening(AbstractAsyncContextManager[Queue]):
    """A queue for as long as somebody iterates, and the device told before and after.

    A class: a generator of its own would be closed beside the one that uses it when a loop ends.
    """

    def __init__(
        self, streams: Streams, ask: Callable[[], Awaitable[None]], wish: int, limit: int
    ) -> None:
        """Prepare; `ask` has the device stream what is wanted now."""
        self._streams, self._ask = streams, ask
        self._wish, self._limit = wish, limit

    async def __aenter__(self) -> Queue:
        """Begin to listen."""
        self._queue = self._streams.add(self._wish, self._limit)
        try:
            await self._ask()
        except BaseException:
            self._streams.remove(self._queue)
            raise
        return self._queue

    async def __aexit__(self, *_: object) -> None:
        """Withdraw what was asked for; who leaves does not wait for a device that is gone."""
        self._streams.remove(self._queue)
        with suppress(TrunklineError):
            await self._ask()
