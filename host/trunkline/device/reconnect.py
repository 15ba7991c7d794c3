"""When to try again after a lost link: later each time, and not all hosts at the same moment."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from trunkline.errors import LinkError


@dataclass(frozen=True)
class Reconnect:
    """How to bring a lost link back. The numbers are our defaults [D].

    Attributes:
        first_s: How long to wait before the first attempt.
        factor: How many times longer each wait is than the one before.
        most_s: The longest wait.
        jitter: Which part of each wait is left to chance, 0 to 1.
        give_up_s: How long to go on trying; None: until the session is left.
        samples_s: How long the first samples may take, before the link is called back without.
        chance: Gives numbers from 0 up to 1.
        sleep: Waits for seconds.
        clock_s: Gives seconds that only rise.
    """

    first_s: float = 0.5
    factor: float = 2.0
    most_s: float = 30.0
    jitter: float = 0.5
    give_up_s: float | None = None
    samples_s: float = 3.0
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock_s: Callable[[], float] = time.monotonic

    def waits_s(self) -> Iterator[float]:
        """Give the wait before each attempt, without end."""
        wait_s = self.first_s
        while True:
            yield min(wait_s, self.most_s) * (1 - self.jitter * self.chance())
            wait_s = min(wait_s * self.factor, self.most_s)

    async def bring_back(self, attempt: Callable[[], Awaitable[None]]) -> tuple[int, float]:
        """Try until it works.

        Args:
            attempt: Raises `LinkError` where another attempt may help; anything else ends it.

        Returns:
            How many attempts it took, and how many seconds.

        Raises:
            LinkError: Given up; the message says what the last attempt found.
        """
        began_s, waits_s, attempts = self.clock_s(), self.waits_s(), 0
        while True:
            await self.sleep(next(waits_s))
            attempts += 1
            try:
                await attempt()
            except LinkError as error:
                self._check_hope(attempts, self.clock_s() - began_s, error)
            else:
                return attempts, self.clock_s() - began_s

    def _check_hope(self, attempts: int, away_s: float, last: LinkError) -> None:
        if self.give_up_s is not None and away_s >= self.give_up_s:
            raise LinkError(
                f"Gave up after {away_s:.0f} s and {attempts} attempts; the last one found: {last}"
            ) from last
