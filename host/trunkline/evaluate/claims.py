"""What is claimed of the detectors, as numbers, and whether the runs bear it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from posturecore.context import CONTEXTS, OFF_BODY
from trunkline.decide.transition import KINDS
from trunkline.evaluate import summary, truth
from trunkline.evaluate.corpus import APART, BAG_IN_CAR, CLOSE_LIFTS, FIRM, Case
from trunkline.evaluate.outcome import Outcome
from trunkline.evaluate.summary import Figure

Runs = Sequence[Outcome]


@dataclass(frozen=True)
class Claim:
    """Hold one claim with what was found.

    Attributes:
        what: The claim in words.
        limit: The least, or the most, that it allows.
        is_least: True if the figure must not be below the limit, else not above it.
        found: On the seeds that may be tuned on.
        held_out: On those that may not.
    """

    what: str
    limit: float
    is_least: bool
    found: Figure
    held_out: Figure

    @property
    def is_measured(self) -> bool:
        """Tell whether the corpus held anything to measure it by."""
        return self.found.is_known or self.held_out.is_known

    @property
    def is_met(self) -> bool:
        """Tell whether every figure that is known keeps the limit, apart from its interval."""
        known = [each.value for each in (self.found, self.held_out) if each.is_known]
        return all(
            value >= self.limit if self.is_least else value <= self.limit for value in known
        )


Rule = tuple[str, float, bool, Callable[[Runs], Figure]]
Cases = Mapping[str, Case]


def claims(cases: Cases, runs: Runs, held_out: Runs) -> list[Claim]:
    """Hold every claim against the runs."""
    rules = [*_of_slouches(cases), *_of_contexts(), ("bends, F1", 0.97, True, _bend_f1)]
    rules += _of_transitions()
    return [
        Claim(what, limit, is_least, of(runs), of(held_out))
        for what, limit, is_least, of in (*rules, *_of_lifts(cases), *_of_the_case(cases))
    ]


def _bend_f1(runs: Runs) -> Figure:
    return summary.bend_f1(_usual(runs))


def _of_slouches(cases: Cases) -> list[Rule]:
    def found(runs: Runs) -> Figure:
        return summary.sensitivity(summary.due(_ruled(runs, "default")))

    def false(runs: Runs) -> Figure:
        return summary.false_rate(_ruled(runs, "default"))

    def false_on_back(runs: Runs) -> Figure:
        return summary.false_rate(_ruled(runs, "default"), *summary.ON_BACK)

    def firmly(of: Callable[[Runs], Figure]) -> Callable[[Runs], Figure]:
        return lambda runs: of([run for run in runs if not cases[run.case].slips])

    return [
        ("slouches of 60 s or more over the angle are found", 0.98, True, found),
        ("… where no strap slips", 0.98, True, firmly(found)),
        ("false alerts per worn hour", 0.1, False, false),
        ("… where no strap slips", 0.1, False, firmly(false)),
        ("… and while on the back", 0.1, False, firmly(false_on_back)),
    ]


def _of_contexts() -> list[Rule]:
    def rate(rule: str, name: str) -> Callable[[Runs], Figure]:
        return lambda runs: summary.false_rate(_ruled(runs, rule), name)

    found: list[Rule] = [
        (f"alerts per hour, {name}", 0.0, False, rate("default", name))
        for name in summary.FORBIDDEN
    ]
    strict = ("alerts per hour walking, at 5° and 3 s", 0.0, False, rate("strict", "walking"))
    return [*found, strict]


def _of_transitions() -> list[Rule]:
    def f1(kind: str) -> Callable[[Runs], Figure]:
        return lambda runs: summary.transition_f1(_usual(runs), kind)

    # A count that is off by one in twenty still tells a day of little standing up from another.
    return [(f"{kind}s, F1", 0.95, True, f1(kind)) for kind in KINDS]


def _of_lifts(cases: Cases) -> list[Rule]:
    def auc(is_firm: bool, *only: str) -> Callable[[Runs], Figure]:
        def of(runs: Runs) -> Figure:
            among = [
                run
                for run in runs
                if cases[run.case].describes_lifts
                and (cases[run.case].tissue == FIRM) == is_firm
                and cases[run.case].scenario in (only or (cases[run.case].scenario,))
            ]
            return summary.auc(summary.lifts(among))

        return of

    return [
        ("stoop or squat, AUC, firm and straight", 0.95, True, auc(True)),
        ("… of like depths", 0.95, True, auc(True, CLOSE_LIFTS)),
        ("stoop or squat, AUC, soft and crooked", 0.85, True, auc(False)),
        ("… of like depths", 0.85, True, auc(False, CLOSE_LIFTS)),
    ]


def _of_the_case(cases: Cases) -> list[Rule]:
    def false_slips(runs: Runs) -> Figure:
        return summary.false_slips([run for run in runs if not cases[run.case].slips])

    def in_a_car(runs: Runs) -> Figure:
        among = [run for run in runs if cases[run.case].scenario == BAG_IN_CAR]
        return summary.false_rate(among, CONTEXTS[OFF_BODY])

    return [
        (
            f"slips of {truth.SLIP_DEG:g}° or more are told by the end",
            0.9,
            True,
            summary.slips_told,
        ),
        ("slips told where none is, per 8 hours worn", 0.1, False, false_slips),
        ("alerts per hour, in a bag in a moving car", 0.0, False, in_a_car),
    ]


def _ruled(runs: Runs, rule: str) -> Runs:
    return [run for run in runs if run.rule == rule]


def _usual(runs: Runs) -> Runs:
    return [run for run in runs if run.rule != APART]
