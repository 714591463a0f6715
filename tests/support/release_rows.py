"""Situations of releases in their roles, without a trained model: only rows are moved."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from cases.models import Workflow
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.audit.verify import verify
from hitl.outbox.models import Delivery, Endpoint, Event
from hitl.shared.actor import Actor
from models_store.models import Release, RoleSpan
from models_store.services import roles
from models_store.types import ReleaseRole
from monitoring.watch.canary.changes import change_release
from policy.models.canaries import Canary, CanarySettings
from policy.types import ReleaseAction
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import decided
from tests.support.policy_rows import (
    automating_workflow,
    certificate_of,
    champion_of,
    cutoffs_of,
    operator,
)

BEGUN = NOW + timedelta(days=1)


@dataclass(slots=True)
class Releases:
    """A workflow that automates under its champion, a release in another role, and somebody who listens."""

    workflow: Workflow
    champion: Release
    release: Release
    actor: Actor = field(default_factory=operator)

    @property
    def canary(self) -> Canary:
        """The canary as it is stored now."""
        return Canary.objects.select_related("release", "champion").get(release=self.release)

    def ask(self, action: ReleaseAction, *, seen: str | None = None, actor: Actor | None = None) -> object:
        """Do what a person asks for on a page that showed the release in this role."""
        return change_release(
            release_id=self.release.pk,
            action=action,
            actor=actor or self.actor,
            now=BEGUN,
            reason="tests",
            seen=seen,
        )

    def begin(self) -> Canary:
        """Start the canary."""
        self.ask(ReleaseAction.CANARY)
        return self.canary


def releases(patch: pytest.MonkeyPatch, *, role: str = "shadow", history: int = 0, **policy: Any) -> Releases:
    """Return a workflow whose second release has this role, with a certificate and cutoffs of its own."""
    patch.setattr(roles, "make_ready", lambda _: None)  # before any lock, and tested by itself
    workflow = automating_workflow(**policy)
    first = Release.objects.get(workflow=workflow)
    RoleSpan.objects.filter(release=first).update(since=NOW - timedelta(days=30))
    if history:
        decided(first, history, at=NOW, wrong=history // 50, arm=0)
    second = champion_of(workflow, role=role) if role != "trained" else _trained(workflow)
    cutoffs_of(second, certificate_of(second))
    CanarySettings.objects.create(workflow=workflow, min_labels=20, min_hours=2)
    Endpoint.objects.create(name="tests", url="https://example.org/", secrets=["whsec_x"], created_at=NOW)
    with transaction.atomic():
        record(
            action="endpoint.enabled", actor=TESTER, now=NOW, about=workflow, detail={}
        )  # no log is ever empty
    return Releases(workflow, first, second)


def _trained(workflow: Workflow) -> Release:
    release = champion_of(workflow, role=ReleaseRole.SHADOW)
    RoleSpan.objects.filter(release=release).delete()
    return release


def assert_whole(workflow: Workflow) -> None:
    """Assert what holds of roles, canaries, news and the audit log at any moment."""
    spans = list(RoleSpan.objects.filter(workflow=workflow, until=None).values_list("release", "role"))
    assert len({release for release, _ in spans}) == len(spans), "a release has two roles"
    assert [role for _, role in spans].count("champion") <= 1
    going = set(Canary.objects.filter(workflow=workflow, ended_at=None).values_list("release", flat=True))
    assert going <= {release for release, role in spans if role == "canary"}
    assert Delivery.objects.count() == Event.objects.count()
    told = list(Event.objects.values_list("kind", "subject_id", "at"))
    assert len(set(told)) == len(told), "something was told twice"
    assert verify().holds


def told_of(release: Release) -> dict[str, int]:
    """Return how often each event about a release was told, and each entry recorded."""
    news = Event.objects.filter(subject_id=release.pk).values_list("kind", flat=True)
    entries = Entry.objects.filter(about_id=str(release.pk)).values_list("action", flat=True)
    return {
        **{f"told {kind}": list(news).count(kind) for kind in news},
        **{f"recorded {action}": list(entries).count(action) for action in entries},
    }
