"""Policy in the admin, to be read: changes are made on the automation page, which shows what they do."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext

from hitl.web.admin import ReadOnly
from policy.models import Certificate, CutoffSet, DegreeChange, Policy


class OnItsPage(ReadOnly):
    """Rows that are changed on the automation page."""

    @admin.display(description=gettext_lazy("automation"))
    def page(self, row: Any) -> SafeString:
        """Lead to where it is changed."""
        return format_html(
            '<a href="{}">{}</a>', reverse("automation", args=[row.workflow.slug]), pgettext("verb", "Open")
        )


@admin.register(Policy)
class PolicyAdmin(OnItsPage):
    """What each workflow leaves to its model."""

    list_display = ("workflow", "degree", "promise", "audit_rate", "breaker_tripped_at", "page")
    list_filter = ("degree", "scope")
    list_select_related = ("workflow",)


@admin.register(CutoffSet)
class CutoffSetAdmin(OnItsPage):
    """Every set of cutoffs there was; "add" leads to the page with the plot."""

    list_display = (
        "id",
        "workflow",
        "release",
        "cutoffs",
        "basis",
        "made_by",
        "approved_by",
        "is_in_force",
        "page",
    )
    list_filter = ("basis", "workflow")
    list_select_related = ("workflow", "release", "made_by", "approved_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Show the button: it leads to the automation page."""
        return bool(request.user.is_staff)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go where an operator sees what a cutoff would do before saving it."""
        try:
            return redirect("automation", slug=request.GET["workflow"])
        except (KeyError, NoReverseMatch):  # none is named, or what can be no name
            return redirect("automation")

    @admin.display(boolean=True, description=gettext_lazy("in force"))
    def is_in_force(self, row: CutoffSet) -> bool:
        """Whether decisions use it now."""
        return row.is_in_force


@admin.register(Certificate)
class CertificateAdmin(OnItsPage):
    """Every proof, and every attempt at one."""

    list_display = (
        "id",
        "workflow",
        "release",
        "status",
        "target",
        "confidence",
        "valid_until",
        "made_by",
        "page",
    )
    list_filter = ("status", "workflow")
    list_select_related = ("workflow", "release")


@admin.register(DegreeChange)
class DegreeChangeAdmin(OnItsPage):
    """Every change of degree, asked for or made."""

    list_display = (
        "workflow",
        "label",
        "before",
        "after",
        "status",
        "asked_by",
        "asked_at",
        "settled_by",
        "page",
    )
    list_filter = ("status", "workflow")
    list_select_related = ("workflow",)
