"""The error budget over REST: where the running period stands, closed ones, and what computes them again."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.workflows import workflow_of
from hitl.shared import clock
from hitl.shared.errors import NotFound
from monitoring.watch.budget.selectors import closed_period, ended, policy_of, running
from monitoring.watch.budget.view import BudgetView, evidence_of


class BudgetsView(ApiView):
    """The error budget of a workflow."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE)}

    @docs.GET_BUDGET
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the running period and the latest ones that are over."""
        workflow, now = workflow_of(slug, caller(request)), clock.now()
        policy = policy_of(workflow.id)
        current = running(workflow.id, now=now)
        return answer(
            {
                "length": policy.budget_period,
                "current": BudgetView(current, policy, now).to_json() if current else None,
                "ended": [BudgetView(one, policy, now).to_json() for one in ended(workflow.id, now=now)],
            }
        )


class BudgetEvidenceView(ApiView):
    """What computes the verdict of a closed period again."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE)}

    @docs.GET_BUDGET_EVIDENCE
    def get(self, request: Request, slug: str, period_id: UUID) -> HttpResponse:
        """Return it; a period that is not closed has none yet."""
        period = closed_period(workflow_of(slug, caller(request)).id, period_id)
        if period is None:
            raise NotFound("There is no such period, or it is not closed yet.")
        return answer(evidence_of(period))
