"""What every alarm says before it rises: its question, its terms, how soon to look, and what to do."""

from dataclasses import dataclass

from django.utils.translation import gettext

from hitl.shared.words import Words
from monitoring.counts import hours, outputs
from monitoring.types import CountFamily, Examined, MetricKey, Reference, Severity
from science.drift.compare import MIN_CASES
from science.drift.findings import RATE, Persistence
from science.drift.watch import GRADUAL_RATE, MIN_EFFECT

CLEARS_AT = 0.8  # of the threshold: a difference at the threshold itself would raise and clear it to and fro
OWNER = Words("operators on duty")

HIGH = {
    MetricKey(CountFamily.OUTPUT.value, "", outputs.NULL),
    MetricKey(CountFamily.OUTPUT.value, "", outputs.SCORE),
    MetricKey(CountFamily.PEOPLE.value, "", hours.KNOWN_ANSWER),
    MetricKey(CountFamily.OUTPUT.value, "", Examined.GAP),
    MetricKey(CountFamily.OUTPUT.value, "", Examined.SKEW),
}
"""Metrics that somebody looks at today: either nothing is decided, or what is decided may be wrong."""

_QUESTIONS = {
    CountFamily.INPUT.value: Words("Are the cases that come in still like those that came in before?"),
    CountFamily.OUTPUT.value: Words("Does the model still say what it said before?"),
    CountFamily.PEOPLE.value: Words("Do people still answer as they did before?"),
}
_OF_EXAMINED = {
    Examined.GAP: (Words("Is the model wrong as rarely as its scores say?"), "errors"),
    Examined.EXPECTED: (Words("How often is the model wrong, if its scores are to be believed?"), "errors"),
    Examined.SKEW: (Words("Does the model that decides say what the stored one says?"), "skew"),
    Examined.TOGETHER: (
        Words("Are the cases that come in still like those before, all fields together?"),
        "inputs",
    ),
    Examined.IMPACT: (Words("What does the change of this field do to the model?"), "inputs"),
}
LEVEL = 1e-4
"""Chance of a false finding in one look: looked at daily, one in twenty-seven years is expected at most."""
IMPACT_RATE = 0.01
"""Of false ones among the fields that are said to matter."""
_EXAMINED_LEAST = {
    Examined.GAP: 0.005,  # of decisions, wrong
    Examined.EXPECTED: 0.005,
    Examined.SKEW: 0.0,
    Examined.TOGETHER: 0.1,  # by how much a newer case is told better than by a coin, in halves
    Examined.IMPACT: 0.005,
}
_SPEAK_ONLY = {Examined.EXPECTED, Examined.IMPACT}
"""They raise no alarm: an estimate, and what belongs to the alarm of a field."""
_RUNBOOKS = {
    CountFamily.INPUT.value: "inputs",
    CountFamily.OUTPUT.value: "outputs",
    CountFamily.PEOPLE.value: "people",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms of a metric's alarm.

    Attributes:
        question: that it answers.
        min_cases: on either side; with fewer nothing is said.
        rate: of false discoveries among the findings of one check.
        least_effect: below which a difference is of no interest.
        persistence: how often it must come back; None: once, as a week is compared.
        runbook: the part of the page "Monitoring" of the documentation that says what to do.
    """

    key: MetricKey
    reference: Reference
    question: str
    min_cases: int
    rate: float
    least_effect: float
    persistence: Persistence | None
    severity: Severity
    runbook: str
    is_watched: bool = True

    @property
    def lasts(self) -> str:
        """How often it must come back, in words."""
        if self.key.measure in _OF_EXAMINED:
            return gettext("once: a day's chance of a false one is 1 in 10,000")
        if self.persistence is None:
            return gettext("once: a week is compared")
        return gettext("in %(times)s of %(n)s windows that share no case") % {
            "times": self.persistence.times,
            "n": self.persistence.of,
        }


def contract_of(
    key: MetricKey, reference: Reference, *, least_effect: float | None = None, is_watched: bool = True
) -> Contract:
    """Return the terms of a metric's alarm.

    Args:
        least_effect, is_watched: as somebody has set them here.
    """
    if key.measure in _OF_EXAMINED:
        return _examined(key, reference, least_effect, is_watched)
    is_sudden = reference == Reference.BEFORE
    return Contract(
        key=key,
        reference=reference,
        question=_QUESTIONS[key.family],
        min_cases=MIN_CASES if is_sudden else 4 * MIN_CASES,
        rate=RATE if is_sudden else GRADUAL_RATE,
        least_effect=MIN_EFFECT if least_effect is None else least_effect,
        persistence=Persistence() if is_sudden else None,
        severity=Severity.HIGH if key in HIGH else Severity.NORMAL,
        runbook=_RUNBOOKS[key.family],
        is_watched=is_watched,
    )


def _examined(key: MetricKey, reference: Reference, least: float | None, is_watched: bool) -> Contract:
    what = Examined(key.measure)
    question, runbook = _OF_EXAMINED[what]
    return Contract(
        key=key,
        reference=reference,
        question=question,
        min_cases=MIN_CASES,
        rate=IMPACT_RATE if what is Examined.IMPACT else LEVEL,
        least_effect=_EXAMINED_LEAST[what] if least is None else least,
        persistence=None,
        severity=Severity.HIGH if key in HIGH else Severity.NORMAL,
        runbook=runbook,
        is_watched=is_watched and what not in _SPEAK_ONLY,
    )
