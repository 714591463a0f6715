"""Whether a workflow can be made of a file as it was read."""

import re
from typing import Any

from cases.content import printable
from cases.files.checks import columns_there, refusal
from cases.files.guess import LABEL
from cases.files.reading import Reading
from cases.names import is_plain
from cases.services.label_properties import MAX_LABELS
from cases.services.proposed import MAX_NAME
from cases.services.schemas import checked_schema
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words

_FIELD = re.compile(r"fields\[(\d+)\](\.name)?$")


def check_label(reading: Reading) -> str:
    """Return the label column.

    Raises:
        Invalid: none is known, and none looks like one.
    """
    if reading.label is None and LABEL in reading.columns:
        error = Words('column "%(name)s" is empty in every row', name=LABEL)
        raise refusal("label", error, Words("Fill it, or name another column."))
    if reading.label is None:
        fix = Words("Name it. %(columns)s", columns=columns_there(reading.columns))
        raise refusal("label", Words("column is not named, and none looks like one"), fix)
    return reading.label


def check_new(reading: Reading) -> list[dict[str, Any]]:
    """Return the labels, as the API takes them, if a workflow can be made of what was read.

    Raises:
        Invalid: it cannot; the problems say why, each with its fix.
    """
    column, n = check_label(reading), len(reading.labels)
    if n < 2:
        error = Words('column "%(name)s" holds nothing', name=column)
        if n:
            only = printable(reading.labels[0])
            error = Words('column "%(name)s" holds only "%(only)s"', name=column, only=only)
        raise refusal("label", error, Words("Two labels are needed: name another column."))
    longest = max(map(len, reading.labels))
    if n > min(MAX_LABELS, max(2, reading.n_labelled / 2)) or longest > MAX_NAME:
        error = Words('column "%(name)s" holds %(n)s different values', name=column, n=n)
        if longest > MAX_NAME:
            error = Words(
                'column "%(name)s" holds values of more than %(most)s characters', name=column, most=MAX_NAME
            )
        fix = Words(
            "Name another column: at most %(most)s short labels can be decided between.", most=MAX_LABELS
        )
        raise refusal("label", error, fix)
    if unseen := next((label for label in reading.labels if not is_plain(label)), None):
        error = Words(
            'column "%(name)s" holds "%(label)s", with a character that nobody can see',
            name=column,
            label=printable(unseen),
        )
        raise refusal("label", error, Words("Mend it in the file, or name another column."))
    labels = [{"name": label} for label in reading.labels]
    try:
        checked_schema(reading.fields, labels)
    except Invalid as refused:
        raise Invalid([_of_the_file(each, reading) for each in refused.facts["errors"]]) from None
    return labels


def _of_the_file(problem: Problem, reading: Reading) -> Problem:
    """Name the column of the file instead of the place in the proposal."""
    if (found := _FIELD.match(problem["field"])) is None:
        return problem
    column = reading.columns.index(reading.fields[int(found[1])]["name"]) + 1
    return problem | {"field": f"column {column}"}
