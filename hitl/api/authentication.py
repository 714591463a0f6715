"""Who calls: the API key of `Authorization: Bearer hitl_...`."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hitl.accounts.clients import ClientKey, client_for
from hitl.accounts.models import KEY_PREFIX
from hitl.accounts.usage import note_use
from hitl.api.limits import take_token
from hitl.shared import clock

_LONGEST = 200


class ApiKeyAuthentication(BaseAuthentication):
    """Finds the key behind the secret; `request.auth` is a `ClientKey` then."""

    def authenticate(self, request: Request) -> tuple[None, ClientKey] | None:
        """Return the key, None when there is no Authorization header."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, secret = header.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret.startswith(KEY_PREFIX) or len(secret) > _LONGEST:
            raise AuthenticationFailed("Send the API key as Authorization: Bearer hitl_...")
        now = clock.now()
        view: Any = (request.parser_context or {}).get("view")
        may_be_kept = request.method in getattr(view, "may_use_kept_key_for", ())
        client = client_for(secret, now=now, may_be_kept=may_be_kept)
        if client is None:
            raise AuthenticationFailed("This API key is unknown, revoked or expired. Ask for a new one.")
        take_token(client.id)
        note_use(client.id, now)
        return None, client

    def authenticate_header(self, request: Request) -> str:
        """Return the value of WWW-Authenticate; it makes a missing key a 401."""
        return "Bearer"
