"""Turn labelled cases into a certificate's content: what was seen, what passed, what it would still take.

Pure but for the words of policy: arrays in, plain values out, no rows and no clock.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from hitl.shared.canonical import canonical_json, sha256
from policy.types import Scope
from science.guarantee.verdict import Certified, Verdict

METHOD = "fixed sequence, exact binomial"
_SEED = 0  # of a generator that equal chances leave unused; kept so that a certificate can be computed again


@dataclass(frozen=True, slots=True)
class Sample:
    """Labelled cases as the release scored them when it had not been trained on them.

    Attributes:
        scores: the certified scalar, shape (n_cases,).
        predicted: column of the predicted label, shape (n_cases,).
        wrong: whether the prediction was not the label, shape (n_cases,).
        digest: hash of the labels that this is about.
        source: why the release had not seen them (out of fold, or held out).
        drawn: how they were chosen among all labels.
    """

    scores: np.ndarray
    predicted: np.ndarray
    wrong: np.ndarray
    digest: str
    source: str = "out_of_fold"
    drawn: str = "complete"

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, column: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and errors of the cases predicted as one label, or of all (None)."""
        if column is None:
            return self.scores, self.wrong
        chosen = self.predicted == column
        return self.scores[chosen], self.wrong[chosen]


@dataclass(frozen=True, slots=True)
class Claim:
    """The promise that is to be proved."""

    scope: str
    target: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Proof:
    """What a certificate row keeps: `seen` for people and for the rule, `evidence` to compute it again."""

    is_proved: bool
    seen: dict[str, Any]
    evidence: dict[str, Any]


def prove(sample: Sample, promise: Claim, *, labels: Sequence[str]) -> Proof:
    """Test the promise on the sample: as one unit, or each label at its share of the permitted doubt.

    Testing each of C labels with confidence 1 - delta / C makes all of them hold together with 1 - delta
    (Bonferroni 1936, in the form of Dunn 1961).
    """
    # Imported here: a web process that only takes in cases never pays for SciPy.
    from science.guarantee.out_of_fold import certify_out_of_fold

    columns: list[int | None] = [None] if promise.scope == Scope.OVERALL else list(range(len(labels)))
    each = 1 - (1 - promise.confidence) / len(columns)
    units, plans = [], []
    for column in columns:
        scores, wrong = sample.of(column)
        verdict = certify_out_of_fold(
            scores, wrong, target=promise.target, confidence=each, rng=np.random.default_rng(_SEED)
        )
        units.append(_unit(None if column is None else labels[column], len(scores), verdict))
        plans.append(_plan(scores, wrong, target=promise.target, delta=1 - each))
    return Proof(
        is_proved=any(unit["cutoff"] is not None for unit in units),
        seen={"n_labels": len(sample), "units": units},
        evidence={
            "method": METHOD,
            "labels_sha256": sample.digest,
            "source": sample.source,
            "drawn": sample.drawn,
            "labels": list(labels),
            "confidence_of_each": each,
            "delta_spent": 1 - promise.confidence,
            "plans": plans,
            "seed": _SEED,
        },
    )


def fingerprint(sample: Sample, promise: Claim) -> str:
    """Name one attempt: the same labels tested for the same promise are the same attempt."""
    return sha256(canonical_json([METHOD, *astuple(promise), sample.digest])).hex()


def _plan(scores: np.ndarray, wrong: np.ndarray, *, target: float, delta: float) -> dict[str, Any]:
    """Grid and start that `certify_out_of_fold` chose from these scores, as exact floats."""
    from science.guarantee.planning import plan

    n = len(scores)
    return plan(scores, wrong, target=target, delta=delta, expected_labels=n, method="binomial").to_json()


def _unit(label: str | None, n_labels: int, verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Certified):
        return {
            "label": label,
            "n_labels": n_labels,
            "cutoff": verdict.cutoff,
            "passed": list(verdict.walked),
            "automation": verdict.automation,
            "n_accepted": verdict.n_accepted,
            "n_wrong": verdict.n_wrong,
            "upper_bound": verdict.upper_bound,
            "why": "",
            "labels_needed": None,
        }
    return {
        "label": label,
        "n_labels": n_labels,
        "cutoff": None,
        "passed": [],
        "automation": 0.0,
        "n_accepted": 0,
        "n_wrong": 0.0,
        "upper_bound": verdict.best_bound,
        "why": verdict.explanation,
        "labels_needed": verdict.labels_needed,
    }
