"""Import a labelled history: cases that were decided before the service was used.

They get no decision, because nobody here decided them; their labels train and tune. They certify only where
the operator attests that they are a blind, random and recent sample.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from cases.groups import Grouper, entity_in, named_files
from cases.models import Label, SchemaVersion, Workflow
from cases.selectors import schema_in_force
from cases.services.kept_files import adopt_file, store_file
from cases.services.known_rows import sorted_out
from cases.services.labelled import Imported, Labelled, NewCase
from cases.services.row_names import RowNames
from cases.types import CaseStatus, Origin, Purpose
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.canonical import sha256
from hitl.shared.copying import copy_rows
from hitl.shared.errors import NotFound
from hitl.shared.ids import new_id
from science.fields import Kind

__all__ = ["Labelled", "attest_whole", "import_labelled"]

_AT_ONCE = 10_000  # cases that one statement names


@transaction.atomic
def import_labelled(
    *,
    workflow_id: UUID,
    items: Sequence[Labelled],
    actor: Actor,
    now: datetime,
    attest: bool = False,
    is_part: bool = False,
    names: RowNames | None = None,
    all_new: bool = False,
) -> Imported:
    """Import cases with their labels; name those that do not fit, and import the others.

    Idempotent: a case without a reference is named by its content, its label and which of its equals it is,
    so the same file can be imported again after an interruption. `names` carries that count from one part of
    a file to the next. `attest`: the operator says that these labels are a blind, random and recent sample of
    the traffic; where they are a part of it (`is_part`), they count as one only once all are here
    (`attest_whole`), since the first half of a sorted file is no random sample. `all_new`: a row whose
    reference is taken is a case nevertheless, without it; together with salted `names` every row that fits is
    taken in.

    Raises:
        NotFound: there is no such workflow.
    """
    workflow = Workflow.objects.filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound()
    version = schema_in_force(workflow)

    def asset(file: bytes | str, kind: Kind) -> str:
        if isinstance(file, str):
            return adopt_file(file, kind=kind, workflow_id=workflow_id, now=now).sha256
        return store_file(file, workflow_id=workflow_id, now=now, kind=kind).sha256

    found, result = sorted_out(
        items,
        schema=version.schema,
        version=version,
        asset=asset,
        names=names or RowNames(),
        all_new=all_new,
        now=now,
    )
    result.cases += _write(workflow, version, found, attest=attest, is_part=is_part, now=now)
    detail = {
        "taken": result.taken,
        "known": result.known,
        "refused": len(result.refused),
        "attested": attest,
    }
    record(action="cases.imported", actor=actor, now=now, about=workflow, detail=detail)
    return result


def _write(
    workflow: Workflow,
    version: SchemaVersion,
    found: Mapping[str, NewCase],
    *,
    attest: bool,
    is_part: bool,
    now: datetime,
) -> list[UUID]:
    cases: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    grouper = Grouper(version.schema)
    contents = {name: orjson.loads(new.body) for name, new in found.items()}
    names = {file for content in contents.values() for file in grouper.files_of(content)}
    files = named_files(names, workflow.id)
    for name, new in found.items():
        case_id, digest = new_id(), sha256(new.body)
        entity = new.entity if new.entity is not None else entity_in(contents[name], workflow.entity_field)
        case = {
            "id": case_id,
            "workflow_id": workflow.id,
            "schema_version": version.number,
            "content": new.body.decode(),
            "content_sha256": digest,
            "entity": entity,
            "group_key": grouper.key(contents[name], digest, files=files, entity=entity),
            "status": CaseStatus.DECIDED.value,
            "answer": new.label,
            "epoch": 1,
            "origin": Origin.IMPORT.value,
            "reference": name,
            "received_at": new.at,
            "changed_at": new.at,
        }
        cases.append(case)
        labelled = {
            "id": new_id(),
            "case_id": case_id,
            "workflow_id": workflow.id,
            "schema_version": version.number,
            "label": new.label,
            "purpose": Purpose.IMPORT.value,
            "is_blind": attest and not is_part,
            "inclusion_probability": 1.0 if attest else None,
            "at": now,
        }
        labels.append(labelled)
    if cases:
        copy_rows("cases_case", list(cases[0]), cases)
        copy_rows("cases_label", list(labels[0]), labels)
    return [case["id"] for case in cases]


@transaction.atomic
def attest_whole(*, workflow_id: UUID, case_ids: Sequence[UUID], actor: Actor, now: datetime) -> None:
    """Let the labels of a sample count as blind now that all its parts are here; the audit log says so."""
    waiting = Label.objects.filter(
        workflow_id=workflow_id, purpose=Purpose.IMPORT, is_blind=False, inclusion_probability__isnull=False
    )
    attested = sum(
        waiting.filter(case_id__in=case_ids[i : i + _AT_ONCE]).update(is_blind=True)
        for i in range(0, len(case_ids), _AT_ONCE)
    )
    if attested:
        about = Workflow.objects.get(pk=workflow_id)
        record(action="cases.attested", actor=actor, now=now, about=about, detail={"labels": attested})
