"""What a person may see of a case: pages must not tell reviewers what the desk hides from them.

Whoever reviews, and does not also watch over the service, sees

* of a case that still waits for anybody's answer its content alone, also where the model has decided it and
  only an audit is open;
* of a case that people were asked about what people said, never what the model did with it: else answered
  audits would stand out, and with them the kind of case that is audited;
* the model's part only of cases that nobody was ever asked about.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cases.models import Case
from cases.types import CaseStatus
from hitl.accounts.types import REVIEWING, WATCHING
from hitl.shared.actor import Actor
from policy.models import Decision
from reviews.models import Review, Task
from reviews.types import OPEN


def is_kept_blind(actor: Actor) -> bool:
    """Tell whether the actor only reviews: neither lead, operator, administrator nor auditor."""
    return actor.has(*REVIEWING) and not actor.has(*WATCHING)


def is_open() -> Q:
    """Cases that somebody may still be asked about."""
    return Q(status=CaseStatus.WAITING) | Q(Exists(Task.objects.filter(case=OuterRef("pk"), status__in=OPEN)))


def was_asked() -> Q:
    """Cases that people were, are or will be asked about."""
    tasks = Task.objects.filter(case=OuterRef("pk"))
    audits = Decision.objects.filter(case=OuterRef("pk"), is_audited=True)
    return Q(status=CaseStatus.WAITING) | Q(Exists(tasks)) | Q(Exists(audits))


@dataclass(frozen=True, slots=True)
class VisibleAnswer:
    """What people said about a case, as far as reviewers may know."""

    status: str
    answer: str | None
    decided_by: str
    decided_at: datetime | None


def said_by_people(cases: list[Case]) -> dict[UUID, VisibleAnswer]:
    """Return what a reviewer may know of those cases that people were asked about; others are left out."""
    ids = [case.pk for case in cases]
    asked = set(Case.objects.filter(was_asked(), pk__in=ids).values_list("pk", flat=True))
    still_open = set(Case.objects.filter(is_open(), pk__in=asked).values_list("pk", flat=True))
    reviews = Review.objects.filter(case_id__in=asked - still_open, undone_at=None).select_related("reviewer")
    last = {review.case_id: review for review in reviews.order_by("submitted_at")}
    return {
        case.pk: _said(case, case.pk in still_open, last.get(case.pk)) for case in cases if case.pk in asked
    }


def _said(case: Case, is_still_open: bool, last: Review | None) -> VisibleAnswer:
    if is_still_open:
        return VisibleAnswer(CaseStatus.WAITING, None, "", None)
    by = last.reviewer.get_username() if last else ""
    return VisibleAnswer(case.status, case.answer, by, last.submitted_at if last else None)
