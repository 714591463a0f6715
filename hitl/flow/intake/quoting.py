"""Let a language model quote what speaks for its suggestion, where a person is about to see it.

It costs a request more for each such case, so it is asked for none that was decided, and for none that is
answered blind. What it quotes is kept as it came; what of it stands in the case is found when it is shown.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from models_store.doors import DoorFault
from models_store.models import Source, SourceScore
from models_store.services.remote import quotes_of
from reviews.models import Task
from reviews.types import Mode, TaskStatus

log = logging.getLogger(__name__)

YOUNG = timedelta(hours=6)  # a task that has waited longer is shown without
AT_ONCE = 50


def quote_for_people(source: Source, *, now: datetime, until: float) -> int:
    """Ask for quotes for the suggestions of the source that wait for a person; return of how many cases.

    No more are asked for after `until`, of the monotonic clock. What the model does not answer stays unasked;
    the next run asks again.
    """
    if not source.options.get("rationale") or not source.is_in_use:
        return 0
    waiting = Task.objects.filter(
        workflow_id=source.workflow_id,
        status=TaskStatus.WAITING,
        release__source=source,
        suggestion__isnull=False,
        created_at__gt=now - YOUNG,
    ).exclude(mode=Mode.BLIND)
    suggested = dict(waiting.order_by("created_at").values_list("case_id", "suggestion"))
    scores = SourceScore.objects.filter(
        source=source, case_id__in=list(suggested), proba__isnull=False, quoted__isnull=True
    )
    asked = 0
    for score in scores.select_related("case").order_by("at", "case_id")[:AT_ONCE]:
        if time.monotonic() > until:
            break
        label = str(suggested[score.case_id])
        try:
            quotes, milliseconds, cost = quotes_of(source, score.case.content, label)
        except DoorFault as fault:
            facts = {"source": str(source.pk), "reason": fault.reason.value, "why": fault.words}
            log.warning("no quotes from a model elsewhere", extra=facts)  # untranslated: a log
            break
        SourceScore.objects.filter(pk=score.pk).update(
            quoted={"label": label, "quotes": quotes[:12]},
            milliseconds=Coalesce(F("milliseconds"), Value(0.0)) + milliseconds,
            cost=Coalesce(F("cost"), Value(0.0)) + cost,
        )
        asked += 1
    return asked
