"""The outcome of a replay in sentences, the same on the terminal and on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from hitl.simulate.counts import BROKEN, KEPT, NOTHING, WITHIN_CHANCE
from hitl.simulate.courses import STAGES
from hitl.simulate.events import RED, why_refused
from hitl.web.format import percent

Outcome = Mapping[str, Any]

_HEADLINES = {
    KEPT: "The promise was kept.",
    WITHIN_CHANCE: "More was wrong than promised, by no more than chance explains.",
    BROKEN: "The promise was broken.",
    NOTHING: "Nothing was automated.",
}
TONES = {KEPT: "good", WITHIN_CHANCE: "warn", BROKEN: "bad", NOTHING: "neutral"}
_STEPS = "▁▂▃▄▅▆▇█"


def headline(outcome: Outcome) -> str:
    """Say in a few words whether the promise was kept."""
    return _HEADLINES[outcome["promise"]["verdict"]]


def findings(outcome: Outcome) -> str:
    """Say what was seen that the headline rests on."""
    promise = outcome["promise"]
    said = f"promised: at most {share(promise['target'])}, at {share(promise['confidence'])} confidence"
    if not outcome["automated"]:
        return f"People decided all {outcome['cases']:,} cases ({said}). {why_nothing(outcome)}".strip()
    wrong = (
        f"Of {outcome['automated']:,} automatic decisions {outcome['wrong_automated']:,} were wrong:"
        f" {share(outcome['selective_error'])} ({interval(promise, promise['confidence'])}); {said}."
    )
    return f"{wrong} {_where(outcome)}".strip()


def why_nothing(outcome: Outcome) -> str:
    """Say what stood in the way of automating anything: the last reason that was given."""
    refused = [one["why_not"] for one in outcome["certificates"] if one["why_not"]]
    if refused:
        return str(refused[-1])
    without_model = [run for run in outcome["trainings"] if run["reason"]]
    if without_model:
        return why_refused(without_model[-1]["reason"], without_model[-1]["failed_checks"])
    return "" if outcome["trainings"] else "There were too few labels to train a model."


def _where(outcome: Outcome) -> str:
    """Say under which certificates it broke, and what happened there before the alarm."""
    broken = [one for one in outcome["certificates"] if one["verdict"] == BROKEN]
    if not broken:
        return ""
    parts = [
        f"cases {one['first_case']:,} to {one['last_case']:,} ({one['wrong_automated']:,} of"
        f" {one['automated']:,} wrong)"
        for one in broken
    ]
    return f"It was broken under {_count(len(broken), 'certificate')}: {', '.join(parts)}."


def standing(outcome: Outcome) -> str:
    """Say how long full standing took, and what was automated until then and since."""
    found = outcome["standing"]
    expected = found["labels_expected"]
    usual = (
        f"a model half as wrong as promised takes about {expected:,}" if expected else "no number suffices"
    )
    if found["proved_at"] is None:
        return f"Not proved on live labels ({usual}). {_part(found['before'])}"
    return (
        f"After {_count(found['proved_at'], 'case')}, on {found['labels']:,} live labels ({usual})."
        f" Until then {_part(found['before'])} Since then {_part(found['since'])}"
    )


def _part(part: Mapping[str, Any]) -> str:
    if not part["cases"]:
        return "no case came in."
    automated = share(part["automated"] / part["cases"])
    wrong = f", {share(part['selective_error'])} of it wrong" if part["automated"] else ""
    return f"{automated} of {_count(part['cases'], 'case')} automated{wrong}."


def noticed(outcome: Outcome) -> str:
    """Say when a change was noticed."""
    alarms = outcome["alarms"]
    drift = outcome["drift"]
    if drift is None:
        if not alarms:
            return "No alarm."
        first = next((alarm for alarm in alarms if alarm["level"] == RED), alarms[0])
        return f"{_count(len(alarms), 'alarm')}; at case {first['case']:,}: {first['words']}"
    change = f"{drift['kind']} from case {drift['case']:,} on"
    if drift["noticed_at"] is None:
        return f"{change}: no alarm. {_exposed(drift)}"
    after = max(0, drift["noticed_at"] - drift["case"] + 1)
    if drift["stopped_at"] is None:
        return f"{change}: noticed after {after:,} cases, nothing had to be stopped. {_exposed(drift)}"
    stopped = max(0, drift["stopped_at"] - drift["case"] + 1)
    return f"{change}: noticed after {after:,} cases, acted on after {stopped:,}. {_exposed(drift)}"


def _exposed(drift: Mapping[str, Any]) -> str:
    wrong, automated = drift["wrong_until_stopped"], drift["automated_until_stopped"]
    return f"Until then {wrong:,} of {automated:,} automatic decisions were wrong."


def changes(outcome: Outcome) -> list[dict[str, Any]]:
    """Return each change as a table shows it: when each stage was reached, and what it cost."""
    rows = []
    for one in outcome["changes"]:
        stages = [
            (words, f"case {one[name]:,}" if one[name] is not None else "–") for name, words in STAGES.items()
        ]
        what = f"{one['change']} from case {one['from_case']:,} on" if one["change"] else "not declared"
        rows.append({"what": what, "stages": stages, "cost": _cost(one)})
    return rows


def _cost(one: Mapping[str, Any]) -> str:
    naive = f"fixed cutoff: {one['naive_wrong']:,} of {one['naive_automated']:,}"
    return (
        f"{one['wrong']:,} of {one['automated']:,} wrong, {one['excess']:,.0f} beyond the promise"
        f" ({naive}, {one['naive_excess']:,.0f} beyond)"
    )


def fixed_cutoff(outcome: Outcome) -> str:
    """Say what a fixed cutoff would have done."""
    naive = outcome["naive"]
    if not naive["automated"]:
        return f"Nothing. {naive['why']}".strip()
    return (
        f"{percent(naive['automation_rate'])} automated, {share(naive['selective_error'])} wrong"
        f" ({naive['wrong_automated']:,} of {naive['automated']:,}): {naive['verdict']}"
    )


def people(outcome: Outcome) -> str:
    """Say how much people did."""
    return (
        f"{outcome['human_labels']:,} of {outcome['cases']:,} cases ({outcome['answers']:,} answers,"
        f" {outcome['audits']:,} audits)"
    )


def interval(counts: Mapping[str, Any], confidence: float) -> str:
    """Say an interval."""
    return f"{share(confidence)} interval {share(counts['low'])} to {share(counts['high'])}"


def summary(outcome: Outcome) -> str:
    """Return the report for the terminal."""
    lines = [
        f"{outcome['file']}: {outcome['cases']:,} cases after a history of {outcome['history']:,}",
        "",
        f"{headline(outcome)} {findings(outcome)}",
        "",
        f"  automated      {percent(outcome['automation_rate'])}  {_spark(outcome['windows'])}",
        f"  people         {people(outcome)}",
        f"  full standing  {standing(outcome)}",
        f"  noticed        {noticed(outcome)}",
        f"  fixed cutoff   {fixed_cutoff(outcome)}",
    ]
    for one in changes(outcome):
        reached = ", ".join(f"{words} {at}" for words, at in one["stages"] if at != "–")
        lines.append(f"  change         {one['what']}: {reached or 'not noticed'}. {one['cost']}")
    if outcome["rows_skipped"]:
        lines.append(f"  left out       {_count(outcome['rows_skipped'], 'row')} that do not fit")
    lines += [f"  note           {note}" for note in outcome["notes"]]
    return "\n".join(lines)


def _spark(windows: Sequence[Mapping[str, Any]]) -> str:
    shares = [window["automated"] / (window["to"] - window["from"] + 1) for window in windows]
    return "".join(_STEPS[min(len(_STEPS) - 1, int(share * len(_STEPS)))] for share in shares)


def share(number: float | None) -> str:
    """Say a share with the digits that it needs: 1 %, 0.34 %."""
    if number is None:
        return "–"
    return f"{100 * number:.3g} %" if 100 * number < 99.95 else f"{100 * number:.1f} %".replace(".0 %", " %")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
