"""What all views of the API share."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from hitl.accounts.clients import ClientKey
from hitl.accounts.types import Scope
from hitl.api.problems import plain
from hitl.api.renderers import OrjsonRenderer


class JsonOnly(BaseContentNegotiation):
    """The API speaks JSON, whatever `Accept` says: negotiating costs more than it brings."""

    _choice: ClassVar[tuple[BaseRenderer, str]] = (OrjsonRenderer(), OrjsonRenderer.media_type)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the one there is."""
        return self._choice

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first parser; the views read bodies themselves."""
        return parsers[0]


class ApiView(APIView):
    """A view of the API. `scopes` names for each method which scopes of a key may use it.

    A method whose write compares the key's version with the database's may use a key that this process read a
    moment ago: `may_use_kept_key_for`.
    """

    content_negotiation_class = JsonOnly
    scopes: ClassVar[dict[str, tuple[Scope, ...]]] = {}
    may_use_kept_key_for: ClassVar[frozenset[str]] = frozenset()


def caller(request: Request) -> ClientKey:
    """Return who is calling; for views behind `HasKey`."""
    client = request.auth
    assert isinstance(client, ClientKey)  # noqa: S101 - HasKey let nobody else in
    return client


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    """The last route of the API: answers a mistyped address with a problem document, too."""
    return plain(404)
