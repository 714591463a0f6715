"""True labels and each person's accuracy, estimated from answers alone: Dawid and Skene's model.

Every case has one true label; every person has a table of how often they say k where the truth is j, and
answers independently of the others given the truth. Both are unknown; expectation-maximisation finds them
from the answers alone, so that two people who are mostly right outvote three who are not.

The independence is the weak point: people who share a misunderstanding look like witnesses. And with two
people a case there is little to learn who of them is right; the priors then decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PRIOR_RIGHT = 4.0
PRIOR_WRONG = 1.0
_TOLERANCE = 1e-7
_MAX_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the answers say about cases and people.

    Attributes
    ----------
    posterior: (n_cases, n_classes) probability of each label being the true one.
    prevalence: (n_classes,) share of each label.
    tables: (n_people, n_classes, n_classes) what each person says, by true label; rows sum to 1.
    log_posterior: of the answers and the priors, up to a constant, one a round; it never falls.
    rounds: of the expectation-maximisation.
    has_converged: False when it was stopped at the most rounds; then take the numbers with care.
    """

    posterior: np.ndarray
    prevalence: np.ndarray
    tables: np.ndarray
    log_posterior: np.ndarray
    rounds: int
    has_converged: bool

    @property
    def labels(self) -> np.ndarray:
        """(n_cases,) the most probable label of each case, the first of equals."""
        return np.asarray(self.posterior.argmax(axis=1))

    @property
    def certainty(self) -> np.ndarray:
        """(n_cases,) its probability."""
        return np.asarray(self.posterior.max(axis=1))

    @property
    def accuracy(self) -> np.ndarray:
        """(n_people,) estimated chance of a right answer on a case drawn at random."""
        return np.asarray(np.einsum("j,pjj->p", self.prevalence, self.tables))


def dawid_skene(
    case: np.ndarray,
    person: np.ndarray,
    label: np.ndarray,
    *,
    n_cases: int,
    n_people: int,
    n_classes: int,
    known: np.ndarray | None = None,
    prior_right: float = PRIOR_RIGHT,
    prior_wrong: float = PRIOR_WRONG,
    most_rounds: int = _MAX_ROUNDS,
    tolerance: float = _TOLERANCE,
) -> Consensus:
    """Estimate true labels and everybody's error rates from answers of people.

    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm" (Applied
    Statistics 28, 1979), with Dirichlet priors on the rows of the tables and on the prevalence (maximum a
    posteriori): `prior_right` imagined right answers a row and `prior_wrong` wrong ones, spread over the
    other labels, and one imagined case a label. Priors keep somebody with three answers from being declared
    perfect, and hold the solution in which labels keep their names. With both at 0 it is the maximum
    likelihood of 1979. Computed with logarithms, begun from the shares of the vote, so that the same answers
    give the same result.

    Parameters
    ----------
    case, person, label: (n_answers,) int from 0. Somebody may have answered a case more than once. Never put
        a model's answers among them where the result is to judge that model.
    known: (n_cases,) int, the true label where it is known (a known-answer case), -1 where it is not.

    Raises
    ------
    ValueError: no answers, or arrays of different lengths.

    >>> case, person = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    >>> truth = np.arange(20) % 2
    >>> said = np.stack([truth, truth, 1 - truth], axis=1).ravel()  # the third says the opposite, always
    >>> found = dawid_skene(case, person, said, n_cases=20, n_people=3, n_classes=2)
    >>> bool((found.labels == truth).all()), found.accuracy.round(1).tolist(), found.has_converged
    (True, [0.9, 0.9, 0.3], True)
    """
    case, person, label = (np.asarray(a, dtype=np.int64) for a in (case, person, label))
    if not len(case) or not len(case) == len(person) == len(label):
        raise ValueError("a consensus needs answers: as many cases as people as labels")
    added = np.full((n_classes, n_classes), prior_wrong / max(1, n_classes - 1))
    np.fill_diagonal(added, prior_right)
    added_cases = 1.0 if prior_right or prior_wrong else 0.0
    posterior = _votes(case, label, n_cases, n_classes)
    fixed = np.full(n_cases, -1) if known is None else np.asarray(known, dtype=np.int64)
    posterior = _with_known(posterior, fixed)
    cell = person * n_classes + label
    history: list[float] = []
    has_converged = False
    for _ in range(max(1, most_rounds)):
        spread = np.zeros((n_people * n_classes, n_classes))
        np.add.at(spread, cell, posterior[case])  # what each said, weighted by what is true
        tables = spread.reshape(n_people, n_classes, n_classes).transpose(0, 2, 1) + added
        tables = _normal(tables)
        prevalence = _normal(posterior.sum(axis=0) + added_cases)
        with np.errstate(divide="ignore"):
            log_tables, log_prevalence = np.log(tables), np.log(prevalence)
        joint = np.tile(log_prevalence, (n_cases, 1))
        np.add.at(joint, case, log_tables[person, :, label])
        joint = np.where((fixed >= 0)[:, None] & (np.arange(n_classes) != fixed[:, None]), -np.inf, joint)
        evidence = np.logaddexp.reduce(joint, axis=1)
        prior = _dot(added, log_tables) + added_cases * float(log_prevalence.sum() if added_cases else 0.0)
        history.append(float(evidence.sum()) + prior)
        after = _with_known(np.exp(joint - evidence[:, None]), fixed)
        moved = float(np.abs(after - posterior).max())
        posterior = after
        if moved < tolerance:
            has_converged = True
            break
    return Consensus(posterior, prevalence, tables, np.array(history), len(history), has_converged)


def _votes(case: np.ndarray, label: np.ndarray, n_cases: int, n_classes: int) -> np.ndarray:
    votes = np.bincount(case * n_classes + label, minlength=n_cases * n_classes).reshape(n_cases, n_classes)
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.maximum(total, 1), 1 / n_classes)


def _with_known(posterior: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    is_known = fixed >= 0
    if is_known.any():
        posterior = posterior.copy()
        posterior[is_known] = 0.0
        posterior[is_known, fixed[is_known]] = 1.0
    return posterior


def _normal(weights: np.ndarray) -> np.ndarray:
    """Make the last axis sum to 1; where there is nothing, all are equal."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1), 1 / weights.shape[-1])


def _dot(weights: np.ndarray, logs: np.ndarray) -> float:
    """Sum of weights times logs over all people, with 0 times minus infinity as 0."""
    return float(np.where(weights > 0, weights * np.where(weights > 0, logs, 0.0), 0.0).sum())
