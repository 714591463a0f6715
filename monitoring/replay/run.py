"""Replay a window of a workflow under a setting, beside what happened: the same rows give the same bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Avg, Count

from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.shared.errors import Invalid, Problem
from hitl.shared.one_moment import at_one_moment
from hitl.shared.words import Words, figure
from models_store.models import Release, ShadowScore
from monitoring.replay.reading import Window, chunks, size_and_least_rate
from policy.in_force.rules import rule_for
from reviews.models import Review
from reviews.services.rules import rules_of_workflow
from science.decision_terms import Degree
from science.replay import AsItWas, Replay, Replayed, Setting, Staff

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody wants to know: every part that is None is as it is in force now, or was."""

    since: datetime
    until: datetime
    cutoffs: Mapping[str, float] | None = None
    release_id: UUID | None = None
    degree: str = ""
    audit_rate: float | None = None
    answers_a_day: float | None = None


@dataclass(frozen=True, slots=True)
class People:
    """How people answered in a window: answers a day, answers a case, and seconds an answer; NaN: none."""

    a_day: float
    each: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What would have been, beside what was.

    `changed` cases are automatic in one of the two and not in the other.
    """

    tried: Tried
    setting: Setting
    labels: tuple[str, ...]
    staff: Staff
    people: People
    due_hours: float
    was: Replayed
    would_be: Replayed
    changed: int

    def hours(self, replayed: Replayed) -> float:
        """Reviewers' hours that the answers take; NaN where nobody has answered yet."""
        return replayed.asked * self.people.each * self.people.seconds / 3600


def in_force(workflow: Workflow) -> Setting:
    """Return the setting in force now; columns are the labels of `labels_of`.

    A label whose own degree lets the model decide nothing has no cutoff.
    """
    rule = rule_for(workflow.pk).rule
    decided = [label for label in rule.cutoffs if rule.degree_of(label).automates]
    numbers = {label: rule.cutoffs[label] for label in decided}
    return Setting(
        np.array([numbers.get(label, np.nan) for label in labels_of(workflow)], dtype=np.float64),
        automates=rule.degree.automates,
        ramp=rule.share_let_through,
        audit_rate=rule.audit_rate,
    )


def labels_of(workflow: Workflow) -> tuple[str, ...]:
    """Return the labels that predictions and answers may have."""
    schema = schema_in_force(workflow)
    return tuple(schema.label_names)


def people_of(workflow_id: UUID, since: datetime, until: datetime) -> People:
    """Measure how people answered in the window."""
    given = Review.objects.filter(
        task__workflow_id=workflow_id, submitted_at__gte=since, submitted_at__lt=until, undone_at=None
    )
    found = given.aggregate(n=Count("pk"), cases=Count("case_id", distinct=True), seconds=Avg("seconds"))
    days = max((until - since) / DAY, 1e-9)
    return People(
        a_day=found["n"] / days,
        each=found["n"] / found["cases"] if found["cases"] else 1.0,
        seconds=float("nan") if found["seconds"] is None else float(found["seconds"]),
    )


def replay(
    workflow: Workflow,
    tried: Tried,
    *,
    now: datetime,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Answer:
    """Replay the window as of one moment; reads every case once, a chunk at a time.

    `tell` is called with how many cases are read, and how many there are.

    Raises:
        Invalid: a part does not fit; the field is named.
    """
    check(workflow, tried)
    with at_one_moment():
        return _replayed(workflow, tried, now, tell)


def _replayed(workflow: Workflow, tried: Tried, now: datetime, tell: Callable[[int, int], None]) -> Answer:
    labels, present = labels_of(workflow), in_force(workflow)
    window = Window(workflow.pk, tried.since, tried.until, tried.release_id)
    n, least = size_and_least_rate(window)
    tell(0, n)
    setting = _setting(tried, present, labels)
    people = people_of(workflow.pk, tried.since, tried.until)
    rules = rules_of_workflow(workflow.pk)
    a_day = people.a_day if tried.answers_a_day is None else tried.answers_a_day
    staff = Staff(per_hour=a_day / 24, due_seconds=rules.due_hours * 3600, answers_each=people.each)
    was = Replay(AsItWas(), Staff(people.a_day / 24, staff.due_seconds, people.each), least)
    would_be = Replay(setting, staff, least)
    done = changed = 0
    read = chunks(window, labels, now=now, needs_ramp=setting.ramp < 1, needs_audit=setting.automates)
    for cases in read:
        changed += int((was.feed(cases) != would_be.feed(cases)).sum())
        done += len(cases)
        tell(done, n)
    return Answer(
        tried, setting, labels, staff, people, rules.due_hours, was.result(), would_be.result(), changed
    )


def scored_in_shadow(workflow: Workflow, since: datetime, until: datetime) -> list[Release]:
    """Return the releases that scored cases of this time in shadow, the newest first."""
    scored = ShadowScore.objects.filter(routed_at__gte=since, routed_at__lt=until).values("release_id")
    return list(Release.objects.filter(workflow=workflow, pk__in=scored.distinct()).order_by("-number"))


def _setting(tried: Tried, present: Setting, labels: tuple[str, ...]) -> Setting:
    cutoffs = present.cutoffs
    if tried.cutoffs is not None:
        cutoffs = np.array([tried.cutoffs.get(label, np.nan) for label in labels], dtype=np.float64)
    degree = Degree(tried.degree) if tried.degree else None
    automates = present.automates if degree is None else degree.automates
    if degree is Degree.FULL:
        cutoffs = np.zeros(len(labels))
    # Other cutoffs, or another model, are tried as if they were proved: without the ramp of what is not.
    is_same = tried.cutoffs is None and tried.release_id is None and degree is not Degree.FULL
    return Setting(
        cutoffs,
        automates=automates,
        ramp=present.ramp if is_same else 1.0,
        audit_rate=present.audit_rate if tried.audit_rate is None else tried.audit_rate,
    )


def check(workflow: Workflow, tried: Tried) -> None:
    """Refuse what the workflow does not have, and numbers that are none.

    Raises:
        Invalid: a part does not fit; the field is named.
    """
    problems, labels = [], labels_of(workflow)
    if tried.until <= tried.since:
        problems.append(Problem(field="until", error="is not after the beginning", fix="Choose a later one."))
    for label, cutoff in (tried.cutoffs or {}).items():
        if label not in labels:
            error = Words('names "%(label)s"', label=label[:60])
            fix = Words("Use one of %(names)s.", names=", ".join(labels))
            problems.append(Problem(field="cutoffs", error=error, fix=fix))
        elif not 0 <= cutoff <= 1:
            problems.append(
                Problem(
                    field="cutoffs",
                    error=Words("has %(value)s", value=figure(cutoff)),
                    fix="Use a number between 0 and 1.",
                )
            )
    if tried.audit_rate is not None and not 0 <= tried.audit_rate <= 1:
        problems.append(
            Problem(
                field="audit_rate",
                error=Words("is %(value)s", value=figure(tried.audit_rate)),
                fix="Use a share between 0 and 1.",
            )
        )
    if tried.answers_a_day is not None and not 0 <= tried.answers_a_day < float("inf"):
        problems.append(
            Problem(
                field="answers_a_day",
                error=Words("is %(value)s", value=figure(tried.answers_a_day)),
                fix="Use a number that is not negative.",
            )
        )
    if tried.degree and tried.degree not in list(Degree):
        fix = Words("Use one of %(names)s.", names=", ".join(Degree))
        problems.append(Problem(field="degree", error="is not a degree", fix=fix))
    if tried.release_id and not Release.objects.filter(pk=tried.release_id, workflow=workflow).exists():
        problems.append(
            Problem(field="release", error="is no model of this workflow", fix="Choose one of its models.")
        )
    if problems:
        raise Invalid(problems)
