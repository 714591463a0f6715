"""The scope that each request of the API needs."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hitl.accounts.clients import ClientKey
from hitl.accounts.types import Scope
from hitl.shared.errors import HitlError, Problem

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module by its name in the settings


class ScopeMissing(HitlError):
    """This API key was not given for that. Ask an administrator for one with the scope named below."""

    code, status = "scope_missing", 403


class HasKey(BasePermission):
    """Every request needs a key that has one of the scopes its view names for the method."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the key has the scope.

        Raises:
            NotAuthenticated: no key was sent.
            ScopeMissing: the key was not given for this.
        """
        client = request.auth
        if not isinstance(client, ClientKey):
            raise NotAuthenticated("Send an API key as Authorization: Bearer hitl_...")
        scopes: dict[str, tuple[Scope, ...]] = getattr(view, "scopes", {})
        wanted = scopes.get(request.method or "", ())
        if not wanted or client.scopes.intersection(wanted):
            return True
        names = " or ".join(f'"{scope.value}"' for scope in wanted)
        fix = f"Use a key with the scope {names}."
        raise ScopeMissing(errors=[Problem(field="Authorization", error="lacks the scope", fix=fix)])
