"""Every detector held against simulated truth and real clips, with intervals and verdicts."""

from trunkline.evaluate.claims import Claim
from trunkline.evaluate.corpus import HELD_OUT_SEEDS, SEEDS, Case, corpus, pick
from trunkline.evaluate.outcome import Outcome
from trunkline.evaluate.pool import Evaluation, choose_seeds, evaluate
from trunkline.evaluate.score import run
from trunkline.evaluate.tables import Table, claims_of, provenance, tables_of

__all__ = [
    "HELD_OUT_SEEDS",
    "SEEDS",
    "Case",
    "Claim",
    "Evaluation",
    "Outcome",
    "Table",
    "choose_seeds",
    "claims_of",
    "corpus",
    "evaluate",
    "pick",
    "provenance",
    "run",
    "tables_of",
]
