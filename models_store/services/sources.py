"""Models elsewhere: propose one with known answers, confirm it, retire it, fit its calibrator.

What a source says counts only from when a signed-in person has confirmed it. Even then it decides nothing:
its calibrator needs people's labels, and what comes of that is a release like any other, with a gate to pass
and a promise to prove (ADR 0072).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.versions import bump
from hitl.accounts.automation import ANSWERABLE, PersonNeeded, require_lowerer
from hitl.accounts.types import Scope
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.canonical import canonical_json, sha256
from hitl.shared.errors import Invalid, NotAllowed, NotFound, Problem
from hitl.shared.given_reason import checked_reason
from hitl.shared.sealed import seal
from hitl.shared.words import Words
from models_store.artifacts import Stored
from models_store.errors import SourceTaken
from models_store.models import Source
from models_store.services import onnx_files
from models_store.services.label_map import check_number, labels_of, tried
from models_store.services.remote_terms import RemoteTerms, checked_contents, checked_options
from models_store.types import Door

MAX_NAME = 200


def propose_source(
    *,
    workflow_id: UUID,
    model: str,
    version: str,
    label_map: Mapping[str, str],
    known_answers: Sequence[Mapping[str, Any]],
    actor: Actor,
    now: datetime,
    remote: RemoteTerms | None = None,
) -> Source:
    """Register a version of a model elsewhere; its scores will be sent with cases, or asked for.

    It is tried on known answers first, each `{"label": what is true, "probabilities": as it will be sent}`;
    one that is asked for its scores by a worker, with the case's `content` instead of probabilities. An
    operator's or administrator's own proposal is confirmed with it; a key's waits for one of them.

    Raises:
        ArtifactNotStored: its file could not be written.
        NotFound: there is no such workflow, or it is archived.
        NotAllowed: a person of another role asks, or a key without the scope.
        Invalid: names, labels or known answers do not fit; each is named with its fix.
        LabelMapRefused: another map fits the known answers clearly better; the message names it.
        SourceTaken: this version of the model is registered already.
    """
    _require_proposer(actor)
    file = remote.file if remote and 0 < len(remote.file) <= onnx_files.MAX_BYTES else b""
    propose = partial(
        _propose,
        workflow_id,
        model,
        version,
        label_map,
        known_answers,
        actor=actor,
        now=now,
        remote=remote,
        kept=onnx_files.signed(file) if file else None,
    )
    if file:
        with transaction.atomic():
            propose()
            transaction.set_rollback(True)  # one that is refused leaves no file
        onnx_files.keep(file)
    with transaction.atomic():
        return propose()


def _propose(
    workflow_id: UUID,
    model: str,
    version: str,
    label_map: Mapping[str, str],
    known_answers: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    remote: RemoteTerms | None,
    kept: Stored | None,
) -> Source:
    workflow = (
        Workflow.objects.select_for_update(no_key=True).filter(pk=workflow_id, archived_at=None).first()
    )
    if workflow is None:
        raise NotFound("There is no such workflow, or it is archived.")
    schema = schema_in_force(workflow)
    labels = labels_of(label_map, schema.label_names)
    model, version = _name("model", model), _name("version", version)
    options: dict[str, Any] = {}
    if remote is None:
        fit = tried(known_answers, label_map, labels)
        found, contents = {"n": fit.n, "right": fit.right}, []
    else:
        options = checked_options(remote, label_map, schema.schema)
        check_number(known_answers)
        found, contents = {}, checked_contents(list(known_answers), schema.schema, labels)
    about = {
        "door": str(remote.door if remote else Door.SCORE_IN),
        "model": model,
        "version": version,
        "prompt": options.get("prompt", ""),
        "label_map": dict(label_map),
    }
    about |= {"file": kept.sha256} if kept else {}
    is_confirmed = actor.kind != "key"
    source = Source(
        workflow=workflow,
        door=about["door"],
        model=model,
        version=version,
        label_map=dict(label_map),
        labels=labels,
        sha256=sha256(canonical_json(about)).hex(),
        tried=found,
        known_answers=contents,
        **_asked(remote, options, kept),
        proposed_at=now,
        proposed_by=actor.name,
        confirmed_at=now if is_confirmed else None,
        confirmed_by=actor.name if is_confirmed else "",
    )
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError:
        raise SourceTaken(model=model, version=version) from None
    detail = {"workflow": workflow.slug, **about, "tried": source.tried, "is_confirmed": is_confirmed}
    if is_confirmed:
        bump(workflow.id)
    record(action="source.proposed", actor=actor, now=now, about=source, detail=detail)
    return source


@transaction.atomic
def confirm_source(*, source_id: UUID, actor: Actor, now: datetime) -> Source:
    """Listen to a source that a key has proposed, from the next case on.

    Raises:
        NotFound: there is no such source, or it is retired.
        PersonNeeded, NotAllowed: only operators and administrators who have signed in confirm.
    """
    if actor.kind == "key":
        raise PersonNeeded("A person who has signed in confirms it, not a key.")
    _require_answerable(actor)
    source = _locked(source_id)
    if source.confirmed_at is None:
        source.confirmed_at, source.confirmed_by = now, actor.name
        source.save(update_fields=["confirmed_at", "confirmed_by"])
        bump(source.workflow_id)
        detail = {"source": source.name, "sha256": source.sha256}
        record(action="source.confirmed", actor=actor, now=now, about=source, detail=detail)
    return source


@transaction.atomic
def retire_source(*, source_id: UUID, actor: Actor, now: datetime, reason: str) -> Source:
    """Listen to a source no longer: cases that it was to decide go to people. What it said is kept.

    Raises:
        NotFound: there is no such source, or it is retired.
        NotAllowed: whoever is not on duty may not.
        Invalid: there is no reason.
    """
    require_lowerer(actor)
    reason = checked_reason(reason, fix=Words("Say why: it stays in the audit log."))
    source = _locked(source_id)
    source.retired_at, source.retired_by = now, actor.name
    source.save(update_fields=["retired_at", "retired_by"])
    bump(source.workflow_id)
    detail = {"source": source.name, "sha256": source.sha256, "reason": reason}
    record(action="source.retired", actor=actor, now=now, about=source, detail=detail)
    return source


def _asked(remote: RemoteTerms | None, options: dict[str, Any], kept: Stored | None) -> dict[str, Any]:
    if remote is None:
        return {}
    file = Stored("", 0, b"") if kept is None else kept
    return {
        "file_sha256": file.sha256,
        "file_bytes": file.size_bytes,
        "file_signature": file.signature or None,
        "address": remote.address,
        "options": options,
        "secret": seal(remote.secret) if remote.secret else None,
        "seconds": remote.seconds,
        "deadline_seconds": remote.deadline_seconds,
        "price": remote.price,
    }


def _locked(source_id: UUID) -> Source:
    """Return the source behind its workflow's lock."""
    owners = Source.objects.filter(pk=source_id).values("workflow_id")
    Workflow.objects.select_for_update(no_key=True).filter(pk__in=owners).first()
    source = Source.objects.select_for_update(no_key=True).filter(pk=source_id, retired_at=None).first()
    if source is None:
        raise NotFound("There is no such source, or it is retired.")
    return source


def _require_proposer(actor: Actor) -> None:
    if actor.kind == "key":
        if Scope.MANAGE not in actor.scopes:
            raise NotAllowed("Proposing a model elsewhere takes a key with the scope manage.")
        return
    _require_answerable(actor)


def _require_answerable(actor: Actor) -> None:
    if actor.kind != "system" and not actor.has(*ANSWERABLE):
        raise NotAllowed("Listening to a model elsewhere is for operators and administrators to decide.")


def _name(field: str, value: str) -> str:
    value = value.strip() if isinstance(value, str) else ""
    if not value or len(value) > MAX_NAME or not value.isprintable():
        fix = Words(
            "Send the name that comes with each score, of 1 to %(most)s printable characters.", most=MAX_NAME
        )
        raise Invalid([Problem(field=field, error="is no name", fix=fix)])
    return value
