"""What is said of how a file is read, and what is refused of it."""

import io

import pytest

from cases.files.proposal import check_new
from cases.files.reading import Reading, look_at
from cases.files.tables import read_table
from cases.files.told import NOTHING, Told, parse_fields
from hitl.shared.errors import Invalid, in_words
from science.fields import Field, Kind, Schema

ROWS = "id,amount,fate\n" + "".join(
    f"{n},{n or 'unknown'},{'kept' if n % 2 else 'lost'}\n" for n in range(40)
)
AMOUNT = Schema((Field("amount", Kind.NUMBER),), ("kept", "lost"))


def look(text: str, told: Told = NOTHING, schema: Schema | None = None) -> Reading:
    return look_at(read_table(io.BytesIO(text.encode()), "f.csv"), told, schema=schema)


def test_what_was_guessed_and_is_easily_overlooked_is_said() -> None:
    assert look(ROWS).notes == (
        "The labels are those of the column fate.",
        "Not a field, as it names or dates the case: id.",
        "amount: 1 cell that is no number counts as empty.",
    )


def test_named_fields_are_never_taken_for_something_else() -> None:
    reading = look(ROWS, Told(label="fate", fields=parse_fields("id:text")))
    assert (reading.reference, [field["name"] for field in reading.fields]) == (None, ["id"])
    assert reading.notes == ()


def test_an_odd_cell_of_a_field_that_must_be_there_stays_for_the_check_to_refuse() -> None:
    assert look(ROWS, schema=AMOUNT).loose == frozenset()
    optional = Schema((Field("amount", Kind.NUMBER, required=False),), AMOUNT.labels)
    assert look(ROWS, schema=optional).loose == {"amount"}


@pytest.mark.parametrize(
    ("told", "schema", "said"),
    [
        (Told(fields=parse_fields("x:text")), None, 'fields column "x" is not in the file.'),
        (Told(label="id", fields=parse_fields("id:text")), None, 'fields name "id", which is the label.'),
        (
            Told(fields=parse_fields("amount:text")),
            AMOUNT,
            'fields name "amount:text", which the workflow has',
        ),
        (Told(time="fate"), None, 'time column "fate" holds no dates or times.'),
        (NOTHING, Schema((Field("x", Kind.TEXT),), ("a", "b")), "fields of the workflow (x) are not in the"),
        (Told(label="amount"), None, 'label column "amount" holds 40 different values.'),
    ],
)
def test_what_does_not_fit_the_file_is_refused_by_name(told: Told, schema: Schema | None, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new(look(ROWS, told, schema))
    assert in_words(refused.value)[0].startswith(said)


def test_what_is_said_of_a_name_can_be_written_down() -> None:
    rows = '{"text": "t", "meta\\ud800\\u202e": ["x", "y"], "label": "a"}\n' * 4
    (note,) = look_at(read_table(io.BytesIO(rows.encode()), "f.jsonl"), NOTHING).notes
    assert note.isprintable()
    assert note == "Left out, as no field holds a list or an object: meta\ufffd\ufffd."


def test_true_as_several_tools_write_it_is_one_label() -> None:
    file = b"text,label\n" + b"".join(
        f"t{n},{['TRUE', 'false', 'True', 'FALSE'][n % 4]}\n".encode() for n in range(60)
    )
    table = read_table(io.BytesIO(file), "f.csv")
    assert look_at(table, NOTHING).counts == {"True": 30, "false": 30}
