"""Test labelled cases for a promise: what was seen, which cutoffs passed, how many labels are missing.

Pure but for the words of policy: arrays in, plain values out, no rows and no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np

from hitl.shared.canonical import canonical_json, sha256
from policy.types import LossKind, Scope
from science.guarantee.verdict import Certified, Verdict

METHOD = "fixed sequence, exact binomial"
METHOD_COSTS = "fixed sequence, betting"
_SEED = 0  # of a generator that equal chances leave unused; kept so that a certificate can be computed again


def _nobody() -> np.ndarray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Labelled cases as the release scored them when it had not been trained on them.

    Attributes:
        scores: shape (n_cases,).
        predicted: column of the predicted label, shape (n_cases,).
        wrong: whether the prediction was not the label, shape (n_cases,).
        digest: hash of the labels that this is about.
        source: why the release had not seen them (out of fold, or held out).
        drawn: how they were chosen among all labels.
        tune_scores, tune_predicted, tune_wrong: other cases that say what to test on these, shape
            (n_tuning,); empty where there are none, and the cases themselves must say it.
    """

    scores: np.ndarray
    predicted: np.ndarray
    wrong: np.ndarray
    digest: str
    source: str = "out_of_fold"
    drawn: str = "complete"
    tune_scores: np.ndarray = field(default_factory=_nobody)
    tune_predicted: np.ndarray = field(default_factory=_nobody)
    tune_wrong: np.ndarray = field(default_factory=_nobody)

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, column: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and errors of the cases predicted as one label, or of all (None)."""
        if column is None:
            return self.scores, self.wrong
        chosen = self.predicted == column
        return self.scores[chosen], self.wrong[chosen]

    @property
    def is_untouched(self) -> bool:
        """Whether these labels had no part in the model nor in what is tested on them."""
        return self.source == "held_out" and len(self.tune_scores) > 0

    def losses(self, costs: np.ndarray) -> np.ndarray:
        """What each case's answer costs, in [0, 1]; `costs` of deciding each label wrongly, (n_labels,)."""
        return np.asarray(self.wrong * costs[self.predicted])

    def tune_losses(self, costs: np.ndarray) -> np.ndarray:
        """The same of the tuning cases."""
        return np.asarray(self.tune_wrong * costs[self.tune_predicted.astype(np.intp)])


@dataclass(frozen=True, slots=True)
class Claim:
    """The promise that is to be proved."""

    scope: str
    target: float
    confidence: float
    loss: str = LossKind.ERRORS


@dataclass(frozen=True, slots=True)
class Terms:
    """What must be tested so that the claim holds: stricter than the claim where more must be allowed for.

    Attributes:
        target, delta: of the test of all units together.
        costs: of deciding each of the release's labels wrongly, in [0, 1], shape (n_labels,).
        why: what made them stricter, for the record.
    """

    target: float
    delta: float
    costs: tuple[float, ...]
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a certificate stores: `seen` for people and for the rule, `evidence` to compute it again."""

    is_proved: bool
    is_provisional: bool
    seen: dict[str, Any]
    evidence: dict[str, Any]


def prove(sample: Sample, claim: Claim, terms: Terms, *, labels: Sequence[str]) -> Proof:
    """Test the claim on the sample: as one unit, or each label at its share of the permitted doubt.

    Testing each of C labels with confidence 1 - delta / C makes all of them hold together with 1 - delta
    (Bonferroni 1936, in the form of Dunn 1961). Labels that had no part in anything certify; where they also
    chose what is tested (out of fold), the proof is provisional.
    """
    columns: list[int | None] = [None] if claim.scope == Scope.OVERALL else list(range(len(labels)))
    each = terms.delta / len(columns)
    units, plans = [], []
    for column in columns:
        verdict, plan = _test(sample, column, target=terms.target, delta=each, costs=np.array(terms.costs))
        n = len(sample) if column is None else int((sample.predicted == column).sum())
        units.append(unit_of(None if column is None else labels[column], n, verdict))
        plans.append(plan)
    return Proof(
        is_proved=any(unit["cutoff"] is not None for unit in units),
        is_provisional=not sample.is_untouched,
        seen={"n_labels": len(sample), "units": units},
        evidence={
            "method": METHOD if claim.loss == LossKind.ERRORS else METHOD_COSTS,
            "labels_sha256": sample.digest,
            "source": sample.source,
            "drawn": sample.drawn,
            "labels": list(labels),
            "confidence_of_each": 1 - each,
            "delta_spent": terms.delta,
            "target_tested": terms.target,
            "costs": list(terms.costs),
            "plans": plans,
            "seed": _SEED,
            **terms.why,
        },
    )


def _test(
    sample: Sample, column: int | None, *, target: float, delta: float, costs: np.ndarray
) -> tuple[Verdict, dict[str, Any]]:
    """Test one unit; return what came of it and the plan, with its grid and start as exact floats."""
    # Imported here: a web process that only takes in cases never pays for SciPy.
    from science.guarantee.certify import certify
    from science.guarantee.out_of_fold import certify_out_of_fold
    from science.guarantee.planning import plan

    own = np.ones(len(sample), dtype=bool) if column is None else sample.predicted == column
    scores, losses = sample.scores[own], sample.losses(costs)[own]
    rng = np.random.default_rng(_SEED)
    options: dict[str, Any] = {
        "target": target,
        "delta": delta,
        "expected_labels": len(scores),
        "method": "binomial" if np.isin(costs, (0.0, 1.0)).all() else "betting",
    }
    if not sample.is_untouched:
        verdict = certify_out_of_fold(scores, losses, target=target, confidence=1 - delta, rng=rng)
        return verdict, plan(scores, losses, **options).to_json()
    tuned = (
        np.ones(len(sample.tune_scores), dtype=bool) if column is None else sample.tune_predicted == column
    )
    frozen = plan(sample.tune_scores[tuned], sample.tune_losses(costs)[tuned], **options)
    return certify(scores, losses, np.ones(len(scores)), plan=frozen, rng=rng), frozen.to_json()


def attempt_sha256(sample: Sample, claim: Claim) -> str:
    """Hash of one attempt: the same labels tested for the same promise are the same attempt."""
    return sha256(canonical_json([METHOD, *astuple(claim), sample.source, sample.digest])).hex()


def unit_of(label: str | None, n_labels: int, verdict: Verdict) -> dict[str, Any]:
    """Return what a certificate stores of one unit of its promise."""
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
