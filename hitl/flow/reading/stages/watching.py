"""Last stage: the promise is watched, alarms reach somebody, and audits are answered."""

from django.urls import reverse
from django.utils.translation import gettext

from hitl.flow.reading.stages.parts import Criterion, Fact, Stage
from hitl.flow.reading.stages.seen import Seen
from hitl.shared.numbers import number
from hitl.web.format import percent
from monitoring.alarms.routes import owner_words, route_of
from monitoring.alarms.selectors import n_not_closed
from monitoring.signs.open_now import open_signs


def watching(seen: Seen) -> Stage:
    """Look at budget, alarms and audits."""
    budget, slug = seen.page.budget, seen.workflow.slug
    pace = seen.page.pace
    facts = [
        Fact(gettext("Audits that wait"), number(pace.due), reverse("promise-page", args=[slug])),
        Fact(
            gettext("Early signs"),
            number(len(open_signs(seen.workflow.pk))),
            reverse("promise-page", args=[slug]),
        ),
    ]
    used = None
    if budget is not None and budget.counted:
        used = max(one.used for one in budget.units)
        facts.insert(
            0, Fact(gettext("Error budget used"), percent(used), reverse("promise-page", args=[slug]))
        )
    return Stage(
        key="monitoring",
        name=gettext("Monitoring"),
        about=gettext("The promise is watched by audits, and somebody is told of what changes."),
        facts=facts,
        criteria=[
            Criterion(
                gettext("The error budget is not used up"),
                None if used is None else used <= 1,
                gettext("%(share)s of it is used.") % {"share": percent(used)}
                if used is not None
                else gettext("None of the decisions is counted yet: the first waits for its audit.")
                if budget is not None and budget.delivered
                else gettext("Nothing was decided automatically in this period."),
                gettext("See the budget"),
                reverse("promise-page", args=[slug]),
            ),
            Criterion(
                gettext("Audits are answered in time"),
                pace.overdue == 0 if pace.due or pace.audits else None,
                gettext("Waiting: %(due)s. Overdue: %(overdue)s.")
                % {"due": number(pace.due), "overdue": number(pace.overdue)},
                gettext("Answer them"),
                reverse("desk"),
            ),
            _owned(seen),
            _alarms(seen),
        ],
    )


def _owned(seen: Seen) -> Criterion:
    route = route_of(seen.workflow.pk)
    is_set = route is not None and (route.owner is not None or bool(route.mail_to))
    return Criterion(
        gettext("Alarms reach somebody"),
        is_set,
        gettext("They are owned by: %(owner)s.") % {"owner": owner_words(route)}
        if is_set
        else gettext("Nobody owns them, and no mail is sent: operators must look by themselves."),
        gettext("Say who owns them"),
        reverse("monitoring", args=[seen.workflow.slug]),
    )


def _alarms(seen: Seen) -> Criterion:
    n = n_not_closed(seen.workflow.pk)
    return Criterion(
        gettext("No alarm is open"),
        n == 0,
        gettext("None stands now.") if not n else gettext("Not closed: %(n)s.") % {"n": number(n)},
        gettext("Look at the alarms"),
        reverse("monitoring", args=[seen.workflow.slug]),
    )
