"""A question that is asked of cases, its versions, and who may send to it."""

from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

from hitl.accounts.models import ApiKey
from hitl.shared.ids import new_id
from hitl.shared.words import Words
from science.fields import Schema


def schema_of(fields: list[dict[str, Any]], labels: list[dict[str, Any]]) -> Schema:
    """Return the stored fields and labels of a schema version as `science` reads them: labels by name."""
    return Schema.from_json({"fields": fields, "labels": [label["name"] for label in labels]})


class Workflow(models.Model):
    """One row per kind of decision.

    `policy_version` rises with every change that bears on how the next case is decided (schema, degree,
    cutoffs, release, breaker): the write statement of intake compares it with what its process has cached.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", Words("Use a-z, 0-9 and -."))],
    )
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, help_text=gettext_lazy("What is decided here, in a sentence."))
    review_policy = models.TextField(
        blank=True, help_text=gettext_lazy("What reviewers decide by. They can open it at the desk.")
    )
    policy_version = models.IntegerField(default=1, editable=False)
    schema_version = models.IntegerField(
        default=1, editable=False, help_text=gettext_lazy("The number of the current schema.")
    )
    entity_field = models.CharField(
        max_length=100,
        blank=True,
        help_text=gettext_lazy(
            "The field that says which cases belong together: a customer, a speaker, a station."
        ),
    )
    created_at = models.DateTimeField(editable=False)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Set: no new cases are accepted.")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class SchemaVersion(models.Model):
    """One row per version of a workflow's fields and labels; never changed once a case uses it."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="schemas")
    number = models.IntegerField()
    fields = models.JSONField(
        help_text=gettext_lazy("Fields in order: name, kind, required, options, bounds, flags.")
    )
    labels = models.JSONField(
        help_text=gettext_lazy("Labels in order: name, hotkey, cost of deciding it wrongly, meaning.")
    )
    schema_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="schema_number_is_unique", fields=["workflow", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} schema {self.number}"

    @cached_property
    def schema(self) -> Schema:
        """The fields and label names as `science` reads them."""
        return schema_of(self.fields, self.labels)

    @property
    def label_names(self) -> list[str]:
        """The labels' names in their order."""
        return [label["name"] for label in self.labels]


class KeyGrant(models.Model):
    """One row per workflow that an API key may be used for."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="grants")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="grants")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_grant_per_key_and_workflow", fields=["key", "workflow"]),
        ]
