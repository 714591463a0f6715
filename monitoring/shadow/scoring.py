"""Let the releases in shadow score the traffic, some cases at a time, each case once for each release."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from hitl.shared.canonical import derived_key
from models_store.models import ShadowProgress, ShadowScore
from models_store.selectors import training_settings
from models_store.services.shadow_scores import Routed, score_in_shadow
from models_store.types import ReleaseRole
from policy.models import Decision
from policy.models.canaries import Bake
from science.draws import SHADOW, uniform

BATCH = 250
SETTLE = timedelta(minutes=2)  # a routing is dated before it commits: the youngest are left to the next run
LATE = timedelta(minutes=30)  # one that took longer than that to commit is found behind the cursor until then


def score_workflow(
    workflow_id: UUID, *, now: datetime, settle: timedelta = SETTLE, seconds: float = 20.0
) -> int:
    """Score what has come in since the last run, for at most so many seconds; return how many scores.

    Each batch is one transaction behind its releases' cursors. A worker that is killed in it leaves nothing,
    and the next run begins where the last batch ended; a second worker finds the cursors taken.
    """
    end, scored = time.monotonic() + seconds, _score_late(workflow_id, now)
    scored += _score_audited(workflow_id, now, now - settle)
    while True:
        written = _score_batch(workflow_id, now, now - settle)
        if written is None or time.monotonic() > end:
            return scored + (written or 0)
        scored += written


def routings(workflow_id: UUID) -> QuerySet[Decision]:
    """Return the routings of a workflow, in no order: what every release in shadow is to score."""
    return Decision.objects.filter(workflow_id=workflow_id, sequence=0, epoch=1)


def is_scored(case_id: UUID, share: float) -> bool:
    """Tell whether a case is drawn for scoring in shadow: a keyed hash of its own, alike for all releases."""
    return share >= 1 or uniform(derived_key("draws"), SHADOW, case_id, 1) < share


@transaction.atomic
def _score_batch(workflow_id: UUID, now: datetime, until: datetime) -> int | None:
    """Score the next cases; None when there are none, or another worker is at it."""
    progress = _locked(workflow_id)
    if not progress:
        return None
    begin = min(_place(one) for one in progress)
    rows = routings(workflow_id).filter(decided_at__gte=begin.at, decided_at__lte=until)
    rows = rows.filter(Q(decided_at__gt=begin.at) | Q(case_id__gt=begin.case_id))
    found = rows.order_by("decided_at", "case_id").values_list("decided_at", "case_id")
    routed = [Routed(at, case_id) for at, case_id in found[:BATCH]]
    if not routed:
        return None
    share = training_settings(workflow_id).shadow_share / 100
    drawn = [one for one in routed if is_scored(one.case_id, share)]
    own = {one.pk: [case for case in drawn if case > _place(one)] for one in progress}
    written = score_in_shadow(progress, own, now=now)
    last = routed[-1]
    for one in progress:
        if last > _place(one):
            ShadowProgress.objects.filter(pk=one.pk).update(cursor_at=last.at, cursor_case=last.case_id)
    return written


@transaction.atomic
def _score_late(workflow_id: UUID, now: datetime) -> int:
    """Score what committed behind the cursors, so that nothing is missed for good."""
    progress = [one for one in _locked(workflow_id) if one.cursor_at is not None]
    if not progress:
        return 0
    share = training_settings(workflow_id).shadow_share / 100
    missing = {}
    for one in progress:
        place = _place(one)
        rows = routings(workflow_id).filter(
            decided_at__gte=max(one.since, place.at - LATE), decided_at__lte=place.at
        )
        scores = ShadowScore.objects.filter(
            release_id=one.pk, case_id=OuterRef("case_id"), routed_at=OuterRef("decided_at")
        )
        found = rows.filter(~Exists(scores)).values_list("decided_at", "case_id")[:BATCH]
        late = [Routed(at, case_id) for at, case_id in found]
        missing[one.pk] = [case for case in late if case <= place and is_scored(case.case_id, share)]
    return score_in_shadow(progress, missing, now=now)


@transaction.atomic
def _score_audited(workflow_id: UUID, now: datetime, until: datetime) -> int:
    """Let the champion before score what the new one's audits were drawn for, while that one bakes.

    Were it brought back, what it would have said of these cases is known at once.
    """
    bake = Bake.objects.filter(workflow_id=workflow_id, ended_at=None).first()
    if bake is None:
        return 0
    ShadowProgress.objects.get_or_create(release_id=bake.blue_id, defaults={"since": bake.since})
    rows = ShadowProgress.objects.select_related("release").filter(pk=bake.blue_id)
    progress = list(rows.select_for_update(of=("self",), no_key=True, skip_locked=True))
    if not progress:
        return 0
    scores = ShadowScore.objects.filter(
        release_id=bake.blue_id, case_id=OuterRef("case_id"), routed_at=OuterRef("decided_at")
    )
    audited = routings(workflow_id).filter(decided_at__gte=bake.since, decided_at__lte=until, is_audited=True)
    found = audited.filter(~Exists(scores)).values_list("decided_at", "case_id")[:BATCH]
    return score_in_shadow(progress, {bake.blue_id: [Routed(*one) for one in found]}, now=now)


def _locked(workflow_id: UUID) -> Sequence[ShadowProgress]:
    in_shadow = {"release__role_spans__role": ReleaseRole.SHADOW, "release__role_spans__until": None}
    rows = ShadowProgress.objects.select_related("release").filter(
        release__workflow_id=workflow_id, **in_shadow
    )
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True))


def _place(one: ShadowProgress) -> Routed:
    """Return the place behind which its cases begin."""
    if one.cursor_at is None or one.cursor_case is None:
        return Routed(one.since, UUID(int=0))
    return Routed(one.cursor_at, one.cursor_case)
