"""Figures about a challenger for people: how much it has scored, where it agrees, how far its handover is."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from models_store.models import Release, ShadowProgress, ShadowScore
from models_store.selectors import training_settings
from monitoring.shadow.scoring import is_scored, routings

JOINED_OVER = timedelta(hours=24)
JOINED_BAR = 0.999  # of the cases that were to be scored: below it, something loses cases
MAX_COUNTED = 50_000


def joined_share(release: Release, *, now: datetime) -> float | None:
    """Return which share of the cases that were to be scored in the last day of its shadow has a score.

    Counted from the routings, not from what the scorer believes to have done. A case that it could not score
    counts as joined: its row says why. None where there was no case.
    """
    progress = ShadowProgress.objects.filter(pk=release.pk).first()
    if progress is None or progress.cursor_at is None:
        return None
    begin = max(progress.since, progress.cursor_at - JOINED_OVER)
    rows = routings(release.workflow_id).filter(decided_at__gt=begin, decided_at__lte=progress.cursor_at)
    scores = ShadowScore.objects.filter(
        release_id=release.pk, case_id=OuterRef("case_id"), routed_at=OuterRef("decided_at")
    )
    share = training_settings(release.workflow_id).shadow_share / 100
    if share >= 1:
        received = rows.count()
        joined = rows.filter(Exists(scores)).count()
    else:
        found = rows.order_by("-decided_at").annotate(is_joined=Exists(scores))
        drawn = [
            is_joined
            for case_id, is_joined in found.values_list("case_id", "is_joined")[:MAX_COUNTED]
            if is_scored(case_id, share)
        ]
        received, joined = len(drawn), sum(drawn)
    return joined / received if received else None
