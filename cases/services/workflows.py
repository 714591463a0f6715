"""Create a workflow, change its words, fields and labels, archive it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from cases.content import printable
from cases.models import SchemaVersion, Workflow
from cases.names import clean_name, is_plain
from cases.selectors import schema_in_force
from cases.services.proposed import MAX_NAME
from cases.services.schemas import CheckedSchema, checked_schema
from cases.services.versions import bump
from hitl.accounts.automation import require_answerable
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotFound, Problem
from hitl.shared.words import Words, figure
from science.fields import Kind

MAX_DESCRIPTION = 1_000
MAX_REVIEW_POLICY = 50_000
_RESERVED = {"new"}  # an address of its own
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


class SlugTaken(Conflict):
    """There is a workflow of this slug already. Choose another."""

    code = "slug_taken"


@transaction.atomic
def create_workflow(
    *,
    slug: str,
    name: str,
    fields: object,
    labels: object,
    actor: Actor,
    now: datetime,
    description: str = "",
    review_policy: str = "",
    entity_field: str = "",
) -> Workflow:
    """Create a workflow with the first version of its schema.

    `entity_field` names the field whose values say which cases belong together; "" where none does.

    Whoever calls it gives the workflow a policy and review rules as well (`hitl.flow.setup.create`).

    Raises:
        Invalid: a word, a field or a label does not fit; each is named with its fix.
        SlugTaken: another workflow has this slug.
    """
    problems = _slug_problems(slug) + _text_problems(
        {"name": name, "description": description, "review_policy": review_policy}
    )
    try:
        schema = checked_schema(fields, labels)
    except Invalid as invalid:
        raise Invalid(problems + invalid.facts["errors"]) from None
    problems += _entity_problems(entity_field, schema.fields)
    if problems:
        raise Invalid(problems)
    try:
        with transaction.atomic():
            workflow = Workflow.objects.create(
                slug=slug,
                name=clean_name(name),
                description=description,
                review_policy=review_policy,
                entity_field=entity_field,
                created_at=now,
            )
    except IntegrityError:
        errors = [Problem(field="slug", error=Words('"%(slug)s" is taken', slug=slug), fix="Choose another.")]
        raise SlugTaken(errors=errors) from None
    _add_version(workflow, 1, schema, actor, now)
    record(
        action="workflow.created", actor=actor, now=now, about=workflow, detail={"slug": slug, "name": name}
    )
    return workflow


@transaction.atomic
def change_schema(
    *, workflow_id: UUID, fields: object, labels: object, actor: Actor, now: datetime
) -> SchemaVersion:
    """Give the workflow other fields or labels, as a new version of its schema.

    Cases and tasks that are there keep the version they came with. Models and certificates made for other
    fields or labels decide nothing any more: their cases go to people. If nothing differs, nothing is
    written.

    Raises:
        Invalid: a field or a label does not fit.
        NotFound: there is no such workflow.
        PersonNeeded, NotAllowed: other costs would count mistakes less, which is not the actor's to say.
    """
    schema = checked_schema(fields, labels)
    workflow = _locked(workflow_id)
    current = schema_in_force(workflow)
    if (current.fields, current.labels) == (schema.fields, schema.labels):
        return current
    require_answerable(actor, _costs_otherwise(workflow, schema.labels))
    version = _add_version(workflow, workflow.schema_version + 1, schema, actor, now)
    Workflow.objects.filter(pk=workflow_id).update(schema_version=version.number)
    bump(workflow_id)
    detail = {
        "from": current.number,
        "to": version.number,
        "models_still_fit": current.schema_sha256 == version.schema_sha256,
    }
    record(action="schema.changed", actor=actor, now=now, about=workflow, detail=detail)
    return version


def _costs_otherwise(workflow: Workflow, after: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Name the labels whose mistakes come to count otherwise than when the workflow last had them.

    The promise may be about costs; and a label that was gone for a version brings its model back.
    """
    versions = workflow.schemas.order_by("number").values_list("labels", flat=True)
    costs = {label["name"]: float(label.get("cost", 1.0)) for labels in versions for label in labels}
    return [
        (
            f"labels.{i}.cost",
            Words("Leave it at %(costs)s, or to a person.", costs=figure(costs[label["name"]])),
        )
        for i, label in enumerate(after)
        if label["name"] in costs and float(label.get("cost", 1.0)) != costs[label["name"]]
    ]


@transaction.atomic
def group_by(*, workflow_id: UUID, field: object, actor: Actor, now: datetime) -> Workflow:
    """Say which field names what cases belong to ("" for none); cases that are there keep their group.

    Raises:
        Invalid: the workflow has no such field, or it is an image or a recording.
        NotFound: there is no such workflow.
    """
    workflow = _locked(workflow_id)
    version = schema_in_force(workflow)
    if problems := _entity_problems(field, version.fields):
        raise Invalid(problems)
    if field != workflow.entity_field:
        detail = {"before": {"entity_field": workflow.entity_field}, "after": {"entity_field": field}}
        workflow.entity_field = str(field)
        workflow.save(update_fields=["entity_field"])
        bump(workflow_id)
        record(action="workflow.grouped", actor=actor, now=now, about=workflow, detail=detail)
    return workflow


def _entity_problems(field: object, fields: Sequence[Mapping[str, Any]]) -> list[Problem]:
    kinds = {one["name"]: Kind(one["kind"]) for one in fields}
    names = [name for name, kind in kinds.items() if not kind.is_media]
    if field == "" or field in names:
        return []
    fix = Words("Name one of %(names)s, or none.", names=", ".join(names))
    return [Problem(field="entity_field", error="is no field that could name it", fix=fix)]


@transaction.atomic
def describe_workflow(*, workflow_id: UUID, actor: Actor, now: datetime, **words: str) -> Workflow:
    """Change name, description or policy; whatever is not named stays.

    Raises:
        Invalid: a text does not fit.
        NotFound: there is no such workflow.
    """
    unknown = set(words) - {"name", "description", "review_policy"}
    if unknown:
        raise TypeError(f"not words of a workflow: {', '.join(sorted(unknown))}")
    if problems := _text_problems(words):
        raise Invalid(problems)
    workflow = _locked(workflow_id)
    changes = {key: value for key, value in words.items() if getattr(workflow, key) != value}
    if changes:
        for key, value in changes.items():
            setattr(workflow, key, value)
        workflow.save(update_fields=list(changes))
        record(
            action="workflow.described",
            actor=actor,
            now=now,
            about=workflow,
            detail={"changed": sorted(changes)},
        )
    return workflow


def archive_workflow(*, workflow_id: UUID, actor: Actor, now: datetime) -> None:
    """Accept no new cases from the next one on; open tasks can still be answered.

    Raises:
        NotFound: there is no such workflow.
    """
    _set_archived(workflow_id, now, "workflow.archived", actor, now)


def restore_workflow(*, workflow_id: UUID, actor: Actor, now: datetime) -> None:
    """Accept new cases again, at the degree of automation that the workflow has.

    Raises:
        NotFound: there is no such workflow.
        PersonNeeded, NotAllowed: the model would decide again, which is not the actor's to say.
    """
    if Workflow.objects.filter(pk=workflow_id, archived_at__isnull=False).exists():
        require_answerable(actor, [("is_archived", Words("Leave it to a person."))])
    _set_archived(workflow_id, None, "workflow.restored", actor, now)


@transaction.atomic
def _set_archived(
    workflow_id: UUID, archived_at: datetime | None, action: str, actor: Actor, now: datetime
) -> None:
    workflow = _locked(workflow_id)
    if (workflow.archived_at is None) == (archived_at is None):
        return
    Workflow.objects.filter(pk=workflow_id).update(archived_at=archived_at)
    bump(workflow_id)
    record(action=action, actor=actor, now=now, about=workflow, detail={})


def _locked(workflow_id: UUID) -> Workflow:
    workflow = Workflow.objects.select_for_update(no_key=True).filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound()
    return workflow


def _add_version(
    workflow: Workflow, number: int, schema: CheckedSchema, actor: Actor, now: datetime
) -> SchemaVersion:
    return SchemaVersion.objects.create(
        workflow=workflow,
        number=number,
        fields=schema.fields,
        labels=schema.labels,
        schema_sha256=schema.schema_sha256,
        created_at=now,
        created_by_id=actor.user_id,
    )


def _slug_problems(slug: object) -> list[Problem]:
    if isinstance(slug, str) and _SLUG.fullmatch(slug) and slug not in _RESERVED:
        return []
    fix = Words("Use 1 to 50 of a-z, 0-9 and -, beginning with a letter or digit.")
    return [Problem(field="slug", error=Words('is "%(value)s"', value=printable(str(slug))), fix=fix)]


def _text_problems(words: dict[str, Any]) -> list[Problem]:
    longest = {"name": MAX_NAME, "description": MAX_DESCRIPTION, "review_policy": MAX_REVIEW_POLICY}
    problems = []
    for field, value in words.items():
        fix = Words(
            "Send a text of at most %(longest)s characters, without control characters.",
            longest=longest[field],
        )
        if not isinstance(value, str):
            problems.append(Problem(field=field, error="is not a text", fix=fix))
        elif field == "name" and not value.strip():
            problems.append(Problem(field=field, error="is empty", fix="Say what is decided here."))
        elif len(value) > longest[field] or not _is_plain(value):
            problems.append(
                Problem(
                    field=field,
                    error=Words("has %(count)s characters or odd ones", count=len(value)),
                    fix=fix,
                )
            )
    return problems


def _is_plain(text: str) -> bool:
    """Tell whether there is nothing in it but characters a page can show, and line breaks."""
    return all(is_plain(line) for line in text.replace("\r", "\n").replace("\t", "\n").split("\n"))
