"""One case over REST: its status, its history, withdraw it."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cases.models import Case
from hitl.accounts.clients import ClientKey
from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.bodies import case_bodies, history
from hitl.flow.settling.withdraw import withdraw_case
from hitl.shared import clock
from hitl.shared.errors import NotFound


class CaseView(ApiView):
    """One case."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.SUBMIT)}

    @docs.GET_CASE
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        """Return the case with its present answer."""
        case = case_of(caller(request), case_id)
        return answer(case_bodies([case], clock.now())[0])


class DecisionsView(ApiView):
    """The history of one case."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.SUBMIT)}

    @docs.GET_DECISIONS
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        """Return every decision about the case, oldest first."""
        case = case_of(caller(request), case_id)
        return answer({"case": str(case.pk), "items": history(case)})


class WithdrawView(ApiView):
    """Withdraw a case as its submitter."""

    scopes: ClassVar = {"POST": (Scope.SUBMIT,)}

    @docs.WITHDRAW
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        """Withdraw the case; done twice, it stays withdrawn."""
        key, now = caller(request), clock.now()
        case = case_of(key, case_id)
        withdraw_case(case_id=case.pk, actor=key.as_actor(), now=now)
        return answer(case_bodies([case_of(key, case_id)], now)[0])


def case_of(key: ClientKey, case_id: UUID) -> Case:
    """Return a case that the key may read: any of its workflows, or without that scope its own.

    Raises:
        NotFound: there is no such case, or it is not the key's.
    """
    case = Case.objects.select_related("workflow").filter(pk=case_id).first()
    is_theirs = case is not None and (key.has_scope(Scope.READ) or case.key_id == key.id)
    if case is None or not is_theirs or not key.may_use(case.workflow_id):
        raise NotFound("There is no such case, or it is not yours to see.")
    return case
