"""Navigation and name of the person, for the frame of every page."""

from dataclasses import dataclass, replace
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from hitl.accounts.automation import LOWERERS, RAISERS
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING, ROLE_NAMES, WATCHING, Role
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the navigation, and who may go there; no roles named means anyone with a role."""

    words: Promise
    url_name: str
    icon: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one person sees it on one page."""

    words: str
    href: str
    icon: str
    is_current: bool


PLACES: tuple[tuple[Place, ...], ...] = (
    (
        Place(gettext_lazy("Overview"), "overview", "chart-line", WATCHING),
        Place(gettext_lazy("Review"), "desk", "list-checks", REVIEWING),
        Place(gettext_lazy("Team"), "lead", "users", WATCHING),
        Place(gettext_lazy("Cases"), "cases", "inbox"),
    ),
    (
        Place(gettext_lazy("Workflows"), "workflows", "workflow", WATCHING),
        Place(gettext_lazy("Models"), "models", "box", WATCHING),
        Place(gettext_lazy("Automation"), "automation", "shield-check", WATCHING),
        Place(gettext_lazy("Monitoring"), "monitoring", "gauge", WATCHING),
    ),
    (
        Place(gettext_lazy("Audit log"), "audit", "scroll-text", (Role.ADMINISTRATOR, Role.AUDITOR)),
        Place(gettext_lazy("API keys"), "keys", "key-round", (Role.ADMINISTRATOR,)),
        Place(gettext_lazy("Webhooks"), "webhooks", "webhook", (Role.ADMINISTRATOR,)),
        Place(gettext_lazy("API docs"), "api-docs", "code"),
        Place(gettext_lazy("Documentation"), "docs", "help-circle"),
    ),
)
ADMINISTRATION = Place(gettext_lazy("Administration"), "admin:index", "settings")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of `hitl/navigation.html`; none for somebody who has not signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"navigation": [], "person": None, "stop": None}
    groups = [[place for place in group if _is_open_to(place, user)] for group in PLACES]
    if user.is_staff:
        groups[-1].append(ADMINISTRATION)
    found = [[link for place in group if (link := _link(place, request.path))] for group in groups]
    # Of two places that the page lies under, it belongs to the nearer one.
    here = max((len(link.href) for group in found for link in group if link.is_current), default=0)
    links = [
        [replace(link, is_current=link.is_current and len(link.href) == here) for link in group]
        for group in found
    ]
    shown = [group for group in links if group]
    return {"navigation": shown, "person": _person(user), **_stop(request, user)}


def _stop(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what every page says of the stop, and who is offered to stop or start."""
    return {
        "stop": _stop_now(),
        "may_stop": user.has_role(*LOWERERS),
        "may_start": user.has_role(*RAISERS),
        "sees_stop": user.has_role(*WATCHING),
        "stop_back": request.get_full_path() if request.method == "GET" else "",
    }


def _stop_now() -> Stop | None:
    """Return the stop; the page that says that the database is gone is drawn without it."""
    try:
        return stop_in_force()
    except DatabaseError:
        return None


def first_place(user: User) -> str | None:
    """Return the address of the page a person begins at, None if no page is theirs."""
    for place in sum(PLACES, ()):
        if _is_open_to(place, user) and (link := _link(place, "")):
            return link.href
    return None


def _is_open_to(place: Place, user: User) -> bool:
    return user.has_role(*(place.roles or Role.values))


def _link(place: Place, path: str) -> Link | None:
    try:
        href = reverse(place.url_name)
    except NoReverseMatch:  # its app is not part of this deployment
        return None
    return Link(str(place.words), href, place.icon, is_current=path.startswith(href))


def _person(user: User) -> dict[str, str]:
    name = user.get_full_name() or user.get_username()
    roles = gettext("every role")
    if not user.is_superuser:
        roles = ", ".join(str(ROLE_NAMES[role]) for role in Role if role in user.roles)
    return {"name": name, "initial": name[:1], "roles": roles}
