"""Cancel events that nobody has been told of yet."""

from uuid import UUID

from hitl.outbox.models import Delivery
from hitl.outbox.types import TRANSITIONS, DeliveryStatus
from hitl.shared.transitions import move


def take_back_news(*, subject_id: UUID, review_id: UUID) -> bool:
    """Cancel every delivery of what an answer did to `subject_id`; False when one has been tried.

    On False the caller must roll back: the others were cancelled in its transaction. A delivery that the
    relay holds at this moment is waited for.
    """
    news = Delivery.objects.filter(event__subject_id=subject_id, event__review_id=review_id)
    ids = list(news.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return True
    untried = Delivery.objects.filter(pk__in=ids, attempts=0, status=DeliveryStatus.DUE)
    return move(untried, table=TRANSITIONS, to=DeliveryStatus.CANCELLED) == len(ids)
