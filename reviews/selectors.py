"""Questions about the queue: what a reviewer has, what waits, what was answered."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from cases.models import SchemaVersion, schema_of
from cases.types import Purpose
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.named_rows import fetch_named
from hitl.shared.numbers import number
from reviews.models import KnownAnswerCase, Review, Skip, Task
from reviews.sql_queue import ANYBODY_ELSE, COUNT_WAITING, LEASED_BY, OPEN_WORKFLOWS
from reviews.types import Mode, TaskStatus
from science.fields import Schema

MAX_COUNTED = 1_000
_JSON = frozenset({"content", "fields", "labels", "reason_codes"})


@dataclass(frozen=True, slots=True)
class LeasedTask:
    """A leased task, with everything that the desk shows of it.

    In a blind task everything of the model is None: the row itself does not hold it. Where people answer
    first, it is None until they have, and `first_label` is what they said. `received_at` is when the task was
    made: of a case read a second time, or asked again because its answer is known, nothing gives that away.
    """

    task_id: UUID
    lease_token: UUID
    leased_at: datetime
    lease_until: datetime
    due_at: datetime
    mode: str
    suggestion: str | None
    confidence: float | None
    runner_up: str | None
    release_id: UUID | None
    case_id: UUID
    workflow_id: UUID
    schema_version: int
    content: dict[str, Any]
    received_at: datetime
    slug: str
    workflow: str
    review_policy: str
    fields: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    first_label: str | None
    for_adjudicator: bool
    escalation: str
    reason_codes: dict[str, Any] | None
    ready_notes: list[str] | None

    @property
    def schema(self) -> Schema:
        """The fields and label names the case was submitted under."""
        return schema_of(self.fields, self.labels)

    @property
    def is_blind(self) -> bool:
        """True when nothing of the model may be shown."""
        return self.mode == Mode.BLIND

    @property
    def answers_first(self) -> bool:
        """True while the person is to answer before the suggestion is shown."""
        return self.mode == Mode.DECIDE_FIRST and self.first_label is None

    @classmethod
    def fetch(cls, cursor: CursorWrapper) -> "LeasedTask | None":
        """Read the row of `leased_columns` that a statement returned; None where there is none."""
        row = next(iter(fetch_named(cursor)), None)
        if row is None:
            return None
        values = row._asdict()
        for name in _JSON:  # jsonb arrives as text
            values[name] = None if values[name] is None else orjson.loads(values[name])
        return cls(**values)


def lanes_of(actor: Actor) -> list[bool]:
    """Return the lanes of the queue that the person works on; True is the adjudicators'."""
    return [False] * actor.has(Role.REVIEWER) + [True] * actor.has(Role.ADJUDICATOR)


def leased_task_of(
    actor: Actor, *, now: datetime, workflow_ids: list[UUID] | None = None, lease_token: UUID | None = None
) -> LeasedTask | None:
    """Return the task the person took last and has on a page; with a token that one, even if leased ahead."""
    params = {"reviewer": actor.user_id, "now": now, "workflows": workflow_ids, "token": lease_token}
    with connection.cursor() as cursor:
        cursor.execute(LEASED_BY, params)
        return LeasedTask.fetch(cursor)


def on_hold(actor: Actor) -> list[Task]:
    """Return the cases the person has on hold, the first to come back first; with case and workflow."""
    mine = Task.objects.filter(status=TaskStatus.HELD, leased_to_id=actor.user_id)
    return list(mine.select_related("case", "workflow").order_by("held_until", "pk"))


def open_workflows(actor: Actor) -> list[UUID]:
    """Return the workflows that the person's teams and skills let them into."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_WORKFLOWS, {"reviewer": actor.user_id})
        return [row[0] for row in cursor.fetchall()]


def has_anybody_else(workflow_id: UUID, *, but: Collection[int]) -> bool:
    """Tell whether somebody else than these people could answer a case a second time."""
    with connection.cursor() as cursor:
        cursor.execute(ANYBODY_ELSE, {"workflow": workflow_id, "but": list(but)})
        return bool(cursor.fetchone()[0])


def _let_in(actor: Actor) -> RawSQL:
    """Return the same as a subquery."""
    text = OPEN_WORKFLOWS.replace("%(reviewer)s", "%s")
    return RawSQL(text, [actor.user_id] * text.count("%s"))  # noqa: S611 - text of our own


@lru_cache(maxsize=1000)
def field_names_of(workflow_id: UUID, number: int) -> list[str]:
    """Return the field names of a schema version."""
    schema = SchemaVersion.objects.get(workflow_id=workflow_id, number=number).schema
    return [field.name for field in schema.fields]


@lru_cache(maxsize=1000)
def label_names_of(workflow_id: UUID, number: int) -> list[str]:
    """Return the label names of a schema version; they never change, so each process reads them once."""
    return SchemaVersion.objects.get(workflow_id=workflow_id, number=number).label_names


def answered_today(actor: Actor, *, now: datetime) -> int:
    """Count the person's answers since midnight (UTC), without those taken back."""
    midnight = datetime.combine(now.date(), time.min, now.tzinfo)
    return Review.objects.filter(
        reviewer_id=actor.user_id, submitted_at__gte=midnight, submitted_at__lte=now, undone_at=None
    ).count()


@dataclass(frozen=True, slots=True)
class Choice:
    """A workflow a person may choose to work on; `waiting` is counted up to `MAX_COUNTED`."""

    slug: str
    name: str
    waiting: int

    @property
    def words(self) -> str:
        """The count as people read it."""
        return number(self.waiting) if self.waiting < MAX_COUNTED else f"{number(MAX_COUNTED - 1)}+"


def choices_for(actor: Actor, *, now: datetime) -> list[Choice]:
    """Return the workflows that let the person in, by name, with how many tasks wait for them.

    A case they have answered is in no count again, or its second reading would tell what came of the answer.
    """
    params = {"reviewer": actor.user_id, "lanes": lanes_of(actor), "most": MAX_COUNTED, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_WAITING, params)
        return [Choice(*row) for row in cursor.fetchall()]


def has_work(actor: Actor, *, workflow_ids: list[UUID] | None, now: datetime) -> bool:
    """Tell whether the person would be given a task now."""
    return claimable_tasks(actor, now=now, workflow_ids=workflow_ids).exists()


def claimable_tasks(
    actor: Actor, *, now: datetime, workflow_ids: Sequence[UUID] | None = None
) -> QuerySet[Task]:
    """Return the waiting tasks that `queue.claim_next` would hand to the person, in no order."""
    waiting = Task.objects.filter(status=TaskStatus.WAITING, workflow_id__in=_let_in(actor))
    if workflow_ids is not None:
        waiting = waiting.filter(workflow_id__in=workflow_ids)
    answered = Review.objects.filter(case_id=OuterRef("case_id"), reviewer_id=actor.user_id, undone_at=None)
    knows = KnownAnswerCase.objects.filter(case_id=OuterRef("case_id"), marked_by_id=actor.user_id)
    skipped = Skip.objects.filter(task_id=OuterRef("pk"), reviewer_id=actor.user_id, until__gt=now)
    return (
        waiting.filter(~Exists(skipped), for_adjudicator__in=lanes_of(actor))
        .filter(~Exists(answered.filter(epoch=OuterRef("epoch"))))
        .filter(~Q(purpose=Purpose.KNOWN_ANSWER) | (~Exists(answered) & ~Exists(knows)))
        .filter(Q(escalated_by=None) | ~Q(escalated_by_id=actor.user_id))
    )


def last_answers(actor: Actor, *, count: int) -> list[Review]:
    """Return the person's latest answers that were not taken back, newest first."""
    mine = Review.objects.filter(reviewer_id=actor.user_id, undone_at=None)
    return list(mine.select_related("case__workflow").order_by("-submitted_at")[:count])


def answered_among(case_ids: Collection[UUID], actor: Actor) -> set[UUID]:
    """Return those of the cases to which an answer of the person stands."""
    mine = Review.objects.filter(case_id__in=case_ids, reviewer_id=actor.user_id, undone_at=None)
    return set(mine.values_list("case_id", flat=True)) if case_ids else set()


def tasks_of_cases(case_ids: Collection[UUID]) -> dict[tuple[UUID, int], list[Task]]:
    """Return what people were, or are, asked by, by case and epoch, in that order; known answers left out."""
    found = Task.objects.filter(case_id__in=case_ids).exclude(status=TaskStatus.DROPPED)
    found = found.exclude(purpose=Purpose.KNOWN_ANSWER).order_by("slot")
    by_case: defaultdict[tuple[UUID, int], list[Task]] = defaultdict(list)
    for task in found.select_related("workflow__review_rules"):
        by_case[task.case_id, task.epoch].append(task)
    return by_case


def answers_that_stand(case_ids: Collection[UUID]) -> dict[tuple[UUID, int], list[Review]]:
    """Return the answers nobody took back, by case and epoch, in the order in which people were asked.

    What is said of a known answer settles nothing, and is left out.
    """
    found = Review.objects.filter(case_id__in=case_ids, undone_at=None)
    found = found.exclude(task__purpose=Purpose.KNOWN_ANSWER).order_by("task__slot")
    by_case: defaultdict[tuple[UUID, int], list[Review]] = defaultdict(list)
    for review in found.select_related("task__workflow__review_rules"):
        by_case[review.case_id, review.epoch].append(review)
    return by_case
