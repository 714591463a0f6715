"""The page that says what is refused for its size or rate."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.kinds.category import MAX_CATEGORY
from cases.kinds.text import MAX_TEXT
from hitl.web.format import size
from hitl.web.throttle import FAILURES, WINDOW


@login_required
@require_GET
def limits_page(request: HttpRequest) -> HttpResponse:
    """Show the limits in force here, with what happens beyond them."""
    return render(request, "cases/limits.html", {"groups": limits()})


def limits() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return groups of (what, limit, answer beyond it)."""
    too_large = "413, nothing is stored"
    seconds = int(WINDOW.total_seconds())
    return [
        (
            "Requests",
            [
                ("One case", size(settings.MAX_CASE_BYTES), too_large),
                ("A batch, in bytes", size(settings.MAX_BATCH_BYTES), too_large),
                ("A batch, in cases", f"{settings.MAX_BATCH_CASES:,}", too_large),
                ("An image or recording", size(settings.MAX_MEDIA_BYTES), too_large),
                (
                    "Requests per API key",
                    f"{settings.KEY_REQUESTS_PER_MINUTE:,} a minute",
                    "429; Retry-After says when to come back",
                ),
            ],
        ),
        (
            "Content",
            [
                (
                    "A text field",
                    f"{MAX_TEXT:,} characters, or less where the workflow says so",
                    "422, names the field",
                ),
                ("A category", f"{MAX_CATEGORY:,} characters", "422, names the field"),
            ],
        ),
        (
            "People",
            [
                (
                    "Failed sign-ins per account and address",
                    f"{FAILURES} in {seconds} s",
                    f"refused until {seconds} s have passed",
                ),
                ("A session", f"{settings.SESSION_COOKIE_AGE // 3600} h", "sign in again"),
                ("Taking an answer back", f"{settings.UNDO_SECONDS} s", "it becomes an amendment"),
            ],
        ),
    ]
