"""The gate: checks that a new model must pass before it may be used. Every refusal has a reason."""

from collections.abc import Collection, Mapping
from math import sqrt
from typing import Any

from hitl.web.format import percent
from models_store import reports
from models_store.services.evaluation import Comparison
from models_store.types import Check, GateCheck

MARGIN = 0.005  # by how much more often than the champion it may err before chance is no excuse
Z = 3.0  # standard errors by which its ranking must beat a random one


def checks(
    report: Mapping[str, Any],
    comparison: Comparison | None,
    *,
    most_wrong_in_a_slice: float | None = None,
    trusted_fields: Collection[str] = (),
) -> list[Check]:
    """Run every check on a model that is about to be registered.

    `report` is that of `science.pipelines`, whose measures are out of fold, with what `look_closer` adds.
    `most_wrong_in_a_slice` is a percentage.
    """
    chosen = reports.chosen(report)
    found = [_beats_majority(report, chosen), _knows_its_errors(report, chosen)]
    logistic = report["baselines"]["logistic"]
    if logistic is not None:
        found.append(_matches_logistic(chosen, logistic))
    found.append(_not_worse(comparison))
    found.append(_no_answer_given_away(report, trusted_fields))
    if "slices" in report:
        found.append(_no_slice_abandoned(report["slices"], most_wrong_in_a_slice))
    if "people" in report:
        found.append(_nobody_spoils_it(report["people"]))
    return found


def _beats_majority(report: Mapping[str, Any], chosen: Mapping[str, float]) -> Check:
    share = report["baselines"]["majority"]["accuracy"]
    words = (
        f"Right in {percent(chosen['accuracy'])} of the cases it was not trained on; always answering the"
        f" commonest label is right in {percent(share)}."
    )
    return Check(GateCheck.MAJORITY, chosen["accuracy"] >= share, words)


def _knows_its_errors(report: Mapping[str, Any], chosen: Mapping[str, float]) -> Check:
    """Compare its risk-coverage area with that of the commonest label in random order.

    In random order the area is a weighted mean of n errors e with squared weights adding up to about 1 / n:
    its mean is e and its standard error sqrt(e (1 - e) / n).
    """
    chance = 1 - report["baselines"]["majority"]["accuracy"]
    needed = chance - Z * sqrt(chance * (1 - chance) / max(1, report["n_rows"]))
    words = (
        f"Its mean error over all automation rates is {percent(chosen['aurc'], 2)}; chance"
        f" alone would hardly bring it below {percent(max(0.0, needed), 2)}."
    )
    return Check(GateCheck.RANKING, chosen["aurc"] < needed, words)


def _matches_logistic(chosen: Mapping[str, float], logistic: Mapping[str, float]) -> Check:
    """Differences that `science.pipelines` takes for ties when it chooses are ties here."""
    words = (
        f"Mean error over all automation rates {percent(chosen['aurc'], 2)}, of plain logistic regression"
        f" {percent(logistic['aurc'], 2)}."
    )
    tie = max(0.02 * chosen["aurc"], 0.0002)
    return Check(GateCheck.LOGISTIC, chosen["aurc"] <= logistic["aurc"] + tie, words)


def _not_worse(comparison: Comparison | None) -> Check:
    check = GateCheck.CHAMPION
    if comparison is None:
        return Check(check, True, "There is no champion for these fields and labels to compare with.")
    errors = comparison.errors
    which = "newer than the champion" if comparison.is_fresh else "that neither model was trained on"
    words = (
        f"On {errors.n_cases:,} labels {which}, it is wrong in {percent(errors.error_a)} and"
        f" {comparison.champion} in {percent(errors.error_b)}: a difference of"
        f" {100 * errors.difference:+.1f} points (95 % interval {100 * errors.low:+.1f} to"
        f" {100 * errors.high:+.1f})."
    )
    return Check(check, errors.low <= 0 and errors.difference <= MARGIN, words)


def _no_answer_given_away(report: Mapping[str, Any], trusted: Collection[str]) -> Check:
    """A field that holds the answer makes a model that is right on old cases and lost on new ones."""
    check = GateCheck.LEAK
    lone = report.get("lone_fields", [])
    told = [f"“{one['field']}” alone gives {percent(one['right'])} of the answers" for one in lone]
    suspect = [one["field"] for one in lone if one["field"] not in trusted]
    if suspect:
        words = (
            f"{'; '.join(told)}. A field filled in after the decision would: take it out of the workflow's"
            " fields, or name it under “When to train” if it is known before."
        )
        return Check(check, False, words)
    words = f"{'; '.join(told)}: trusted." if told else "No single field is nearly always right."
    return Check(check, True, words)


def _no_slice_abandoned(slices: Mapping[str, Any], most: float | None) -> Check:
    """Better on average may be worse for some: no slice may surely do worse than its commonest label.

    Worse by more than chance and more than `MARGIN`: where nearly all cases have one label, nobody who looks
    for the others can be as often right as who never does. The intervals hold for all slices together. Slices
    by label are shown but not judged: every model finds the rare label less often.
    """
    check = GateCheck.SLICES
    bad = []
    for one in slices["worst"]:
        if not one["field"]:
            continue
        said = f"{one['slice']} ({one['n']:,} cases): wrong in {percent(one['wrong'])}"
        if one["surely_worse"] > MARGIN:
            bad.append(f"{said}, the commonest label would be in {percent(one['majority_wrong'])}")
        elif most is not None and 100 * one["low"] > most:
            bad.append(f"{said}, clearly more than the {most:g} % allowed")
    if bad:
        return Check(check, False, f"{'; '.join(bad)}. Label more such cases, or leave them to people.")
    judged = next((one for one in slices["worst"] if one["field"]), None)
    if judged is None:
        return Check(check, True, "There are too few cases to compare groups.")
    words = (
        f"Of {slices['n_slices']} groups the worst is {judged['slice']}: wrong in"
        f" {percent(judged['wrong'])} of {judged['n']:,} cases (interval {percent(judged['low'])} to"
        f" {percent(judged['high'])}, all groups together at 95 %)."
    )
    return Check(check, True, words)


def _nobody_spoils_it(people: Mapping[str, Any]) -> Check:
    check = GateCheck.REVIEWERS
    spoilt = [one for one in people["left_out"] if one["spoils"]]
    if spoilt:
        told = [
            f"Without the {one['n']:,} labels of {one['person']} it errs in"
            f" {percent(one['wrong_without'])} of everybody else's instead of {percent(one['wrong_with'])},"
            f" and contradicts {percent(one['contradicted'])} of theirs against"
            f" {percent(one['others_contradicted'])} of others' of the same kind."
            for one in spoilt
        ]
        return Check(check, False, f"{' '.join(told)} Check their answers before a model learns from them.")
    if people["n_people"] < 2:
        return Check(check, True, "Fewer than two people gave enough labels to compare.")
    if people["left_out"]:
        names = " and ".join(one["person"] for one in people["left_out"])
        return Check(check, True, f"Leaving out {names}, who differ most, makes it no better.")
    return Check(
        check, True, f"None of the {people['n_people']} people's labels differ much from the others'."
    )
