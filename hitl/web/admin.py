"""The admin wears the product's name, uses its sign-in page, and changes nothing past the audit log."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import TO_FIELD_VAR
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy
from django_celery_beat import admin as _beat  # noqa: F401 - registers what is taken back below
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from hitl.shared.errors import Invalid, Problem
from hitl.web.views import sign_in_for_admin

admin.site.site_header = gettext_lazy("hitl administration")
admin.site.site_title = "hitl"
admin.site.index_title = gettext_lazy("Administration")
admin.site.login = sign_in_for_admin  # type: ignore[method-assign,assignment]


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


# The schedule is in the code. Whoever changed it here would stop the watch without an entry in the audit log.
for schedule in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(schedule)


@admin.register(PeriodicTask)
class JobAdmin(ReadOnly):
    """What runs by the clock, and when it last did."""

    list_display = ("name", "task", "interval", "last_run_at", "total_run_count", "enabled")
    list_select_related = ("interval",)


def _guarded(admin_view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what Django's administration would answer with a fault: the name of a column that is empty."""

    @wraps(admin_view)
    def of_view(view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Callable[..., Any]:
        inner = admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponseBase:
            if "" in {*request.GET.getlist(TO_FIELD_VAR), *request.POST.getlist(TO_FIELD_VAR)}:
                raise Invalid([Problem(field=TO_FIELD_VAR, error="is empty", fix="Leave it out.")])
            answer: HttpResponseBase = inner(request, *parts, **named)
            return answer

        return guarded

    return of_view


admin.site.admin_view = _guarded(admin.site.admin_view)  # type: ignore[method-assign]
