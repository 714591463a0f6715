"""Look again at the cases that wait: a new model, looser cutoffs or a fresh start may decide some by now.

    each waiting case that nobody has seen -> score -> decide, by draws of its own -> decided
                                                                                   -> asked, with a suggestion

A case gets another epoch, with a routing like that of a case that comes in. Left alone is what somebody
holds, has seen or has answered, and what a blind answer was drawn for that a proof may wait for: no draw is
made anew because its outcome was not liked (ADR 0059). Each step is one transaction behind the same gate as
intake. What is done is seen by the cases: a worker that died is followed by another, and nothing is done
twice.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Mod

from cases.models import Rescoring, Workflow
from cases.types import CaseStatus, Purpose
from hitl.audit.log import record
from hitl.flow.intake.again import Again, look, releases_of, route, unchanged
from hitl.flow.intake.copy_batch import pass_gate, pass_stop
from hitl.flow.intake.in_force import CanaryArms, WorkflowInForce, forget, workflow_in_force
from hitl.flow.intake.sql_intake import Stale
from hitl.shared.actor import system
from hitl.shared.jobs import enqueue
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force
from policy.models import Decision, DisagreementDraw
from reviews.models import Review, Skip, Task
from reviews.types import TaskStatus
from science.arms import ARMS
from science.decision_terms import Reason

JOB = "hitl.flow.rescore_waiting"
ACTOR = system("rescoring")
CHUNK = 200

# Under these the model decides nothing and suggests nothing: looking again would change nothing.
_SILENT = frozenset(
    {
        Reason.HUMAN_ONLY,
        Reason.SHADOW,
        Reason.NO_MODEL,
        Reason.SCHEMA_MISMATCH,
        Reason.BREAKER,
        Reason.STOPPED,
    }
)
# A case with one of these was not held against a cutoff at all.
_NOT_COMPARED = (
    *_SILENT,
    Reason.NO_RULE,
    Reason.NO_SCORE,
    Reason.ASSIST,
    Reason.NOT_CERTIFIED,
    Reason.CERTIFICATE_EXPIRED,
)


def sweep_backlogs(*, now: datetime) -> int:
    """Begin, or go on, wherever the policy has changed since the last look; return in how many workflows."""
    if stop_in_force() is not None:
        return 0
    started = Stop.objects.filter(started_at__gte=OuterRef("begun_at"))
    done = Rescoring.objects.filter(
        ~Exists(started),
        workflow_id=OuterRef("pk"),
        version=OuterRef("policy_version"),
        finished_at__isnull=False,
    )
    behind = Workflow.objects.filter(~Exists(done), archived_at=None).values_list("pk", "slug")
    begun = [pk for pk, slug in behind if _begin(pk, slug, now)]
    for pk in begun:
        enqueue(JOB, str(pk))
    return len(begun)


def rescore(*, workflow_id: UUID, now: datetime) -> Rescoring:
    """Work a pass through to its end; return it. May be called again at any time, by several at once."""
    while step(workflow_id=workflow_id, now=now):
        pass
    return Rescoring.objects.get(pk=workflow_id)


def rescoring_of(workflow_id: UUID) -> Rescoring | None:
    """Return the latest look at what waits; None where there was none."""
    return Rescoring.objects.filter(pk=workflow_id, total__gt=0).first()


@transaction.atomic
def _begin(workflow_id: UUID, slug: str, now: datetime) -> bool:
    """Begin a pass under the present policy, unless one is under way or there is nothing to look at."""
    current = _present(slug)
    row = Rescoring.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=workflow_id).first()
    if row is None and Rescoring.objects.filter(pk=workflow_id).exists():
        return False  # a worker is at it
    is_same = row is not None and row.version == current.policy_version
    if row is not None and is_same and not Stop.objects.filter(started_at__gte=row.begun_at).exists():
        return row.finished_at is None
    total = to_look_at(current, now).count()
    values = {
        "version": current.policy_version,
        "cursor": None,
        "begun_at": now,
        "finished_at": None if total else now,
        "total": total,
        "looked": 0,
        "decided": 0,
        "suggested": 0,
    }
    Rescoring.objects.update_or_create(workflow_id=workflow_id, defaults=values)
    return total > 0


def _present(slug: str) -> WorkflowInForce:
    """Return what is in force now, whatever this process remembers."""
    forget(slug)
    return workflow_in_force(slug)


def to_look_at(current: WorkflowInForce, now: datetime) -> QuerySet[Task]:
    """Return the waiting tasks of the cases that the present rule might treat otherwise, in their order."""
    waiting = Task.objects.filter(
        workflow_id=current.workflow_id,
        schema_version=current.schema_version,
        status=TaskStatus.WAITING,
        purpose=Purpose.REVIEW,
        slot=1,
        leased_at=None,
        escalated_by=None,
        for_adjudicator=False,
        case__status=CaseStatus.WAITING,
        epoch=F("case__epoch"),
    ).order_by("pk")
    closed = current.champion.rule.closed(now.timestamp())
    if current.champion.served is None or closed in _SILENT:
        return waiting.none()
    said = Review.objects.filter(case_id=OuterRef("case_id"), epoch=OuterRef("epoch"))
    skipped = Skip.objects.filter(task_id=OuterRef("pk"))
    differing = DisagreementDraw.objects.filter(pk=OuterRef("case_id"))
    routed = Decision.objects.filter(case_id=OuterRef("case_id"), epoch=OuterRef("epoch"), sequence=0)
    awaited = routed.filter(is_blind=True, score__isnull=False).exclude(reason=Reason.SHADOW)
    stale = ~Q(release_id=current.champion.release_id) | Q(release_id=None)
    if closed is None:
        stale |= (
            ~Q(cutoff_set_id=current.champion.cutoff_set_id)
            | Q(cutoff_set_id=None)
            | Q(reason__in=_NOT_COMPARED)
        )
    rest = waiting.filter(
        ~Exists(said), ~Exists(skipped), ~Exists(differing), ~Exists(awaited), Exists(routed.filter(stale))
    )
    return rest if current.canary is None else rest.filter(~Exists(_of_canary(routed, current.canary)))


def _of_canary(routed: QuerySet[Decision], canary: CanaryArms) -> QuerySet[Decision]:
    """Return the routings whose arms fall to a canary: what it scored stays as it is while it goes on."""
    place = Mod(F("arm") - Value(canary.first_arm) + Value(ARMS), Value(ARMS))
    return routed.annotate(place=place).filter(place__lt=canary.share)


def step(*, workflow_id: UUID, now: datetime) -> bool:
    """Look at the next few cases; False when there is nothing left, or another worker is at it."""
    row = Rescoring.objects.select_related("workflow").filter(pk=workflow_id, finished_at=None).first()
    if row is None:
        return False
    current = workflow_in_force(row.workflow.slug)
    if current.policy_version != row.version or current.stopped:
        current = _present(row.workflow.slug)
        if current.policy_version != row.version or current.stopped:  # the sweep begins anew
            return False
    tasks = to_look_at(current, now).select_related("case")
    if row.cursor is not None:
        tasks = tasks.filter(pk__gt=row.cursor)
    found = list(tasks[:CHUNK])
    looked = look(current, found, now)
    try:
        return _write(row, current, looked, found, now)
    except Stale:
        forget(row.workflow.slug)
        return True


@transaction.atomic
def _write(
    row: Rescoring, current: WorkflowInForce, looked: Sequence[Again], found: Sequence[Task], now: datetime
) -> bool:
    """Write what the rule says now of those cases that are still as they were read.

    Raises:
        Stale: it was decided under old rules; nothing is written.
    """
    mine = Rescoring.objects.select_for_update(no_key=True, skip_locked=True).filter(
        pk=row.pk, version=row.version, cursor=row.cursor, finished_at=None
    )
    if not mine.exists():
        return False  # another worker was faster
    pass_gate(workflow_id=current.workflow_id, policy_version=row.version, stopped=current.stopped)
    changed = unchanged([one for one in looked if one.is_auto or one.outcome.label is not None])
    # Where only the cutoffs are others and people decide all the same, everything stays as it is.
    before = releases_of(changed)
    changed = [
        one for one in changed if one.is_auto or before.get(one.case.pk) != current.champion.release_id
    ]
    route(current, changed, now)
    pass_stop(stopped=current.stopped)
    is_last = len(found) < CHUNK
    automatic = sum(one.is_auto for one in changed)
    Rescoring.objects.filter(pk=row.pk).update(
        cursor=found[-1].pk if found else row.cursor,
        looked=F("looked") + len(found),
        decided=F("decided") + automatic,
        suggested=F("suggested") + len(changed) - automatic,
        finished_at=now if is_last else None,
    )
    if is_last:
        done = Rescoring.objects.get(pk=row.pk)
        counts = {name: getattr(done, name) for name in ("looked", "decided", "suggested")}
        record(action="backlog.rescored", actor=ACTOR, now=now, about=row.workflow, detail=counts)
    return not is_last
