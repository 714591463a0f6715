"""Look at what leaves the service and at what it records: webhooks and the audit log."""

from collections.abc import Iterator
from datetime import timedelta

from hitl.audit.models import Checkpoint, Entry
from hitl.doctor.findings import Finding, fine, look, wrong
from hitl.outbox.models import Delivery, Endpoint
from hitl.outbox.types import DeliveryStatus
from hitl.shared import clock

SIGNED_WITHIN = timedelta(hours=3)  # a job signs every hour
DELIVERED_WITHIN = timedelta(minutes=15)


def webhooks() -> Iterator[Finding]:
    """Look at endpoints that do not take what is sent, and at what is late."""
    endpoints = Endpoint.objects.all()
    if not endpoints:
        return
    off = [endpoint for endpoint in endpoints if endpoint.disabled_at]
    for endpoint in off:
        yield look(
            "webhooks",
            f"{endpoint.name} is off: {endpoint.disabled_because or 'somebody turned it off'}.",
            "Mend the receiver and turn it on again, on the page Webhooks.",
        )
    for endpoint in endpoints:
        if endpoint.failures and not endpoint.disabled_at:
            yield look(
                "webhooks",
                f"{endpoint.name} failed {endpoint.failures} times in a row.",
                "Its page says what it answered.",
            )
    late = Delivery.objects.filter(status=DeliveryStatus.DUE, due_at__lt=clock.now() - DELIVERED_WITHIN)
    if number := late.filter(endpoint__disabled_at=None).count():
        yield wrong(
            "webhooks",
            f"{number:,} deliveries are more than {DELIVERED_WITHIN.seconds // 60} minutes late.",
            "Look whether the worker of the queue webhooks runs.",
        )
    elif not off and not any(endpoint.failures for endpoint in endpoints):
        yield fine("webhooks", f"{len(endpoints)} take what is sent")


def audit_log() -> Iterator[Finding]:
    """Look whether the end of the audit log is signed; `verify_audit` walks through all of it."""
    last = Entry.objects.order_by("-number").first()
    if last is None:
        yield wrong(
            "audit log",
            "it is empty, although the service writes to it from its first account on.",
            "If this is not a new installation, bring the database back from the backup.",
        )
        return
    signed = Checkpoint.objects.order_by("-number").first()
    behind = last.number > (signed.number if signed else 0)
    if behind and last.at < clock.now() - SIGNED_WITHIN:
        yield wrong(
            "audit log",
            f"its end is not signed, although its last entry is of {last.at:%Y-%m-%d %H:%M} UTC.",
            "Look whether beat and the worker of the queue safety run.",
        )
        return
    until = (
        f"signed up to entry {signed.number:,}" if signed else "not signed yet: that comes within the hour"
    )
    yield fine("audit log", f"{last.number:,} entries, {until}")
