"""Policy in the admin, to be read: changes are made on the automation page, which shows what they do."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from policy.models import Certificate, CutoffSet, DegreeChange, Policy


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Rows that the admin shows and never writes: each change has its own checks, author and audit entry."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody removes rows here."""
        return False

    @admin.display(description="automation")
    def page(self, row: Any) -> SafeString:
        """Lead to where it is changed."""
        return format_html('<a href="{}">Open</a>', reverse("automation", args=[row.workflow.slug]))


@admin.register(Policy)
class PolicyAdmin(ReadOnly):
    """What each workflow leaves to its model."""

    list_display = ("workflow", "degree", "promise", "audit_rate", "breaker_tripped_at", "page")
    list_filter = ("degree", "scope")
    list_select_related = ("workflow",)


@admin.register(CutoffSet)
class CutoffSetAdmin(ReadOnly):
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
        slug = request.GET.get("workflow", "")
        return redirect("automation", slug=slug) if slug else redirect("automation")

    @admin.display(boolean=True, description="in force")
    def is_in_force(self, row: CutoffSet) -> bool:
        """Whether decisions use it now."""
        return row.is_in_force


@admin.register(Certificate)
class CertificateAdmin(ReadOnly):
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
class DegreeChangeAdmin(ReadOnly):
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
