"""The API's reference as a page to read and to try it on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the reference; what is tried goes to this very service, under a key that the reader gives."""
    return render(request, "hitl/apidocs.html")
