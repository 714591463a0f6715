"""What a person may see of a case: pages must not tell whoever only reviews what the desk hides from them.

Whoever watches over the service sees everything. Everybody else sees of any case its content and what they
answered themselves, for good, and nothing more. What became of an answer would tell the cases that the model
decides from those it leaves to people, and its answer with it: an audit that agrees settles its case, one
that does not asks somebody else. So nothing here asks for a status, a decision, a label, a task or anybody
else's answer. What a page shows to reviewers can then not depend on them (ADR 0047).
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef

from cases.models import Case
from hitl.accounts.types import WATCHING
from hitl.shared.actor import Actor
from reviews.models import Review


def is_kept_blind(actor: Actor) -> bool:
    """Tell whether the actor is neither lead, operator, administrator nor auditor."""
    return not actor.has(*WATCHING)


def answered_by(actor: Actor, *, label: str = "") -> Exists:
    """Return the condition that a case was answered by the person, with this label if one is named."""
    mine = Review.objects.filter(case=OuterRef("pk"), reviewer_id=actor.user_id, undone_at=None)
    return Exists(mine.filter(label=label) if label else mine)


def own_answers(cases: Iterable[Case], actor: Actor) -> dict[UUID, Review]:
    """Return the person's last answer to each of these cases; cases they have not answered are left out."""
    ids = [case.pk for case in cases]
    mine = Review.objects.filter(case_id__in=ids, reviewer_id=actor.user_id, undone_at=None)
    return {review.case_id: review for review in mine.order_by("submitted_at")}
