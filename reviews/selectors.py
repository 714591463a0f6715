"""Questions to the queue: what a reviewer holds, what waits, what has been said about a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from cases.models import SchemaVersion
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from reviews.models import Review, Skip, Task
from reviews.statements import COUNT_WAITING, HELD_BY
from reviews.types import Mode, TaskStatus
from science.fields import Schema

MOST_COUNTED = 1_000
_JSON = frozenset({"content", "fields", "labels"})


@dataclass(frozen=True, slots=True)
class Held:
    """A task in somebody's hands, with everything that the desk shows of it.

    In a blind task everything of the model is None: the row itself does not hold it.
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
    guidelines: str
    fields: list[dict[str, Any]]
    labels: list[dict[str, Any]]

    @property
    def schema(self) -> Schema:
        """The fields and label names the case was submitted under."""
        return Schema.from_json({"fields": self.fields, "labels": [label["name"] for label in self.labels]})

    @property
    def is_blind(self) -> bool:
        """True when nothing of the model may be shown."""
        return self.mode == Mode.BLIND

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "Held":
        """Read a row of `statements.HELD_COLUMNS`."""
        # jsonb arrives as text
        return cls(
            *(orjson.loads(v) if name in _JSON else v for name, v in zip(cls.__slots__, row, strict=True))
        )


def lanes_of(actor: Actor) -> list[bool]:
    """Return the lanes of the queue that the person works on; True is the adjudicators'."""
    return [False] * actor.has(Role.REVIEWER) + [True] * actor.has(Role.ADJUDICATOR)


def held_by(
    actor: Actor, *, now: datetime, workflow_ids: list[UUID] | None = None, lease_token: UUID | None = None
) -> Held | None:
    """Return the task the person took last and still holds; with a token, that one."""
    params = {"reviewer": actor.user_id, "now": now, "workflows": workflow_ids, "token": lease_token}
    with connection.cursor() as cursor:
        cursor.execute(HELD_BY, params)
        row = cursor.fetchone()
    return Held.from_row(row) if row else None


def case_under(lease_token: UUID) -> UUID | None:
    """Return the case that is held under a lease."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM reviews_task WHERE lease_token = %s", [lease_token])
        row = cursor.fetchone()
    return row[0] if row else None


@lru_cache(maxsize=1000)
def label_names_of(workflow_id: UUID, number: int) -> list[str]:
    """Return the label names of a schema version; they never change, so each process reads them once."""
    return SchemaVersion.objects.get(workflow_id=workflow_id, number=number).label_names


def answered_today(actor: Actor, *, now: datetime) -> int:
    """Count the person's standing answers since midnight (UTC)."""
    midnight = datetime.combine(now.date(), time.min, now.tzinfo)
    return Review.objects.filter(
        reviewer_id=actor.user_id, submitted_at__gte=midnight, submitted_at__lte=now, undone_at=None
    ).count()


@dataclass(frozen=True, slots=True)
class Choice:
    """A workflow a person may choose to work on; `waiting` is counted up to `MOST_COUNTED`."""

    slug: str
    name: str
    waiting: int

    @property
    def words(self) -> str:
        """The count as people read it."""
        return f"{self.waiting:,}" if self.waiting < MOST_COUNTED else f"{MOST_COUNTED - 1:,}+"


def choices_for(actor: Actor) -> list[Choice]:
    """Return the workflows by name, with how many tasks wait in the person's lanes."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_WAITING, {"lanes": lanes_of(actor), "most": MOST_COUNTED})
        return [Choice(*row) for row in cursor.fetchall()]


def has_work(actor: Actor, *, workflow_ids: list[UUID] | None, now: datetime) -> bool:
    """Tell whether the person would be given a task now."""
    return _open_to(actor, workflow_ids, now).exists()


def _open_to(actor: Actor, workflow_ids: list[UUID] | None, now: datetime) -> QuerySet[Task]:
    answered = Review.objects.filter(
        case_id=OuterRef("case_id"), epoch=OuterRef("epoch"), reviewer_id=actor.user_id, undone_at=None
    )
    skipped = Skip.objects.filter(task_id=OuterRef("pk"), reviewer_id=actor.user_id, until__gt=now)
    waiting = _within(Task.objects.filter(status=TaskStatus.WAITING), workflow_ids)
    return waiting.filter(~Exists(answered), ~Exists(skipped), for_adjudicator__in=lanes_of(actor))


def _within(tasks: QuerySet[Task], workflow_ids: list[UUID] | None) -> QuerySet[Task]:
    return tasks if workflow_ids is None else tasks.filter(workflow_id__in=workflow_ids)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why there is nothing for a person to do just now; counts end at `MOST_COUNTED`."""

    held: int
    held_until: datetime | None
    skipped: int
    skipped_until: datetime | None
    for_others: int
    for_adjudicators: int


def why_quiet(actor: Actor, *, workflow_ids: list[UUID] | None, now: datetime) -> Quiet:
    """Say where the open tasks are that this person is not offered."""
    held = _within(Task.objects.filter(status=TaskStatus.LEASED), workflow_ids)
    held_by_others = held.exclude(leased_to_id=actor.user_id).aggregate(
        n=Count("pk"), until=Min("lease_until")
    )
    skips = Skip.objects.filter(
        reviewer_id=actor.user_id,
        until__gt=now,
        task__in=_within(Task.objects.filter(status=TaskStatus.WAITING), workflow_ids),
    ).aggregate(n=Count("pk"), until=Min("until"))
    waiting = _within(Task.objects.filter(status=TaskStatus.WAITING), workflow_ids)
    mine = waiting.filter(for_adjudicator__in=lanes_of(actor))[:MOST_COUNTED].count()
    others = waiting.filter(for_adjudicator=True)[:MOST_COUNTED].count()
    return Quiet(
        held=held_by_others["n"],
        held_until=held_by_others["until"],
        skipped=skips["n"],
        skipped_until=skips["until"],
        for_others=max(0, mine - skips["n"]),
        for_adjudicators=0 if True in lanes_of(actor) else others,
    )


def last_answers(actor: Actor, *, count: int) -> list[Review]:
    """Return the person's latest standing answers, newest first."""
    mine = Review.objects.filter(reviewer_id=actor.user_id, undone_at=None)
    return list(mine.select_related("case__workflow").order_by("-submitted_at")[:count])
