"""Who owns the alarms of a workflow, and to whom they are sent by mail."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, Problem
from hitl.shared.words import Words
from monitoring.alarms.contract import OWNER
from monitoring.models import AlarmRoute

SETTING = (Role.OPERATOR,)
ANSWERING = (Role.LEAD, Role.OPERATOR)
MAX_ADDRESSES = 10


def route_of(workflow_id: UUID) -> AlarmRoute | None:
    """Return the route of a workflow's alarms; None where nobody has set one."""
    return AlarmRoute.objects.select_related("owner").filter(workflow_id=workflow_id).first()


def owner_words(route: AlarmRoute | None) -> str:
    """Say who owns the alarms."""
    if route is None or route.owner is None:
        return OWNER
    return route.owner.get_full_name() or route.owner.get_username()


def may_own() -> list[User]:
    """Return the people who may own alarms, by name: those who may answer them."""
    return list(User.objects.filter(is_active=True, roles__overlap=list(ANSWERING)).order_by("username"))


@transaction.atomic
def set_route(
    *, workflow: Workflow, owner: str, mail_to: Sequence[str], actor: Actor, now: datetime
) -> AlarmRoute:
    """Say who owns a workflow's alarms and to whom they are sent.

    Args:
        owner: user name; empty for the operators on duty.

    Raises:
        NotAllowed, Invalid: nothing is changed.
    """
    if not actor.has(*SETTING):
        raise NotAllowed("The route of alarms is set by operators.")
    found = User.objects.filter(username=owner, is_active=True, roles__overlap=list(ANSWERING)).first()
    addresses = list(dict.fromkeys(one.strip() for one in mail_to if one.strip()))
    problems = _problems(addresses)
    if owner and found is None:
        problems.append(
            Problem(field="owner", error="may not answer alarms", fix="Choose a lead or an operator.")
        )
    if problems:
        raise Invalid(problems)
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    before = route_of(workflow.pk)
    values = {"owner": found, "mail_to": addresses, "set_by": actor.name, "set_at": now}
    route, _ = AlarmRoute.objects.update_or_create(workflow=workflow, defaults=values)
    detail = {
        "owner": owner_words(route),
        "before": {"owner": owner_words(before), "addresses": len(before.mail_to) if before else 0},
        "after": {"owner": owner_words(route), "addresses": len(addresses)},
    }
    record(action="alarm_route.set", actor=actor, now=now, about=workflow, detail=detail)
    return route


def _problems(addresses: Collection[str]) -> list[Problem]:
    if len(addresses) > MAX_ADDRESSES:
        error = Words("names %(n)s addresses", n=len(addresses))
        fix = Words("Name at most %(most)s; a list of its own has more.", most=MAX_ADDRESSES)
        return [Problem(field="mail_to", error=error, fix=fix)]
    problems = []
    for one in addresses:
        try:
            validate_email(one)
        except ValidationError:
            problems.append(
                Problem(
                    field="mail_to",
                    error=Words("“%(given)s” is no address", given=one[:80]),
                    fix="Write each as name@example.org, separated by commas.",
                )
            )
    return problems
