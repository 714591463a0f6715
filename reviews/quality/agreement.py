"""Per workflow: how far people agree, which labels they confuse, and how often each person is right.

Only answers that were asked for whatever others had said: first and second answers to cases that two people
were to answer anyway, and answers to known-answer cases. What was read again because somebody disagreed
would make people seem to disagree more than they do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from cases.models import Label
from reviews.quality.people import rows_of
from reviews.quality.sql_quality import INDEPENDENT
from reviews.quality.window import Window
from science.agreement.alpha import Alpha, krippendorff_alpha, label_counts
from science.agreement.consensus import dawid_skene
from science.agreement.pairs import Pair, label_pairs
from science.agreement.shares import TooFew
from science.intervals import wilson_interval

MIN_FOR_CONSENSUS = 20
"""Cases with two answers below which nobody's errors are estimated."""
SURE = 0.95
MAX_DUBIOUS = 10


@dataclass(frozen=True, slots=True)
class NamedPair:
    """Two labels that were given to one case, by name."""

    one: str
    other: str
    found: Pair


@dataclass(frozen=True, slots=True)
class DubiousLabel:
    """A case whose label differs from what its answers suggest when weighed by each person's accuracy."""

    case_id: UUID
    counts_as: str
    consensus: str
    certainty: float


@dataclass(frozen=True, slots=True)
class PersonAccuracy:
    """How often somebody is right, estimated from everybody's answers (Dawid and Skene 1979).

    `low` to `high` is Wilson's interval as if the truth of their cases were known: a little too narrow.
    """

    person_id: int
    accuracy: float
    low: float
    high: float
    answers: int


@dataclass(frozen=True, slots=True)
class Together:
    """Everybody's accuracy estimated together; do not rely on it if `has_converged` is False."""

    n_cases: int
    people: list[PersonAccuracy]
    dubious: list[DubiousLabel]
    rounds: int
    has_converged: bool


@dataclass(frozen=True, slots=True)
class WorkflowAgreement:
    """One workflow's agreement in a window."""

    workflow_id: UUID
    alpha: Alpha | TooFew
    pairs: list[NamedPair]
    together: Together | TooFew


@dataclass(frozen=True, slots=True)
class _Given:
    case: np.ndarray
    person: np.ndarray
    label: np.ndarray
    known: np.ndarray
    case_ids: list[UUID]
    person_ids: list[int]
    labels: list[str]


def agreements(window: Window, *, seed: int = 0) -> list[WorkflowAgreement]:
    """Return the agreement of every workflow with such answers. Resampling begins from `seed`: no number
    flickers."""
    by_workflow: dict[UUID, list[tuple[UUID, int, str, str | None]]] = {}
    for workflow_id, *given in rows_of(INDEPENDENT, window.params()):
        by_workflow.setdefault(workflow_id, []).append((given[0], given[1], given[2], given[3]))
    return [_agreement(workflow_id, rows, seed) for workflow_id, rows in by_workflow.items()]


def _agreement(
    workflow_id: UUID, rows: Iterable[tuple[UUID, int, str, str | None]], seed: int
) -> WorkflowAgreement:
    given = _given(list(rows))
    plain = given.known[given.case] < 0  # known answers are the same case to everybody, and chosen to be hard
    counts = label_counts(
        given.case[plain], given.label[plain], n_cases=len(given.case_ids), n_classes=len(given.labels)
    )
    pairs = [NamedPair(given.labels[p.one], given.labels[p.other], p) for p in label_pairs(counts)]
    alpha = krippendorff_alpha(counts, rng=np.random.default_rng(seed))
    n_twice = int((counts.sum(axis=1) >= 2).sum())
    if n_twice < MIN_FOR_CONSENSUS:
        why = "%(n)s of the %(needed)s cases with two answers that an estimate needs"  # untranslated: English
        return WorkflowAgreement(workflow_id, alpha, pairs, TooFew(n_twice, MIN_FOR_CONSENSUS, why))
    return WorkflowAgreement(workflow_id, alpha, pairs, _together(given))


def _given(rows: list[tuple[UUID, int, str, str | None]]) -> _Given:
    case_ids = sorted({row[0] for row in rows})
    person_ids = sorted({row[1] for row in rows})
    labels = sorted({row[2] for row in rows} | {row[3] for row in rows if row[3]})
    cases, people, names = ({value: i for i, value in enumerate(v)} for v in (case_ids, person_ids, labels))
    known = np.full(len(case_ids), -1)
    for case_id, _, _, truth in rows:
        if truth is not None:
            known[cases[case_id]] = names[truth]
    return _Given(
        case=np.array([cases[row[0]] for row in rows]),
        person=np.array([people[row[1]] for row in rows]),
        label=np.array([names[row[2]] for row in rows]),
        known=known,
        case_ids=case_ids,
        person_ids=person_ids,
        labels=labels,
    )


def _together(given: _Given) -> Together:
    found = dawid_skene(
        given.case,
        given.person,
        given.label,
        n_cases=len(given.case_ids),
        n_people=len(given.person_ids),
        n_classes=len(given.labels),
        known=given.known,
    )
    answers = np.bincount(given.person, minlength=len(given.person_ids))
    people = [
        PersonAccuracy(
            person_id,
            float(found.accuracy[i]),
            *wilson_interval(float(found.accuracy[i]), int(answers[i])),
            int(answers[i]),
        )
        for i, person_id in enumerate(given.person_ids)
    ]
    people.sort(key=lambda person: -person.accuracy)
    counts_as = dict(
        Label.objects.filter(case_id__in=given.case_ids, superseded_at=None).values_list("case_id", "label")
    )
    dubious = []
    for i, case_id in enumerate(given.case_ids):
        now, consensus = counts_as.get(case_id), given.labels[int(found.labels[i])]
        is_open = given.known[i] < 0 and now is not None
        if is_open and now is not None and consensus != now and found.certainty[i] >= SURE:
            dubious.append(DubiousLabel(case_id, now, consensus, float(found.certainty[i])))
    dubious.sort(key=lambda one: (-one.certainty, one.case_id))
    return Together(len(given.case_ids), people, dubious[:MAX_DUBIOUS], found.rounds, found.has_converged)
