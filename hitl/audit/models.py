"""The audit log: who changed what, when, in a chain that shows tampering (ADR 0011)."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy


class Entry(models.Model):
    """One row per recorded change; the database refuses update and delete.

    `digest` covers the entry and the digest before it, so that a changed byte breaks the chain.
    What may have to be erased one day is not in `detail` but behind `commitment`, a salted hash.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    about_type = models.CharField(max_length=60)
    about_id = models.CharField(max_length=64)
    workflow_id = models.UUIDField(
        null=True, help_text=gettext_lazy("The workflow that it is about or belongs to.")
    )
    detail = models.JSONField(default=dict)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = gettext_lazy("entries")
        indexes: ClassVar[list[Any]] = [
            models.Index(name="audit_about", fields=["about_type", "about_id", "number"]),
            models.Index(name="audit_workflow", fields=["workflow_id", "number"]),
            models.Index(name="audit_at", fields=["at"]),
            # The service writes most entries; people are what most pages ask for.
            models.Index(name="audit_people", fields=["number"], condition=~models.Q(actor_kind="system")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class Checkpoint(models.Model):
    """One row per signed statement "the chain had this many entries and this head": truncation shows.

    It points to its entry by number and not by a foreign key: it has to outlive the entry to accuse whoever
    removed it.
    """

    number = models.BigIntegerField(primary_key=True)
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.number}"


class Head(models.Model):
    """The one row that says, signed, how far the chain reaches: without its end or without all of it the
    chain no longer fits this.
    """

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="audit_has_one_head", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
