"""Every kind of field says everything that is asked of one, in one place."""

from dataclasses import fields
from typing import get_args

import pytest

from cases.content import checker_for
from cases.files.collected import collect
from cases.files.columns import cell_as
from cases.files.guess import guess_columns
from cases.kinds import ANY, KINDS
from cases.kinds.record import ColumnType, KindRecord, Layout
from science.explain.media import EVIDENCE
from science.fields import Field, Kind, Schema
from science.kinds.traits import Places

MAY_BE_NONE = {"is_formed"}
each_kind = pytest.mark.parametrize("kind", list(Kind))


def test_every_kind_has_a_record_and_what_is_nothing_else_is_tried_last() -> None:
    assert set(KINDS) == set(Kind)
    assert all(record.kind is kind for kind, record in KINDS.items())
    assert list(KINDS)[-1] is ANY


@each_kind
def test_every_record_has_every_hook(kind: Kind) -> None:
    record = KINDS[kind]
    missing = {one.name for one in fields(KindRecord) if getattr(record, one.name) is None}
    assert missing <= MAY_BE_NONE
    assert record.column in get_args(ColumnType)
    assert record.layout in get_args(Layout)


@each_kind
def test_the_traits_say_how_one_part_of_a_model_reads_it(kind: Kind) -> None:
    traits = kind.traits
    assert kind == kind.value == traits.name == Kind(traits.name)
    assert not (traits.columns and traits.features)
    assert (traits.hostile is None) == (traits.slices is None) == kind.is_media


def test_every_form_of_evidence_in_files_can_be_found_and_taken_away() -> None:
    assert set(EVIDENCE) == set(get_args(Places))
    assert {kind.traits.features.places for kind in Kind if kind.traits.features} == set(EVIDENCE)


@each_kind
def test_an_example_fits_its_field_and_a_file_that_holds_it_is_guessed_and_read(kind: Kind) -> None:
    field = Field("it", kind)
    example = KINDS[kind].example(field)
    if kind.is_media:
        return  # it names a file, which is uploaded by itself
    content, problems = checker_for(Schema((field,), ("a", "b"))).check({"it": example})
    assert problems == []
    assert content is not None
    text = KINDS[kind].said(content["it"])
    assert text
    guess = guess_columns(
        collect([(i, {"it": f"{text}", "label": "ab"[i % 2]}) for i in range(20)]), label="label"
    )
    found = Kind(guess.fields[0]["kind"])
    assert found in ({kind} if KINDS[kind].is_formed else {Kind.CATEGORY})  # text that repeats is a choice
    assert cell_as(text, found) == content["it"]
    assert KINDS[kind].exported(content["it"]) == content["it"]


@pytest.mark.parametrize("value", [2**53 + 1, 1234567890123456789, -(10**17) - 1])
def test_a_whole_number_that_a_float_cannot_hold_is_refused_and_never_stored_as_another(value: int) -> None:
    schema = Schema.from_json(
        {"fields": [{"name": "n", "kind": "number", "required": True}], "labels": ["a", "b"]}
    )
    checker = checker_for(schema)
    content, problems = checker.check({"n": value})
    assert content is None or problems
    assert str(value) in problems[0]["error"]
    assert checker.check({"n": 2**53})[0] == {"n": float(2**53)}
    for cell in (value, str(value)):  # of a file of JSON, and of a CSV
        assert checker.check({"n": cell_as(cell, Kind.NUMBER)})[1]
