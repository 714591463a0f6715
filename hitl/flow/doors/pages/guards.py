"""Who may open the pages of administrators, and how they show a refusal."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hitl.accounts.types import WATCHING, Role
from hitl.shared.errors import HitlError, NotAllowed, NotFound, in_words
from hitl.web.views import actor_of

View = Callable[..., HttpResponseBase]


def for_readers(view: View) -> View:
    """Open a page to leads, operators, administrators and auditors; to others it does not exist."""
    return _opened_to(WATCHING, view)


def for_administrators(view: View) -> View:
    """Open a page to administrators alone."""
    return _opened_to((Role.ADMINISTRATOR,), view)


def _opened_to(roles: tuple[Role, ...], view: View) -> View:
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if not actor.has(*roles):
            raise NotAllowed() if actor.has(*WATCHING) else NotFound()
        return view(request, *args, **kwargs)

    return guarded


def tell(request: HttpRequest, refused: HitlError) -> None:
    """Say in toasts why something was not done."""
    for sentence in in_words(refused)[:5]:
        messages.error(request, sentence)


def unkept(response: HttpResponse) -> HttpResponse:
    """Keep a page with a secret out of every cache."""
    response["Cache-Control"] = "no-store"
    return response
