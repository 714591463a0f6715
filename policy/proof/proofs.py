"""What labelled cases say about a promise: counts, the cutoffs that keep it, and what is missing.

Pure but for the words of policy: arrays in, plain values out, no rows and no clock.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from hitl.shared.canonical import canonical_json, sha256
from policy.proof.explained import explained
from policy.types import LossKind, Scope
from science.guarantee.verdict import Certified, NotCertified, Verdict, Why

METHOD = "belief, exact binomial"
METHOD_COSTS = "belief, betting"
_SEED = 0  # of the generator that picks one case of each group; kept so that it can be computed again


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Labelled cases as the release scored them when it had not been trained on them.

    Attributes:
        scores: shape (n_cases,).
        predicted: column of the predicted label, shape (n_cases,).
        wrong: whether the prediction was not the label, shape (n_cases,).
        groups: equal in cases that belong together, shape (n_cases,).
        digest: hash of the labels that this is about.
        drawn: how they were chosen among all labels.
        given: when the first and the last label came in; None where nobody asked for it.
    """

    scores: np.ndarray
    predicted: np.ndarray
    wrong: np.ndarray
    groups: np.ndarray
    digest: str
    drawn: str = "complete"
    given: tuple[datetime, datetime] | None = None

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def n_groups(self) -> int:
        """How many cases there are when each group counts once."""
        return len(np.unique(self.groups))

    def of(self, column: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and errors of the cases predicted as one label, or of all (None)."""
        if column is None:
            return self.scores, self.wrong
        chosen = self.predicted == column
        return self.scores[chosen], self.wrong[chosen]

    def losses(self, costs: np.ndarray) -> np.ndarray:
        """What each case's answer costs, in [0, 1]; `costs` of deciding each label wrongly, (n_labels,)."""
        return np.asarray(self.wrong * costs[self.predicted])


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


def believe(sample: Sample, claim: Claim, terms: Terms, *, labels: Sequence[str]) -> Proof:
    """Ask which cutoffs would keep the claim: as one unit, or each label at its share of the permitted doubt.

    What comes of it is at most provisional: the labels were there before the release was frozen, those judged
    out of fold taught its sisters, and they choose themselves what is tested on them. Each group counts once,
    because copies are one observation; and no cutoff passes at which all cases together are wrong too often,
    because large groups may be the worse ones.
    """
    columns: list[int | None] = [None] if claim.scope == Scope.OVERALL else list(range(len(labels)))
    each = terms.delta / len(columns)
    units, plans = [], []
    for column in columns:
        verdict, plan, n_different = _test(
            sample, column, target=terms.target, delta=each, costs=np.array(terms.costs)
        )
        own = np.ones(len(sample), dtype=bool) if column is None else sample.predicted == column
        unit = unit_of(None if column is None else labels[column], int(own.sum()), verdict)
        units.append(unit | {"n_different": n_different, "copies": _counted(sample, own, unit["cutoff"])})
        plans.append(plan)
    return Proof(
        is_proved=any(unit["cutoff"] is not None for unit in units),
        is_provisional=True,
        seen={"n_labels": len(sample), "n_groups": sample.n_groups, "units": units} | _dates(sample),
        evidence={
            "method": METHOD if claim.loss == LossKind.ERRORS else METHOD_COSTS,
            "labels_sha256": sample.digest,
            "source": "belief",
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


def _dates(sample: Sample) -> dict[str, list[str]]:
    return {"given": [date.isoformat() for date in sample.given]} if sample.given else {}


def _counted(sample: Sample, own: np.ndarray, cutoff: float | None) -> dict[str, int] | None:
    """Count every case that a cutoff accepts, copies among them, as pages about labelled cases do."""
    if cutoff is None:
        return None
    accepted = own & (sample.scores >= cutoff)
    return {"n_accepted": int(accepted.sum()), "n_wrong": int(sample.wrong[accepted].sum())}


def _test(
    sample: Sample, column: int | None, *, target: float, delta: float, costs: np.ndarray
) -> tuple[Verdict, dict[str, Any], int]:
    """Test one unit; return what came of it, the plan with grid and start as exact floats, and of how many.

    One of each group of alike cases is tested.
    """
    # Imported here: a web process that only takes in cases never pays for SciPy.
    from science.guarantee.out_of_fold import certify_out_of_fold
    from science.guarantee.planning import plan
    from science.guarantee.thinning import one_per_cluster

    own = np.ones(len(sample), dtype=bool) if column is None else sample.predicted == column
    scores, losses = sample.scores[own], sample.losses(costs)[own]
    once = one_per_cluster(sample.groups[own], np.random.default_rng(_SEED))
    rng = np.random.default_rng(_SEED)
    verdict = certify_out_of_fold(scores[once], losses[once], target=target, confidence=1 - delta, rng=rng)
    frozen = plan(
        scores[once],
        losses[once],
        target=target,
        delta=delta,
        expected_labels=int(once.sum()),
        method="binomial" if np.isin(costs, (0.0, 1.0)).all() else "betting",
    )
    return _within(verdict, scores, losses, once, target), frozen.to_json(), int(once.sum())


def _within(
    verdict: Verdict, scores: np.ndarray, losses: np.ndarray, once: np.ndarray, target: float
) -> Verdict:
    """The verdict without cutoffs at which all cases, copies counted, are wrong more often than promised.

    What it says was accepted and wrong is of those tested, `once` of each group.
    """
    if not isinstance(verdict, Certified):
        return verdict
    walked = tuple(
        itertools.takewhile(lambda cutoff: losses[scores >= cutoff].mean() <= target, verdict.walked)
    )
    if walked == verdict.walked:
        return replace(verdict, automation=float((scores >= verdict.cutoff).mean()))
    if not walked:
        return NotCertified(
            reason=Why.MANY_ALIKE,
            n=int(once.sum()),
            wrong=float(losses[once].sum()),
            least=0,
            best_bound=None,
            labels_needed=None,
            target=target,
            confidence=verdict.confidence,
        )
    accepted = scores >= walked[-1]
    return replace(
        verdict,
        walked=walked,
        cutoff=walked[-1],
        automation=float(accepted.mean()),
        n_accepted=int(accepted[once].sum()),
        n_wrong=float(losses[accepted & once].sum()),
    )


def attempt_sha256(sample: Sample, claim: Claim) -> str:
    """Hash of one attempt: the same labels tested for the same promise are the same attempt."""
    return sha256(canonical_json([METHOD, *astuple(claim), sample.digest])).hex()


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
        "why": explained(verdict),
        "labels_needed": verdict.labels_needed,
    }
