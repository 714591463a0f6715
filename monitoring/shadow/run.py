"""One run beside the champion: score, draw, ask."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min

from models_store.models import RoleSpan
from models_store.services.shadow_months import keep_months
from models_store.types import ReleaseRole
from monitoring.shadow.asking import ask_about_draws
from monitoring.shadow.drawing import draw_disagreements
from monitoring.shadow.scoring import SETTLE, score_workflow
from policy.models import HandoverTrial
from policy.models.canaries import Bake
from policy.types import LIVE_CERTIFICATES


def shadow(workflow_id: UUID, *, now: datetime, settle: timedelta = SETTLE) -> None:
    """Let challengers score what came in, draw where they differ, and ask people about it.

    `settle` leaves out cases younger than that; only a replay whose writers are all done may use none.
    """
    score_workflow(workflow_id, now=now, settle=settle)
    draw_disagreements(workflow_id, now=now)
    ask_about_draws(workflow_id, now=now)


def workflows_with_challengers() -> list[UUID]:
    """Return the workflows in which something is in shadow, or a champion bakes."""
    spans = RoleSpan.objects.filter(role=ReleaseRole.SHADOW, until=None, workflow__archived_at=None)
    baking = Bake.objects.filter(ended_at=None, workflow__archived_at=None)
    found = {*spans.values_list("workflow_id", flat=True), *baking.values_list("workflow_id", flat=True)}
    return sorted(found)


def keep_score_months(*, now: datetime) -> tuple[int, int]:
    """Make the months of the scores that are to come; drop those that nothing rests on any more."""
    open_ones = HandoverTrial.objects.filter(ended_at=None)
    proved = HandoverTrial.objects.filter(certificate__status__in=LIVE_CERTIFICATES)
    begins = [rows.aggregate(at=Min("frozen_at"))["at"] for rows in (open_ones, proved)]
    return keep_months(now=now, needed_from=min((at for at in begins if at is not None), default=None))
