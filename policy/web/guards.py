"""What all changes on the automation page share: who asks, and how a refusal is shown."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotFound, in_words
from hitl.web.views import actor_of

Change = Callable[[HttpRequest, Workflow, Actor], str]


def changes_policy(change: Change) -> Callable[[HttpRequest, str], HttpResponse]:
    """Make a view of a function that changes something and says what it did.

    Whatever cannot be done is told in a toast on the page it was asked on, where the present state shows why.
    """

    @wraps(change)
    def view(request: HttpRequest, slug: str) -> HttpResponse:
        actor = actor_of(request)
        workflow = watched_workflow(actor, slug)
        try:
            messages.success(request, change(request, workflow, actor))
        except NotFound:
            raise
        except HitlError as refused:
            for words in in_words(refused):
                messages.error(request, words)
            if reason := request.POST.get("reason", "").strip():  # nobody writes a reason twice
                messages.info(request, gettext("You had written: “%(reason)s”") % {"reason": reason[:1000]})
        return redirect("automation", slug=slug)

    return login_required(require_POST(view))


def seen_by(request: HttpRequest) -> str | None:
    """Return the mark of what the page showed."""
    return request.POST.get("seen") or None


def posted_id(request: HttpRequest) -> UUID:
    """Return the id of the row that the button belongs to."""
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError:
        raise NotFound from None
