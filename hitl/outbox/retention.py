"""Delete old events: their subscribers have them, or will not get them any more.

What is due waits for a subscriber that is away, and a little longer than others are kept. Not for ever: one
that has gone without a word would keep every event from then on.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from hitl.outbox.event_kinds import EVENT_KINDS, TEST_KIND
from hitl.outbox.models import Attempt, Delivery, Event
from hitl.outbox.types import DeliveryStatus

CHUNK = 2000
PATIENCE = timedelta(days=14)  # for which an event that is due is kept longer; all tries of one take four

_IS_DUE = Q(status=DeliveryStatus.DUE, endpoint__disabled_at=None)

log = logging.getLogger(__name__)


def kept_days(kind: str) -> int:
    """Return for how many days an event of this kind is kept.

    What happens to cases is most of it, and the case has it all. What happens to the automation is rare, and
    looked for long afterwards.
    """
    is_about_cases = kind.startswith(("case.", "decision.")) or kind == TEST_KIND
    return settings.CASE_EVENT_DAYS if is_about_cases else settings.EVENT_DAYS


def purge_events(*, now: datetime) -> int:
    """Delete the events that are older than their kind is kept, with their deliveries; return how many.

    What an endpoint in use has yet to be sent stays for `PATIENCE` beyond that.
    """
    return sum(_purge(kind, now - timedelta(days=kept_days(kind))) for kind in (*EVENT_KINDS, TEST_KIND))


def _purge(kind: str, before: datetime) -> int:
    gone = 0
    while count := _purge_some(kind, before):
        gone += count
    return gone


@transaction.atomic
def _purge_some(kind: str, before: datetime) -> int:
    """In short transactions, so that nothing waits for them."""
    ids = list(_old(kind, before).order_by("at").values_list("pk", flat=True)[:CHUNK])
    _say_who_missed(ids)
    Attempt.objects.filter(delivery__event__in=ids)._raw_delete("default")
    Delivery.objects.filter(event__in=ids)._raw_delete("default")
    Event.objects.filter(pk__in=ids)._raw_delete("default")
    return len(ids)


def _say_who_missed(events: list[UUID]) -> None:
    """Leave a line for each subscriber that will never be sent what it wanted."""
    missed = Delivery.objects.filter(_IS_DUE, event__in=events).values_list("endpoint_id", "endpoint__name")
    for (endpoint, name), count in Counter(missed).items():
        facts = {"endpoint": str(endpoint), "subscriber": name, "events": count}
        log.warning(
            "events were deleted that a subscriber never took",  # untranslated: a log
            extra=facts,
        )


def _old(kind: str, before: datetime) -> QuerySet[Event]:
    waits = Exists(Delivery.objects.filter(_IS_DUE, event=OuterRef("pk")))
    return Event.objects.filter(~waits | Q(at__lt=before - PATIENCE), kind=kind, at__lt=before)
