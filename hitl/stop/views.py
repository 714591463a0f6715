"""The button in the navigation, and the one that starts again."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from hitl.accounts.types import WATCHING
from hitl.shared import clock
from hitl.shared.errors import HitlError, NotFound, in_words
from hitl.stop.models import Stop
from hitl.stop.services import start_everything, stop_everything
from hitl.web.views import actor_of


@login_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop everything."""
    return _done(
        request, stop_everything, gettext("Everything is stopped. People decide from the next case on.")
    )


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start again."""
    return _done(
        request,
        start_everything,
        gettext("Automation is started again, as far as each workflow's rule allows."),
    )


def _done(request: HttpRequest, change: Callable[..., Stop], words: str) -> HttpResponse:
    """Make the change and go back to the page it was asked for on; to others the address does not exist."""
    actor = actor_of(request)
    if not actor.has(*WATCHING):
        raise NotFound
    try:
        change(reason=request.POST.get("reason", ""), actor=actor, now=clock.now())
        messages.success(request, words)
    except HitlError as refused:
        for sentence in in_words(refused)[:5]:
            messages.error(request, sentence)
    back = request.POST.get("back", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if is_ours else reverse("overview"))
