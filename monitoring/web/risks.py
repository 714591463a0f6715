"""The risk register: what could go wrong, what notices it, who looks, what happens, the last drill."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from cases.access import watched_workflow, watched_workflows
from hitl.accounts.types import WATCHING
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotAllowed, NotFound, in_words
from hitl.shared.words import shown
from hitl.web.views import actor_of
from models_store.web.actions import Refused, acts
from monitoring.drift.metrics import metrics_now
from monitoring.models import Drill
from monitoring.risks.drills import ACTIVE, PLAYING, ask_for_drill, last_drills
from monitoring.risks.noticed import is_of, noticed_by, threshold_of
from monitoring.risks.register import RISKS
from monitoring.risks.risk import Risk
from monitoring.types import StudyStatus
from monitoring.web.shown import metric_address


@login_required
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Show every risk, or those of one workflow with its own metrics."""
    actor = actor_of(request)
    if not actor.has(*WATCHING):
        raise NotAllowed("The risk register is for leads, operators, administrators and auditors.")
    slug = request.GET.get("workflow", "")
    workflow = watched_workflow(actor, slug) if slug else None
    keys = list(metrics_now(workflow.pk)) if workflow else []
    drills = last_drills()
    shown = [_shown(risk, keys, slug, drills) for risk in RISKS if not workflow or is_of(risk, keys)]
    context = {
        "workflow": workflow,
        "workflows": watched_workflows(actor).filter(archived_at=None).order_by("name"),
        "areas": [(area, list(some)) for area, some in groupby(shown, key=lambda one: one["risk"].area)],
        "n": len(shown),
        "n_unnoticed": sum(not one["noticed"] for one in shown),
        "may_play": actor.has(*PLAYING),
        "is_playing": any(one.status in ACTIVE for one in drills.values()),
    }
    return render(request, "monitoring/risks.html", context)


@acts
def drill(request: HttpRequest, actor: Actor) -> tuple[str, str]:
    """Let a worker play a fault."""
    back = reverse("risks")
    try:
        ask_for_drill(fault=request.POST.get("fault", ""), actor=actor, now=clock.now())
    except NotFound:
        raise
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    return back, gettext("A worker plays it, in a database that is thrown away. It takes a minute or two.")


def _shown(risk: Risk, keys: list[Any], slug: str, drills: dict[str, Drill]) -> dict[str, Any]:
    notices = [
        {"words": one.words, "href": metric_address(slug, one.key) if one.key else one.href}
        for one in noticed_by(risk, keys, slug)
    ]
    last = drills.get(risk.drill) if risk.drill else None
    return {
        "risk": risk,
        "noticed": notices,
        "threshold": threshold_of(risk),
        "drill": last,
        "drill_words": _drill_words(last) if last else "",
        "is_playing": last is not None and last.status in ACTIVE,
    }


def _drill_words(drill: Drill) -> str:
    """Say what came of a drill."""
    if drill.status == StudyStatus.FAILED:
        return shown(drill.reason)

    if drill.status != StudyStatus.DONE:
        return str(drill.get_status_display())
    seen = drill.outcome
    if not seen["raised"]:
        return ngettext("no alarm in %(n)s day of it", "no alarm in %(n)s days of it", seen["days"]) % {
            "n": seen["days"]
        }
    parts = [
        gettext("%(metric)s: alarm on day %(day)s of it") % {"metric": seen["metric"], "day": seen["days"]},
        gettext("told to a subscriber") if seen["told"] else gettext("told to nobody"),
        gettext("cleared %(n)s days after") % {"n": seen["days_after"]}
        if seen["cleared"]
        else gettext("did not clear"),
    ]
    said = ", ".join(parts)
    if not seen["early"]:
        return said
    return gettext("%(said)s; %(n)s rose before it began") % {"said": said, "n": seen["early"]}
