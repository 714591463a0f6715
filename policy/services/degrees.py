"""Change how much the model may decide: less at once, more with evidence and a person's reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.selectors import schema_in_force
from cases.services.versions import bump
from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.given_reason import checked_reason
from hitl.shared.transitions import move_one
from hitl.shared.words import Words
from policy.errors import AlreadyThere, EvidenceMissing, SecondPersonNeeded
from policy.in_force.evidence import hindrance
from policy.models import DegreeChange, Policy
from policy.services.locking import locked_policy
from policy.types import CHANGE_TRANSITIONS, ChangeStatus, Scope
from science.decision_terms import Degree


@transaction.atomic
def set_degree(
    *,
    workflow_id: UUID,
    degree: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    label: str = "",
    seen: str | None = None,
) -> DegreeChange:
    """Set the degree of automation of a workflow, or of one of its labels where each label has its promise.

    Going down takes effect with the next case in every process. Going up needs evidence, an operator and a
    reason; where the policy needs a second person, the change is only asked for (`approve_degree` makes it).
    `seen` is the mark of what the person looked at; it is not compared on the way down.

    Raises:
        NotFound, NotAllowed, Invalid, AlreadyThere, ChangedMeanwhile, EvidenceMissing: nothing is changed.
    """
    wanted = _known(degree)
    policy = locked_policy(workflow_id)
    before = _degree_of(policy, label)
    if wanted is before:
        raise AlreadyThere(degree=wanted.value)
    if label and wanted.rank > Degree(policy.degree).rank:
        raise Invalid(
            [
                Problem(
                    field="degree",
                    error="is above that of the workflow",
                    fix="Raise the workflow's degree first.",
                )
            ]
        )
    if wanted.rank < before.rank:
        require_lowerer(actor)
        _decline_asked(policy, label, actor, now)
        return _make(policy, _change(policy, label, before, wanted, reason, actor, now), actor, now)
    require_raiser(actor)
    locked_policy(workflow_id, seen=seen)
    checked_reason(reason, fix=Words("Say why more may be automated."))
    _check_evidence(policy, wanted, now)
    _decline_asked(policy, label, actor, now)
    change = _change(policy, label, before, wanted, reason, actor, now)
    if not policy.needs_second_person:
        return _make(policy, change, actor, now)
    change.save(force_insert=True)
    _record("degree.asked", policy, change, actor, now)
    return change


@transaction.atomic
def approve_degree(*, change_id: UUID, actor: Actor, now: datetime) -> DegreeChange:
    """Make a change that another operator asked for, if the evidence is still there.

    Raises:
        NotFound, NotAllowed, SecondPersonNeeded, EvidenceMissing, Conflict: nothing is changed.
    """
    policy, change = _asked(change_id)
    require_raiser(actor)
    if change.asked_by_id == actor.id:
        raise SecondPersonNeeded
    _check_evidence(policy, Degree(change.after), now)
    return _make(policy, change, actor, now)


@transaction.atomic
def decline_degree(*, change_id: UUID, actor: Actor, now: datetime) -> DegreeChange:
    """Turn down, or take back, a change that waits for approval."""
    policy, change = _asked(change_id)
    require_lowerer(actor)
    _settle(change, ChangeStatus.DECLINED, actor, now)
    _record("degree.declined", policy, change, actor, now)
    return change


def _known(degree: str) -> Degree:
    try:
        return Degree(degree)
    except ValueError:
        names = ", ".join(Degree)
        raise Invalid(
            [
                Problem(
                    field="degree",
                    error=Words("is %(value)s, which is no degree", value=repr(degree[:40])),
                    fix=Words("Use one of %(names)s.", names=names),
                )
            ]
        ) from None


def _degree_of(policy: Policy, label: str) -> Degree:
    if not label:
        return Degree(policy.degree)
    if policy.scope != Scope.PER_LABEL:
        fix = Words("Change the promise to one for each label first.")
        raise Invalid(
            [Problem(field="label", error="is named, and the promise is about all labels together", fix=fix)]
        )
    names = schema_in_force(policy.workflow).label_names
    if label not in names:
        raise Invalid(
            [
                Problem(
                    field="label",
                    error="is no label of this workflow",
                    fix=Words("Use one of %(names)s.", names=", ".join(names)),
                )
            ]
        )
    return min(
        Degree(policy.degree),
        Degree(policy.label_degrees.get(label, policy.degree)),
        key=lambda degree: degree.rank,
    )


def _check_evidence(policy: Policy, wanted: Degree, now: datetime) -> None:
    missing = hindrance(policy.workflow_id, degree=wanted, now=now)
    if missing:
        raise EvidenceMissing(missing, degree=wanted.value)


def _change(
    policy: Policy, label: str, before: Degree, after: Degree, reason: str, actor: Actor, now: datetime
) -> DegreeChange:
    return DegreeChange(
        workflow_id=policy.workflow_id,
        label=label,
        before=before.value,
        after=after.value,
        status=ChangeStatus.ASKED,
        reason=reason.strip(),
        asked_by=actor.name,
        asked_by_id=actor.id,
        asked_at=now,
    )


def _asked(change_id: UUID) -> tuple[Policy, DegreeChange]:
    """Return the change with its policy locked, read again behind the lock."""
    found = DegreeChange.objects.filter(pk=change_id).first()
    if found is None:
        raise NotFound(change_id=str(change_id))
    policy = locked_policy(found.workflow_id)
    return policy, DegreeChange.objects.get(pk=change_id)


def _decline_asked(policy: Policy, label: str, actor: Actor, now: datetime) -> None:
    """Whatever still waited was asked under other circumstances."""
    waiting = DegreeChange.objects.filter(
        workflow_id=policy.workflow_id, label=label, status=ChangeStatus.ASKED
    )
    waiting.update(status=ChangeStatus.DECLINED, settled_by=actor.name, settled_at=now)


def _settle(change: DegreeChange, status: ChangeStatus, actor: Actor, now: datetime) -> None:
    row = DegreeChange.objects.filter(pk=change.pk)
    move_one(row, table=CHANGE_TRANSITIONS, to=status, settled_by=actor.name, settled_at=now)
    change.status, change.settled_by, change.settled_at = status, actor.name, now


def _make(policy: Policy, change: DegreeChange, actor: Actor, now: datetime) -> DegreeChange:
    if change._state.adding:
        change.save(force_insert=True)
    _settle(change, ChangeStatus.MADE, actor, now)
    if not change.label:
        policy.degree = change.after
    elif Degree(change.after).rank >= Degree(policy.degree).rank:
        policy.label_degrees.pop(change.label, None)
    else:
        policy.label_degrees[change.label] = change.after
    policy.save(update_fields=["degree", "label_degrees"])
    bump(policy.workflow_id)
    _record("degree.changed", policy, change, actor, now)
    emit(
        [
            News(
                kind="degree.changed",
                subject_id=policy.workflow_id,
                workflow_id=policy.workflow_id,
                at=now,
                payload={"before": change.before, "after": change.after, "label": change.label or None},
            )
        ]
    )
    return change


def _record(action: str, policy: Policy, change: DegreeChange, actor: Actor, now: datetime) -> None:
    detail = {
        "before": change.before,
        "after": change.after,
        "label": change.label or None,
        "reason": change.reason,
        "asked_by": change.asked_by,
    }
    record(action=action, actor=actor, now=now, about=policy.workflow, detail=detail)
