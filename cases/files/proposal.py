"""Whether a workflow can be made of a file as it was read."""

from typing import Any

from cases.content import printable
from cases.files.checks import columns_there, refusal
from cases.files.guess import LABEL
from cases.files.reading import Reading
from cases.services.label_properties import MAX_LABELS
from cases.services.proposed import MAX_NAME
from cases.services.schemas import checked_schema


def check_label(reading: Reading) -> str:
    """Return the label column.

    Raises:
        Invalid: none is known, and none looks like one.
    """
    if reading.label is None and LABEL in reading.columns:
        raise refusal("label", f'column "{LABEL}" is empty in every row', "Fill it, or name another column.")
    if reading.label is None:
        fix = f"Name it. {columns_there(reading.columns)}"
        raise refusal("label", "column is not named, and none looks like one", fix)
    return reading.label


def check_new(reading: Reading) -> list[dict[str, Any]]:
    """Return the labels, as the API takes them, if a workflow can be made of what was read.

    Raises:
        Invalid: it cannot; the problems say why, each with its fix.
    """
    column, n = check_label(reading), len(reading.labels)
    if n < 2:
        there = f'only "{printable(reading.labels[0])}"' if n else "nothing"
        raise refusal(
            "label", f'column "{column}" holds {there}', "Two labels are needed: name another column."
        )
    longest = max(map(len, reading.labels))
    if n > min(MAX_LABELS, max(2, reading.n_labelled / 2)) or longest > MAX_NAME:
        what = (
            f"{n:,} different values" if longest <= MAX_NAME else f"values of more than {MAX_NAME} characters"
        )
        fix = f"Name another column: at most {MAX_LABELS:,} short labels can be decided between."
        raise refusal("label", f'column "{column}" holds {what}', fix)
    labels = [{"name": label} for label in reading.labels]
    checked_schema(reading.fields, labels)
    return labels
