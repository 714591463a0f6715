"""Import a labelled history: cases that were decided before the service was used.

They get no decision, because nobody here decided them; their labels train and tune. They certify only where
the operator attests that they are a blind, random and recent sample.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from cases.content import Checker, Problem, checker_for, printable
from cases.groups import MAX_ENTITY, Grouper, entity_in, named_files
from cases.models import Case, SchemaVersion, Workflow
from cases.services.media import store_asset
from cases.types import CaseStatus, Origin, Purpose
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.canonical import sha256
from hitl.shared.copying import copy_rows
from hitl.shared.errors import HitlError, NotFound
from hitl.shared.ids import new_id

MAX_REFERENCE = 200


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case of a history as it was read: media as bytes, everything else as the API takes it."""

    content: Mapping[str, Any]
    label: str
    reference: str | None = None
    at: datetime | None = None
    entity: str | None = None


@dataclass(slots=True)
class Imported:
    """The result of an import: how many cases are new, how many were known, which were refused and why."""

    taken: int = 0
    known: int = 0
    refused: list[tuple[int, list[Problem]]] = field(default_factory=list)


@transaction.atomic
def import_labelled(
    *, workflow_id: UUID, items: Sequence[Labelled], actor: Actor, now: datetime, attest: bool = False
) -> Imported:
    """Import cases with their labels; name those that do not fit, and import the others.

    Idempotent: a case without a reference is named by the hash of its content and label, so the same file can
    be imported again after an interruption. `attest`: the operator says that these labels are a blind,
    random and recent sample of the traffic.

    Raises:
        NotFound: there is no such workflow.
    """
    workflow = Workflow.objects.filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound()
    version = SchemaVersion.objects.get(workflow=workflow, number=workflow.schema_version)
    checker, result = checker_for(version.schema), Imported()
    found: dict[str, tuple[bytes, str, datetime, str | None]] = {}
    for place, item in enumerate(items):
        content, problems = checked(
            item, checker, version.label_names, asset=lambda data: store_asset(data, now=now).sha256
        )
        if content is None:
            result.refused.append((place, problems))
            continue
        label = item.label
        body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        name = item.reference or "import:" + sha256(body + b"\0" + label.encode()).hex()[:40]
        entity = item.entity if item.entity is not None else entity_in(content, workflow.entity_field)
        found.setdefault(name, (body, label, item.at or now, entity))
    there = Case.objects.filter(workflow=workflow, reference__in=found).values_list("reference", flat=True)
    for known in list(there):
        found.pop(known or "", None)
    result.taken = len(found)
    result.known = len(items) - len(result.refused) - result.taken
    _write(workflow, version, found, attest=attest, now=now)
    detail = {
        "taken": result.taken,
        "known": result.known,
        "refused": len(result.refused),
        "attested": attest,
    }
    record(action="cases.imported", actor=actor, now=now, about=workflow, detail=detail)
    return result


def checked(
    item: Labelled, checker: Checker, labels: Collection[str], *, asset: Callable[[bytes], str]
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the canonical content and no problems, or None and everything that is wrong with the case.

    `asset` returns the name of the bytes of an image or a recording, or raises `HitlError`.
    """
    try:
        raw = {
            name: {"asset": asset(value)} if isinstance(value, bytes) else value
            for name, value in item.content.items()
        }
    except HitlError as refusal:
        return None, [{"field": "content", "error": refusal.message, "fix": "Leave it out, or mend it."}]
    content, problems = checker.check(raw)
    if item.label not in labels:
        error = f'is "{printable(item.label)}"' if item.label else "is missing"
        problems = [
            *problems,
            {"field": "label", "error": error, "fix": f"Labels of this workflow: {', '.join(labels)}."},
        ]
    reference = item.reference
    if reference is not None and not (0 < len(reference) <= MAX_REFERENCE and reference.isprintable()):
        fix = f"Use 1 to {MAX_REFERENCE} printable characters."
        problems = [*problems, {"field": "reference", "error": f'is "{printable(reference)}"', "fix": fix}]
    entity = item.entity
    if entity is not None and not (0 < len(entity) <= MAX_ENTITY and entity.isprintable()):
        fix = f"Use 1 to {MAX_ENTITY} printable characters."
        problems = [*problems, {"field": "entity", "error": f'is "{printable(entity)}"', "fix": fix}]
    return (None if problems else content), problems


def _write(
    workflow: Workflow,
    version: SchemaVersion,
    found: Mapping[str, tuple[bytes, str, datetime, str | None]],
    *,
    attest: bool,
    now: datetime,
) -> None:
    cases, labels = [], []
    grouper = Grouper(version.schema)
    contents = {name: orjson.loads(body) for name, (body, _, _, _) in found.items()}
    files = named_files({file for content in contents.values() for file in grouper.files_of(content)})
    for name, (body, label, at, entity) in found.items():
        case_id, digest = new_id(), sha256(body)
        case = {
            "id": case_id,
            "workflow_id": workflow.id,
            "schema_version": version.number,
            "content": body.decode(),
            "content_sha256": digest,
            "entity": entity,
            "group_key": grouper.key(contents[name], digest, files=files, entity=entity),
            "status": CaseStatus.DECIDED.value,
            "answer": label,
            "epoch": 1,
            "origin": Origin.IMPORT.value,
            "reference": name,
            "received_at": at,
            "changed_at": at,
        }
        cases.append(case)
        labelled = {
            "id": new_id(),
            "case_id": case_id,
            "workflow_id": workflow.id,
            "schema_version": version.number,
            "label": label,
            "purpose": Purpose.IMPORT.value,
            "is_blind": attest,
            "inclusion_probability": 1.0 if attest else None,
            "at": now,
        }
        labels.append(labelled)
    if cases:
        copy_rows("cases_case", list(cases[0]), cases)
        copy_rows("cases_label", list(labels[0]), labels)
