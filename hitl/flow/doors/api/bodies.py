"""Cases and decisions as the API shows them: while a person is awaited, nothing of what a model said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.models import Case
from cases.types import CaseStatus
from hitl.flow.intake.receipts import SCORING, AnswerBody, DecisionFacts, case_body
from policy.models import Decision

_MODEL_SAID = ("confidence", "release", "cutoff_set", "certificate")


def case_bodies(cases: Sequence[Case], now: datetime) -> list[AnswerBody]:
    """Return cases (read with their workflow) with their latest decisions; one query for these."""
    latest = {
        decision.case_id: decision
        for decision in Decision.objects.filter(case_id__in=[case.pk for case in cases])
        .select_related("release")
        .order_by("case_id", "-epoch", "-sequence")
        .distinct("case_id")
    }
    return [_case_body(case, latest.get(case.pk), now) for case in cases]


def _case_body(case: Case, decision: Decision | None, now: datetime) -> AnswerBody:
    return case_body(
        case_id=case.pk,
        workflow=case.workflow.slug,
        reference=case.reference,
        status=case.status,
        answer=case.answer,
        received_at=case.received_at,
        changed_at=case.changed_at,
        decision=_facts(decision) if decision else _undecided(case),
        now=now,
    )


def _facts(decision: Decision) -> DecisionFacts:
    return DecisionFacts(
        route=decision.route,
        reason=decision.reason,
        label=decision.label,
        confidence=decision.confidence,
        release=decision.release.name if decision.release else None,
        cutoff_set=decision.cutoff_set_id,
        certificate=decision.certificate_id,
        decided_at=decision.decided_at,
    )


def _undecided(case: Case) -> DecisionFacts:
    """A case without a routing: its score is asked for; or it was decided before the service knew of it."""
    if case.status == CaseStatus.WAITING:
        return SCORING
    return DecisionFacts(
        route="person",
        reason="imported",
        label=case.answer,
        confidence=None,
        release=None,
        cutoff_set=None,
        certificate=None,
        decided_at=case.received_at,
    )


def history(case: Case) -> list[dict[str, Any]]:
    """Return every decision about the case, oldest first; a person is not named, only that it was one.

    While the case waits for somebody, earlier automatic decisions are told without what the model said.
    """
    rows = Decision.objects.filter(case=case).select_related("release").order_by("epoch", "sequence")
    is_open = case.status == CaseStatus.WAITING
    return [_entry(row, hides_model=is_open) for row in rows]


def _entry(row: Decision, *, hides_model: bool) -> dict[str, Any]:
    body = _facts(row).body()
    if hides_model and row.route == "auto":
        body |= dict.fromkeys((*_MODEL_SAID, "label"))
    by = "submitter" if row.actor_kind == "key" else "person" if row.actor_kind == "user" else "service"
    return {"epoch": row.epoch, "sequence": row.sequence, **body, "by": by, "at": row.decided_at}
