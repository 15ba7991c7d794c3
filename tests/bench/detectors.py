"""How often the detectors are right: the claims of `trunkline evaluate`, on one seed of each kind.

The whole corpus takes `trunkline evaluate --seeds 20 -o docs`, which writes docs/validation.md.
"""

from collections.abc import Iterator

from trunkline.evaluate import Claim, choose_seeds, claims_of, corpus, evaluate

from .table import Row

SEEDS = 2


def of_corpus() -> Iterator[Row]:
    """Measure every claim; what must be large is shown as what is missing to 1."""
    evaluation = evaluate(corpus(), choose_seeds(SEEDS))
    for claim in claims_of(evaluation):
        if claim.is_measured:
            yield row_of(claim)


def row_of(claim: Claim) -> Row:
    """Write a claim as a line, by the worse of its two figures."""
    known = [each.value for each in (claim.found, claim.held_out) if each.is_known]
    if not claim.is_least:
        return Row(claim.what, "", max(known), None, claim.limit, f"≤ {claim.limit:g}")
    limit = 1 - claim.limit
    return Row(f"{claim.what}: 1 less this", "", 1 - min(known), None, limit, f"≤ {limit:.2f}")
