"""Guess a workflow from rows of a file: which column is the label, what kind of field each other one is.

Pure: rows in, a proposal out. People see the proposal and change it before anything is made.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.files.columns import is_date
from cases.kinds import ANY, KINDS
from cases.kinds.category import LONGEST_OPTION
from science.fields import Kind

SAMPLE = 2_000  # rows looked at
MAX_LABELS = 20

_LABEL_NAMES = ("label", "class", "target", "category", "decision", "outcome", "answer", "result", "y")
_REFERENCE_NAMES = ("reference", "ref", "id", "case_id", "uuid", "key", "number")
_TIME_NAMES = ("received_at", "received", "timestamp", "created_at", "time")


@dataclass(frozen=True, slots=True)
class Guess:
    """A proposal: fields as the API takes them, labels by name, and the columns that mean something."""

    fields: list[dict[str, Any]]
    labels: list[str]
    label_column: str | None = None
    reference_column: str | None = None
    time_column: str | None = None


def guess_workflow(
    rows: Sequence[Mapping[str, Any]],
    *,
    label: str | None = None,
    reference: str | None = None,
    time: str | None = None,
) -> Guess:
    """Return what the rows suggest; `label`, `reference` and `time` name columns that are known.

    >>> rows = [{"amount": "5", "spam": "yes"}, {"amount": "7", "spam": "no"}]
    >>> guess = guess_workflow(rows, label="spam")
    >>> guess.fields[0]["name"], guess.fields[0]["kind"], guess.labels
    ('amount', 'number', ['no', 'yes'])
    """
    sample = rows[:SAMPLE]
    names = list(dict.fromkeys(name for row in sample for name in row))
    columns = {name: [row.get(name) for row in sample] for name in names}
    label = label or _label_column(columns)
    reference = reference or _named(columns, _REFERENCE_NAMES, _is_unique, besides={label})
    time = time or _named(columns, _TIME_NAMES, _is_time, besides={label, reference})
    fields = [
        {"name": name, **_field(values)}
        for name, values in columns.items()
        if name not in {label, reference, time}
    ]
    labels = sorted({str(value).strip() for value in columns.get(label or "", []) if not _is_empty(value)})
    return Guess(fields, labels, label, reference, time)


def _is_empty(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _present(values: Sequence[object]) -> list[object]:
    return [value for value in values if not _is_empty(value)]


def _field(values: Sequence[object]) -> dict[str, Any]:
    present = _present(values)
    return {"kind": _kind(present).value, "required": bool(present) and len(present) == len(values)}


def _kind(present: Sequence[object]) -> Kind:
    """The first kind that every cell has the type of; else the first that the texts of all of them are."""
    if not present:
        return ANY
    for kind, record in KINDS.items():
        if all(map(record.is_cell, present)):
            return kind
    texts = [str(value).strip() for value in present]
    return next(kind for kind, record in KINDS.items() if record.is_said(texts))


def _label_column(columns: Mapping[str, Sequence[object]]) -> str | None:
    """The column called so; one named like it, or the last, that looks like a choice from a short list."""
    if any(not _is_empty(value) for value in columns.get("label", [])):
        return "label"
    candidates = [name for name, values in columns.items() if _may_be_label(values)]
    by_name = {name.strip().lower(): name for name in reversed(candidates)}
    for name in _LABEL_NAMES:
        if name in by_name:
            return by_name[name]
    return candidates[-1] if candidates else None


def _may_be_label(values: Sequence[object]) -> bool:
    present = _present(values)
    counts = Counter(str(value).strip() for value in present)
    if not 2 <= len(counts) <= MAX_LABELS or len(present) < 2 * len(counts):
        return False
    return max(map(len, counts)) <= LONGEST_OPTION and not any(isinstance(value, float) for value in present)


def _named(
    columns: Mapping[str, Sequence[object]],
    names: Sequence[str],
    fits: Any,
    *,
    besides: set[str | None],
) -> str | None:
    by_name = {name.strip().lower(): name for name in reversed(list(columns)) if name not in besides}
    return next((by_name[n] for n in names if n in by_name and fits(columns[by_name[n]])), None)


def _is_unique(values: Sequence[object]) -> bool:
    present = _present(values)
    return len(present) == len(values) and len({str(value) for value in present}) == len(values)


def _is_time(values: Sequence[object]) -> bool:
    present = _present(values)
    return bool(present) and all(isinstance(v, date) or is_date(str(v).strip()) for v in present)
