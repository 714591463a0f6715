"""A team at work, for tests of the lead's pages: answers of several people with what they are worth, written
at once."""

from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np

from cases.models import Case, Label, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from reviews.models import KnownAnswerCase, Review, ReviewRules, Task
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, TEXT_FIELDS, person

LABELS = ["ham", "spam", "scam"]
RIGHT = {"rita": 0.93, "ron": 0.9, "hetty": 0.6}


def team(*, count: int = 60, now: datetime = NOW, seed: int = 5) -> tuple[Workflow, dict[str, User]]:
    """Return a workflow whose cases two of three people answered, one of whom errs often and answers in a
    hurry."""
    workflow = workflow_of("mail", fields=TEXT_FIELDS, labels=LABELS, name="Mail")
    ReviewRules.objects.create(workflow=workflow, reviews_required=2)
    people = {name: person(Role.REVIEWER, username=name, first_name=name.title()) for name in RIGHT}
    people["judge"] = person(Role.ADJUDICATOR, username="judge")
    rng = np.random.default_rng(seed)
    for n in range(count):
        truth = LABELS[int(rng.integers(3))]
        at = now - timedelta(minutes=3 * (count - n))
        case = _case(workflow, n, at)
        pair = rng.permutation(list(RIGHT))[:2]
        said = [_said(str(name), truth, rng) for name in pair]
        for slot, (name, label) in enumerate(zip(pair, said, strict=True), 1):
            taken = float(rng.lognormal(np.log(0.5 if name == "hetty" and n % 2 else 8), 0.3))
            purpose, reason = ("review", "uncertain") if slot == 1 else ("second", "second")
            answer(
                case,
                people[str(name)],
                label,
                slot=slot,
                purpose=purpose,
                reason=reason,
                at=at,
                seconds=taken,
            )
        if said[0] != said[1]:
            judge = people["judge"]
            answer(
                case, judge, truth, slot=3, purpose="adjudication", reason="disagreement", at=at, seconds=15
            )
        settle(case, truth if said[0] != said[1] else said[0], people["judge"], at)
    for n in range(24):
        name, truth = list(RIGHT)[n % 3], LABELS[n % 3]
        case = _case(workflow, count + n, now - timedelta(minutes=60 - n))
        KnownAnswerCase.objects.create(
            case=case,
            workflow=workflow,
            truth=truth,
            predicted=LABELS[(n + 1) % 3],
            marked_by=people["judge"],
            marked_at=now - timedelta(days=1),
        )
        said_of = truth if name != "hetty" else LABELS[(n + 1) % 3]
        answer(
            case,
            people[name],
            said_of,
            slot=1,
            purpose="known_answer",
            reason="known_answer",
            at=case.received_at,
            seconds=7,
        )
        settle(case, truth, people["judge"], case.received_at)
    return workflow, people


def _said(name: str, truth: str, rng: np.random.Generator) -> str:
    if rng.random() < RIGHT[name]:
        return truth
    return LABELS[(LABELS.index(truth) + 1) % 3]


def _case(workflow: Workflow, n: int, at: datetime) -> Case:
    return Case.objects.create(
        workflow=workflow,
        schema_version=1,
        content={"body": f"Message {n}"},
        content_sha256=bytes(32),
        status="decided",
        answer="ham",
        received_at=at,
        changed_at=at,
    )


def answer(
    case: Case, by: User, label: str, *, slot: int, purpose: str, reason: str, at: datetime, seconds: float
) -> Review:
    """Let somebody have answered a case."""
    task = Task.objects.create(
        case=case,
        workflow_id=case.workflow_id,
        schema_version=1,
        slot=slot,
        status="done",
        purpose=purpose,
        reasons=[reason],
        mode="blind",
        for_adjudicator=purpose == "adjudication",
        created_at=at,
        due_at=at + timedelta(hours=24),
        closed_at=at,
    )
    return Review.objects.create(
        task=task,
        case=case,
        reviewer=by,
        label=label,
        mode="blind",
        lease_token=uuid4(),
        started_at=at,
        submitted_at=at + timedelta(seconds=slot),
        seconds=seconds,
    )


def settle(case: Case, label: str, by: User, at: datetime) -> None:
    """Let the case count as this."""
    Label.objects.create(
        case=case,
        workflow_id=case.workflow_id,
        schema_version=1,
        label=label,
        purpose="review",
        labelled_by=by,
        is_blind=True,
        at=at,
    )
    Case.objects.filter(pk=case.pk).update(answer=label)


def waiting_tasks(workflow: Workflow, *, count: int, at: datetime, due: datetime) -> None:
    """Let some cases wait."""
    for n in range(count):
        case = _case(workflow, 1000 + n, at)
        Case.objects.filter(pk=case.pk).update(status="waiting", answer=None)
        Task.objects.create(
            case=case,
            workflow=workflow,
            schema_version=1,
            reasons=["uncertain"],
            mode="blind",
            created_at=at,
            due_at=due,
        )
