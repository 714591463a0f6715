"""The audit log as a page, and the check that nobody has changed it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.audit.verify import verify
from hitl.shared.errors import Invalid, NotAllowed, Problem
from hitl.shared.given import whole_number

PAGE = 50


@login_required
def entries(request: HttpRequest) -> HttpResponse:
    """List the entries, newest first; `POST` checks the whole chain."""
    if not (isinstance(request.user, User) and request.user.has_role(Role.ADMINISTRATOR, Role.AUDITOR)):
        raise NotAllowed("The audit log is for auditors and administrators.")
    before = request.GET.get("before", "")
    number = whole_number(before)
    if before and number is None:
        raise Invalid([Problem(field="before", error="is not a number", fix="Use the links of the page.")])
    rows = Entry.objects.order_by("-number")
    if number is not None:
        rows = rows.filter(number__lt=number)
    page = list(rows[: PAGE + 1])
    return render(
        request,
        "audit/entries.html",
        {
            "entries": page[:PAGE],
            "older": f"?before={page[PAGE - 1].number}" if len(page) > PAGE else "",
            "newest": "?" if before else "",
            "verdict": verify() if request.method == "POST" else None,
        },
    )
