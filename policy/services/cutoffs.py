"""Put cutoffs in force: a certificate's automatically, others by hand with reason and approver (ADR 0019)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from cases.services.versions import bump
from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotFound, Problem
from hitl.shared.given_reason import reason_problem
from hitl.shared.words import Words
from models_store.models import Release
from models_store.selectors import champion
from policy.errors import NoModel, NothingCertified, SecondPersonNeeded
from policy.in_force.basis import covers_cutoffs, points_of
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Policy
from policy.selectors import certificate_for, cutoffs_in_force
from policy.services.degrees import set_degree
from policy.services.locking import locked_policy
from policy.types import Scope
from science.decision_terms import Basis, Degree


@transaction.atomic
def set_cutoffs_by_hand(
    *,
    workflow_id: UUID,
    cutoffs: Mapping[str, float],
    reason: str,
    actor: Actor,
    now: datetime,
    seen: str | None = None,
) -> CutoffSet:
    """Set the cutoffs of the champion: label -> cutoff; a label left out is never automatic.

    Cutoffs that a live certificate covers come into force at once and the promise holds. Any others,
    stricter or looser, put the promise off: they wait for another operator's approval if there is another
    operator, and come into force at once if there is none, which the set and the audit log then say.

    Raises:
        NotFound, NotAllowed, Invalid, NoModel, ChangedMeanwhile: nothing is changed.
    """
    policy = locked_policy(workflow_id, seen=seen)
    require_raiser(actor)
    release = champion(workflow_id)
    if release is None:
        raise NoModel
    numbers = _checked(cutoffs, policy, release, reason)
    certificate = certificate_for(policy, release.id, now=now)
    if certificate and not covers_cutoffs(certificate, numbers, release.labels):
        certificate = None
    _withdraw_proposed(release, now)
    chosen = _new_set(policy, release, numbers, certificate, reason.strip(), actor, now)
    if certificate is None and _another_operator(actor):
        chosen.save(force_insert=True)
        _record("cutoffs.proposed", policy, chosen, actor, now)
        return chosen
    return _put_in_force(policy, chosen, actor, now)


@transaction.atomic
def approve(*, cutoff_set_id: UUID, actor: Actor, now: datetime) -> CutoffSet:
    """Put in force what another operator proposed.

    Raises:
        NotFound, NotAllowed, SecondPersonNeeded: the actor may not, or proposed it.
        Conflict: it was approved, withdrawn or replaced meanwhile, or another model is in service now.
    """
    policy, proposed = _locked_set(cutoff_set_id)
    require_raiser(actor)
    if not proposed.is_proposed:
        raise Conflict("These cutoffs no longer wait for approval.")
    if proposed.made_by_id == actor.user_id:
        raise SecondPersonNeeded
    release = champion(policy.workflow_id)
    if release is None or release.id != proposed.release_id or proposed.scope != policy.scope:
        raise Conflict("These cutoffs were proposed for another model or promise. Propose them anew.")
    proposed.approved_by_id = actor.user_id
    return _put_in_force(policy, proposed, actor, now)


@transaction.atomic
def withdraw(*, cutoff_set_id: UUID, reason: str, actor: Actor, now: datetime) -> CutoffSet:
    """Take back proposed cutoffs, or take those in force out of force: then people decide.

    Raises:
        NotFound, NotAllowed: nothing is changed.
        Conflict: the set is neither proposed nor in force.
    """
    policy, chosen = _locked_set(cutoff_set_id)
    require_lowerer(actor)
    if chosen.is_proposed:
        chosen.withdrawn_at = now
        chosen.save(update_fields=["withdrawn_at"])
    elif chosen.is_in_force:
        chosen.in_force_until = now
        chosen.save(update_fields=["in_force_until"])
        bump(policy.workflow_id)
        _tell(policy, None, now)
    else:
        raise Conflict("These cutoffs are neither proposed nor in force.")
    _record("cutoffs.withdrawn", policy, chosen, actor, now, reason=reason.strip() or chosen.reason)
    return chosen


@transaction.atomic
def use_certified(*, workflow_id: UUID, actor: Actor, now: datetime, seen: str | None = None) -> CutoffSet:
    """Go back to the loosest cutoffs that the champion's certificate covers, so that the promise holds again.

    Raises:
        NotFound, NotAllowed, NoModel, NothingCertified, ChangedMeanwhile: nothing is changed.
    """
    policy = locked_policy(workflow_id, seen=seen)
    require_raiser(actor)
    release = champion(workflow_id)
    if release is None:
        raise NoModel
    certificate = certificate_for(policy, release.id, now=now)
    if certificate is None or not certified_cutoffs(certificate, release):
        raise NothingCertified
    return follow(policy, certificate, actor=actor, now=now, reason=Words("Back to the certified cutoffs."))


def follow(
    policy: Policy, certificate: Certificate, *, actor: Actor, now: datetime, reason: str
) -> CutoffSet:
    """Put the loosest cutoffs of a certificate in force, inside the caller's transaction and lock."""
    release = certificate.release
    in_force = cutoffs_in_force(release.id)
    numbers = certified_cutoffs(certificate, release)
    if in_force and in_force.certificate_id == certificate.id and in_force.cutoffs == numbers:
        return in_force
    chosen = _new_set(policy, release, numbers, certificate, reason, actor, now)
    return _put_in_force(policy, chosen, actor, now)


def step_down(
    policy: Policy, before: CutoffSet, numbers: dict[str, float], *, reason: str, actor: Actor, now: datetime
) -> CutoffSet:
    """Put stricter cutoffs of the same certificate in force, inside the caller's transaction and lock.

    The audit log names the set that was refuted: that, and not the reason's wording, tells a step down.
    """
    chosen = _new_set(policy, before.release, numbers, before.certificate, reason, actor, now)
    return _put_in_force(policy, chosen, actor, now, refuted=before)


def certified_cutoffs(certificate: Certificate, release: Release) -> dict[str, float]:
    """Return the loosest certified cutoff of each label; labels without one are left out."""
    units = {label: points[-1] for label, points in points_of(certificate).items() if points}
    if certificate.scope == Scope.OVERALL:
        return dict.fromkeys(release.labels, units[None]) if None in units else {}
    return {label: units[label] for label in release.labels if label in units}


def _checked(cutoffs: Mapping[str, float], policy: Policy, release: Release, reason: str) -> dict[str, float]:
    errors = []
    if problem := reason_problem(reason, fix=Words("Say why these cutoffs.")):
        errors.append(problem)
    if not cutoffs:
        fix = Words("Give at least one, or lower the degree of automation: then people decide.")
        errors.append(Problem(field="cutoffs", error="name no label", fix=fix))
    for label, cutoff in cutoffs.items():
        if label not in release.labels:
            fix = Words("Use %(labels)s.", labels=", ".join(release.labels))
            errors.append(
                Problem(field=f"cutoffs.{label[:100]}", error="is for no label of the model", fix=fix)
            )
        elif isinstance(cutoff, bool) or not isinstance(cutoff, int | float) or not 0 <= cutoff <= 1:
            error = Words("is %(value)s, which is no cutoff", value=str(cutoff)[:40])
            errors.append(Problem(field=f"cutoffs.{label}", error=error, fix="Give a number from 0 to 1."))
    one_number = set(cutoffs) == set(release.labels) and len(set(cutoffs.values())) == 1
    if policy.scope == Scope.OVERALL and not errors and not one_number:
        fix = Words("Give every label the same cutoff, or change the promise to one for each label first.")
        errors.append(
            Problem(field="cutoffs", error="differ, and the promise is about all labels together", fix=fix)
        )
    if errors:
        raise Invalid(errors)
    return {label: float(cutoffs[label]) for label in release.labels if label in cutoffs}


def _another_operator(actor: Actor) -> bool:
    operators = User.objects.filter(Q(roles__contains=[Role.OPERATOR]) | Q(is_superuser=True), is_active=True)
    others = operators if actor.user_id is None else operators.exclude(pk=actor.user_id)
    return others.exists()


def _locked_set(cutoff_set_id: UUID) -> tuple[Policy, CutoffSet]:
    """Return the set with its policy locked, read again behind the lock."""
    found = CutoffSet.objects.filter(pk=cutoff_set_id).first()
    if found is None:
        raise NotFound(cutoff_set_id=str(cutoff_set_id))
    policy = locked_policy(found.workflow_id)
    return policy, CutoffSet.objects.select_related("certificate").get(pk=cutoff_set_id)


def _withdraw_proposed(release: Release, now: datetime) -> None:
    """One proposal at a time: a later one takes the place of an earlier."""
    release.cutoff_sets.filter(in_force_from=None, withdrawn_at=None).update(withdrawn_at=now)


def _new_set(
    policy: Policy,
    release: Release,
    numbers: dict[str, float],
    certificate: Certificate | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> CutoffSet:
    return CutoffSet(
        workflow_id=policy.workflow_id,
        release=release,
        certificate=certificate,
        scope=policy.scope,
        cutoffs=numbers,
        basis=_basis(policy, certificate),
        reason=reason,
        made_by_id=actor.user_id,
        made_at=now,
    )


def _basis(policy: Policy, certificate: Certificate | None) -> Basis:
    if certificate is None:
        return Basis.BY_HAND
    return Basis.PROVISIONAL if certificate.runs_provisionally(policy) else Basis.CERTIFIED


def _put_in_force(
    policy: Policy, chosen: CutoffSet, actor: Actor, now: datetime, *, refuted: CutoffSet | None = None
) -> CutoffSet:
    CutoffSet.objects.filter(
        release_id=chosen.release_id, in_force_from__isnull=False, in_force_until=None
    ).update(in_force_until=now)
    chosen.in_force_from = now
    chosen.save()
    bump(policy.workflow_id)
    facts = {"steps_down_from": str(refuted.id)} if refuted else {}
    _record("cutoffs.in_force", policy, chosen, actor, now, **facts)
    _tell(policy, chosen, now)
    if policy.degree == Degree.FULL and not rule_for(policy.workflow_id).rule.covers_everything:
        reason = Words("The cutoffs in force do not cover every case.")
        set_degree(workflow_id=policy.workflow_id, degree=Degree.PARTIAL, actor=actor, now=now, reason=reason)
    return chosen


def _tell(policy: Policy, chosen: CutoffSet | None, now: datetime) -> None:
    payload = {"cutoff_set": str(chosen.id), "basis": chosen.basis} if chosen else {"cutoff_set": None}
    emit(
        [
            News(
                kind="cutoffs.changed",
                subject_id=policy.workflow_id,
                workflow_id=policy.workflow_id,
                at=now,
                payload=payload,
            )
        ]
    )


def _record(
    action: str, policy: Policy, chosen: CutoffSet, actor: Actor, now: datetime, **facts: str
) -> None:
    detail = {
        "workflow": policy.workflow.slug,
        "release": str(chosen.release_id),
        "cutoffs": chosen.cutoffs,
        "basis": chosen.basis,
        "certificate": str(chosen.certificate_id) if chosen.certificate_id else None,
        "reason": chosen.reason,
        "made_by": chosen.made_by_id,
        "approved_by": chosen.approved_by_id,
        **facts,
    }
    record(action=action, actor=actor, now=now, about=chosen, detail=detail)
