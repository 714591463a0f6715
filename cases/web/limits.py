"""The page that says what is refused for its size or rate."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from cases.kinds.category import MAX_CATEGORY
from cases.kinds.text import MAX_TEXT
from hitl.shared.numbers import number
from hitl.web.format import size
from hitl.web.throttle import FAILURES, WINDOW


@login_required
@require_GET
def limits_page(request: HttpRequest) -> HttpResponse:
    """Show the limits in force here, with what happens beyond them."""
    return render(request, "cases/limits.html", {"groups": limits()})


def limits() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return groups of (what, limit, answer beyond it)."""
    too_large, unfit = gettext("413, nothing is stored"), gettext("422, names the field")
    window = {"n": FAILURES, "seconds": number(int(WINDOW.total_seconds()))}
    return [
        (
            gettext("Requests"),
            [
                (gettext("One case"), size(settings.MAX_CASE_BYTES), too_large),
                (gettext("A batch, in bytes"), size(settings.MAX_BATCH_BYTES), too_large),
                (gettext("A batch, in cases"), number(settings.MAX_BATCH_CASES), too_large),
                (gettext("An image or recording"), size(settings.MAX_MEDIA_BYTES), too_large),
                (
                    gettext("Requests per API key"),
                    gettext("%(n)s a minute") % {"n": number(settings.KEY_REQUESTS_PER_MINUTE)},
                    gettext("429; Retry-After says when to come back"),
                ),
            ],
        ),
        (
            gettext("Content"),
            [
                (
                    gettext("A text field"),
                    gettext("%(n)s characters, or less where the workflow says so") % {"n": number(MAX_TEXT)},
                    unfit,
                ),
                (gettext("A category"), gettext("%(n)s characters") % {"n": number(MAX_CATEGORY)}, unfit),
            ],
        ),
        (
            gettext("People"),
            [
                (
                    gettext("Failed sign-ins per account and address"),
                    gettext("%(n)s in %(seconds)s s") % window,
                    gettext("refused until %(seconds)s s have passed") % window,
                ),
                (
                    gettext("A session"),
                    gettext("%(n)s h") % {"n": settings.SESSION_COOKIE_AGE // 3600},
                    gettext("sign in again"),
                ),
                (
                    gettext("Taking an answer back"),
                    gettext("%(n)s s") % {"n": settings.UNDO_SECONDS},
                    gettext("it becomes an amendment"),
                ),
            ],
        ),
    ]
