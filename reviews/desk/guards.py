"""What all requests of the desk share: who may enter, which workflow is chosen, how refusals are shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, Invalid, NotAllowed, NotFound

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
    body = {"code": error.code, "message": error.message, "errors": error.facts.get("errors", [])}
    return JsonResponse(body, status=error.status)


def chosen_workflow(request: HttpRequest) -> str:
    """Return the slug of the chosen workflow, empty for all of them."""
    return str((request.POST if request.method == "POST" else request.GET).get("workflow", ""))[:50]


def desk_url(workflow: str) -> str:
    """Return the address of the desk narrowed to a workflow, or of the whole."""
    return reverse("desk") + (f"?{urlencode({'workflow': workflow})}" if workflow else "")


def workflow_ids(slug: str) -> list[UUID] | None:
    """Return what the queue is narrowed to; None is every workflow.

    Raises:
        NotFound: there is no such workflow.
    """
    if not slug:
        return None
    found = list(Workflow.objects.filter(slug=slug).values_list("pk", flat=True))
    if not found:
        raise NotFound("There is no such workflow, or it is not yours to see.")
    return found


def lease_of(request: HttpRequest, name: str = "lease") -> UUID:
    """Return the lease a request is about.

    Raises:
        Invalid: it names none.
    """
    try:
        return UUID(str(request.POST.get(name, "")))
    except ValueError:
        fix = "Send the lease of the case on the page."
        raise Invalid([{"field": name, "error": "is not a lease", "fix": fix}]) from None


def leases_of(request: HttpRequest, name: str) -> list[UUID]:
    """Return the leases a request names, a comma between them; what is none is passed over."""
    found = []
    for text in request.POST.get(name, "").split(",")[:MAX_TOKENS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
