"""The page on which a lead voids somebody's answers: since when, why, and what that would change."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.flow.settling.void import MAY_VOID, begin_voiding, preview_voiding
from hitl.shared import clock
from hitl.shared.errors import Conflict, NotAllowed, NotFound
from hitl.shared.given_reason import MAX_REASON
from hitl.shared.words import shown
from hitl.web.fields import MomentField
from hitl.web.views import person


class VoidForm(forms.Form):
    """From when on, in which workflow, and why."""

    since = MomentField(label=gettext_lazy("Answers given since (%(zone)s)"))
    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflow"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All workflows"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why they do not count"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["workflow"].queryset = Workflow.objects.order_by("name")  # type: ignore[attr-defined]

    def clean_since(self) -> Any:
        """Refuse the future."""
        since = self.cleaned_data["since"]
        if since > clock.now():
            raise forms.ValidationError(gettext("Name a moment that has passed."))
        return since


@login_required
@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show what voiding a person's answers would change; do it once confirmed."""
    actor = person(request).as_actor()
    if not actor.has(*MAY_VOID):
        raise NotAllowed()
    whose = User.objects.filter(pk=person_id).first()
    if whose is None:
        raise NotFound()
    now = clock.now()
    form = VoidForm(request.POST or None, initial={"since": now - timedelta(days=1)})
    touched = None
    if request.method == "POST" and form.is_valid():
        workflow = form.cleaned_data["workflow"]
        scope = {
            "reviewer_id": whose.pk,
            "workflow_id": workflow.pk if workflow else None,
            "since": form.cleaned_data["since"],
        }
        if request.POST.get("do") == "void":
            try:
                begin_voiding(**scope, reason=form.cleaned_data["reason"], actor=actor, now=now)
            except Conflict as refused:
                messages.error(request, shown(refused.message))
            else:
                messages.success(
                    request, gettext("These answers are void. Their cases are being asked again.")
                )
            return redirect("lead-person", whose.pk)
        touched = preview_voiding(**scope, now=now)
    return render(request, "lead/void.html", {"whose": whose, "form": form, "touched": touched})
