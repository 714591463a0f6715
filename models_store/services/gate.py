"""The gate: checks that a new model must pass before it is used. Every refusal has a reason (ADR 0026)."""

from collections.abc import Collection, Mapping
from math import sqrt
from typing import Any

from hitl.shared.words import Words, figure, joined
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
    words = Words(
        "Right in %(own)s of the cases it was not trained on; always answering the commonest label is right"
        " in %(majority)s.",
        own=percent(chosen["accuracy"]),
        majority=percent(share),
    )
    return Check(GateCheck.MAJORITY, chosen["accuracy"] >= share, words)


def _knows_its_errors(report: Mapping[str, Any], chosen: Mapping[str, float]) -> Check:
    """Compare its risk-coverage area with that of the commonest label in random order.

    In random order the area is a weighted mean of n errors e with squared weights adding up to about 1 / n:
    its mean is e and its standard error sqrt(e (1 - e) / n).
    """
    chance = 1 - report["baselines"]["majority"]["accuracy"]
    needed = chance - Z * sqrt(chance * (1 - chance) / max(1, report["n_rows"]))
    words = Words(
        "Its mean error over all automation rates is %(error)s; chance alone would hardly bring it below"
        " %(chance)s.",
        error=percent(chosen["aurc"], 2),
        chance=percent(max(0.0, needed), 2),
    )
    return Check(GateCheck.RANKING, chosen["aurc"] < needed, words)


def _matches_logistic(chosen: Mapping[str, float], logistic: Mapping[str, float]) -> Check:
    """Differences that `science.pipelines` takes for ties when it chooses are ties here."""
    words = Words(
        "Mean error over all automation rates %(own)s, of plain logistic regression %(logistic)s.",
        own=percent(chosen["aurc"], 2),
        logistic=percent(logistic["aurc"], 2),
    )
    tie = max(0.02 * chosen["aurc"], 0.0002)
    return Check(GateCheck.LOGISTIC, chosen["aurc"] <= logistic["aurc"] + tie, words)


def _not_worse(comparison: Comparison | None) -> Check:
    check = GateCheck.CHAMPION
    if comparison is None:
        return Check(check, True, Words("There is no champion for these fields and labels to compare with."))
    errors = comparison.errors
    shares = {
        "n": errors.n_cases,
        "own": percent(errors.error_a),
        "champion": comparison.champion,
        "other": percent(errors.error_b),
        "points": figure(100 * errors.difference, "+.1f"),
        "low": figure(100 * errors.low, "+.1f"),
        "high": figure(100 * errors.high, "+.1f"),
    }
    if comparison.is_fresh:
        words = Words(
            "On %(n)s labels newer than the champion, it is wrong in %(own)s and %(champion)s in %(other)s: a"
            " difference of %(points)s points (95 %% interval %(low)s to %(high)s).",
            **shares,
        )
    else:
        words = Words(
            "On %(n)s labels that neither model was trained on, it is wrong in %(own)s and %(champion)s in"
            " %(other)s: a difference of %(points)s points (95 %% interval %(low)s to %(high)s).",
            **shares,
        )
    return Check(check, errors.low <= 0 and errors.difference <= MARGIN, words)


def _no_answer_given_away(report: Mapping[str, Any], trusted: Collection[str]) -> Check:
    """A field that holds the answer makes a model that is right on old cases and lost on new ones."""
    check = GateCheck.LEAK
    lone = report.get("lone_fields", [])
    told = [
        Words(
            "“%(field)s” alone gives %(share)s of the answers",
            field=one["field"],
            share=percent(one["right"]),
        )
        for one in lone
    ]
    suspect = [one["field"] for one in lone if one["field"] not in trusted]
    if suspect:
        words = Words(
            "%(fields)s. A field filled in after the decision would: take it out of the workflow's fields, or"
            " name it under “When to train” if it is known before.",
            fields="; ".join(told),
        )
        return Check(check, False, words)
    words = Words("No single field is nearly always right.")
    if told:
        words = Words("%(fields)s: trusted.", fields="; ".join(told))
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
        group = {"group": one["slice"], "n": one["n"], "wrong": percent(one["wrong"])}
        if one["surely_worse"] > MARGIN:
            words = Words(
                "%(group)s (%(n)s cases): wrong in %(wrong)s, the commonest label would be in %(majority)s",
                **group,
                majority=percent(one["majority_wrong"]),
            )
            bad.append(words)
        elif most is not None and 100 * one["low"] > most:
            words = Words(
                "%(group)s (%(n)s cases): wrong in %(wrong)s, clearly more than the %(most)s %% allowed",
                **group,
                most=figure(most),
            )
            bad.append(words)
    if bad:
        return Check(
            check,
            False,
            Words("%(groups)s. Label more such cases, or leave them to people.", groups=joined(bad, "; ")),
        )
    judged = next((one for one in slices["worst"] if one["field"]), None)
    if judged is None:
        return Check(check, True, Words("There are too few cases to compare groups."))
    words = Words(
        "Of %(groups)s groups the worst is %(worst)s: wrong in %(wrong)s of %(n)s cases (interval %(low)s to"
        " %(high)s, all groups together at 95 %%).",
        groups=slices["n_slices"],
        worst=judged["slice"],
        wrong=percent(judged["wrong"]),
        n=judged["n"],
        low=percent(judged["low"]),
        high=percent(judged["high"]),
    )
    return Check(check, True, words)


def _nobody_spoils_it(people: Mapping[str, Any]) -> Check:
    check = GateCheck.REVIEWERS
    spoilt = [one for one in people["left_out"] if one["spoils"]]
    if spoilt:
        told = [
            Words(
                "Without the %(labels)s labels of %(person)s it errs in %(without)s of everybody else's"
                " instead of %(with_them)s, and contradicts %(contradicted)s of theirs against %(others)s of"
                " others' of the same kind.",
                labels=one["n"],
                person=one["person"],
                without=percent(one["wrong_without"]),
                with_them=percent(one["wrong_with"]),
                contradicted=percent(one["contradicted"]),
                others=percent(one["others_contradicted"]),
            )
            for one in spoilt
        ]
        return Check(
            check,
            False,
            Words("%(people)s Check their answers before a model learns from them.", people=" ".join(told)),
        )
    if people["n_people"] < 2:
        return Check(check, True, Words("Fewer than two people gave enough labels to compare."))
    if people["left_out"]:
        names = " and ".join(one["person"] for one in people["left_out"])
        return Check(
            check, True, Words("Leaving out %(names)s, who differ most, makes it no better.", names=names)
        )
    return Check(
        check,
        True,
        Words(
            "None of the %(people)s people's labels differ much from the others'.", people=people["n_people"]
        ),
    )
