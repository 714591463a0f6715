"""Blind cases that people were asked about and that have no label: they count against the model.

An answer that agrees with the model becomes a label at once; one that contradicts it becomes none until two
or three people have spoken. Whoever judges a model by labels alone judges it by what nobody objected to.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cases.models import Case, Label
from cases.types import CaseStatus, Purpose
from policy.models import Decision
from reviews.models import Review, Task
from reviews.models.answers import SAID_UNSEEN
from reviews.types import TaskStatus

MAX_UNSETTLED = 20_000  # the newest; of more nobody could say that the model is any good


def unsettled_cases(workflow_id: UUID, *, now: datetime) -> list[UUID]:
    """Return the cases drawn for a blind answer that are disputed, overdue, or whose answer was lost.

    Those that merely wait for their first answer, and not yet too long, are left out: whether they have been
    reached does not depend on what will be said. Lost are answers that were taken back or voided, and cases
    that were withdrawn, labelled or not.
    """
    drawn = Decision.objects.filter(case_id=OuterRef("pk"), sequence=0)
    drawn = drawn.filter(Q(is_audited=True) | Q(is_blind=True), inclusion_probability__isnull=False)
    labels = Label.objects.filter(case_id=OuterRef("pk")).exclude(purpose=Purpose.KNOWN_ANSWER)
    answers = Review.objects.filter(SAID_UNSEEN, case_id=OuterRef("pk")).exclude(
        task__purpose=Purpose.KNOWN_ANSWER
    )
    overdue = (
        Task.objects.filter(case_id=OuterRef("pk"), due_at__lt=now)
        .exclude(status__in=(TaskStatus.DONE, TaskStatus.DROPPED))
        .exclude(purpose=Purpose.KNOWN_ANSWER)
    )
    cases = Case.objects.filter(Exists(drawn), workflow_id=workflow_id)
    spoken = Q(Exists(answers)) | Q(Exists(overdue)) | Q(Exists(labels.filter(superseded_at__isnull=False)))
    without_label = ~Q(Exists(labels.filter(superseded_at=None))) & spoken
    found = cases.filter(without_label | Q(status=CaseStatus.WITHDRAWN)).order_by("-id")
    return list(found.values_list("id", flat=True)[:MAX_UNSETTLED])
