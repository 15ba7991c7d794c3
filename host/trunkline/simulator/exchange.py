"""Questions and answers between the virtual radio and the firmware's `bluetooth` module."""

import asyncio
import logging
import struct
from collections.abc import Coroutine
from typing import Any

from trunkline.simulator.wire import BoardLine, Kind

_REPLY_TIMEOUT_S = 10
_ABOUT_TO_ASK_S = 0.005
_logger = logging.getLogger(__name__)


class Exchange:
    """One radio's talk with its firmware, and the tasks that belong to it."""

    def __init__(self, line: BoardLine) -> None:
        self._line = line
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._event_id = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the rest; it ends with `close` at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.warning("the virtual radio could not finish: %r", error)

    def event(self, irq: int, payload: bytes) -> None:
        """Raise an IRQ that needs no reply."""
        self._line.send(Kind.EVENT, struct.pack("<HB", 0, irq) + payload)

    async def ask(self, irq: int, payload: bytes) -> bytes:
        """Raise an IRQ and wait for what its handler returns.

        Raises:
            TimeoutError: The firmware did not come back to Board.wait().
        """
        self._event_id = self._event_id % 0xFFFF + 1
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[self._event_id] = waiting
        self._line.send(Kind.EVENT, struct.pack("<HB", self._event_id, irq) + payload)
        async with asyncio.timeout(_REPLY_TIMEOUT_S):
            answer: bytes = await waiting
        return answer

    def take_reply(self, body: bytes) -> None:
        """Hand a REPLY to whoever asked."""
        waiting = self._waiting.pop(struct.unpack_from("<H", body)[0], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(body[2:])

    async def settle(self, timeout_s: float) -> None:
        """Wait until the firmware has replied to everything, or `timeout_s` have passed.

        A bond, say, is still on its way to the firmware's files when the central has paired.
        """
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        await asyncio.sleep(_ABOUT_TO_ASK_S)
        while self._waiting and loop.time() < end_s:
            await asyncio.sleep(0.001)

    def answer(self, call_id: int, code: int, payload: bytes) -> None:
        """Answer a call; a `code` other than 0 becomes OSError(code) in the firmware."""
        self._line.send(Kind.ANSWER, struct.pack("<HH", call_id, code) + payload)

    def credit(self, count: int) -> None:
        """Say that `count` notifications have left the radio."""
        self._line.send(Kind.CREDIT, bytes([count]))

    async def close(self) -> None:
        """End every task, and every question without an answer."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
