"""Guess a workflow from a file's columns: which one is the label, what kind of field each other one is.

Pure: columns in, a proposal out. People see the proposal and change it before anything is made.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from cases.files.collected import Collected
from cases.files.columns import as_name, cell_as, is_date, is_nameless, is_of
from cases.files.styles import FEW
from cases.files.told import NONE
from cases.kinds import ANY, KINDS
from cases.kinds.category import LONGEST_OPTION
from cases.kinds.number import is_code
from cases.services.label_properties import MAX_LABELS
from science.fields import Kind

_MAX_NUMBERS = 20  # different numbers of a column that is taken for the label unasked: more are counts
_OFTEN = 5  # rows a label of a list that is longer than that

LABEL = "label"
"""The column that is the label wherever one cell of it is filled."""
_LABEL_NAMES = (
    LABEL, "labels", "class", "target", "category", "decision", "outcome", "answer", "result", "y",
    "intent", "sentiment", "topic", "verdict", "truth", "y_true", "klasse", "kategorie",
)  # fmt: skip
_REFERENCE_NAMES = ("reference", "ref", "id", "case_id", "uuid", "guid", "key", "number")
_REFERENCE_ENDS = ("_id", "-id", " id", ".id", "_no", "_nr", "_uuid", "_guid", "_key", "_number")
_TIME_NAMES = ("received_at", "received", "timestamp", "created_at", "time")


@dataclass(frozen=True, slots=True)
class Guess:
    """A proposal: fields as the API takes them, and the columns that mean something."""

    fields: list[dict[str, Any]]
    label: str | None = None
    reference: str | None = None
    time: str | None = None


def guess_columns(
    found: Collected,
    *,
    besides: Collection[str] = (),
    label: str | None = None,
    reference: str | None = None,
    time: str | None = None,
) -> Guess:
    """Return what the columns suggest.

    `besides` names columns that are known as fields; `label`, `reference` and `time` those that are known,
    or known to be none (`NONE`).

    >>> from cases.files.collected import collect
    >>> rows = [(2, {"amount": "5", "spam": "yes"}), (3, {"amount": "7", "spam": "no"})]
    >>> guess_columns(collect(rows), label="spam").fields
    [{'name': 'amount', 'kind': 'number', 'required': True}]
    """
    unusable = found.lists | set(filter(is_nameless, found.inside)) | set(besides)
    may_be_field = {name: cells for name, cells in found.inside.items() if name not in unusable}
    columns = may_be_field | {n: cells for n, cells in found.outside.items() if n not in found.lists}
    if LABEL in found.columns and LABEL not in besides:
        columns[LABEL] = found.columns[LABEL]  # also where a few cells are lists: these are refused
    label = _told(label) if label else _label_column(columns)
    reference = _told(reference) if reference else _reference_column(columns, besides={label})
    time = _told(time) if time else _named(columns, _TIME_NAMES, _is_time, besides={label, reference})
    meant = {label, reference, time} - found.outside.keys()
    fields = [{"name": name, **_field(cells)} for name, cells in may_be_field.items() if name not in meant]
    return Guess(fields, label, reference, time)


def _told(column: str) -> str | None:
    return None if column == NONE else column


def _is_empty(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _present(values: Sequence[object]) -> list[object]:
    return [value for value in values if not _is_empty(value)]


def _field(values: Sequence[object]) -> dict[str, Any]:
    present = _present(values)
    kind = _kind(present)
    if present and KINDS[kind].is_formed is None:
        kind = _nearly(present) or kind
    return {"kind": kind.value, "required": bool(present) and len(present) == len(values)}


def _nearly(present: Sequence[object]) -> Kind | None:
    """Return the kind that all but a few cells are of, these being something else: "unknown" or "n/a"."""
    most = int(FEW * len(present))
    named = (
        str(cell).strip() for cell in present if isinstance(cell, str | int) and not isinstance(cell, bool)
    )
    has_codes = any(map(is_code, named))
    for kind in (Kind.DATE,) if has_codes else (Kind.NUMBER, Kind.DATE):
        odd = (cell for cell in present if not is_of(cell_as(cell, kind), kind))
        if sum(1 for _ in islice(odd, most + 1)) <= most:
            return kind
    return None


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
    """The column called so; one named like it, or the last, that looks like a choice from a list."""
    if any(not _is_empty(value) for value in columns.get(LABEL, [])):
        return LABEL
    names = {name: name.strip().lower() for name in columns}
    candidates = [
        name
        for name, values in columns.items()
        if _may_be_label(values, is_named=names[name] in _LABEL_NAMES)
    ]
    by_name = {names[name]: name for name in reversed(candidates)}
    for name in _LABEL_NAMES:
        if name in by_name:
            return by_name[name]
    return candidates[-1] if candidates else None


def _may_be_label(values: Sequence[object], *, is_named: bool) -> bool:
    present = _present(values)
    counts: Counter[str] = Counter()
    for value in present:
        counts[as_name(value)] += 1
        if len(counts) > MAX_LABELS:
            return False
    if len(counts) < 2 or len(present) < 2 * len(counts) or max(map(len, counts)) > LONGEST_OPTION:
        return False
    if any(isinstance(value, float) for value in present):
        return is_named and all(not isinstance(value, float) or value.is_integer() for value in present)
    if len(counts) <= _MAX_NUMBERS:
        return True
    return len(present) >= _OFTEN * len(counts) and not all(
        name.replace(".", "").isdecimal() for name in counts
    )


def _reference_column(columns: Mapping[str, Sequence[object]], *, besides: set[str | None]) -> str | None:
    """The column named like a reference, or else the first that ends like one, that differs in every row."""
    if (named := _named(columns, _REFERENCE_NAMES, _is_unique, besides=besides)) is not None:
        return named
    ending = (
        name for name in columns if name.strip().lower().endswith(_REFERENCE_ENDS) and name not in besides
    )
    return next((name for name in ending if _is_unique(columns[name])), None)


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
    return len(present) == len(values) and len(set(map(as_name, present))) == len(values)


def _is_time(values: Sequence[object]) -> bool:
    present = _present(values)
    return (
        bool(present)
        and len(present) == len(values)
        and all(isinstance(v, date) or is_date(str(v).strip()) for v in present)
    )
