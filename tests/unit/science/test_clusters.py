"""Groups of cases that a model finds alike."""

from collections.abc import Sequence

import numpy as np
import pytest

from science.explain import index_precedents
from science.explain.clusters import clusters
from science.fields import Field, Kind, Schema
from science.pipelines.candidates import TABLE, TEXT
from science.serving import ServedModel
from tests.unit.science.fitting import served_model_of

NEWS = "weekly newsletter with offers from the garden centre, unsubscribe here number {}"
WORDS = (
    "invoice overdue please pay",
    "meeting moved to monday",
    "your parcel has been sent",
    "lunch at noon",
)


@pytest.fixture(scope="module")
def served() -> ServedModel:
    rows, labels = [], []
    for n in range(60):
        rows += [{"body": NEWS.format(n)}, {"body": f"{WORDS[n % 4]} {n} thanks"}]
        labels += ["spam", "ham"]
    schema = Schema((Field("body", Kind.TEXT),), ("ham", "spam"))
    return served_model_of(TEXT[0], rows, labels, schema)


def test_what_is_alike_comes_together_and_the_rest_stays_out(served: ServedModel) -> None:
    rows = [{"body": NEWS.format(1000 + n)} for n in range(12)] + [
        {"body": f"unlike {n} zebra"} for n in range(3)
    ]
    order = np.random.default_rng(0).permutation(len(rows))
    (group, *others) = clusters(served, [rows[i] for i in order], least=5)
    assert others == []
    assert sorted(order[group].tolist()) == list(range(12))
    assert group[0] == min(group), "the first in the queue leads"


def test_a_group_has_every_member_once_and_none_is_in_two(served: ServedModel) -> None:
    rows = [{"body": text} for n in range(10) for text in (NEWS.format(n), *WORDS)]
    found = clusters(served, rows, likeness=0.3, least=1)
    places = np.concatenate(found)
    assert len(set(places.tolist())) == len(places)
    assert [len(group) for group in found] == sorted((len(group) for group in found), reverse=True)
    again = clusters(served, rows, likeness=0.3, least=1)
    assert all((a == b).all() for a, b in zip(found, again, strict=True))


@pytest.mark.parametrize("texts", [[], [""], [None], ["\x00\ud800", "\U0001f9a0" * 50, ""]])
def test_nothing_and_what_cannot_be_read_are_in_no_group(
    served: ServedModel, texts: Sequence[str | None]
) -> None:
    assert clusters(served, [{"body": text} for text in texts]) == []


def test_rows_of_a_table_are_as_like_their_leader_as_was_asked_for() -> None:
    rng = np.random.default_rng(3)
    rows = [{"amount": float(x), "age": float(y)} for x, y in rng.normal(0, 1, (160, 2))]
    labels = ["many" if row["amount"] + row["age"] > 0 else "few" for row in rows]
    schema = Schema((Field("amount", Kind.NUMBER), Field("age", Kind.NUMBER)), ("few", "many"))
    served = served_model_of(TABLE[0], rows, labels, schema)
    index = index_precedents(served, rows, labels, [bytes(16)] * len(rows))
    found = clusters(served, rows, likeness=0.8)
    assert sum(map(len, found)) > 100
    for group in found:
        like = index.likeness(served, rows[group[0]])
        assert like is not None
        assert like[group[1:]].min() >= 0.8
