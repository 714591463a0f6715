"""First stage: what the workflow is to achieve, what was estimated, and what it became."""

from datetime import date, datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from hitl.flow.reading.stages.parts import Criterion, Metric, Stage
from hitl.flow.reading.stages.seen import Seen
from hitl.shared.numbers import number
from hitl.web.format import local, percent

NOTHING = "–"


def scoping(seen: Seen) -> Stage:
    """Compare targets, estimates and what became of them."""
    plan, slug = seen.plan, seen.workflow.slug
    return Stage(
        key="scoping",
        name=gettext("Scoping"),
        about=gettext("What it is to achieve, and what that takes."),
        metrics=[*_of_cases(seen), *_of_people(seen)],
        criteria=[
            Criterion(
                gettext("There is a plan"),
                plan is not None,
                gettext("Cases a week, hours that people have, a share, and a day.")
                if plan is None
                else gettext("By %(name)s, %(day)s.") % {"name": plan.made_by, "day": _day(plan.made_at)},
                gettext("Say what is wanted"),
                f"{reverse('workflow-stages', args=[slug])}#plan",
            ),
            Criterion(
                gettext("People have the hours that it takes"),
                None if plan is None else seen.effort.hours <= plan.hours_a_week,
                gettext("There is no plan to compare with.")
                if plan is None
                else gettext("About %(takes)s hours a week by now; there are %(have)s.")
                % {"takes": number(seen.effort.hours, ".0f"), "have": number(plan.hours_a_week, ".0f")},
                gettext("Change the plan"),
                f"{reverse('workflow-stages', args=[slug])}#plan",
            ),
        ],
    )


def _of_cases(seen: Seen) -> list[Metric]:
    plan, policy, slug = seen.plan, seen.page.policy, seen.workflow.slug
    live, week = seen.page.live, seen.page.week
    error = NOTHING
    if live is not None and live.accepted.n:
        ends = live.accepted.interval
        error = gettext("%(error)s (%(low)s to %(high)s)") % {
            "error": percent(live.accepted.value),
            "low": percent(ends.low),
            "high": percent(ends.high),
        }
    return [
        Metric(
            gettext("Wrong automatic decisions"),
            gettext("at most %(share)s") % {"share": percent(policy.target)},
            NOTHING,
            error,
            reverse("promise-page", args=[slug]),
        ),
        Metric(
            gettext("Decided by models"),
            gettext("%(share)s of the cases") % {"share": percent(plan.automated)} if plan else NOTHING,
            percent(plan.estimated_automated) if plan else NOTHING,
            NOTHING if week.automation_rate is None else percent(week.automation_rate),
            reverse("automation", args=[slug]),
        ),
        Metric(
            gettext("Cases a week"),
            number(plan.cases_a_week) if plan else NOTHING,
            NOTHING,
            number(week.total),
            reverse("overview-workflow", args=[slug]),
        ),
        Metric(
            gettext("First proof"),
            _day(plan.proved_by) if plan and plan.proved_by else NOTHING,
            _day(plan.estimated_proof_at) if plan and plan.estimated_proof_at else NOTHING,
            _day(seen.first_proof) if seen.first_proof else gettext("not yet"),
            reverse("promise-page", args=[slug]),
        ),
    ]


def _of_people(seen: Seen) -> list[Metric]:
    plan, slug = seen.plan, seen.workflow.slug
    return [
        Metric(
            gettext("Hours of reading a week"),
            gettext("at most %(hours)s") % {"hours": number(plan.hours_a_week, ".0f")} if plan else NOTHING,
            number(plan.estimated_hours, ".1f") if plan else NOTHING,
            number(seen.reading_hours, ".1f"),
            reverse("overview-workflow", args=[slug]),
        ),
        Metric(
            gettext("A person's answer"),
            gettext("within %(hours)s h") % {"hours": number(seen.rules.due_hours, "g")},
            NOTHING,
            NOTHING
            if seen.answer_hours is None
            else gettext("%(hours)s h (median)") % {"hours": number(seen.answer_hours, ".1f")},
            reverse("workflow-review", args=[slug]),
        ),
    ]


def _day(at: date) -> str:
    """Write a day, or that of a moment where the reader is."""
    return date_format(local(at) if isinstance(at, datetime) else at, pgettext("date format", "j F Y"))
