"""What all requests of the desk share: who may enter, which workflow is chosen, how refusals are shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotAllowed, NotFound, in_language
from hitl.shared.given import posted_id
from hitl.shared.words import Words, shown

MAX_TOKENS = 10
Door = Callable[..., HttpResponseBase]


def desk_door(view: Door) -> Door:
    """Let reviewers and adjudicators in; the view is called with the request and the actor.

    The desk's scripts say so in a header: they get a refusal as JSON, and never the sign-in page. Everybody
    else gets pages.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, _actor(request), *args, **kwargs)
        except SignedOut as error:
            return _refused(error) if is_script(request) else redirect_to_login(request.get_full_path())
        except HitlError as error:
            if not is_script(request):
                raise
            return _refused(error)

    return door


class SignedOut(HitlError):
    """You are signed out. Sign in again; what you have answered is kept on this device until then."""

    code, status = "signed_out", 401


def is_script(request: HttpRequest) -> bool:
    """Tell whether the desk's own script asks."""
    return request.headers.get("X-Desk") == "1"


def _actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise SignedOut()
    if not request.user.has_role(*REVIEWING):
        raise NotAllowed("Reviewing is not part of your role. An administrator can grant it.")
    return request.user.as_actor()


def _refused(error: HitlError) -> HttpResponse:
    """Say it as a page would: the desk's script shows it to the person."""
    problems = [in_language(each) for each in error.facts.get("errors", [])]
    body = {"code": error.code, "message": shown(error.message), "errors": problems}
    return JsonResponse(body, status=error.status)


class Choice(NamedTuple):
    """What the desk is narrowed to: nothing, or one workflow."""

    workflow: str
    ids: list[UUID] | None

    @property
    def url(self) -> str:
        """The address of the desk with this choice."""
        return reverse("desk") + (f"?{urlencode({'workflow': self.workflow})}" if self.workflow else "")


def choice_of(request: HttpRequest) -> Choice:
    """Return what the desk is narrowed to; asked for before anything is done, so that it is refused whole.

    Raises:
        NotFound: there is no such workflow.
    """
    slug = str((request.POST if request.method == "POST" else request.GET).get("workflow", ""))
    if not slug:
        return Choice("", None)
    found = list(Workflow.objects.filter(slug=slug).values_list("pk", flat=True))
    if not found:
        raise NotFound("There is no such workflow, or it is not yours to see.")
    return Choice(slug, found)


def lease_of(request: HttpRequest, name: str = "lease") -> UUID:
    """Return the lease a request is about.

    Raises:
        Invalid: it names none.
    """
    return posted_id(
        request, name, error=Words("is not a lease"), fix=Words("Send the lease of the case on the page.")
    )


def leases_of(request: HttpRequest, name: str) -> list[UUID]:
    """Return the leases a request names, a comma between them; what is none is passed over."""
    found = []
    for text in request.POST.get(name, "").split(",")[:MAX_TOKENS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
