"""Kinds of events, and states of deliveries."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """Status of a delivery."""

    DUE = "due", "due"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "taken back before it was sent"


TRANSITIONS: dict[str, tuple[str, ...]] = {
    "due": ("delivered", "failed", "cancelled"),
    "failed": ("due",),  # a replay by hand
    "delivered": ("due",),
}

EVENT_KINDS = (
    "case.submitted",
    "case.decided",
    "case.withdrawn",
    "decision.amended",
    "decision.voided",
    "decision.recalled",
    "recall.closed",
    "release.promoted",
    "release.rolled_back",
    "canary.started",
    "canary.widened",
    "canary.held",
    "canary.resumed",
    "training.finished",
    "cutoffs.changed",
    "degree.changed",
    "automation.stopped",
    "automation.started",
    "breaker.tripped",
    "breaker.reset",
    "promise.broken",
    "audit.checkpoint",
    "budget.period_closed",
    "budget.overspending",
    "alarm.raised",
    "alarm.cleared",
)

TEST_KIND = "endpoint.test"  # sent on request to one endpoint, whatever kinds it asked for
