"""The roles of releases: one state machine. Each transition names actor, reason and evidence.

    trained -> shadow -> canary -> champion -> retired;  any -> retired;  champion <-> champion before

One champion at a time, several challengers. A transition is one transaction behind the workflow's lock, and
compares the role that the caller saw with the present one: of two at once the later sees what the first did.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.versions import bump
from hitl.accounts.automation import require_lowerer
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words
from models_store.access import require_operator
from models_store.errors import RoleMoved, RoleRefused, SchemaChanged
from models_store.models import Release, RoleSpan, ShadowProgress
from models_store.serving import make_ready
from models_store.types import CHALLENGERS, ROLE_TRANSITIONS, ReleaseRole

CERTIFY = "policy.certify_release"
MAX_IN_SHADOW = 5  # each costs a worker what the champion costs the web

_DECIDING = {ReleaseRole.CHAMPION.value, ReleaseRole.CANARY.value}
_ACTIONS = {
    ReleaseRole.SHADOW: "release.shadowed",
    ReleaseRole.CANARY: "release.canary",
    ReleaseRole.CHAMPION: "release.promoted",
    ReleaseRole.RETIRED: "release.retired",
}


def promote(
    *,
    release_id: UUID,
    actor: Actor,
    now: datetime,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
    seen: str | None = None,
) -> RoleSpan:
    """Make a release the champion; the one before it is retired. Promoting that one is the way back.

    Takes effect on the next case in every process. The champion stays what it is when asked again. With the
    one before it, challengers that are older than the new champion are retired.

    Raises:
        NotFound: there is no such release.
        NotAllowed: the actor is a person who does not operate models.
        SchemaChanged: the workflow's fields or labels have changed since it was trained.
        ArtifactRefused: its file is missing or damaged: every case would go to people.
        RoleRefused: it was retired without ever having been the champion.
        RoleMoved: its role is no longer the one that was seen.
    """
    return move(
        release_id=release_id,
        to=ReleaseRole.CHAMPION,
        actor=actor,
        now=now,
        reason=reason,
        evidence=evidence,
        seen=seen,
    )


def retire(
    *, release_id: UUID, actor: Actor, now: datetime, reason: str, seen: str | None = None
) -> RoleSpan:
    """Let a release have no part any more. The champion's cases go to people then.

    Raises:
        NotFound, NotAllowed, RoleMoved: nothing is changed.
    """
    return move(release_id=release_id, to=ReleaseRole.RETIRED, actor=actor, now=now, reason=reason, seen=seen)


def give_up(
    *,
    release_id: UUID,
    actor: Actor,
    now: datetime,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
) -> RoleSpan:
    """Retire a canary. Whoever is on duty may: it takes automation away.

    Raises:
        NotFound, NotAllowed, RoleMoved: nothing is changed.
    """
    require_lowerer(actor)
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model.")
    transition = _Transition(release, actor, now)
    return transition.make(ReleaseRole.RETIRED, reason.strip(), dict(evidence or {}), ReleaseRole.CANARY)


def move(
    *,
    release_id: UUID,
    to: ReleaseRole,
    actor: Actor,
    now: datetime,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
    seen: str | None = None,
) -> RoleSpan:
    """Give a release another role; nothing happens where it has it already.

    Args:
        evidence: what the transition rests on, as plain values.
        seen: the role that the caller saw it in; None leaves that unchecked.

    Raises:
        As `promote`.
    """
    require_operator(actor)
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model.")
    if to is not ReleaseRole.RETIRED:
        make_ready(release)  # before any lock: the store may be another machine
    return _Transition(release, actor, now).make(to, reason.strip(), dict(evidence or {}), seen)


class _Transition:
    """One transition with what follows from it, behind the workflow's lock."""

    def __init__(self, release: Release, actor: Actor, now: datetime) -> None:
        self.release, self.actor, self.now = release, actor, now

    @transaction.atomic
    def make(self, to: ReleaseRole, reason: str, evidence: dict[str, Any], seen: str | None) -> RoleSpan:
        workflow = Workflow.objects.select_for_update(no_key=True).get(pk=self.release.workflow_id)
        spans = RoleSpan.objects.filter(workflow=workflow, until=None).select_related("release")
        present = spans.filter(release=self.release).first()
        role = present.role if present else ReleaseRole.TRAINED
        if seen is not None and seen != role:
            raise RoleMoved(release=self.release.name, role=role)
        if present is not None and role == to:
            return present
        self._check(workflow, role, to)
        before = spans.filter(role=ReleaseRole.CHAMPION).first()
        if to is ReleaseRole.CHAMPION and before is not None:
            self._shift(
                before.release,
                before,
                ReleaseRole.RETIRED,
                Words("%(model)s took its place.", model=self.release.name),
            )
        facts = {"before": before.release.name if before else None} if to is ReleaseRole.CHAMPION else {}
        span = self._shift(self.release, present, to, reason, evidence, **facts)
        if to in CHALLENGERS:
            ShadowProgress.objects.get_or_create(release=self.release, defaults={"since": self.now})
            challengers = self._of_same_kind(spans).order_by("-release__number")
            for extra in challengers[MAX_IN_SHADOW:]:
                self._retire(extra, Words("%(n)s newer models are in shadow.", n=MAX_IN_SHADOW))
        if to is ReleaseRole.CHAMPION:
            for canary in spans.filter(role=ReleaseRole.CANARY):
                self._retire(
                    canary,
                    Words(
                        "%(model)s became the champion, which it was not compared with.",
                        model=self.release.name,
                    ),
                )
            for older in self._of_same_source(spans).filter(release__number__lt=self.release.number):
                self._retire(
                    older, Words("%(model)s, which is newer, became the champion.", model=self.release.name)
                )
            enqueue(CERTIFY, str(self.release.id))
        if not _DECIDING.isdisjoint((role, to)):
            bump(workflow.id)
        return span

    def _of_same_source(self, spans: QuerySet[RoleSpan]) -> QuerySet[RoleSpan]:
        """Return the challengers whose scores come from where its own do: not models from somewhere else."""
        return spans.filter(role=ReleaseRole.SHADOW, release__source=self.release.source)

    def _of_same_kind(self, spans: QuerySet[RoleSpan]) -> QuerySet[RoleSpan]:
        """Return those that a newer one stands in for: a cascade is no successor of its source alone."""
        return self._of_same_source(spans).filter(release__is_cascade=self.release.is_cascade)

    def _check(self, workflow: Workflow, role: str, to: ReleaseRole) -> None:
        if to not in ROLE_TRANSITIONS[role]:
            raise RoleRefused(
                Words(
                    "%(model)s has the role %(role)s: it cannot become %(to)s.",
                    model=self.release.name,
                    role=Words(str(role)),
                    to=Words(str(to)),
                ),
                release=self.release.name,
            )
        if to is ReleaseRole.RETIRED:
            return
        if (role, to) == (ReleaseRole.RETIRED, ReleaseRole.CHAMPION) and not RoleSpan.objects.filter(
            release=self.release, role=ReleaseRole.CHAMPION
        ).exists():
            raise RoleRefused(
                Words(
                    "%(model)s was retired and has never been the champion. Put it in shadow first.",
                    model=self.release.name,
                ),
                release=self.release.name,
            )
        schema = schema_in_force(workflow)
        if schema.schema_sha256 != self.release.schema_sha256:
            raise SchemaChanged(release=self.release.name)

    def _retire(self, span: RoleSpan, reason: str) -> None:
        self._shift(span.release, span, ReleaseRole.RETIRED, reason)

    def _shift(
        self,
        release: Release,
        present: RoleSpan | None,
        to: ReleaseRole,
        reason: str,
        evidence: dict[str, Any] | None = None,
        **facts: Any,
    ) -> RoleSpan:
        """End the present span, if nobody else has, and begin the next; tell the audit log."""
        if present is not None and not RoleSpan.objects.filter(pk=present.pk, until=None).update(
            until=self.now
        ):
            raise RoleMoved(release=release.name, role=present.role)
        span = RoleSpan.objects.create(
            workflow_id=release.workflow_id,
            release=release,
            role=to,
            since=self.now,
            by=self.actor.name,
            reason=reason,
            evidence=evidence or {},
        )
        came_from = present.role if present else ReleaseRole.TRAINED.value
        detail: dict[str, Any] = {"release": release.name, **facts, "from": came_from, "reason": reason}
        if evidence:
            detail["evidence"] = evidence
        record(action=_ACTIONS[to], actor=self.actor, now=self.now, about=release, detail=detail)
        if to is ReleaseRole.CHAMPION:
            told = {name: detail[name] for name in ("release", "before", "reason")}
            emit([News("release.promoted", release.id, release.workflow_id, self.now, told)])
        return span
