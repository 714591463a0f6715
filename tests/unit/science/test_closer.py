"""Slices, lone fields and single people: what an average hides."""

import numpy as np
import pytest

from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.pipelines.influence import influence_of_people
from science.slices import MIN_CASES, slices_of
from tests.unit.science.samples import CREDIT, MAIL, credits, mails

PEOPLE = ("ann", "bob", "cyn", "dan")


def turned(labels, who, person, schema):
    """The labels with those of one person turned round."""
    return [
        schema.labels[1 - schema.labels.index(x)] if w == person else x
        for x, w in zip(labels, who, strict=True)
    ]


@pytest.mark.parametrize(("rows_and_labels", "schema"), [(credits(900), CREDIT), (mails(600), MAIL)])
def test_one_reviewer_who_turns_a_tenth_of_the_labels_round_is_found_and_honest_ones_are_not(
    rows_and_labels, schema
):
    rows, labels = rows_and_labels
    who = np.random.default_rng(0).choice(PEOPLE, len(rows), p=[0.3, 0.3, 0.3, 0.1]).tolist()
    for answers, spoils in ((labels, []), (turned(labels, who, "dan", schema), ["dan"])):
        model = train(rows, answers, schema, seed=1, budget_seconds=0)
        found = influence_of_people(
            rows, answers, schema, who, ["review"] * len(rows),
            model=model, seed=1, weights=np.ones(len(rows)), groups=np.arange(len(rows)),
        )  # fmt: skip
        assert found["n_people"] == 4
        assert [one["person"] for one in found["left_out"] if one["spoils"]] == spoils


def test_an_adjudicator_is_not_suspect_for_having_the_hard_cases():
    rows, labels = credits(600)
    model = train(rows, labels, CREDIT, seed=1, budget_seconds=0)
    said = np.array(model.labels)[model.oof_proba.argmax(axis=1)]
    wrong = np.flatnonzero(said != np.array(labels))[:60]
    who = np.array(["ann"] * len(rows), dtype=object)
    why = np.array(["review"] * len(rows), dtype=object)
    who[wrong], why[wrong] = "judge", "adjudication"
    found = influence_of_people(
        rows, labels, CREDIT, who.tolist(), why.tolist(),
        model=model, seed=1, weights=np.ones(len(rows)), groups=np.arange(len(rows)),
    )  # fmt: skip
    assert found == {"n_people": 2, "left_out": []}


def test_a_field_filled_in_after_the_decision_is_found_and_others_are_not():
    rows, labels = credits(400)
    schema = Schema(
        (*CREDIT.fields, Field("outcome", Kind.CATEGORY), Field("fee", Kind.NUMBER)), CREDIT.labels
    )
    leaky = [
        {**row, "outcome": f"{label}-closed", "fee": 10.0 + (label == "bad")}
        for row, label in zip(rows, labels, strict=True)
    ]
    report = train(leaky, labels, schema, seed=1, budget_seconds=0).report
    assert [one["field"] for one in report["lone_fields"]] == ["outcome", "fee"]
    assert train(rows, labels, CREDIT, seed=1, budget_seconds=0).report["lone_fields"] == []


def test_slices_hold_what_they_say_and_the_worst_comes_first():
    rng = np.random.default_rng(2)
    schema = Schema(
        (
            Field("shop", Kind.CATEGORY, required=False),
            Field("amount", Kind.NUMBER),
            Field("when", Kind.DATE),
            Field("note", Kind.TEXT),
            Field("secret", Kind.CATEGORY, show=False),
        ),
        ("a", "b"),
    )
    rows = [
        {
            "shop": [None, "north", "south"][i % 3],
            "amount": float(i),
            "when": f"2024-05-{1 + i % 28:02}",
            "note": "\u043f\u0440\u0438\u0432\u0435\u0442" if i % 5 == 0 else "hello there",
            "secret": "yes" if i % 2 else "no",
        }
        for i in range(600)
    ]
    wrong = np.array([row["shop"] == "south" and rng.random() < 0.5 for row in rows])
    found = slices_of(rows, wrong, ["a"] * 600, schema, most=100)
    names = [(one["field"], one["slice"].what, one["slice"].value) for one in found["worst"]]
    assert names[0] == ("shop", "value", "south")
    assert {("shop", "missing", ""), ("when", "weekend", ""), ("note", "not Latin", "")} <= set(names)
    assert not any(field == "secret" or value == "None" for field, _, value in names)
    quarters = [one for one in found["worst"] if one["field"] == "amount"]
    assert sum(one["n"] for one in quarters) == 600
    for one in found["worst"]:
        assert one["n"] >= MIN_CASES
        assert one["low"] <= one["wrong"] <= one["high"]
    assert slices_of([], np.zeros(0, bool), [], schema)["worst"] == []


def test_two_mistakes_where_one_label_is_always_right_are_chance_and_twenty_are_not():
    schema = Schema((Field("shop", Kind.CATEGORY),), ("a", "b"))
    rows = [{"shop": "north" if i % 2 else "south"} for i in range(500)]
    labels = ["a" if i % 2 else "ab"[i % 4 // 2] for i in range(500)]

    def north(n_wrong: int) -> float:
        wrong = np.arange(500) % 2 == 1
        wrong[2 * n_wrong + 1 :] = False
        return next(
            one["surely_worse"]
            for one in slices_of(rows, wrong, labels, schema)["worst"]
            if one["slice"].value == "north"
        )

    assert north(2) < 0 < north(20)
