"""The page of API keys: who uses them, for what, since when; make one, revoke one."""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import Workflow
from cases.services.grants import grant_workflows
from hitl.accounts.keys import create_key, revoke_key
from hitl.accounts.models import ApiKey
from hitl.accounts.types import Scope
from hitl.flow.doors.pages.guards import for_administrators, unkept
from hitl.shared import clock
from hitl.web.views import actor_of

SHOWN = 500


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Who or what will use it.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.SUBMIT, Scope.READ],
    )
    workflows = forms.ModelMultipleChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflows"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all of them, also those to come."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Expires after, days"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("Empty: never."),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or nothing
        self.fields["workflows"].queryset = Workflow.objects.filter(archived_at=None)  # type: ignore[attr-defined]


@for_administrators
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """List the keys; make one and show its secret this once."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    secret = _make(request, form) if request.method == "POST" and form.is_valid() else None
    if secret:
        form = KeyForm()
    found = ApiKey.objects.prefetch_related("grants__workflow").order_by("revoked_at", "-created_at")
    context = {"form": form, "secret": secret, "keys": found[:SHOWN], "now": clock.now()}
    return unkept(render(request, "keys/keys.html", context, status=422 if form.errors else 200))


def _make(request: HttpRequest, form: KeyForm) -> str:
    typed, actor, now = form.cleaned_data, actor_of(request), clock.now()
    workflows = list(typed["workflows"])
    with transaction.atomic():
        key, secret = create_key(
            name=typed["name"],
            scopes=typed["scopes"],
            is_for_all_workflows=not workflows,
            expires_at=now + timedelta(days=typed["days"]) if typed["days"] else None,
            actor=actor,
            now=now,
        )
        if workflows:
            ids = [workflow.id for workflow in workflows]
            grant_workflows(key_id=key.id, workflow_ids=ids, actor=actor, now=now)
    return secret


@for_administrators
@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Take a key out of use."""
    revoke_key(key_id=key_id, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("Revoked: the key is refused from the next request on."))
    return redirect("keys")
