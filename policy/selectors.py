"""Questions about policy."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Max

from hitl.audit.models import Entry
from hitl.shared.errors import NotFound
from hitl.shared.statements import statements_beside
from models_store.types import ReleaseRole
from policy.models import (
    Certificate,
    CutoffSet,
    Decision,
    DegreeChange,
    HandoverTrial,
    Policy,
    Recall,
    Trial,
)
from policy.models.canaries import Bake, Canary, ReleaseChange
from policy.types import LIVE_CERTIFICATES, ChangeStatus


def history_of(case_id: UUID) -> list[Decision]:
    """Return everything that was ever decided about a case, oldest first."""
    decisions = Decision.objects.filter(case_id=case_id).select_related(
        "release", "cutoff_set", "certificate"
    )
    return list(decisions.order_by("epoch", "sequence"))


class Routing(NamedTuple):
    """How a case was routed in one epoch, and what the model said of it.

    `differing` are the labels that releases would decide, where it was drawn because they differ.
    """

    case_id: UUID
    epoch: int
    route: str
    reason: str
    label: str | None
    predicted: str | None
    score: float | None
    differing: list[str] | None
    cutoffs: dict[str, float] | None


_ROUTINGS = statements_beside(__file__)["routings_of"].prepared()


def routings_of(case_ids: Collection[UUID]) -> list[Routing]:
    """Return how these cases were routed, by a statement of our own: every blind answer asks."""
    with connection.cursor() as cursor:
        _ROUTINGS.execute(cursor, {"cases": list(case_ids)})
        rows = cursor.fetchall()
    return [Routing(*row)._replace(cutoffs=orjson.loads(row[-1]) if row[-1] else None) for row in rows]


def open_handovers(workflow_id: UUID) -> list[HandoverTrial]:
    """Return the handovers that are going on, by challenger, oldest first."""
    rows = HandoverTrial.objects.select_related("release", "champion")
    return list(rows.filter(workflow_id=workflow_id, ended_at=None).order_by("release__number"))


def open_canary(workflow_id: UUID) -> Canary | None:
    """Return the canary of a workflow whose release has that role still."""
    role = {"release__role_spans__role": ReleaseRole.CANARY, "release__role_spans__until": None}
    rows = Canary.objects.select_related("release", "champion", "workflow")
    return rows.filter(workflow_id=workflow_id, ended_at=None, **role).first()


def canary_of(release_id: UUID) -> Canary | None:
    """Return the canary of a release that is going on."""
    rows = Canary.objects.select_related("champion")
    return rows.filter(release_id=release_id, ended_at=None).first()


def last_canary_of(release_id: UUID) -> Canary | None:
    """Return the latest canary of a release that has ended."""
    rows = Canary.objects.filter(release_id=release_id).exclude(ended_at=None)
    return rows.order_by("-started_at").first()


def bake_of(release_id: UUID) -> Bake | None:
    """Return the baking of a release that is going on."""
    return Bake.objects.select_related("blue").filter(green_id=release_id, ended_at=None).first()


def bake_that_returned(release_id: UUID) -> Bake | None:
    """Return a baking of a release that an alarm ended."""
    return Bake.objects.select_related("blue").filter(green_id=release_id, outcome="returned").first()


def release_change_asked(release_id: UUID) -> ReleaseChange | None:
    """Return what one person asked for and another has to approve."""
    return ReleaseChange.objects.filter(release_id=release_id, status=ChangeStatus.ASKED).first()


def cutoffs_in_force(release_id: UUID) -> CutoffSet | None:
    """Return the cutoffs that decisions of this release use now, with their certificate."""
    sets = CutoffSet.objects.select_related("certificate", "made_by", "approved_by")
    return sets.filter(release_id=release_id, in_force_from__isnull=False, in_force_until=None).first()


def cutoffs_in_force_of(release_ids: Collection[UUID]) -> dict[UUID, CutoffSet]:
    """Return the cutoffs that decisions of these releases use now, by release, with their certificates."""
    sets = CutoffSet.objects.select_related("certificate").defer("certificate__evidence")
    found = sets.filter(release__in=release_ids, in_force_from__isnull=False, in_force_until=None)
    return {one.release_id: one for one in found}


def proposed_cutoffs(release_id: UUID) -> CutoffSet | None:
    """Return the cutoffs that wait for another operator's approval."""
    sets = CutoffSet.objects.select_related("made_by")
    return sets.filter(release_id=release_id, in_force_from=None, withdrawn_at=None).first()


def cutoff_history(workflow_id: UUID, *, limit: int = 30) -> list[CutoffSet]:
    """Return the latest sets of a workflow, newest first."""
    sets = CutoffSet.objects.select_related("release", "certificate", "made_by", "approved_by")
    return list(sets.filter(workflow_id=workflow_id).order_by("-id")[:limit])


def degree_history(workflow_id: UUID, *, limit: int = 30) -> list[DegreeChange]:
    """Return the latest changes of degree, newest first."""
    return list(DegreeChange.objects.filter(workflow_id=workflow_id).order_by("-id")[:limit])


def ruled_since(workflow_id: UUID) -> datetime | None:
    """Return since when cutoffs, degrees and the breaker are as they are now; None: from ever."""
    cutoffs = CutoffSet.objects.filter(workflow_id=workflow_id).aggregate(
        begun=Max("in_force_from"), ended=Max("in_force_until")
    )
    degrees = DegreeChange.objects.filter(workflow_id=workflow_id, status=ChangeStatus.MADE)
    breaker = Entry.objects.filter(workflow_id=workflow_id, action__in=("breaker.tripped", "breaker.reset"))
    times = [
        *cutoffs.values(),
        degrees.aggregate(made=Max("settled_at"))["made"],
        breaker.aggregate(moved=Max("at"))["moved"],
    ]
    return max((at for at in times if at is not None), default=None)


def asked_changes(workflow_id: UUID) -> list[DegreeChange]:
    """Return the changes of degree that wait for another operator."""
    return list(
        DegreeChange.objects.filter(workflow_id=workflow_id, status=ChangeStatus.ASKED).order_by("id")
    )


def latest_certificate(release_id: UUID) -> Certificate | None:
    """Return the newest certificate of a release, or attempt at one."""
    return Certificate.objects.filter(release_id=release_id).order_by("-id").first()


def certificate_history(workflow_id: UUID, *, limit: int = 20) -> list[Certificate]:
    """Return the latest certificates and attempts at one, newest first, without their evidence."""
    made = Certificate.objects.filter(workflow_id=workflow_id).select_related("release").defer("evidence")
    return list(made.order_by("-valid_from", "-id")[:limit])


def ended_trials(workflow_id: UUID, *, limit: int = 20) -> list[Trial]:
    """Return the latest trials that have ended, newest first, without their plans."""
    ended = Trial.objects.filter(workflow_id=workflow_id, ended_at__isnull=False).select_related("release")
    return list(ended.defer("plans", "states", "evidence").order_by("-frozen_at", "-id")[:limit])


def certificate_for(policy: Policy, release_id: UUID, *, now: datetime) -> Certificate | None:
    """Return the newest live certificate of a release that proves the present promise."""
    live = Certificate.objects.filter(
        release_id=release_id, status__in=LIVE_CERTIFICATES, valid_until__gt=now
    )
    return next((one for one in live.order_by("-id") if one.covers(policy)), None)


def recalls_of(workflow_id: UUID) -> list[Recall]:
    """Return the newest recalls of a workflow."""
    return list(Recall.objects.filter(workflow_id=workflow_id).select_related("release").order_by("-at")[:50])


def recall_of(workflow_id: UUID, recall_id: UUID) -> Recall:
    """Return one recall of the workflow.

    Raises:
        NotFound: it has no such recall.
    """
    found = Recall.objects.filter(pk=recall_id, workflow_id=workflow_id).select_related("release").first()
    if found is None:
        raise NotFound("There is no such recall.")
    return found
