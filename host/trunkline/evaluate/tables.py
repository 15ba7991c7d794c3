"""The tables of an evaluation, as text in cells: what docs/validation.md and --json show."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from posturecore.context import CONTEXTS, STILL, VIBRATING
from posturecore.params import PLACEMENTS
from trunkline.decide.transition import KINDS
from trunkline.evaluate import summary, truth
from trunkline.evaluate.claims import Claim, claims
from trunkline.evaluate.corpus import APART, CLOSE_LIFTS, FIRM, HELD_OUT_SEEDS, Case
from trunkline.evaluate.intervals import FloatArray
from trunkline.evaluate.outcome import Outcome
from trunkline.evaluate.pool import Evaluation
from trunkline.evaluate.summary import Figure

STYLES = ("stoop-like", "squat-like", "mixed", "unknown", "not logged")
_RULES = {
    "default": "12° for 60 s",
    "strict": "5° for 3 s",
    "far": "18° for 120 s",
    "dose": "12°, dose 300°·s",
}
_SHOWN = ("walking", "bending", "changing", "reclined", "lying", "off-body", "upright-still")


@dataclass(frozen=True)
class Table:
    """Hold a table: its name in the page, its columns, its rows."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_markdown(self) -> str:
        """Write it as a page shows it."""
        lines = [self.head, ("---",) * len(self.head), *self.rows]
        return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def claims_of(evaluation: Evaluation) -> list[Claim]:
    """Hold every claim against an evaluation, tunable and held-out seeds apart."""
    cases = {case.name: case for case in evaluation.cases}
    return claims(cases, evaluation.of(is_held_out=False), evaluation.of(is_held_out=True))


def tables_of(evaluation: Evaluation) -> list[Table]:
    """Make every table of the simulated corpus, of all seeds if the table does not say else."""
    cases = {case.name: case for case in evaluation.cases}
    runs = [run for run in evaluation.outcomes if run.rule != APART]
    return [
        Table(
            "claims",
            ("claim", "target", "found [95 %]", "held-out seeds [95 %]", "met"),
            tuple(_claim(claim) for claim in claims_of(evaluation)),
        ),
        _slouches(runs),
        _false_by_context(runs),
        _false_by_case(evaluation.outcomes),
        _slips(evaluation.outcomes, cases),
        _bends(runs, cases),
        _lifts(runs, cases),
        _transitions(runs, cases),
        _contexts(runs),
        _angles(runs, cases),
        _corpus(evaluation),
    ]


def _claim(claim: Claim) -> tuple[str, ...]:
    sign = "≥" if claim.is_least else "≤"
    met = "not measured" if not claim.is_measured else "yes" if claim.is_met else "**no**"
    target = f"{sign} {claim.limit:g}"
    return (claim.what, target, cell(claim.found), cell(claim.held_out), met)


def cell(figure: Figure) -> str:
    """Write a figure with its interval."""
    if not figure.is_known:
        return "–"
    low, high = figure.interval
    return f"{figure.value:.3f} [{low:.3f}, {high:.3f}]"


def _spread(values: FloatArray) -> tuple[str, str]:
    if not len(values):
        return "–", "–"
    return f"{np.median(values):+.1f}", f"{np.percentile(values, 95):+.1f}"


def _slouches(runs: Sequence[Outcome]) -> Table:
    rows = []
    for rule, words in _RULES.items():
        among = [run for run in runs if run.rule == rule]
        slouches = summary.due(among)
        found = sum(each.delay_s is not None for each in slouches)
        cells = (cell(summary.sensitivity(slouches)), *_spread(summary.delays_s(slouches)))
        quiet = str(sum(run.quiet_minutes for run in among))
        right = cell(summary.specificity(among))
        rows.append((words, str(len(slouches)), str(found), *cells, quiet, right))
    head = ("prescription", "due", "found", "sensitivity", "delay, median (s)", "delay, 95 % (s)")
    return Table("slouches", (*head, "minutes without", "specificity"), tuple(rows))


def _false_by_context(runs: Sequence[Outcome]) -> Table:
    rows = []
    groups = [[run for run in runs if run.rule == rule] for rule in ("default", "strict")]
    for name in (*CONTEXTS[1:], "all, per worn hour"):
        cells = []
        wanted = () if name not in CONTEXTS else (name,)
        for among in groups:
            cells += [f"{summary.hours(among, *wanted):.1f}"]
            cells += [str(summary.false_alerts(among, *wanted))]
            cells += [cell(summary.false_rate(among, *wanted))]
        rows.append((name, *cells))
    head = [
        f"{what}, {_RULES[rule]}" for rule in ("default", "strict") for what in ("h", "n", "/h")
    ]
    return Table("false_alerts", ("true context", *head), tuple(rows))


def _false_by_case(runs: Sequence[Outcome]) -> Table:
    rows = []
    for name in dict.fromkeys(run.case for run in runs):
        among = [run for run in runs if run.case == name and run.false_alerts]
        if not among:
            continue
        alerts = [alert for run in among for alert in run.false_alerts]
        kinds = ", ".join(f"{k} {n}" for k, n in Counter(a.context for a in alerts).most_common())
        first, at = min(((run, run.false_alerts[0]) for run in among), key=lambda p: p[1].at_s)
        example = f"seed {first.seed}, {at.at_s:.0f} s, back at {at.flexion_deg:.0f}°"
        whole = sum(run.case == name for run in runs)
        rows.append((f"`{name}`", f"{len(among)} of {whole}", str(len(alerts)), kinds, example))
    head = ("case", "runs with any", "false alerts", "in true context", "earliest")
    return Table("false_cases", head, tuple(rows))


def _slips(runs: Sequence[Outcome], cases: dict[str, Case]) -> Table:
    rows = []
    slipping = [case.name for case in cases.values() if case.slips]
    for name in (*slipping, "all others"):
        among = [
            run for run in runs if run.case == name or not (name in cases or cases[run.case].slips)
        ]
        far = [run for run in among if run.slipped_s is not None]
        told = [run for run in far if run.slip_told_s is not None]
        # A small slip before the large one may have been told already.
        waits_s = np.array([max(0.0, (r.slip_told_s or 0) - (r.slipped_s or 0)) for r in told])
        wait = f"{np.median(waits_s) / 60:.0f}, {waits_s.max() / 60:.0f}" if len(told) else "–"
        rest = sum(run.slip_told_s is not None for run in among) - len(told)
        hours = f"{summary.hours(among):.0f}"
        rows.append((name, str(len(among)), hours, str(len(far)), str(len(told)), wait, str(rest)))
    head = ("case", "runs", "worn (h)", f"slipped {truth.SLIP_DEG:g}° or more", "told")
    more = ("told after (min): median, longest", "told of less, or of nothing")
    return Table("slips", (*head, *more), tuple(rows))


def _fits(runs: Sequence[Outcome], cases: dict[str, Case]) -> Iterator[tuple[str, list[Outcome]]]:
    """Part the runs by how the case sits."""

    def fit(case: Case) -> int:
        return 2 if case.slips else int(case.is_worn_badly)

    for kind, words in enumerate(("as the scenario says", "crooked or soft", "strap slips")):
        yield words, [run for run in runs if fit(cases[run.case]) == kind]


def _bends(runs: Sequence[Outcome], cases: dict[str, Case]) -> Table:
    rows = []
    groups = [
        (f"T4, C7, T12; {words}", among) for words, among in _fits(_above(runs, cases), cases)
    ]
    low = [run for run in runs if cases[run.case].placement == "L5"]
    for words, among in (*groups, ("L5", low), ("all", list(runs))):
        found, missed, false = (sum(run.bends[k] for run in among) for k in range(3))
        hit, right = summary.share(found, found + missed), summary.share(found, found + false)
        errors = np.array([abs(e) for run in among for e in run.bend_errors_deg])
        ends = np.array([end for run in among for end in run.bend_ends_s])
        off = f"{np.median(errors):.1f}, {np.percentile(errors, 95):.1f}" if len(errors) else "–"
        counts = (str(found + missed), str(found), str(false))
        cells = (cell(hit), cell(right), cell(summary.bend_f1(among)) if among else "–")
        rows.append((words, *counts, *cells, off, ", ".join(_spread(ends))))
    head = ("worn", "true", "found", "false", "sensitivity", "precision", "F1")
    more = ("peak off by (°): median, 95 %", "end off by (s): median, 95 %")
    return Table("bends", (*head, *more), tuple(rows))


def _above(runs: Sequence[Outcome], cases: dict[str, Case]) -> list[Outcome]:
    return [run for run in runs if cases[run.case].placement != "L5"]


def _lifts(runs: Sequence[Outcome], cases: dict[str, Case]) -> Table:
    shallow = [run for run in runs if cases[run.case].describes_lifts]
    groups = {
        "firm, straight": [r for r in shallow if _sits(cases[r.case], True, False)],
        "firm, straight, like depths": [r for r in shallow if _sits(cases[r.case], True, True)],
        "soft, crooked": [r for r in shallow if _sits(cases[r.case], False, False)],
        "soft, crooked, like depths": [r for r in shallow if _sits(cases[r.case], False, True)],
        "default prescription, T4 and C7": [
            r for r in _above(runs, cases) if r not in shallow and cases[r.case].placement != "T12"
        ],
    }
    rows = []
    for words, among in groups.items():
        every = summary.lifts(among)
        for kind in ("stoop", "squat"):
            called = Counter(lift.style for lift in every if lift.kind == kind)
            area = cell(summary.auc(every)) if kind == "stoop" else ""
            rows.append((words, kind, *(str(called[style]) for style in STYLES), area))
    return Table("lifts", ("worn", "true", *STYLES, "AUC"), tuple(rows))


def _sits(case: Case, is_firm: bool, is_close: bool) -> bool:
    return (case.tissue == FIRM) == is_firm and (case.scenario == CLOSE_LIFTS) == is_close


def _transitions(runs: Sequence[Outcome], cases: dict[str, Case]) -> Table:
    rows = []
    for place in PLACEMENTS:
        among = [run for run in runs if cases[run.case].placement == place]
        for kind in KINDS:
            counts = [run.transitions[kind] for run in among]
            found, missed, false = (sum(each[k] for each in counts) for k in range(3))
            hit, right = summary.share(found, found + missed), summary.share(found, found + false)
            told = (str(found + missed), str(found), str(false), cell(hit), cell(right))
            rows.append((place, kind, *told, cell(summary.transition_f1(among, kind))))
    head = ("placement", "kind", "true", "found", "false", "sensitivity", "precision", "F1")
    return Table("transitions", head, tuple(rows))


def _contexts(runs: Sequence[Outcome]) -> Table:
    rows = []
    for name in _SHOWN:
        hit, passed = summary.context_shares(runs, name)
        delay = _spread(summary.context_delays_s(runs, name))
        hours = f"{summary.hours(runs, name):.1f}"
        rows.append((name, hours, cell(hit), cell(passed), *delay))
    head = ("context", "hours", "sensitivity", "specificity", "delay, median (s)")
    return Table("contexts", (*head, "delay, 95 % (s)"), tuple(rows))


def _angles(runs: Sequence[Outcome], cases: dict[str, Case]) -> Table:
    groups = dict(_fits(runs, cases))
    names = [name for name in _SHOWN if name != "off-body"]
    names.append(CONTEXTS[VIBRATING])
    rows = []
    for name in sorted(names, key=lambda name: (name != CONTEXTS[STILL], name)):
        errors = [summary.angle_rmse_deg(among, name) for among in groups.values()]
        rows.append((name, *(f"{e:.2f}" if np.isfinite(e) else "–" for e in errors)))
    return Table("angles", ("true context", *groups), tuple(rows))


def _corpus(evaluation: Evaluation) -> Table:
    rows = []
    for case in evaluation.cases:
        among = [run for run in evaluation.outcomes if run.case == case.name]
        fit = []
        if any(case.mounting_deg):
            fit.append(f"turned by {', '.join(f'{angle:g}°' for angle in case.mounting_deg)}")
        if case.tissue is not None:
            fit.append(
                "firm" if case.tissue == FIRM else f"{case.tissue.tilt_deg_per_g:g}°/g soft"
            )
        if case.imu is not None:
            fit.append(f"{case.imu.acc_bias_mg:g} mg, {case.imu.gyr_bias_dps:g} °/s")
        settings = ", ".join(f"{key}={value}" for key, value in case.settings.items())
        words = "; ".join(fit) or "as the scenario says"
        false = summary.false_alerts(among)
        slouches = summary.due(among)
        missed = sum(each.delay_s is None for each in slouches)
        told = (f"{summary.hours(among):.1f}", f"{len(slouches)}", f"{missed}", f"{false}")
        rows.append((f"`{case.name}`", case.placement, settings or "default", words, *told))
    head = ("case", "at", "prescription", "fit and sensor", "worn (h)", "due", "missed", "false")
    return Table("corpus", head, tuple(rows))


def provenance(evaluation: Evaluation) -> str:
    """Say in one sentence what was run, without a date."""
    tuned = [seed for seed in evaluation.seeds if seed not in HELD_OUT_SEEDS]
    kept = [seed for seed in evaluation.seeds if seed in HELD_OUT_SEEDS]
    longest = max(min(evaluation.minutes * c.longer, c.script.minutes) for c in evaluation.cases)
    told = [
        f"{len(evaluation.cases)} cases × {len(evaluation.seeds)} seeds",
        f"at most {evaluation.minutes:g} min each, {longest:g} where that is asked for",
        f"{summary.hours(evaluation.outcomes):.0f} h worn",
        f"seeds {_numbers(tuned)}",
        f"held out {_numbers(kept)}",
    ]
    if evaluation.left_out_seeds:
        told.append(f"left out for lack of time {_numbers(list(evaluation.left_out_seeds))}")
    return "; ".join(told) + "."


def _numbers(seeds: list[int]) -> str:
    is_row = len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]} to {seeds[-1]}" if is_row else ", ".join(map(str, seeds)) or "none"
