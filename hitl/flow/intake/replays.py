"""Requests that were answered before: rebuilt from the case and its first decision, never decided again."""

from collections.abc import Sequence
from uuid import UUID

from cases.models import Case, IntakeBatch
from hitl.accounts.clients import ClientKey
from hitl.accounts.models import ApiKey
from hitl.flow.intake.receipts import SCORING, AnswerBody, DecisionFacts, case_body
from hitl.flow.intake.types import Intake
from hitl.shared.canonical import sha256
from hitl.shared.errors import HitlError
from policy.models import Decision


class IdempotencyMismatch(HitlError):
    """This Idempotency-Key was used for another request. Use a new key for a new request."""

    code, status = "idempotency_mismatch", 422


class KeyRevoked(HitlError):
    """This API key has been revoked or has changed. Ask an administrator for a new one."""

    code, status = "key_revoked", 401


def request_digest(slug: str, body: bytes, *, is_batch: bool) -> bytes:
    """Return what tells one request from another under an idempotency key: the same bytes as one case and
    as a batch of one, whether worked on at once or later, are two requests."""
    return sha256(b"\n".join((slug.encode(), b"batch" if is_batch else b"case", body)))


def check_key(key: ClientKey | None) -> None:
    """Make sure that the key has not changed since the request began.

    Raises:
        KeyRevoked: it was revoked or changed; the caller must authenticate again.
    """
    if (
        key is not None
        and not ApiKey.objects.filter(pk=key.id, version=key.version, revoked_at=None).exists()
    ):
        raise KeyRevoked()


def was_written(case_id: UUID) -> bool:
    """Tell whether the case is there."""
    return Case.objects.filter(pk=case_id).exists()


def taken_references(workflow_id: UUID, references: Sequence[str]) -> set[str]:
    """Return those of the references that a case of the workflow already has."""
    rows = Case.objects.filter(workflow_id=workflow_id, reference__in=references)
    return {reference for reference in rows.values_list("reference", flat=True) if reference is not None}


def single(intake: Intake, slug: str) -> AnswerBody | None:
    """Return the first answer to the same request, or None when there was none."""
    return _first_answers(intake, slug).get(0)


def batch(intake: Intake, slug: str) -> dict[int, AnswerBody]:
    """Return the first answers to the same batch by place; empty when it is new."""
    return _first_answers(intake, slug)


def _first_answers(intake: Intake, slug: str) -> dict[int, AnswerBody]:
    """Rebuild what was answered then: the routing, whatever was decided since.

    Raises:
        IdempotencyMismatch: the key was used for another payload.
    """
    if intake.idempotency_key is None:
        return {}
    key_id = intake.key.id if intake.key else None
    by_id = {case.id: case for case in made_under(key_id, intake.idempotency_key, intake.request_sha256)}
    routings = Decision.objects.filter(case_id__in=by_id, epoch=1, sequence=0).select_related("release")
    at_once = {r.case_id: r for r in routings}
    return {case.batch_index or 0: _body(case, at_once.get(case.id), slug) for case in by_id.values()}


def made_under(key_id: UUID | None, idempotency_key: str, request_sha256: bytes | None) -> list[Case]:
    """Return the cases that this request made before.

    Raises:
        IdempotencyMismatch: the idempotency key was used for another request, worked on at once or later.
    """
    mine = {"key_id": key_id, "idempotency_key": idempotency_key}
    cases = list(Case.objects.filter(**mine))
    later = IntakeBatch.objects.filter(**mine).values_list("request_sha256", flat=True)
    if any(bytes(sha256 or b"") != request_sha256 for sha256 in (*(c.request_sha256 for c in cases), *later)):
        raise IdempotencyMismatch()
    return cases


def _body(case: Case, routing: Decision | None, slug: str) -> AnswerBody:
    if routing is None or routing.decided_at > case.received_at:
        facts = SCORING  # it waited for a score, whatever was decided since
    else:
        facts = DecisionFacts(
            route=routing.route,
            reason=routing.reason,
            label=routing.label,
            confidence=routing.confidence,
            release=routing.release.name if routing.release else None,
            cutoff_set=routing.cutoff_set_id,
            certificate=routing.certificate_id,
            decided_at=routing.decided_at,
        )
    return case_body(
        case_id=case.id,
        workflow=slug,
        reference=case.reference,
        status="decided" if facts.label is not None else "waiting",
        answer=facts.label,
        received_at=case.received_at,
        changed_at=case.received_at,
        decision=facts,
        now=case.received_at,
    )
