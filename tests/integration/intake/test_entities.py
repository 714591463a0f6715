"""What a case belongs to: said beside its reference, or by a field that the workflow names."""

import pytest

from cases.groups import entity_in
from cases.models import Case, Workflow
from cases.selectors import related_to
from cases.services.imports import Labelled, import_labelled
from cases.services.workflows import group_by
from hitl.flow.export.rows import export_rows
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.errors import Invalid
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    in_force.forget()
    yield
    in_force.forget()


def credit(**more: object) -> Workflow:
    return set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW, **more
    )


def submit(*items: Submission) -> list[object]:
    return submit_cases(Intake("credit", items, None, NOW, is_batch=len(items) > 1))


def test_cases_of_one_entity_are_one_group_alone_and_in_a_batch() -> None:
    credit()
    submit(Submission({"amount": 1}, entity="ann"))
    submit(Submission({"amount": 2}, entity="ann"), Submission({"amount": 3}, entity="bob"))
    first, second, third = Case.objects.order_by("content__amount")
    assert (first.entity, third.entity) == ("ann", "bob")
    assert first.group == second.group != third.group
    assert [case.pk for case in related_to(first)] == [second.pk]
    assert related_to(third) == []


def test_a_field_may_name_the_entity_and_what_is_sent_beside_goes_before_it() -> None:
    credit(entity_field="job")
    submit(Submission({"amount": 1, "job": "clerk"}), Submission({"amount": 2, "job": "clerk"}, entity="ann"))
    assert list(Case.objects.order_by("content__amount").values_list("entity", flat=True)) == ["clerk", "ann"]
    assert entity_in({"job": None}, "job") is None


def test_an_import_and_an_export_know_the_entity() -> None:
    workflow = credit(entity_field="job")
    items = [
        Labelled({"amount": 1.0, "job": "clerk"}, "ham"),
        Labelled({"amount": 2.0}, "spam", entity="ann"),
    ]
    import_labelled(workflow_id=workflow.id, items=items, actor=TESTER, now=NOW)
    rows = list(export_rows(workflow, "cases", shows_personal=True, shows_model=False).rows)
    assert {row["entity"] for row in rows} == {"clerk", "ann"}


@pytest.mark.parametrize("bad", ["", "x" * 201, "a\x00b", 7])
def test_an_entity_that_does_not_fit_is_named(bad: object) -> None:
    credit()
    (result,) = submit(Submission({"amount": 1}, entity=bad))
    assert [one["field"] for one in result.errors] == ["entity"]
    assert not Case.objects.exists()


def test_only_a_field_of_the_workflow_can_name_the_entity() -> None:
    workflow = credit()
    with pytest.raises(Invalid) as refused:
        group_by(workflow_id=workflow.id, field="nobody", actor=TESTER, now=NOW)
    assert refused.value.facts["errors"][0]["field"] == "entity_field"
    group_by(workflow_id=workflow.id, field="job", actor=TESTER, now=NOW)
    submit(Submission({"amount": 1, "job": "clerk"}))
    assert Case.objects.get().entity == "clerk"
