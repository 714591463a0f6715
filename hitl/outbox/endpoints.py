"""Who gets events: add and change endpoints, try them, send again what did not arrive."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hitl.audit.log import record
from hitl.outbox.addresses import check_new_url
from hitl.outbox.breaker import end_pause
from hitl.outbox.event_kinds import EVENT_KINDS, TEST_KIND
from hitl.outbox.models import Delivery, Endpoint, Event
from hitl.outbox.signing import new_signing_secret
from hitl.outbox.types import TRANSITIONS, DeliveryStatus
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.ids import new_id
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move, move_one
from hitl.shared.words import Words

RELAY = "hitl.outbox.relay"


@transaction.atomic
def create_endpoint(
    *,
    name: str,
    url: str,
    kinds: Sequence[str],
    workflow_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Add an address that wants events. Its signing secret is the first of `secrets`.

    Intake keeps in memory whether anybody listens: `hitl.flow.setup.subscribe` tells it.

    Raises:
        Invalid: the name, the address or a kind does not fit.
    """
    problems = []
    if not name.strip() or len(name) > 100:
        problems.append(
            Problem(field="name", error="does not fit", fix="Say in at most 100 characters who gets them.")
        )
    if unknown := sorted(set(kinds) - set(EVENT_KINDS)):
        error = Words("%(kind)s is not known", kind=repr(unknown[0][:60]))
        fix = Words("Known kinds: %(kinds)s.", kinds=", ".join(EVENT_KINDS))
        problems.append(Problem(field="kinds", error=error, fix=fix))
    try:
        check_new_url(url)
    except Invalid as invalid:
        problems += invalid.facts["errors"]
    if problems:
        raise Invalid(problems)
    endpoint = Endpoint.objects.create(
        name=name.strip(),
        url=url,
        kinds=sorted(set(kinds)),
        workflow_id=workflow_id,
        secrets=[new_signing_secret()],
        created_at=now,
    )
    detail = {"name": endpoint.name, "url": url, "kinds": endpoint.kinds}
    record(action="endpoint.created", actor=actor, now=now, about=endpoint, detail=detail)
    return endpoint


@transaction.atomic
def disable_endpoint(*, endpoint_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Send nothing there any more; what is due waits.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoint = _locked(endpoint_id)
    if endpoint.disabled_at is None:
        Endpoint.objects.filter(pk=endpoint_id).update(disabled_at=now, disabled_because=reason)
        record(action="endpoint.disabled", actor=actor, now=now, about=endpoint, detail={"reason": reason})


@transaction.atomic
def enable_endpoint(*, endpoint_id: UUID, actor: Actor, now: datetime) -> None:
    """Send events there again, beginning with what waited.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoint = _locked(endpoint_id)
    if endpoint.disabled_at is not None:
        Endpoint.objects.filter(pk=endpoint_id).update(disabled_at=None, disabled_because="")
        end_pause(endpoint_id)
        record(action="endpoint.enabled", actor=actor, now=now, about=endpoint, detail={})
        enqueue(RELAY)


@transaction.atomic
def rotate_secret(*, endpoint_id: UUID, actor: Actor, now: datetime) -> str:
    """Return a new signing secret; events are signed with it and with the one before until the next rotation.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoint = _locked(endpoint_id)
    secret = new_signing_secret()
    endpoint.secrets = [secret, *endpoint.secrets[:1]]
    endpoint.save(update_fields=["secrets"])
    record(action="endpoint.rotated", actor=actor, now=now, about=endpoint, detail={})
    return secret


@transaction.atomic
def send_test_event(*, endpoint_id: UUID, now: datetime) -> Delivery:
    """Send an event that means nothing, to this endpoint alone.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoint = _locked(endpoint_id)
    event = Event.objects.create(
        id=new_id(),
        kind=TEST_KIND,
        workflow_id=endpoint.workflow_id,
        subject_id=endpoint.id,
        payload={"message": "This is a test."},  # untranslated: it is sent
        at=now,
        not_before=now,
    )
    delivery = Delivery.objects.create(event=event, endpoint=endpoint, due_at=now)
    end_pause(endpoint_id)
    enqueue(RELAY)
    return delivery


@transaction.atomic
def send_again(*, delivery_id: int, endpoint_id: UUID, now: datetime) -> None:
    """Send a delivery once more, whether it had arrived or failed.

    Raises:
        NotFound: the endpoint has no such delivery.
        Conflict: it is due already, or was taken back.
    """
    row = Delivery.objects.filter(pk=delivery_id, endpoint_id=endpoint_id)
    if not row.exists():
        raise NotFound()
    move_one(row, table=TRANSITIONS, to=DeliveryStatus.DUE, due_at=now, attempts=0)
    end_pause(endpoint_id)
    enqueue(RELAY)


@transaction.atomic
def send_failures_again(*, endpoint_id: UUID, now: datetime) -> int:
    """Send all failed deliveries of this endpoint once more; return how many."""
    failed = Delivery.objects.filter(endpoint_id=endpoint_id, status=DeliveryStatus.FAILED)
    count = move(failed, table=TRANSITIONS, to=DeliveryStatus.DUE, due_at=now, attempts=0)
    if count:
        end_pause(endpoint_id)
        enqueue(RELAY)
    return count


def _locked(endpoint_id: UUID) -> Endpoint:
    endpoint = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound()
    return endpoint
