"""Run the corpus on several processors, seed by seed, within a budget of time."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from trunkline.evaluate.corpus import HELD_OUT_SEEDS, SEEDS, Case
from trunkline.evaluate.outcome import Outcome
from trunkline.evaluate.score import MINUTES, run

BUDGET_S = 1800.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Evaluation:
    """Hold what was run, and what was left out for lack of time.

    Attributes:
        cases: Every case.
        seeds: The seeds that were run.
        left_out_seeds: Those there was no time for.
        minutes: Longest time of a run.
        outcomes: One for each case and seed.
    """

    cases: tuple[Case, ...]
    seeds: tuple[int, ...]
    left_out_seeds: tuple[int, ...]
    minutes: float
    outcomes: tuple[Outcome, ...]

    def of(self, *, is_held_out: bool) -> list[Outcome]:
        """Pick the runs of the seeds that are kept out of tuning, or the others."""
        return [one for one in self.outcomes if (one.seed in HELD_OUT_SEEDS) == is_held_out]


def choose_seeds(count: int) -> tuple[int, ...]:
    """Choose so many seeds; one in six or seven, and at least one of two, is a held-out one."""
    held_out = min(len(HELD_OUT_SEEDS), count // 2)
    # Held-out seeds first: they are never what a budget leaves out.
    return (*HELD_OUT_SEEDS[:held_out], *SEEDS[: count - held_out])


def evaluate(
    cases: Sequence[Case],
    seeds: Sequence[int],
    minutes: float = MINUTES,
    *,
    workers: int = 2,
    budget_s: float = BUDGET_S,
    progress: Progress | None = None,
) -> Evaluation:
    """Run every case with every seed.

    Args:
        cases: What to perform.
        seeds: Which days of each.
        minutes: Longest time of a run.
        workers: How many processes; 1: this one.
        budget_s: No further seed is begun after this long.
        progress: Called with (runs done, runs wanted) after each seed.
    """
    started = time.monotonic()
    outcomes: list[Outcome] = []
    done: list[int] = []
    for seed in seeds:
        if done and time.monotonic() - started > budget_s:
            break
        outcomes += _of_seed(cases, seed, minutes, workers)
        done.append(seed)
        if progress is not None:
            progress(len(outcomes), len(cases) * len(seeds))
    left_out = tuple(seeds[len(done) :])
    return Evaluation(tuple(cases), tuple(done), left_out, minutes, tuple(outcomes))


def _of_seed(cases: Sequence[Case], seed: int, minutes: float, workers: int) -> Iterator[Outcome]:
    many = [seed] * len(cases), [minutes] * len(cases)
    if workers == 1:
        yield from map(run, cases, *many)
        return
    # Spawned, not forked: numba's threads do not live through a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run, cases, *many)
