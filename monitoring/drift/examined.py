"""What counts alone cannot say: measures that are examined on cases and labels, and what is said of each."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext, gettext_noop, ngettext

from hitl.shared.numbers import number
from hitl.web.format import percent
from monitoring.models import DriftReading
from monitoring.types import CountFamily, Examined, MetricKey, Reference
from science.drift.measures import Measure

OF_OUTPUTS = (
    Measure(Examined.GAP.value, gettext_noop("errors beside those that scores predict")),
    Measure(Examined.EXPECTED.value, gettext_noop("error expected by the model's own confidence")),
    Measure(Examined.SKEW.value, gettext_noop("scores that come out otherwise when computed again")),
)
OF_INPUTS = (Measure(Examined.TOGETHER.value, gettext_noop("all fields together")),)
OF_A_FIELD = (Measure(Examined.IMPACT.value, gettext_noop("effect on the model")),)
MEASURES = (*OF_OUTPUTS, *OF_INPUTS, *OF_A_FIELD)
NAMES = frozenset(Examined)

REFERENCES: Mapping[str, Reference] = {Examined.GAP: Reference.BASELINE}


def output_key(measure: str) -> MetricKey:
    """Return the name of something examined in what the model says."""
    return MetricKey(CountFamily.OUTPUT.value, "", measure)


def input_key(measure: str, field: str = "") -> MetricKey:
    """Return the name of something examined in what comes in."""
    return MetricKey(CountFamily.INPUT.value, field, measure)


def reference_of(measure: str) -> Reference:
    """Return what something examined is compared with."""
    return REFERENCES.get(measure, Reference.BEFORE)


def say(reading: DriftReading) -> str:
    """Say what was found, as a sentence or two."""
    return _SENTENCES[reading.measure](reading)


def _say_gap(reading: DriftReading) -> str:
    facts = reading.facts
    return gettext(
        "%(now)s of %(n)s audited decisions were wrong; %(then)s if the model erred as at its release. That"
        " is %(times)s times as many (95 %%: %(low)s to %(high)s)."
    ) % {
        "now": percent(reading.now),
        "n": number(reading.n_now),
        "then": percent(reading.then),
        **{name: number(facts[name], ".1f") for name in ("times", "low", "high")},
    }


def _say_expected(reading: DriftReading) -> str:
    facts, said = reading.facts, {"now": percent(reading.now), "then": percent(reading.then)}
    change = gettext("By its scores %(now)s of its decisions are wrong, %(then)s before.") % said
    if "estimate" not in facts:
        return change
    at_release = gettext(
        "With how often it erred at its release: about %(estimate)s (%(low)s to %(high)s). An estimate, no"
        " proof: where what is right has changed, it is mistaken and does not know."
    ) % {name: percent(facts[name]) for name in ("estimate", "low", "high")}
    return f"{change} {at_release}"


def _say_skew(reading: DriftReading) -> str:
    differing, n = round(reading.now * reading.n_now), number(reading.n_now)
    if not differing:
        return gettext("%(n)s scores were computed again from what is stored: all the same, bit by bit.") % {
            "n": n
        }
    return ngettext(
        "%(differing)s of %(n)s scores comes out otherwise when computed again from what is stored.",
        "%(differing)s of %(n)s scores come out otherwise when computed again from what is stored.",
        differing,
    ) % {"differing": number(differing), "n": n}


def _say_together(reading: DriftReading) -> str:
    signs = ", ".join(reading.facts.get("signs", [])) or gettext("nothing stands out")
    return gettext(
        "Of a case of the last week and one before, the newer is told in %(told)s (a coin: 50 %%). By:"
        " %(signs)s."
    ) % {"told": percent(reading.now, 0), "signs": signs}


def _say_impact(reading: DriftReading) -> str:
    facts = reading.facts
    automation = facts["automation_now"] - facts["automation_then"]
    said = {
        "now": percent(reading.now),
        "then": percent(reading.then),
        "share": percent(abs(automation)),
    }
    more = gettext(
        "With values of now the model expects %(now)s errors, with those from before %(then)s; %(share)s more"
        " cases lie above their cutoff."
    )
    fewer = gettext(
        "With values of now the model expects %(now)s errors, with those from before %(then)s; %(share)s"
        " fewer cases lie above their cutoff."
    )
    return (more if automation >= 0 else fewer) % said


_SENTENCES: Mapping[str, Callable[[DriftReading], str]] = {
    Examined.GAP: _say_gap,
    Examined.EXPECTED: _say_expected,
    Examined.SKEW: _say_skew,
    Examined.TOGETHER: _say_together,
    Examined.IMPACT: _say_impact,
}
