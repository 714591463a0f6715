"""Why not one degree higher? What is missing for the next degree, and when it will probably be there.

One answer for the automation page and the API. Dates are predictions from the labels of the last week; where
nobody answers, or nothing can be predicted, it is too early to say.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.models import Workflow
from hitl.shared.words import Words
from models_store.selectors import champion, new_labels, training_settings
from monitoring.promise.page import PromisePage, promise_page_of
from policy.in_force.evidence import hindrance
from policy.in_force.rules import rule_for
from policy.types import DEGREE_ORDER, Degree
from science.decision_terms import Degree as _Degree
from science.decision_terms import Reason

_WEEK = timedelta(days=7)
_FAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The degree above the present one.

    Attributes:
        next: empty where there is none higher.
        missing: why it may not be chosen; empty where it may.
        advice: what would help most; empty where nothing is missing or nobody knows.
        labels: about how many more labels that takes; None where labels do not help, or nobody knows.
        likely_at: when they will probably be there; None where it is too early to say, or labels do not help.
        waits_for: "nothing", "labels", "person", or "unknown": whether a date can be expected at all.
    """

    degree: str
    next: str
    missing: str
    advice: str
    labels: int | None
    likely_at: datetime | None
    waits_for: str

    @property
    def next_words(self) -> str:
        """What people call the degree above."""
        return str(Degree(self.next).label) if self.next else ""

    def to_json(self) -> dict[str, Any]:
        """As the API says it."""
        return asdict(self) | {"next": self.next or None}


def next_step(workflow: Workflow, *, now: datetime) -> NextStep:
    """Return what stands between a workflow and the degree above its own."""
    page = promise_page_of(workflow, now=now)
    here = str(page.policy.degree)
    place = DEGREE_ORDER.index(here) + 1
    if place == len(DEGREE_ORDER):
        return NextStep(here, "", "", "", None, None, "nothing")
    above = DEGREE_ORDER[place]
    missing = hindrance(workflow.pk, degree=_Degree(above), now=now)
    if not missing:
        return NextStep(here, above, "", "", None, None, "nothing")
    if champion(workflow.pk) is None:
        return _before_a_model(workflow, here, above, missing, now)
    if rule_for(workflow.pk).rule.closed(now.timestamp()) in (Reason.BREAKER, Reason.STOPPED):
        advice = Words("Somebody has to find out why, and start it again.")
        return NextStep(here, above, missing, advice, None, None, "person")
    return _before_a_proof(page, here, above, missing)


def _before_a_model(workflow: Workflow, here: str, above: str, missing: str, now: datetime) -> NextStep:
    needed = training_settings(workflow.pk).min_new_labels
    more = max(0, needed - new_labels(workflow.pk, since=None))
    a_day = new_labels(workflow.pk, since=now - _WEEK) / 7
    advice = (
        Words.counted(
            "About %(n)s more label, and the first model is trained by itself.",
            "About %(n)s more labels, and the first model is trained by itself.",
            more,
        )
        if more
        else Words("There are labels enough: train a model.")
    )
    return NextStep(here, above, missing, advice, more, _by(more, a_day, now), "labels" if more else "person")


def _before_a_proof(page: PromisePage, here: str, above: str, missing: str) -> NextStep:
    if page.progress is not None:
        advice = Words("A live test is running; it ends by itself as blind answers come in.")
        return NextStep(here, above, missing, advice, None, page.progress.by, "labels")
    needed = [one for one in page.outlooks if one.missing]
    if not needed:
        words = next((one.advice for one in page.outlooks if one.advice), "")
        return NextStep(here, above, missing, words, None, None, "unknown")
    slowest = max(needed, key=lambda one: one.missing or 0)
    return NextStep(here, above, missing, slowest.advice, slowest.missing, slowest.by, "labels")


def _by(missing: int, a_day: float, now: datetime) -> datetime | None:
    if missing <= 0 or a_day <= 0:
        return None
    wait = timedelta(days=missing / a_day)
    return now + wait if wait < _FAR else None
