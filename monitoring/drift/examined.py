"""What counts alone cannot say: measures that are examined on cases and labels, and what is said of each."""

from collections.abc import Callable, Mapping

from hitl.web.format import percent
from monitoring.models import DriftReading
from monitoring.types import CountFamily, Examined, MetricKey, Reference
from science.drift.measures import Measure

OF_OUTPUTS = (
    Measure(Examined.GAP.value, "errors beside those that scores predict"),
    Measure(Examined.EXPECTED.value, "error expected by the model's own confidence"),
    Measure(Examined.SKEW.value, "scores that come out otherwise when computed again"),
)
OF_INPUTS = (Measure(Examined.TOGETHER.value, "all fields together"),)
OF_A_FIELD = (Measure(Examined.IMPACT.value, "effect on the model"),)
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
    return (
        f"{percent(reading.now)} of {reading.n_now:,} audited decisions were wrong; {percent(reading.then)}"
        f" if the model erred as at its release. That is {facts['times']:.1f} times as many (95 %:"
        f" {facts['low']:.1f} to {facts['high']:.1f})."
    )


def _say_expected(reading: DriftReading) -> str:
    facts, then, now = reading.facts, percent(reading.then), percent(reading.now)
    change = f"By its scores {now} of its decisions are wrong, {then} before."
    if "estimate" not in facts:
        return change
    return (
        f"{change} With how often it erred at its release: about {percent(facts['estimate'])}"
        f" ({percent(facts['low'])} to {percent(facts['high'])}). An estimate, no proof: where what is right"
        " has changed, it is mistaken and does not know."
    )


def _say_skew(reading: DriftReading) -> str:
    differing, n = round(reading.now * reading.n_now), f"{reading.n_now:,}"
    if not differing:
        return f"{n} scores were computed again from what is stored: all the same, bit by bit."
    return f"{differing:,} of {n} scores come out otherwise when computed again from what is stored."


def _say_together(reading: DriftReading) -> str:
    signs = ", ".join(reading.facts.get("signs", [])) or "nothing stands out"
    told = percent(reading.now, 0)
    return (
        f"Of a case of the last week and one before, the newer is told in {told} (a coin: 50 %). By: {signs}."
    )


def _say_impact(reading: DriftReading) -> str:
    facts = reading.facts
    automation = facts["automation_now"] - facts["automation_then"]
    more = "more" if automation >= 0 else "fewer"
    return (
        f"With values of now the model expects {percent(reading.now)} errors, with those from before"
        f" {percent(reading.then)}; {percent(abs(automation))} {more} cases lie above their cutoff."
    )


_SENTENCES: Mapping[str, Callable[[DriftReading], str]] = {
    Examined.GAP: _say_gap,
    Examined.EXPECTED: _say_expected,
    Examined.SKEW: _say_skew,
    Examined.TOGETHER: _say_together,
    Examined.IMPACT: _say_impact,
}
