"""The rows of intake are written by name: they name what the tables have, and every reason has its words."""

import pytest
from django.db.models import Model

from cases.models import Case
from hitl.flow.intake.rows import CASE_COLUMNS, DECISION_COLUMNS, TASK_COLUMNS, WHY_A_PERSON
from policy.models import Decision
from policy.types import REASONS, DecisionReason
from reviews.models import Task
from reviews.types import TaskReason
from science.decision_terms import Reason

TYPES = {
    "UUIDField": "uuid",
    "ForeignKey": "uuid",
    "OneToOneField": "uuid",
    "IntegerField": "int",
    "SmallIntegerField": "smallint",
    "BigIntegerField": "bigint",
    "CharField": "text",
    "JSONField": "jsonb",
    "BinaryField": "bytea",
    "FloatField": "float8",
    "BooleanField": "bool",
    "DateTimeField": "timestamptz",
}


@pytest.mark.parametrize(
    ("model", "columns"), [(Case, CASE_COLUMNS), (Decision, DECISION_COLUMNS), (Task, TASK_COLUMNS)]
)
def test_columns_are_those_of_the_table_and_of_its_types(model: type[Model], columns: dict[str, str]) -> None:
    fields = {field.column: field for field in model._meta.concrete_fields}
    assert set(columns) <= set(fields)
    for name, written in columns.items():
        field = fields[name]
        if field.get_internal_type() == "ArrayField":
            assert written == TYPES[field.base_field.get_internal_type()] + "[]"
        else:
            assert written == TYPES[field.get_internal_type()]


@pytest.mark.parametrize(
    ("model", "columns"), [(Case, CASE_COLUMNS), (Decision, DECISION_COLUMNS), (Task, TASK_COLUMNS)]
)
def test_what_is_not_written_may_be_left_out(model: type[Model], columns: dict[str, str]) -> None:
    for field in model._meta.concrete_fields:
        is_optional = field.null or field.has_db_default() or field.generated
        assert field.column in columns or is_optional, field.column


def test_every_reason_not_to_automate_says_why_a_person_is_asked() -> None:
    assert set(WHY_A_PERSON) == set(Reason) - {Reason.ABOVE_CUTOFF}
    assert set(WHY_A_PERSON.values()) <= set(TaskReason)


def test_every_reason_of_a_decision_has_its_words() -> None:
    assert dict(REASONS).keys() == set(Reason) | set(DecisionReason)
    assert all(words.strip() for words in dict(REASONS).values())
