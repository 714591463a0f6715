"""The pages of the documentation, for whoever has signed in."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from hitl.docs.library import FILES, at, contents, file_at, neighbours
from hitl.docs.search import search
from hitl.shared.errors import NotFound

MAX_ASKED = 100  # characters


@login_required
@require_GET
def page(request: HttpRequest, address: str = "") -> HttpResponseBase:
    """Show a document, or a file that one links to."""
    if document := at(address.rstrip("/")):
        if address and not address.endswith("/"):
            return redirect(f"{request.path}/")
        before, after = neighbours(document)
        shown = {"document": document, "contents": contents(), "before": before, "after": after}
        return render(request, "docs/page.html", shown)
    if file := file_at(address):
        return FileResponse(file.open("rb"), content_type=FILES[file.suffix])
    raise NotFound("There is no such page in the documentation. Search for a word of it.")


@login_required
@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """Show which documents have the words asked for."""
    asked = request.GET.get("q", "").strip()[:MAX_ASKED]
    return render(request, "docs/found.html", {"asked": asked, "hits": search(asked), "contents": contents()})
