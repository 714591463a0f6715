"""The audit log as a page and as a file, and the check that nobody has changed it."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from cases.selectors import workflows_by_name
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.kinds import ABOUT
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.audit.verify import verify
from hitl.flow.doors.pages.audit_file import log_export
from hitl.flow.doors.pages.filters import DATES
from hitl.flow.export.formats import FORMATS
from hitl.flow.export.streamed import as_response
from hitl.flow.reading.audit_log import Wanted, log_page
from hitl.shared import clock
from hitl.shared.errors import Invalid, NotAllowed, Problem
from hitl.shared.words import Words
from hitl.web.views import actor_of

BY = [
    ("people", gettext_lazy("People and programs")),
    ("service", gettext_lazy("The service")),
    ("everybody", gettext_lazy("Everybody")),
]
MAX_ID = 2**63 - 1


class FilterForm(forms.Form):
    """The filters that an address may have, and no others."""

    by = forms.ChoiceField(label=gettext_lazy("By"), choices=BY, required=False)
    workflow = forms.ModelChoiceField(
        workflows_by_name(),
        label=gettext_lazy("Workflow"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All workflows"),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("About"),
        choices=[("", gettext_lazy("Anything")), *ABOUT.items()],
        required=False,
    )
    person = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    day_from = forms.DateField(
        label=pgettext_lazy("start of a time", "From"),
        required=False,
        validators=DATES,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    day_to = forms.DateField(
        label=pgettext_lazy("end of a time", "To"),
        required=False,
        validators=DATES,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    before = forms.IntegerField(required=False, min_value=0, max_value=MAX_ID, widget=forms.HiddenInput())

    def wanted(self) -> Wanted:
        """Return what was asked for.

        Raises:
            Invalid: a filter is none.
        """
        if not self.is_valid():
            problems = [
                Problem(field=name, error=" ".join(map(str, errors)), fix="Choose another, or leave it out.")
                for name, errors in self.errors.items()
            ]
            raise Invalid(problems)
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value}
        return Wanted(**given)


def _require_reader(request: HttpRequest) -> None:
    if not (isinstance(request.user, User) and request.user.has_role(Role.ADMINISTRATOR, Role.AUDITOR)):
        raise NotAllowed("The audit log is for auditors and administrators.")


@login_required
def entries(request: HttpRequest) -> HttpResponse:
    """Show the log, newest first; `POST` checks the whole chain."""
    _require_reader(request)
    form = FilterForm(request.GET)
    wanted = form.wanted()
    context = {
        "form": form,
        "wanted": wanted,
        "page": log_page(wanted),
        "verdict": verify() if request.method == "POST" else None,
    }
    return render(request, "audit/entries.html", context)


@login_required
@require_GET
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send the entries that pass the filters as a file; that somebody took it is in the log first."""
    _require_reader(request)
    if form not in ("csv", "jsonl"):
        raise Invalid([Problem(field="format", error="is unknown", fix="Use csv or jsonl.")])
    # A file holds everybody's entries unless it was asked otherwise: a chain with gaps looks broken.
    wanted = FilterForm({"by": "everybody", **request.GET.dict()}).wanted()
    asked = {name: str(value) for name, value in request.GET.items()}
    with transaction.atomic():
        detail = {"what": Words("the audit log"), "format": form, "filters": asked}
        record(action="export.taken", actor=actor_of(request), now=clock.now(), about=Entry(), detail=detail)
    return as_response(log_export(wanted), FORMATS[form], name="audit-log")
