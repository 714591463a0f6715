"""See to it that somebody is asked blind about every case that was drawn, as ordinary blind cases are.

decided by the champion, not audited   -> audited: decided first, then looked at
waits, and nobody has seen it          -> its task becomes blind
waits, and somebody has seen it        -> audited once they have answered
answered blind already                 -> a second person, where the answer is not all the models'
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.locking import lock_case
from cases.models import Case
from cases.types import CaseStatus, Purpose
from policy.models import Decision, DisagreementDraw
from reviews.consensus import Ask, next_step
from reviews.models import Review, Task
from reviews.selectors import answers_that_stand
from reviews.services.asking import ask_another, ask_audit, make_blind
from reviews.services.rules import rules_of_workflow
from reviews.types import OPEN, Mode, TaskReason
from science.draws import chance_of_either

AT_ONCE = 500
_SEEN = (Mode.ASSISTED, Mode.ON_DEMAND)


def ask_about_draws(workflow_id: UUID, *, now: datetime) -> int:
    """Ask people about what was drawn; return about how many cases somebody is now being asked for sure."""
    waiting = DisagreementDraw.objects.filter(workflow_id=workflow_id, asked_at=None).order_by(
        "drawn_at", "pk"
    )
    return sum(_ask(pk, now) for pk in waiting.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _ask(case_id: UUID, now: datetime) -> bool:
    """Ask about one case, behind its lock; False while somebody has it who was shown a suggestion."""
    case = lock_case(case_id)
    draw = DisagreementDraw.objects.select_for_update(no_key=True).filter(pk=case_id, asked_at=None).first()
    if case is None or draw is None:
        return False
    if case.status != CaseStatus.WITHDRAWN and case.epoch == 1 and not _is_asked(case, draw, now):
        return False
    DisagreementDraw.objects.filter(pk=case_id).update(asked_at=now)
    return True


def _is_asked(case: Case, draw: DisagreementDraw, now: datetime) -> bool:
    tasks = list(
        Task.objects.select_related("workflow__review_rules")
        .select_for_update(of=("self",), no_key=True)
        .filter(case_id=case.pk, epoch=case.epoch)
        .exclude(purpose=Purpose.KNOWN_ANSWER)
        .order_by("slot")
    )
    pending = [task for task in tasks if task.status in OPEN]
    if any(task.mode not in _SEEN for task in pending):
        return True
    for task in pending:
        return make_blind(task=task, inclusion_probability=_chance(case, draw))
    said = answers_that_stand([case.pk]).get((case.pk, case.epoch), [])
    blind = [review for review in said if review.said_unseen is not None]
    if blind:
        _ask_second(blind, draw, now)
    elif case.status == CaseStatus.DECIDED:
        _judge_as_well(draw, said)
        ask_audit(
            case=case,
            rules=rules_of_workflow(case.workflow_id),
            after=tasks,
            inclusion_probability=_chance(case, draw),
            now=now,
        )
    return True


def _ask_second(blind: list[Review], draw: DisagreementDraw, now: datetime) -> None:
    step = next_step([str(review.said_unseen) for review in blind], required=1, judged=draw.labels)
    if isinstance(step, Ask):
        ask_another(after=blind[-1].task, purpose=step.purpose, reason=TaskReason.DISAGREEMENT, now=now)


def _judge_as_well(draw: DisagreementDraw, said: list[Review]) -> None:
    """A person's answer in sight of a suggestion is not overruled by one blind answer."""
    labels = sorted({*draw.labels, *(review.label for review in said)})
    if labels != sorted(draw.labels):
        DisagreementDraw.objects.filter(pk=draw.pk).update(labels=labels)


def _chance(case: Case, draw: DisagreementDraw) -> float:
    """Return the probability that a blind label is collected by either draw."""
    own = (
        Decision.objects.filter(case_id=case.pk, epoch=1, sequence=0)
        .values_list("inclusion_probability", flat=True)
        .first()
    ) or 0.0
    return chance_of_either(own, draw.inclusion_probability)
