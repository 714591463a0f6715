"""Fourth stage: cases come in, models decide what is proved, people keep up, the personal is marked."""

from django.urls import reverse
from django.utils.translation import gettext

from hitl.flow.reading.stages.parts import Criterion, Fact, Stage
from hitl.flow.reading.stages.seen import Seen
from hitl.shared.numbers import number
from hitl.shared.words import shown
from policy.types import Degree
from science.decision_terms import Basis


def deployment(seen: Seen) -> Stage:
    """Look at intake, degree, proof and load."""
    return Stage(
        key="deployment",
        name=gettext("Deployment"),
        about=gettext("Cases come in, models decide what is proved, and people keep up with the rest."),
        facts=_facts(seen),
        criteria=[_comes_in(seen), _decides(seen), _proved(seen), _keeps_up(seen), _personal(seen)],
    )


def _facts(seen: Seen) -> list[Fact]:
    slug = seen.workflow.slug
    return [
        Fact(
            gettext("Degree of automation"),
            str(Degree(seen.page.policy.degree).label),
            reverse("automation", args=[slug]),
        ),
        Fact(
            gettext("Most cases in an hour, of the last seven days"),
            number(seen.busiest),
            reverse("overview-workflow", args=[slug]),
        ),
        Fact(
            gettext("Models in shadow or a canary"), number(seen.challengers), reverse("models", args=[slug])
        ),
    ]


def _comes_in(seen: Seen) -> Criterion:
    came = seen.page.week.total
    return Criterion(
        gettext("Cases come in"),
        came > 0,
        gettext("%(n)s in the last seven days.") % {"n": number(came)}
        if came
        else gettext("None in the last seven days.")
        if seen.has_key
        else gettext("None in the last seven days, and no API key is granted it alone."),
        gettext("Submit a case"),
        reverse("workflow", args=[seen.workflow.slug]),
    )


def _decides(seen: Seen) -> Criterion:
    policy = seen.page.policy
    return Criterion(
        gettext("Models may decide"),
        Degree(policy.degree) in (Degree.PARTIAL, Degree.FULL),
        gettext("The degree is “%(degree)s”.") % {"degree": Degree(policy.degree).label},
        gettext("See the next degree"),
        reverse("automation", args=[seen.workflow.slug]),
    )


def _proved(seen: Seen) -> Criterion:
    return Criterion(
        gettext("The promise is proved"),
        seen.page.automation.governing.rule.basis is Basis.CERTIFIED,
        shown(seen.page.status.why),
        gettext("See what would help"),
        reverse("promise-page", args=[seen.workflow.slug]),
    )


def _keeps_up(seen: Seen) -> Criterion:
    queue = seen.queue
    return Criterion(
        gettext("People keep up"),
        queue.late == 0,
        gettext("Waiting: %(waiting)s. Late: %(late)s.")
        % {"waiting": number(queue.waiting), "late": number(queue.late)},
        gettext("Look at the queue"),
        reverse("overview-workflow", args=[seen.workflow.slug]),
    )


def _personal(seen: Seen) -> Criterion:
    fields = [field["name"] for field in seen.schema.fields]
    marked = [field["name"] for field in seen.schema.fields if field.get("personal")]
    return Criterion(
        gettext("What is personal is marked"),
        True if marked else None,
        gettext("Marked: %(fields)s. They are masked in lists and exports.") % {"fields": ", ".join(marked)}
        if marked
        else gettext("None of %(n)s fields is marked. Is none of them personal?")
        % {"n": number(len(fields))},
        gettext("Mark fields"),
        reverse("workflow-change", args=[seen.workflow.slug]),
    )
