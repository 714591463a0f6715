"""Where a risk is noticed: the metrics of a workflow, its terms, and the page on which it is seen."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from hitl.web.format import percent
from monitoring.alarms.contract import contract_of
from monitoring.drift.metrics import words_of
from monitoring.risks.register import Risk
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
        rule = f", rule {risk.rule}" if risk.rule else ""
        found.append(Notice(f"{risk.figure}{rule}"))
    if risk.page:
        found.append(Notice(_PAGES[risk.page], href=_address(risk.page, slug)))
    return found


def is_of(risk: Risk, keys: Collection[MetricKey]) -> bool:
    """Tell whether a workflow with these metrics runs the risk: it may have no field of that kind."""
    if risk.family != "input" or risk.figure or risk.page:
        return True
    return any(key.family == risk.family and key.measure in risk.measures for key in keys)


def threshold_of(risk: Risk) -> str:
    """Say from where on it is noticed."""
    if not risk.measures:
        return risk.threshold
    terms = contract_of(MetricKey(risk.family, "", risk.measures[0]), Reference.BEFORE)
    if risk.measures[0] in tuple(Examined):
        own = f"a difference beyond chance, {terms.lasts}"
        return f"{own}; {risk.threshold}" if risk.threshold else own
    own = (
        f"a difference beyond chance, of at least {percent(terms.least_effect, 0)}, {terms.lasts}; so that"
        f" at most {percent(terms.rate, 0)} of the findings of a check are false"
    )
    return f"{own}; {risk.threshold}" if risk.threshold else own


_PAGES = {
    "api-docs": "the answer of the API",
    "audit": "the audit log's own check",
    "data-needed": "what data is missing",
    "lead-agreement": "agreement of people",
    "lead-people": "people and known answers",
    "models": "the models' gate and canaries",
    "monitoring": "the alarms",
    "promise-page": "the promise",
    "recalls": "recalls",
    "webhooks": "webhooks",
}


def _plain(family: str, measure: str) -> str:
    words = words_of(MetricKey(family, "", measure))
    words = words.removeprefix(": ").strip() or "each value of the field"
    return words[:1].lower() + words[1:]


def _address(page: str, slug: str) -> str:
    """Return the page of the workflow, or of the service; none where it needs a workflow and has none."""
    for parts in ([slug], []) if slug else ([],):
        try:
            return reverse(page, args=parts)
        except NoReverseMatch:
            continue
    return ""
