"""Where a risk is noticed: the metrics of a workflow, its terms, and the page on which it is seen."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_lazy

from hitl.shared.words import shown
from hitl.web.format import percent
from monitoring.alarms.contract import contract_of
from monitoring.drift.metrics import words_of
from monitoring.risks.risk import Risk
from monitoring.types import Examined, MetricKey, Reference


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that notices a risk: its words, and where it is seen; no address where that is elsewhere."""

    words: str
    key: MetricKey | None = None
    href: str = ""


def noticed_by(risk: Risk, keys: Collection[MetricKey], slug: str) -> list[Notice]:
    """Return what notices a risk: in a workflow its metrics, in none the kinds of metrics.

    Args:
        keys: of the workflow's metrics; empty where no workflow is looked at.
        slug: of the workflow; empty for none.
    """
    found = [
        Notice(words_of(key), key)
        for key in keys
        if key.family == risk.family and key.measure in risk.measures
    ]
    if not slug:
        found = [Notice(_plain(risk.family, measure)) for measure in risk.measures]
    if risk.figure:
        said = {"figure": risk.figure, "rule": risk.rule}
        found.append(Notice(gettext("%(figure)s, rule %(rule)s") % said if risk.rule else risk.figure))
    if risk.page:
        found.append(Notice(str(_PAGES[risk.page]), href=_address(risk.page, slug)))
    return found


def is_of(risk: Risk, keys: Collection[MetricKey]) -> bool:
    """Tell whether a workflow with these metrics runs the risk: it may have no field of that kind."""
    if risk.family != "input" or risk.figure or risk.page:
        return True
    return any(key.family == risk.family and key.measure in risk.measures for key in keys)


def threshold_of(risk: Risk) -> str:
    """Say from where on it is noticed."""
    if not risk.measures:
        return shown(risk.threshold)
    terms = contract_of(MetricKey(risk.family, "", risk.measures[0]), Reference.BEFORE)
    if risk.measures[0] in tuple(Examined):
        own = gettext("a difference beyond chance, %(lasts)s") % {"lasts": terms.lasts}
    else:
        own = gettext(
            "a difference beyond chance, of at least %(least)s, %(lasts)s; so that at most %(rate)s of the"
            " findings of a check are false"
        ) % {"least": percent(terms.least_effect, 0), "lasts": terms.lasts, "rate": percent(terms.rate, 0)}
    return f"{own}; {shown(risk.threshold)}" if risk.threshold else own


_PAGES = {
    "api-docs": gettext_lazy("the answer of the API"),
    "audit": gettext_lazy("the audit log's own check"),
    "data-needed": gettext_lazy("what data is missing"),
    "lead-agreement": gettext_lazy("agreement of people"),
    "lead-people": gettext_lazy("people and known answers"),
    "models": gettext_lazy("the models' gate and canaries"),
    "monitoring": gettext_lazy("the alarms"),
    "promise-page": gettext_lazy("the promise"),
    "recalls": gettext_lazy("recalls"),
    "webhooks": gettext_lazy("webhooks"),
}


def _plain(family: str, measure: str) -> str:
    words = words_of(MetricKey(family, "", measure))
    words = words.removeprefix(": ").strip() or gettext("each value of the field")
    return words[:1].lower() + words[1:]


def _address(page: str, slug: str) -> str:
    """Return the page of the workflow, or of the service; none where it needs a workflow and has none."""
    for parts in ([slug], []) if slug else ([],):
        try:
            return reverse(page, args=parts)
        except NoReverseMatch:
            continue
    return ""
