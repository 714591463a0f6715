"""A labelled history: taken in once, row by row, and proof only where somebody answers for it."""

import pytest

from cases.models import Case, Label
from cases.services.imports import Labelled, import_labelled
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.errors import NotFound
from hitl.shared.ids import new_id
from policy.models import Decision
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER

pytestmark = pytest.mark.django_db

GOOD = [Labelled({"amount": float(i), "job": "clerk\t\\N"}, "ham" if i % 2 else "spam") for i in range(20)]


def bring(items: list[Labelled], **facts: object):  # type: ignore[no-untyped-def]
    from cases.models import Workflow

    workflow = Workflow.objects.filter(slug="credit").first() or set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    return import_labelled(workflow_id=workflow.id, items=items, actor=TESTER, now=NOW, **facts)  # type: ignore[arg-type]


def test_every_row_becomes_a_decided_case_with_its_label_and_no_decision() -> None:
    result = bring(GOOD)
    assert (result.taken, result.known, result.refused) == (20, 0, [])
    assert set(Case.objects.values_list("status", "origin")) == {("decided", "import")}
    assert Label.objects.filter(purpose="import", is_blind=False).count() == 20
    assert Decision.objects.count() == 0
    first = Case.objects.get(content__amount=3.0)
    assert first.content == {"amount": 3.0, "job": "clerk\t\\N", "since": None, "married": None}
    assert first.answer == first.labels.get().label == "ham"


def test_the_same_file_twice_is_one_history() -> None:
    bring(GOOD[:12])
    result = bring(GOOD)
    assert (result.taken, result.known) == (8, 12)
    assert Case.objects.count() == Label.objects.count() == 20


def test_rows_that_do_not_fit_are_named_and_the_others_taken_in() -> None:
    bad = [
        Labelled({"amount": -1}, "ham"),
        Labelled({"amount": 1}, "eggs"),
        Labelled({"amount": 1, "x": 2}, "3"),
        Labelled({"amount": 2}, "ham", reference="r" * 201),
        Labelled({"amount": 2}, "ham", reference="\u0958" * 200),  # 400 characters in NFC
    ]
    result = bring([*GOOD[:3], *bad])
    assert result.taken == 3
    places = {place: [problem["field"] for problem in problems] for place, problems in result.refused}
    assert places == {3: ["content.amount"], 4: ["label"], 5: ["content.x", "label"]} | {
        6: ["reference"],
        7: ["reference"],
    }
    assert Case.objects.count() == 3


def test_a_reference_is_the_same_however_its_letters_are_put_together() -> None:
    bring([Labelled({"amount": 2}, "ham", reference="caf\u0065\u0301")])
    result = bring([Labelled({"amount": 2}, "ham", reference="caf\u00e9")])
    assert (result.taken, result.known) == (0, 1)
    assert Case.objects.get().reference == "caf\u00e9"


def test_only_attested_labels_count_as_a_blind_sample() -> None:
    bring(GOOD, attest=True)
    assert set(Label.objects.values_list("is_blind", "inclusion_probability")) == {(True, 1.0)}


def test_a_workflow_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(NotFound):
        import_labelled(workflow_id=new_id(), items=GOOD, actor=TESTER, now=NOW)
