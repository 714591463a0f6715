"""Situations of challengers: mail that a champion decides while others score it in shadow."""

from datetime import datetime, timedelta
from uuid import UUID

from cases.models import Case, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.answer import answer_batch
from hitl.shared.actor import Actor
from hitl.shared.ids import new_id
from models_store.models import Release
from models_store.services.roles import move
from models_store.types import ReleaseRole
from policy.models import CutoffSet
from reviews.models import Task
from reviews.services.answers import Answer
from tests.support.factories import NOW, TESTER
from tests.support.policy_rows import certificate_of, cutoffs_of
from tests.support.spam import mail_workflow, mails

START = NOW + timedelta(hours=1)


def certified_mail_workflow(*, cutoff: float = 0.9, **policy: object) -> Workflow:
    """Return a workflow of mail whose champion decides under a full certificate, at one cutoff."""
    workflow = mail_workflow(cutoff=None, **policy)  # type: ignore[arg-type]
    release = Release.objects.get(workflow=workflow)
    certificate = certificate_of(release, status="certified", passed=[cutoff])
    cutoffs_of(release, certificate, cutoffs=dict.fromkeys(release.labels, cutoff))
    return workflow


def challenger(
    workflow: Workflow, *, number: int = 2, cutoff: float | None = 0.7, at: datetime = START
) -> Release:
    """Return a release in shadow: the champion's model with a cutoff of its own, provisionally certified."""
    release = Release.objects.get(workflow=workflow, number=1)
    release.id, release.number = new_id(), number
    release._state.adding = True
    release.save()
    if cutoff is not None:
        certificate_of(release, passed=[cutoff])
    move(release_id=release.id, to=ReleaseRole.SHADOW, actor=TESTER, now=at, reason="tests")
    return release


def submit(first: int, last: int, *, at: datetime) -> list[UUID]:
    """Submit some of the mails, all at one time; return their cases."""
    items = [Submission(mail.content) for mail in mails()[first:last]]
    results = submit_cases(Intake("spam-mail", items, None, at, is_batch=True))
    return [UUID(result.case["id"]) for result in results if result.case]


def truths(first: int, last: int, case_ids: list[UUID]) -> dict[UUID, str]:
    """Return the true label of cases that `submit` has made of these mails."""
    return dict(zip(case_ids, (mail.truth for mail in mails()[first:last]), strict=True))


def reviewers(n: int = 3) -> list[Actor]:
    """Return people who review, and adjudicate."""
    return [
        User.objects.create_user(username=f"r{i}", roles=[Role.REVIEWER, Role.ADJUDICATOR]).as_actor()
        for i in range(n)
    ]


def answer_all(workflow: Workflow, truth: dict[UUID, str], people: list[Actor], *, at: datetime) -> int:
    """Let people answer whatever waits, truly, until nothing does; return how many answers it took."""
    given = 0
    for _ in range(4):
        for person in people:
            waiting = Task.objects.filter(workflow=workflow, status="waiting", case_id__in=truth)
            said = {task.pk: Answer(truth[task.case_id], seconds=1) for task in waiting}
            if not said:
                return given
            answered = answer_batch(by_task=said, actor=person, since=at - timedelta(seconds=1), now=at)
            given += len(answered.labels)
    return given


def cutoffs_now(workflow: Workflow) -> list[CutoffSet]:
    """Return the cutoffs in force, of whatever release."""
    return list(CutoffSet.objects.filter(workflow=workflow, in_force_until=None))


def case(case_id: UUID) -> Case:
    """Return the case as it is stored now."""
    return Case.objects.get(pk=case_id)
