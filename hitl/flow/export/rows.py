"""Cases, decisions or labels of a workflow as rows, oldest first, in constant memory.

The rows are read along the primary key, a stretch at a time: no cursor is held open and no transaction, so
that a slow download is nobody's trouble.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

from cases.kinds import ANY, KINDS
from cases.models import Case, Label, SchemaVersion, Workflow
from policy.models import Decision
from science.fields import Field

What = Literal["cases", "decisions", "labels"]
STRETCH = 2_000
MASK = "•••"
Kindred = Literal["text", "number", "boolean", "time"]  # what a column holds, for formats that are typed

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """Columns with what they hold, and the rows under them."""

    columns: dict[str, Kindred]
    rows: Iterator[Row]


def export_rows(
    workflow: Workflow, what: What, *, shows_personal: bool, shows_model: bool, stretch: int = STRETCH
) -> Export:
    """Return an export.

    `shows_personal`: personal fields in the clear, else masked. `shows_model`: everything that was recorded
    about a decision (score, draw, audit), else what a submitter may know.
    """
    if what == "cases":
        return _cases(workflow, shows_personal=shows_personal, stretch=stretch)
    if what == "decisions":
        return _decisions(workflow, shows_model=shows_model, stretch=stretch)
    return _labels(workflow, shows_model=shows_model, stretch=stretch)


def _stretches(workflow: Workflow, stretch: int) -> Iterator[list[Case]]:
    after: UUID | None = None
    while True:
        cases = Case.objects.filter(workflow=workflow).order_by("pk")
        found = list((cases.filter(pk__gt=after) if after else cases)[:stretch])
        if not found:
            return
        yield found
        after = found[-1].pk


_CASE: dict[str, Kindred] = {
    "id": "text",
    "reference": "text",
    "entity": "text",
    "status": "text",
    "answer": "text",
    "origin": "text",
    "schema_version": "number",
    "received_at": "time",
    "changed_at": "time",
}


def _cases(workflow: Workflow, *, shows_personal: bool, stretch: int) -> Export:
    fields = _fields_of_all_versions(workflow)
    masked = {name for name, field in fields.items() if field.personal and not shows_personal}
    records = {name: KINDS[ANY if name in masked else field.kind] for name, field in fields.items()}
    columns: dict[str, Kindred] = {f"content.{name}": record.column for name, record in records.items()}

    def rows() -> Iterator[Row]:
        for cases in _stretches(workflow, stretch):
            for case in cases:
                row: Row = {name: getattr(case, name) for name in _CASE} | {"id": str(case.pk)}
                if workflow.entity_field in masked and case.entity is not None:
                    row["entity"] = MASK
                for name, record in records.items():
                    value = case.content.get(name)
                    is_hidden = name in masked and value is not None
                    row[f"content.{name}"] = MASK if is_hidden else record.exported(value)
                yield row

    return Export(_CASE | columns, rows())


def _fields_of_all_versions(workflow: Workflow) -> dict[str, Field]:
    """Return every field that some version had, as the newest has it; personal once is personal for ever."""
    fields: dict[str, Field] = {}
    for version in SchemaVersion.objects.filter(workflow=workflow).order_by("number"):
        for field in version.schema.fields:
            before = fields.get(field.name)
            kind = field.kind if before is None or before.kind is field.kind else ANY
            personal = field.personal or (before is not None and before.personal)
            fields[field.name] = Field(name=field.name, kind=kind, personal=personal)
    return fields


_KNOWN_TO_SUBMITTERS: dict[str, Kindred] = {
    "case_id": "text",
    "epoch": "number",
    "sequence": "number",
    "route": "text",
    "reason": "text",
    "label": "text",
    "confidence": "number",
    "release": "text",
    "cutoff_set": "text",
    "certificate": "text",
    "decided_at": "time",
}
_RECORDED: dict[str, Kindred] = {
    "predicted": "text",
    "score": "number",
    "cutoff": "number",
    "proba": "text",
    "inclusion_probability": "number",
    "reference_rate": "number",
    "uniform": "number",
    "is_audited": "boolean",
    "is_blind": "boolean",
    "policy_version": "number",
    "actor_kind": "text",
    "actor_name": "text",
    "arrived_at": "time",
}


def _decisions(workflow: Workflow, *, shows_model: bool, stretch: int) -> Export:
    columns = _KNOWN_TO_SUBMITTERS | (_RECORDED if shows_model else {})

    def rows() -> Iterator[Row]:
        for cases in _stretches(workflow, stretch):
            waiting = {case.pk for case in cases if case.status == "waiting"}
            decisions = Decision.objects.filter(case_id__in=[case.pk for case in cases])
            for decision in decisions.select_related("release").order_by("case_id", "epoch", "sequence"):
                hides = not shows_model and (decision.route != "auto" or decision.case_id in waiting)
                yield _decision_row(decision, columns, hides_model=hides)

    return Export(columns, rows())


def _decision_row(decision: Decision, columns: dict[str, Kindred], *, hides_model: bool) -> Row:
    special: dict[str, Callable[[], Any]] = {
        "case_id": lambda: str(decision.case_id),
        "release": lambda: decision.release.name if decision.release else None,
        "cutoff_set": lambda: _text(decision.cutoff_set_id),
        "certificate": lambda: _text(decision.certificate_id),
        "proba": lambda: orjson.dumps(decision.proba).decode() if decision.proba else None,
    }
    row = {name: special[name]() if name in special else getattr(decision, name) for name in columns}
    if hides_model:
        row |= dict.fromkeys(("confidence", "release", "cutoff_set", "certificate"))
        if decision.route == "auto":
            row["label"] = None
    return row


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


_LABEL: dict[str, Kindred] = {
    "id": "text",
    "case_id": "text",
    "reference": "text",
    "label": "text",
    "purpose": "text",
    "schema_version": "number",
    "at": "time",
    "superseded_at": "time",
}
_HOW_LABELLED: dict[str, Kindred] = {
    "labelled_by": "text",
    "is_blind": "boolean",
    "inclusion_probability": "number",
    "seconds": "number",
}


def _labels(workflow: Workflow, *, shows_model: bool, stretch: int) -> Export:
    """Labels; who gave them and whether for an audit is for those who watch over the service."""
    columns = _LABEL | (_HOW_LABELLED if shows_model else {})
    if not shows_model:
        columns = {name: kind for name, kind in columns.items() if name != "purpose"}

    def rows() -> Iterator[Row]:
        for cases in _stretches(workflow, stretch):
            references = {case.pk: case.reference for case in cases}
            labels = Label.objects.filter(case_id__in=references).select_related("labelled_by")
            for label in labels.order_by("case_id", "at", "pk"):
                yield _label_row(label, references[label.case_id], list(columns))

    return Export(columns, rows())


def _label_row(label: Label, reference: str | None, columns: Sequence[str]) -> Row:
    row: Row = {
        "id": str(label.pk),
        "case_id": str(label.case_id),
        "reference": reference,
        "labelled_by": label.labelled_by.get_username() if label.labelled_by else None,
    }
    return {name: row[name] if name in row else getattr(label, name) for name in columns}
