"""The overview: ten seconds to see where every promise stands, what is worst, and what to do about it."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from hitl.accounts.types import WATCHING
from hitl.shared import clock
from hitl.shared.errors import NotAllowed
from hitl.shared.numbers import number
from hitl.web.format import percent
from hitl.web.views import actor_of
from monitoring.overview.first import Need, need_of, worst_first
from monitoring.overview.rows import STALE, Row, Strip, rows_now, strip_of
from policy.types import PromiseState


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in words."""

    row: Row
    need: Need | None
    is_stale: bool

    @property
    def need_href(self) -> str:
        """Where what is to be done is done."""
        return reverse(self.need.url_name, args=[self.row.workflow.slug]) if self.need else ""

    @property
    def promise_words(self) -> str:
        """The promise, as a bound."""
        return f"≤ {percent(self.row.policy.target)}"

    @property
    def error_words(self) -> str:
        """What audits say, with its interval."""
        figures = self.row.figures
        if figures is None or figures.error is None:
            return ""
        said = {"value": figures.error, "low": figures.error_low, "high": figures.error_high}
        return gettext("%(value)s (%(low)s to %(high)s)") % {
            name: percent(one, 2) for name, one in said.items()
        }

    @property
    def hours(self) -> list[float | None]:
        """The automation rate hour by hour; nothing where nothing came in."""
        each = self.row.traffic.hours
        return [
            one.automatic / (one.automatic + one.people) if one.automatic + one.people else None
            for one in each
        ]

    @property
    def hours_words(self) -> str:
        """What the curve shows."""
        return gettext("Share automated, hour by hour: %(share)s in 24 hours") % {
            "share": percent(self.row.traffic.automation_rate, 0)
        }


@login_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show every workflow in a row, the one that needs somebody most first; to htmx what changes of it."""
    if not actor_of(request).has(*WATCHING):
        raise NotAllowed("The overview is for leads, operators, administrators and auditors.")
    now = clock.now()
    rows = worst_first(rows_now(now=now))
    shown = [
        ShownRow(row, need_of(row), row.figures is not None and now - row.figures.read_at > STALE)
        for row in rows
    ]
    strip = strip_of(rows, now=now)
    context = {
        "rows": shown,
        "strip": strip,
        "kept_note": _kept_note(rows, strip),
        "first": shown[0] if shown and shown[0].need else None,
        "n_needs": sum(one.need is not None for one in shown),
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "monitoring/overview_now.html" if is_part else "monitoring/overview.html"
    return render(request, template, context)


def _kept_note(rows: list[Row], strip: Strip) -> str:
    """Say where the others stand."""
    parts = [
        gettext("%(n)s %(state)s") % {"n": number(n), "state": str(state.label).lower()}
        for state in PromiseState
        if state != PromiseState.KEPT and (n := sum(row.status.state == state for row in rows))
    ]
    return ", ".join(parts) or (gettext("audits contradict none") if strip.kept else "")
