"""One workflow at a glance: is its promise kept, how much is automated, what waits, what came in just now?"""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as written
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext, ngettext, pgettext
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from cases.models import Case, Workflow
from hitl.accounts.types import Role
from hitl.audit.changes import marks
from hitl.shared import clock
from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.charts import Plot, Series
from hitl.web.format import exact_time, local, percent
from hitl.web.links import cases_between
from hitl.web.views import actor_of
from models_store.models import Release, TrainingRun
from models_store.selectors import champion, way_back
from models_store.types import RunStatus
from monitoring.alarms.selectors import n_not_closed
from monitoring.overview.rows import automatic_of_all
from monitoring.promise.live_error import LiveError, live_error
from monitoring.tallies.traffic import Traffic, traffic, waiting
from monitoring.watch.budget.selectors import running
from monitoring.watch.budget.view import BudgetView
from monitoring.watch.overdue_audits import open_audits
from policy.in_force.status import PromiseStatus, status_now
from policy.models import Policy
from reviews.types import TaskStatus

RECENT = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """One workflow at one moment."""

    workflow: Workflow
    policy: Policy
    status: PromiseStatus
    champion: Release | None
    way_back: Release | None
    run: TrainingRun | None
    traffic: Traffic
    waiting: int
    has_more_waiting: bool
    error: LiveError | None
    audits_due: int
    budget: BudgetView | None
    recent: list[Case]
    alarms: int

    @property
    def total_words(self) -> str:
        """How many of the cases that came in the model decided."""
        return automatic_of_all(self.traffic.automatic, self.traffic.total)

    @property
    def promise_words(self) -> str:
        """The promise, as a bound."""
        return f"≤ {percent(self.policy.target)}"

    @property
    def confidence_words(self) -> str:
        """The confidence of the promise."""
        return gettext("wrong, at %(confidence)s confidence") % {
            "confidence": percent(self.policy.confidence, 0)
        }

    @property
    def budget_words(self) -> str:
        """How much of the error budget is used, by the estimate."""
        if self.budget is None or not self.budget.counted:
            return "–"
        used = [one.estimate / max(one.allowed, 1e-9) for one in self.budget.units]
        return percent(max(used), 0)

    @property
    def budget_note(self) -> str:
        """What that is about."""
        if self.budget is None:
            return gettext("no period yet")
        if not self.budget.delivered:
            return gettext("nothing automated since it began, %(at)s") % {
                "at": exact_time(self.budget.period.begins_at)
            }
        if not self.budget.counted:
            return gettext("none counted yet: the first waits for its audit")
        # Translators: how a day of this year is written, as Django's filter "date" has it.
        day = {"day": written(local(self.budget.last_day), pgettext("date format", "j M"))}
        if len(self.budget.units) == 1:
            return gettext("of the budget, by the estimate; until %(day)s") % day
        return gettext("of the budget of the label that used most; until %(day)s") % day

    @property
    def audit_words(self) -> str:
        """What the error rests on."""
        answers = self.error.accepted.n if self.error else 0
        if not answers:
            return gettext("no blind answer yet")
        said = ngettext("from %(n)s blind answer", "from %(n)s blind answers", answers)
        return said % {"n": number(answers)}

    @property
    def waiting_words(self) -> str:
        """How many tasks wait."""
        return f"{number(self.waiting)}{'+' if self.has_more_waiting else ''}"

    @property
    def due_words(self) -> str:
        """How many of them are audits; never told to those who answer them."""
        if not self.audits_due:
            return gettext("no audit among them")
        said = ngettext("%(n)s audit among them", "%(n)s audits among them", self.audits_due)
        return said % {"n": number(self.audits_due)}

    @property
    def alarm_words(self) -> str:
        """How many alarms nobody has closed."""
        return ngettext("%(n)s alarm", "%(n)s alarms", self.alarms) % {"n": number(self.alarms)}

    @property
    def run_words(self) -> str:
        """What the running training does."""
        if not self.run:
            return ""
        step = shown(self.run.step) or str(self.run.get_status_display())
        return gettext("training: %(step)s") % {"step": step}

    @property
    def plot(self) -> Plot:
        """Cases an hour, by who decided."""
        hours = self.traffic.hours
        return Plot(
            title=gettext("%(name)s: cases an hour, last 24 hours") % {"name": self.workflow.name},
            x_name=gettext("hour (%(zone)s)") % {"zone": get_current_timezone_name()},
            x=[h.hour.timestamp() for h in hours],
            series=[
                Series(
                    gettext("decided by the model"), [h.automatic for h in hours], gettext("cases"), "blue"
                ),
                Series(gettext("sent to people"), [h.people for h in hours], gettext("cases"), "orange"),
            ],
            y_name=gettext("cases an hour"),
            is_time=True,
            marks=marks(since=hours[0].hour, until=clock.now(), workflow_id=self.workflow.pk),
            row_hrefs=[cases_between(self.workflow.slug, one.hour, one.hour) for one in hours],
        )


@login_required
@require_GET
def workflow_overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one workflow at a glance."""
    actor = actor_of(request)
    panel = _panel(watched_workflow(actor, slug))
    facts = {"panel": panel, "may_act": actor.has(Role.OPERATOR)}
    return render(request, "monitoring/overview_workflow.html", facts)


@login_required
@require_GET
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the part of it that changes by the second."""
    workflow = watched_workflow(actor_of(request), slug)
    return render(request, "monitoring/live.html", {"panel": _panel(workflow)})


def _panel(workflow: Workflow) -> Panel:
    now = clock.now()
    policy = Policy.objects.get(workflow=workflow)
    count, has_more = waiting(workflow_id=workflow.id)
    release = champion(workflow.id)
    return Panel(
        workflow=workflow,
        policy=policy,
        status=status_now(policy, now=now),
        champion=release,
        way_back=way_back(workflow.id),
        run=TrainingRun.objects.filter(
            workflow=workflow, status__in=[RunStatus.QUEUED, RunStatus.RUNNING]
        ).first(),
        traffic=traffic(workflow_id=workflow.id, now=now),
        waiting=count,
        has_more_waiting=has_more,
        error=live_error(policy, release, now=now) if release else None,
        audits_due=open_audits(workflow.id).filter(status=TaskStatus.WAITING).count(),
        budget=BudgetView(period, policy, now) if (period := running(workflow.id, now=now)) else None,
        alarms=n_not_closed(workflow.id),
        recent=list(Case.objects.filter(workflow=workflow).exclude(origin="import").order_by("-id")[:RECENT]),
    )
