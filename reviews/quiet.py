"""Why the queue of a person is empty, in counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet

from hitl.shared.actor import Actor
from reviews.models import Review, Skip, Task
from reviews.selectors import MAX_COUNTED, lanes_of, open_workflows
from reviews.types import OPEN, SKIP_LASTS, TaskStatus


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why there is nothing for a person to do just now; counts end at `MAX_COUNTED`.

    What the person has answered or skipped for good is in none of them: whether somebody else is asked about
    it depends on what came of it.

    Attributes:
        leased: with other reviewers; `leased_until` when the first of their leases ends.
        on_hold: on hold with others; `on_hold_until` when the first of them comes back.
        mine_on_hold: on hold with the person; `mine_until` when the first of them comes back.
        skipped: skipped by the person for a while; `skipped_until` when they are offered the first again.
        for_others: waiting, and not for the person: escalated by them.
        for_adjudicators: waiting for an adjudicator, which the person is not.
        for_skilled: waiting for people with other skills or in another team.
        next_due: when the first of all that is open should be answered; None when nothing is.
    """

    leased: int
    leased_until: datetime | None
    on_hold: int
    on_hold_until: datetime | None
    mine_on_hold: int
    mine_until: datetime | None
    skipped: int
    skipped_until: datetime | None
    for_others: int
    for_adjudicators: int
    for_skilled: int
    next_due: datetime | None

    @property
    def is_done(self) -> bool:
        """True when no case is open anywhere that could be named here."""
        places = (self.leased, self.on_hold, self.mine_on_hold, self.skipped, self.for_others)
        return not any(places) and not self.for_adjudicators and not self.for_skilled


def why_quiet(actor: Actor, *, workflow_ids: list[UUID] | None, now: datetime) -> Quiet:
    """Say why there is nothing for this person: where the open tasks are."""
    mine = open_workflows(actor)
    chosen = mine if workflow_ids is None else [each for each in mine if each in workflow_ids]
    open_ones = _not_done_with(Task.objects.filter(status__in=OPEN), actor)
    within = open_ones.filter(workflow_id__in=chosen)
    leases = within.filter(status=TaskStatus.LEASED)
    leased = _ending(leases.exclude(leased_to_id=actor.user_id), "lease_until")
    holds = within.filter(status=TaskStatus.HELD)
    held_by_others = _ending(holds.exclude(leased_to_id=actor.user_id), "held_until")
    held_by_me = _ending(holds.filter(leased_to_id=actor.user_id), "held_until")
    waiting = within.filter(status=TaskStatus.WAITING)
    skips = Skip.objects.filter(reviewer_id=actor.user_id, until__gt=now, until__lte=now + SKIP_LASTS)
    skipped = skips.filter(task__in=waiting).aggregate(n=Count("pk"), until=Min("until"))
    in_lanes = waiting.filter(for_adjudicator__in=lanes_of(actor))[:MAX_COUNTED].count()
    for_adjudicators = waiting.filter(for_adjudicator=True)[:MAX_COUNTED].count()
    elsewhere = open_ones.filter(status=TaskStatus.WAITING).exclude(workflow_id__in=mine)
    if workflow_ids is not None:
        elsewhere = elsewhere.filter(workflow_id__in=workflow_ids)
    return Quiet(
        leased=leased["n"],
        leased_until=leased["until"],
        on_hold=held_by_others["n"],
        on_hold_until=held_by_others["until"],
        mine_on_hold=held_by_me["n"],
        mine_until=held_by_me["until"],
        skipped=skipped["n"],
        skipped_until=skipped["until"],
        for_others=max(0, in_lanes - skipped["n"]),
        for_adjudicators=0 if True in lanes_of(actor) else for_adjudicators,
        for_skilled=elsewhere[:MAX_COUNTED].count(),
        next_due=within.aggregate(at=Min("due_at"))["at"],
    )


def _not_done_with(tasks: QuerySet[Task], actor: Actor) -> QuerySet[Task]:
    """Leave out what the person has answered or skipped for good: it is none of their business any more."""
    answered = Review.objects.filter(case_id=OuterRef("case_id"), reviewer_id=actor.user_id, undone_at=None)
    skips = Skip.objects.filter(task_id=OuterRef("pk"), reviewer_id=actor.user_id)
    return tasks.filter(~Exists(answered), ~Exists(skips.filter(until__gt=F("at") + SKIP_LASTS)))


def _ending(tasks: QuerySet[Task], field: str) -> dict[str, Any]:
    return tasks.aggregate(n=Count("pk"), until=Min(field))
