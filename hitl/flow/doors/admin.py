"""Workflows and API keys in the admin: its forms call the same services as the pages and the API."""

import json
from typing import Any, ClassVar

import orjson
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.schemas import checked_schema
from cases.services.workflows import archive_workflow, change_schema, describe_workflow, restore_workflow
from hitl.accounts.models import ApiKey
from hitl.accounts.types import Role
from hitl.flow.doors.pages.forms import FIRST_DEGREES
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from hitl.shared.errors import Invalid, sentence
from hitl.web.views import person
from policy.services.promises import Promise
from policy.types import Degree

_EXAMPLE_FIELDS = [{"name": "body", "kind": "text", "required": True}]
_EXAMPLE_LABELS = [{"name": "yes"}, {"name": "no"}]


class _Decoder(json.JSONDecoder):
    """A stricter one: what is nested too deeply, or holds half a character, is no JSON instead of a fault."""

    def decode(self, s: str, *given: Any) -> Any:
        """Return what the text says."""
        return orjson.loads(s)


class WorkflowForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """Name and texts of a workflow, and its fields and labels as JSON."""

    case_fields = forms.JSONField(
        decoder=_Decoder,
        label=gettext_lazy("Fields"),
        help_text=gettext_lazy("As the API takes them: name, kind, required, options."),
    )
    labels = forms.JSONField(
        decoder=_Decoder,
        label=gettext_lazy("Labels"),
        help_text=gettext_lazy("As the API takes them: name, hotkey, cost, meaning."),
    )
    is_archived = forms.BooleanField(
        label=gettext_lazy("Is archived"), required=False, help_text=gettext_lazy("Takes no new cases.")
    )

    class Meta:
        model = Workflow
        fields = ("slug", "name", "description", "review_policy")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.update(case_fields=_EXAMPLE_FIELDS, labels=_EXAMPLE_LABELS)
            return
        current = schema_in_force(self.instance)
        self.initial.update(case_fields=current.fields, labels=current.labels)
        self.initial["is_archived"] = self.instance.archived_at is not None

    def clean(self) -> dict[str, Any]:
        """Check fields and labels as the services do."""
        cleaned: dict[str, Any] = super().clean() or {}
        if {"case_fields", "labels"} <= cleaned.keys():
            try:
                checked_schema(cleaned["case_fields"], cleaned["labels"])
            except Invalid as refused:
                for problem in refused.facts["errors"]:
                    name = "case_fields" if problem["field"].startswith("fields") else "labels"
                    self.add_error(name, ValidationError(sentence(problem)))
        return cleaned


class NewWorkflowForm(WorkflowForm):
    """A new workflow: also how much may be automated."""

    degree = forms.ChoiceField(label=gettext_lazy("Degree"), choices=FIRST_DEGREES, initial=Degree.HUMAN_ONLY)
    target = forms.FloatField(
        label=gettext_lazy("Target"),
        initial=0.01,
        min_value=0.000001,
        max_value=0.999999,
        help_text=gettext_lazy("Promise: wrong at most; 0.01 is 1 %."),
    )
    confidence = forms.FloatField(
        label=gettext_lazy("Confidence"), initial=0.95, min_value=0.500001, max_value=0.999999
    )


@admin.register(Workflow)
class WorkflowAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Workflows; for administrators."""

    form = WorkflowForm
    list_display = ("name", "slug", "schema_version", "archived_at")
    search_fields = ("name", "slug")
    readonly_after_adding: ClassVar[tuple[str, ...]] = ("slug",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form for a new workflow or for one that is there."""
        form = NewWorkflowForm if obj is None else WorkflowForm
        return super().get_form(request, obj, change, **{**kwargs, "form": form})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields in the order of the pages."""
        start = ["slug", "name", "description", "review_policy", "case_fields", "labels"]
        return [*start, "is_archived"] if obj else [*start, "degree", "target", "confidence"]

    def get_readonly_fields(self, request: HttpRequest, obj: Workflow | None = None) -> tuple[str, ...]:
        """Keep the slug, because URLs contain it."""
        return self.readonly_after_adding if obj else ()

    def save_model(self, request: HttpRequest, obj: Workflow, form: Any, change: bool) -> None:
        """Call the services."""
        actor, now, typed = person(request).as_actor(), clock.now(), form.cleaned_data
        words = {name: typed[name].replace("\r\n", "\n") for name in ("name", "description", "review_policy")}
        if not change:
            made = set_up_workflow(
                slug=typed["slug"],
                fields=typed["case_fields"],
                labels=typed["labels"],
                degree=typed["degree"],
                promise=Promise(target=typed["target"], confidence=typed["confidence"]),
                actor=actor,
                now=now,
                **words,
            )
            obj.pk, obj._state.adding = made.pk, False
            return
        describe_workflow(workflow_id=obj.pk, actor=actor, now=now, **words)
        change_schema(
            workflow_id=obj.pk, fields=typed["case_fields"], labels=typed["labels"], actor=actor, now=now
        )
        archive = archive_workflow if typed["is_archived"] else restore_workflow
        archive(workflow_id=obj.pk, actor=actor, now=now)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to administrators."""
        return _is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Open it to administrators."""
        return _is_administrator(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a workflow with its decisions is archived, never deleted."""
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """API keys to look at; they are made and revoked on their page, which shows a secret once."""

    list_display = ("name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    search_fields = ("name", "prefix")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to administrators."""
        return _is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Open it to administrators."""
        return _is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the secret could not be shown."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what a key may do is part of what it is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: cases name their key."""
        return False


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_authenticated and person(request).has_role(Role.ADMINISTRATOR)
