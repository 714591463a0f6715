"""Events, written in the transaction of the change they report, and their deliveries (ADR 0024)."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from hitl.outbox.types import DeliveryStatus
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField


class Endpoint(models.Model):
    """One row per address that wants events (a webhook)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    url = models.URLField(max_length=500)
    kinds = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text=gettext_lazy("Kinds of event; empty means all."),
    )
    workflow_id = models.UUIDField(
        null=True, blank=True, help_text=gettext_lazy("Only events of this workflow.")
    )
    secrets = ArrayField(
        models.CharField(max_length=100), help_text=gettext_lazy("Signing secrets; several while rotating.")
    )
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = WordsField(blank=True, default="")
    failures = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("Attempts that failed, in a row.")
    )
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Nothing is sent before.")
    )

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One row per thing that happened and that somebody subscribed to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    workflow_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(
        help_text=gettext_lazy("The case, release or other thing the event is about.")
    )
    payload = models.JSONField(default=dict)
    review_id = models.UUIDField(null=True, help_text=gettext_lazy("The answer that brought it about."))
    at = models.DateTimeField()
    not_before = models.DateTimeField(
        help_text=gettext_lazy("End of the undo window: nothing is sent earlier.")
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(name="event_subject", fields=["subject_id"]),
            models.Index(name="event_workflow", fields=["workflow_id", "at"]),
            models.Index(name="event_age", fields=["kind", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Delivery(models.Model):
    """One row per event and endpoint: whether it has arrived."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.DUE)
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = gettext_lazy("deliveries")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_delivery_per_event_and_endpoint", fields=["event", "endpoint"]),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="delivery_due", fields=["endpoint", "due_at"], condition=models.Q(status="due")
            ),
        ]


class Attempt(models.Model):
    """One row per try to deliver: what came back, and how long it took."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    http_status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    milliseconds = models.IntegerField()
