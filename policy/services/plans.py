"""Keep what an operator wants of a workflow, with what was estimated when it was said."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from hitl.accounts.automation import ANSWERABLE
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, NotFound, Problem
from hitl.shared.words import Words, figure
from policy.models import Plan

MAX_CASES = 100_000_000  # a week
MAX_HOURS = 100_000.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted: cases that are expected, hours that people have, a share that models decide, a day."""

    cases_a_week: int
    hours_a_week: float
    automated: float
    proved_by: date | None = None

    def problems(self) -> list[Problem]:
        """Return what does not fit, each with its fix."""
        told = [
            ("cases_a_week", 1 <= self.cases_a_week <= MAX_CASES, 1, MAX_CASES),
            ("hours_a_week", 0 <= self.hours_a_week <= MAX_HOURS, 0, MAX_HOURS),
            ("automated", 0 <= self.automated <= 1, 0, 1),
        ]
        return [
            Problem(
                field=field,
                error="is out of range",
                fix=Words("Give a number from %(low)s to %(high)s.", low=low, high=figure(high, ",.0f")),
            )
            for field, fits, low, high in told
            if not fits
        ]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was to be expected when the plan was made.

    Attributes:
        automated: share of cases that models could decide.
        hours: of reading, a week; at `seconds` an answer.
        proof_at: likely day of the first proof; None where it is years away, or never.
    """

    automated: float
    hours: float
    seconds: float
    proof_at: datetime | None


@transaction.atomic
def make_plan(*, workflow_id: UUID, wanted: Wanted, estimate: Estimate, actor: Actor, now: datetime) -> Plan:
    """Keep a plan beside those before it; the audit log has its estimates too, should the row be changed.

    Raises:
        NotFound: there is no such workflow, or it is archived.
        NotAllowed: plans are made by operators and administrators.
        Invalid: a number is out of range; each is named with its fix.
    """
    if not actor.has(*ANSWERABLE):
        raise NotAllowed("Plans are made by operators and administrators.")
    problems = wanted.problems()
    if problems:
        raise Invalid(problems)
    workflow = Workflow.objects.filter(pk=workflow_id, archived_at=None).first()
    if workflow is None:
        raise NotFound("There is no such workflow, or it is archived.")
    plan = Plan.objects.create(
        workflow=workflow,
        cases_a_week=wanted.cases_a_week,
        hours_a_week=wanted.hours_a_week,
        automated=wanted.automated,
        proved_by=wanted.proved_by,
        estimated_automated=estimate.automated,
        estimated_hours=estimate.hours,
        estimated_proof_at=estimate.proof_at,
        seconds=estimate.seconds,
        made_at=now,
        made_by=actor.name,
    )
    detail = {
        "cases_a_week": wanted.cases_a_week,
        "hours_a_week": wanted.hours_a_week,
        "automated": wanted.automated,
        "estimated_automated": estimate.automated,
        "estimated_hours": estimate.hours,
        "estimated_proof_at": estimate.proof_at.isoformat() if estimate.proof_at else None,
    }
    record(action="plan.made", actor=actor, now=now, about=workflow, detail=detail)
    return plan


def plan_of(workflow_id: UUID) -> Plan | None:
    """Return the latest plan of a workflow."""
    return Plan.objects.filter(workflow_id=workflow_id).order_by("-id").first()
