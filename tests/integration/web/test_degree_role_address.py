"""Degree of automation x role x address: who may see and do what does not hang on how much is automated, and
nobody but an operator lets the service decide more.

Addresses come from the URL table, and what can be sent to them from the forms of the pages, so that a new one
is tried by itself. The short test sends each form as each role that changes the most, the degree in turn; all
of the product takes minutes.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db.models import QuerySet
from django.http import HttpResponseBase

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.stop.models import Stop
from models_store.selectors import champion
from policy.models import CutoffSet, Policy
from policy.types import DEGREE_ORDER
from tests.support.every_input import Sent
from tests.support.factories import person
from tests.support.input_walk import Walk
from tests.support.url_table import Address, addresses
from tests.support.whole_walk import walk_through_everything

pytestmark = pytest.mark.django_db

NOBODY = ""
ACTORS = (NOBODY, *Role.values)
OPEN_TO_ALL = ("/login/", "/logout/", "/health/", "/metrics")
SIGNED_OUT = (302, 401, 403, 404, 405)
OTHERS = [role for role in Role.values if role != Role.OPERATOR]
MAY_CHANGE = [Role.LEAD.value, Role.ADMINISTRATOR.value]
"""Those who change the most; the auditor is refused everywhere by a test of its own."""


@dataclass(frozen=True, slots=True)
class Automation:
    """How much is decided by the service: each part says so with more where it decides more."""

    degree: int
    is_running: bool
    is_stopped: bool
    cutoffs: frozenset[object]
    champion: object

    def is_more_than(self, before: "Automation") -> bool:
        """Tell whether something is automated that was not."""
        return (
            self.degree > before.degree
            or self.is_running > before.is_running
            or self.is_stopped < before.is_stopped
            or not self.cutoffs <= before.cutoffs
            or self.champion != before.champion
        )


def _credit() -> QuerySet[Policy]:
    return Policy.objects.filter(workflow__slug="credit")


def automation(policies: QuerySet[Policy]) -> Automation:
    policy = policies.get()
    release = champion(policy.workflow_id)
    sets = CutoffSet.objects.filter(
        workflow=policy.workflow_id, in_force_from__isnull=False, in_force_until=None
    )
    return Automation(
        DEGREE_ORDER.index(policy.degree),
        policy.breaker_tripped_at is None,
        Stop.objects.filter(started_at=None).exists(),
        frozenset(sets.values_list("pk", flat=True)),
        release and release.pk,
    )


def pages() -> list[Address]:
    """Every address of ours for people: those of the API are for keys, the administration is Django's."""
    return [one for one in addresses() if not one.pattern.startswith(("/api/", "/admin/"))]


def people() -> dict[str, User]:
    return {role: person(role) for role in Role.values}


def under(degree: str) -> None:
    """Let the workflow be at this degree, however it got there."""
    Policy.objects.update(degree=degree)


def sign_in(walk: Walk, user: User | None) -> None:
    walk.sender.pages.logout()
    if user is not None:
        walk.sender.pages.force_login(user)
    walk.sender.begin_anew()


def shown_signed_out(walk: Walk) -> Iterator[str]:
    """Ask for every page signed out; yield what is shown all the same."""
    sign_in(walk, None)
    for one in pages():
        answer = walk.sender.send(Sent("GET", walk.path_of(one), place="nobody"))
        if answer.status_code not in SIGNED_OUT and not one.pattern.startswith(OPEN_TO_ALL):
            yield f"{answer.status_code} {one.pattern}"


@pytest.mark.long
def test_who_may_see_a_page_does_not_hang_on_the_degree() -> None:
    walk = walk_through_everything(1)
    said: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    there = people()
    for degree in DEGREE_ORDER:
        under(degree)
        for actor in ACTORS:
            sign_in(walk, there.get(actor))
            for one in pages():
                answer = walk.sender.send(Sent("GET", walk.path_of(one), place=f"{actor}, {degree}"))
                said[actor, one.pattern][answer.status_code].append(degree)
    differ = [
        f"{actor or 'nobody'} at {pattern}: {dict(by)}"
        for (actor, pattern), by in said.items()
        if len(by) > 1
    ]
    assert not differ, "\n".join(differ)
    assert not walk.sender.troubles, "\n".join(walk.sender.troubles)


def choices(walk: Walk, path: str) -> Iterator[dict[str, bytes]]:
    """Return the forms of a path with each choice that they offer, and a reason where none is given."""
    for form in walk.forms[path]:
        offers = {name: given or [""] for name, given in form.values.items() if name}
        most = max((len(given) for given in offers.values()), default=1)
        if form.method == "post":
            for place in range(most if most <= len(DEGREE_ORDER) else 1):
                chosen = {name: given[min(place, len(given) - 1)] for name, given in offers.items()}
                yield {name: (value or "because").encode() for name, value in chosen.items()}


def posted(walk: Walk, roles: list[str], degrees: list[str]) -> Iterator[str]:
    """Send every form there is as these roles; yield what let more be automated.

    With all degrees each form by each role under each; else one degree in turn.
    """
    there, raised = people(), list[str]()
    forms = [(path, form) for path in sorted(walk.forms) for form in choices(walk, path)]
    for d, degree in enumerate(DEGREE_ORDER):
        under(degree)
        before = automation(_credit())

        def look(sent: Sent, answer: HttpResponseBase, before: Automation = before) -> None:
            if answer.status_code < 400 and automation(_credit()).is_more_than(before):
                raised.append(f"{answer.status_code} {sent}")

        walk.sender.look = look
        for i, role in enumerate(roles):
            sign_in(walk, there[role])
            for j, (path, form) in enumerate(forms):
                if path != "/logout/" and (degree in degrees or (i + j) % len(DEGREE_ORDER) == d):
                    walk.post(path, form, f"{role}, {degree}")
                    yield from raised
                    raised.clear()


def test_signed_out_nothing_is_shown_and_nobody_but_an_operator_lets_more_be_automated() -> None:
    walk = walk_through_everything(1)
    walk.look_around(pages())
    assert not list(shown_signed_out(walk))
    assert not list(posted(walk, MAY_CHANGE, []))
    assert not walk.sender.troubles, "\n".join(walk.sender.troubles)
    assert next(posted(walk, [Role.OPERATOR], ["human_only"]), ""), "an operator's same forms raise something"


@pytest.mark.long
def test_nor_with_any_form_under_any_degree() -> None:
    walk = walk_through_everything(1)
    walk.look_around(pages())
    assert not list(posted(walk, OTHERS, DEGREE_ORDER))
    assert not walk.sender.troubles, "\n".join(walk.sender.troubles)
