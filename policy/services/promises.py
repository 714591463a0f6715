"""The promise of a workflow: state it, change it, and say how it is audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.accounts.automation import require_answerable, require_raiser
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words, figure
from models_store.selectors import champion
from policy.models import Policy
from policy.services.locking import locked_policy
from policy.types import Degree, LossKind, PeriodLength, Scope
from science.decision_terms import Degree as ByRank
from science.rule import AUDIT_FLOOR

TARGET_FLOOR = 1e-6  # no number of labels within reason proves less than one wrong in a million
BLIND_FLOOR = 0.01  # below this a release collects no blind labels to speak of


@dataclass(frozen=True, slots=True)
class Promise:
    """What an operator promises about a workflow's automatic decisions.

    Attributes:
        target: the largest share of them that may be wrong, in (0, 1).
        confidence: with which that must hold, in (0.5, 1).
        scope: whether it is about all of them together or about each label's.
        audit_base: share of automatic decisions that is audited in quiet times.
        audit_amber: the same while the evidence is doubtful.
        blind_share: least share of reviewed cases answered without sight of the model's output.
        loss: whether each mistake counts the same, or what its label costs.
        corrects_misses: whether a stricter promise is proved, by what reviewers miss of known-answer cases.
        budget_period: how long an error budget lasts; a change holds from the next period on.
        audits_for_budget: whether audits are raised to what proves the error budget kept.
    """

    target: float = 0.01
    confidence: float = 0.95
    scope: str = Scope.OVERALL
    audit_base: float = 0.02
    audit_amber: float = 0.25
    blind_share: float = 0.1
    loss: str = LossKind.ERRORS
    corrects_misses: bool = False
    budget_period: str = PeriodLength.QUARTER
    audits_for_budget: bool = True

    def errors(self) -> list[Problem]:
        """Name each field that does not fit, with its fix; NaN fits nowhere."""
        ranges = {
            "target": (
                TARGET_FLOOR <= self.target < 1,
                Words("from %(floor)s and below 1: 0.01 is 1 %%", floor=figure(TARGET_FLOOR, ".6f")),
            ),
            "confidence": (0.5 < self.confidence < 1, Words("above 0.5 and below 1: 0.95 is 95 %")),
            "scope": (self.scope in Scope.values, Words("one of %(names)s", names=", ".join(Scope.values))),
            "loss": (
                self.loss in LossKind.values,
                Words("one of %(names)s", names=", ".join(LossKind.values)),
            ),
            "budget_period": (
                self.budget_period in PeriodLength.values,
                Words("one of %(names)s", names=", ".join(PeriodLength.values)),
            ),
            "audit_base": (
                AUDIT_FLOOR <= self.audit_base <= 1,
                Words("from %(floor)s to 1: audits never stop", floor=figure(AUDIT_FLOOR)),
            ),
            "audit_amber": (self.audit_base <= self.audit_amber <= 1, Words("from audit_base to 1")),
            "blind_share": (
                BLIND_FLOOR <= self.blind_share <= 1,
                Words("from %(floor)s to 1", floor=figure(BLIND_FLOOR)),
            ),
        }
        return [
            Problem(
                field=field,
                error=Words("is %(value)s", value=repr(getattr(self, field))),
                fix=Words("Give a value %(range)s.", range=fix),
            )
            for field, (fits, fix) in ranges.items()
            if not fits
        ]

    def looser(self) -> list[tuple[str, str]]:
        """Name each field that promises less, or looks less closely, than the promise that nobody has to
        choose, and up to where it may go without.
        """
        usual = Promise()
        within: dict[str, tuple[bool, str]] = {
            "target": (self.target <= usual.target, Words("at most %(number)s", number=figure(usual.target)))
        }
        for field in ("confidence", "audit_base", "audit_amber", "blind_share"):
            least = getattr(usual, field)
            within[field] = (
                getattr(self, field) >= least,
                Words("at least %(number)s", number=figure(least)),
            )
        within["loss"] = (self.loss == usual.loss, str(usual.loss))
        return [
            (f"promise.{field}", Words("A key may send %(limit)s.", limit=limit))
            for field, (fits, limit) in within.items()
            if not fits
        ]


@transaction.atomic
def create_policy(
    *,
    workflow_id: UUID,
    promise: Promise,
    degree: str,
    actor: Actor,
    now: datetime,
    needs_second_person: bool = False,
) -> Policy:
    """Give a new workflow its policy; any degree but `full` will do: without a model nothing is automatic.

    Raises:
        Invalid: the promise or the degree does not fit; nothing is written.
        PersonNeeded, NotAllowed: it would let the model decide more than the actor may allow.
    """
    errors = promise.errors()
    if degree not in Degree.values or degree == Degree.FULL:
        allowed = ", ".join(value for value in Degree.values if value != Degree.FULL)
        errors.append(
            Problem(
                field="degree",
                error=Words("is %(value)s, which is no degree to begin with", value=repr(degree)),
                fix=Words("Use one of %(names)s.", names=allowed),
            )
        )
    if errors:
        raise Invalid(errors)
    require_answerable(actor, _raised(promise, degree))
    policy = Policy.objects.create(
        workflow_id=workflow_id,
        degree=degree,
        audit_rate=promise.audit_base,
        blind_rate=promise.blind_share,
        needs_second_person=needs_second_person,
        **_columns(promise),
    )
    detail = {"degree": degree, "needs_second_person": needs_second_person, **_columns(promise)}
    record(action="policy.created", actor=actor, now=now, about=policy.workflow, detail=detail)
    return policy


@transaction.atomic
def change_promise(
    *,
    workflow_id: UUID,
    promise: Promise,
    actor: Actor,
    now: datetime,
    follows_certificates: bool = True,
    seen: str | None = None,
) -> Policy:
    """Change the promise; people decide what no certificate in force covers, from the next case on.

    A model in service is certified anew for the changed promise, by a job.

    Raises:
        NotFound, NotAllowed, Invalid, ChangedMeanwhile: nothing is changed.
    """
    policy = locked_policy(workflow_id, seen=seen)
    require_raiser(actor)
    errors = promise.errors()
    if errors:
        raise Invalid(errors)
    changes: dict[str, Any] = {**_columns(promise), "follows_certificates": follows_certificates}
    before = {name: getattr(policy, name) for name in changes}
    if before == changes:
        return policy
    for name, value in changes.items():
        setattr(policy, name, value)
    if promise.scope == Scope.OVERALL:
        policy.label_degrees = {}
    quiet = policy.audit_rate == max(before["audit_base"], policy.audit_least)
    policy.audit_rate = max(promise.audit_base if quiet else promise.audit_amber, policy.audit_least)
    policy.blind_rate = promise.blind_share if quiet else 1.0
    policy.save()
    bump(workflow_id)
    record(
        action="promise.changed",
        actor=actor,
        now=now,
        about=policy.workflow,
        detail={name: [before[name], value] for name, value in changes.items() if before[name] != value},
    )
    release = champion(workflow_id)
    if release is not None:
        enqueue("policy.certify_release", str(release.id))
    return policy


def _raised(promise: Promise, degree: str) -> list[tuple[str, str]]:
    below = [one.value for one in ByRank if one.rank <= ByRank.ASSIST.rank]
    if degree in below:
        return promise.looser()
    return [("degree", Words("A key may send one of %(names)s.", names=", ".join(below))), *promise.looser()]


def _columns(promise: Promise) -> dict[str, Any]:
    return {
        "target": promise.target,
        "confidence": promise.confidence,
        "scope": str(promise.scope),
        "audit_base": promise.audit_base,
        "audit_amber": promise.audit_amber,
        "blind_share": promise.blind_share,
        "loss": str(promise.loss),
        "corrects_misses": promise.corrects_misses,
        "budget_period": str(promise.budget_period),
        "audits_for_budget": promise.audits_for_budget,
    }
